"""A wallet of its own for one client, so that what it paid can be told to the FROST."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from drills.drill import Drill

from walrus_core.client import AsyncClient, FileJournal
from walrus_core.services.ports import BlobObject
from walrus_core.services.uploader import StoreRecord, unfinished
from walrus_core.services.workers import ThreadWorkers
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import Key, read_keystore
from walrus_core.sui.networks import described_network
from walrus_core.types import BlobId

SUI, WAL = 10 * 10**9, 10 * 10**9  # in MIST and FROST: plenty


class Purse:
    """What one key owns, and what its client wrote down in `state`."""

    def __init__(self, drill: Drill, key: Key, state: Path) -> None:
        self._drill = drill
        self.key = key
        self.state = state
        self.chain = SuiChain(described_network(drill.network.network), key)
        self._cursor = b""
        self._told: list[tuple[object, str]] = []

    def client(self) -> AsyncClient:
        return AsyncClient(self._drill.network.network, key=self.key, state=self.state)

    async def paid(self) -> int:
        """FROST that are gone."""
        return WAL - (await self.chain.wallet.balance()).wal

    async def blobs(self) -> Sequence[BlobObject]:
        return await self.chain.blobs()

    async def events(self, blob_id: BlobId) -> list[str]:
        """What the chain tells of a blob."""
        async for event in self.chain.events(self._cursor):
            self._cursor = event.cursor
            if (number := event.fields.get("blob_id")) is not None:
                self._told.append((number, event.name))
        return [name for number, name in self._told if number == blob_id.to_u256()]

    async def unfinished(self) -> list[StoreRecord]:
        """What a client says that is still to be done."""
        workers = ThreadWorkers(1)
        try:
            found = []
            for directory in self.state.glob("*"):
                found += await unfinished(FileJournal(directory, workers))
            return found
        finally:
            workers.close()


@asynccontextmanager
async def purses(drill: Drill, count: int) -> AsyncIterator[list[Purse]]:
    """So many new ones, from the network's own wallet."""
    network = described_network(drill.network.network)
    assert network.wallet is not None
    [giver, *_] = read_keystore(network.wallet)
    made = [
        Purse(drill, Key.generate(), drill.directory / f"purse-{number}") for number in range(count)
    ]
    async with SuiChain(network, giver) as chain:
        for purse in made:
            await chain.wallet.give(purse.key.address, mist=SUI, frost=WAL)
    try:
        yield made
    finally:
        for purse in made:
            await purse.chain.connection.close()
