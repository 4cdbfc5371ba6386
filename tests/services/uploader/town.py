"""Real storage nodes, a real contract, and uploaders that come and go; all on virtual time."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any

from services.node.neighbourhood import Neighbourhood
from services.uploader.gates import Gate
from simulation.chain import SimChain, Weather
from simulation.journal import MemoryJournal
from simulation.workers import InlineWorkers

from walrus_core.codec.encoder import encode
from walrus_core.protocol.committee import Member
from walrus_core.services.ports import BlobObject
from walrus_core.services.uploader import NodeResult, StoreOutcome, Uploader, UploadOptions
from walrus_core.types import BlobId

CUSTOMER, STRANGER = b"u" * 32, b"s" * 32

EVEN = (1000, 1000, 1000, 1000)
"""Stakes of four nodes, of which one may be down: 3, 3, 2 and 2 of 10 shards."""


class Town:
    """Nodes with a gate before each, and one customer's wallet and journal."""

    def __init__(
        self, stakes: Sequence[int] = EVEN, n_shards: int = 10, epoch_seconds: float = 1e6
    ) -> None:
        self.nodes = Neighbourhood(stakes, n_shards, epoch_seconds=epoch_seconds)
        self.n_shards = n_shards
        self.contract = self.nodes.contract
        self.chain = SimChain(self.contract, CUSTOMER, Weather())
        self.funds = self.purse.coin.value
        self.journal = MemoryJournal()
        self.gates = [Gate(None) for _ in stakes]

    async def open(self, *indices: int) -> None:
        """Start these nodes, or all."""
        await self.nodes.start(*indices)
        for i in indices or range(len(self.gates)):
            self.gates[i].node = self.nodes.up(i)

    def node(self, member: Member) -> Gate:
        """Implements `Peers`, for uploaders."""
        return self.gates[self.nodes.ids.index(member.node_id)]

    def uploader(self, *, journal: MemoryJournal | None = None, **options: Any) -> Uploader:
        """A new process, so to speak; with a journal of its own it is on another machine."""
        return self._uploader(CUSTOMER, journal or self.journal, options)

    def stranger(self) -> Uploader:
        """Somebody else, who stores, too."""
        return self._uploader(STRANGER, MemoryJournal(), {})

    def _uploader(self, address: bytes, journal: MemoryJournal, options: Any) -> Uploader:
        peers: Any = self
        return Uploader(
            SimChain(self.contract, address, self.chain.weather),
            peers,
            InlineWorkers(),
            journal,
            random.Random(5),
            UploadOptions(**options),
        )

    # -- what can be seen ---------------------------------------------------------------------

    @property
    def purse(self) -> Any:
        return self.contract.purses[CUSTOMER]

    @property
    def paid(self) -> int:
        """FROST that the customer has spent."""
        return self.funds - self.purse.coin.value

    def price(self, content: bytes, epochs: int) -> int:
        """What storing takes, once."""
        metadata = encode(content, self.n_shards).metadata
        size = metadata.config.encoded_size(metadata.unencoded_length)
        return self.chain.prices().cost(size, epochs).total

    async def blobs(self) -> list[BlobObject]:
        return list(await self.chain.blobs())

    def result(self, outcome: StoreOutcome, i: int) -> NodeResult:
        """What became of node i's part."""
        [result] = [node for node in outcome.nodes if node.node_id == self.nodes.ids[i]]
        return result

    def lacking(self, i: int, blob_id: BlobId) -> int:
        """Slivers of a blob that node i should have on its disk and has not."""
        return len(self.nodes.stores[i].lacking(blob_id, self.nodes.shards(i)))

    def forget_calls(self) -> None:
        for gate in self.gates:
            gate.calls.clear()
            gate.slivers.clear()


def content(size: int = 5000, seed: int = 0) -> bytes:
    return random.Random(seed).randbytes(size)
