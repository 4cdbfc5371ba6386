"""A client for asyncio: blobs stored and read with a handful of methods."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Literal, Self, overload

from walrus_core.client.journal import FileJournal
from walrus_core.client.state import state_directory
from walrus_core.client.turns import FileTurns
from walrus_core.client.wallet import GivenKey, load_pysui, paying_chain
from walrus_core.errors import InvalidArgumentError
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.reader import BlobFile, Reader, ReadOptions
from walrus_core.services.uploader import StoreProgress, StoreTerms, Uploader, UploadOptions
from walrus_core.services.uploader.prepared_blob import PreparedBlob, prepare_blob
from walrus_core.services.workers import ThreadWorkers
from walrus_core.sui.networks import Network, network as network_named
from walrus_core.sui.node_chain import LightChain
from walrus_core.types import BlobId

if TYPE_CHECKING:
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.sources import BlobSource, FilePath
    from walrus_core.rpc.options import ClientOptions
    from walrus_core.services.node_api import BlobStatus
    from walrus_core.services.uploader import StoreOutcome

__all__ = ["AsyncClient"]


class AsyncClient:
    """Stores and reads blobs. Use it as an async context manager.

        async with AsyncClient("local") as client:
            outcome = await client.store("photo.jpg", epochs=5)
            content = await client.read(outcome.blob_id)

    `network`: "local", "testnet", "mainnet", the path of a .json file that describes one, or a
    `Network`. `key`, `wallet`, `address`: who pays, see `client.wallet`; only `store` needs it.
    `state`: the directory where unfinished stores are remembered; see `client.state`.
    """

    def __init__(
        self,
        network: str | Path | Network = "local",
        *,
        key: GivenKey = None,
        wallet: FilePath | None = None,
        address: bytes | None = None,
        state: FilePath | None = None,
        read_options: ReadOptions | None = None,
        upload_options: UploadOptions | None = None,
        node_options: ClientOptions | None = None,
    ) -> None:
        self.network = network if isinstance(network, Network) else network_named(str(network))
        self._key = key
        self._wallet = Path(wallet) if wallet is not None else None
        self._address = address
        self._state = Path(state) if state is not None else state_directory()
        self._read_options = read_options
        self._upload_options = upload_options
        self._node_options = node_options
        self._making = asyncio.Lock()  # what is made below is made once
        self._open: AsyncExitStack | None = None
        self._peers: RpcPeers | None = None
        self._reader: Reader | None = None
        self._uploader: Uploader | None = None

    async def __aenter__(self) -> Self:
        if self._open:
            raise InvalidArgumentError("the client is open already")
        self._open = AsyncExitStack()
        self._workers = ThreadWorkers()
        self._open.callback(self._workers.close)
        self._chain = await self._open.enter_async_context(LightChain(self.network))
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        opened, self._open = self._open, None
        self._peers = self._reader = self._uploader = None
        if opened:
            await opened.aclose()

    async def store(
        self,
        source: BlobSource,
        epochs: int | Literal["max"] = 1,
        permanent: bool = False,
        *,
        attributes: Mapping[str, str] | None = None,
        force: bool = False,
        reuse_resources: bool = True,
        progress: StoreProgress | None = None,
    ) -> StoreOutcome:
        """Store a buffer, the file at a path or a binary file object for so many epochs, this one
        included; a `permanent` blob cannot be deleted before.

        Cut off at any point, the next `store` of the same content goes on from there and pays
        nothing again. What is there already is used before anything is bought; if it is permanent
        by somebody else's registration, the outcome has no object. Otherwise as `Uploader.store`.
        """
        terms = StoreTerms(not permanent, attributes or {}, force, reuse_resources)
        progress = progress or StoreProgress()
        preparing = asyncio.create_task(self._prepared(source, epochs, progress))
        try:
            uploader = await self.uploader()  # for the first time, that takes some: see `wallet`
            prepared = await preparing
        finally:
            preparing.cancel()
            await asyncio.gather(preparing, return_exceptions=True)
        return await uploader.store_prepared(prepared, terms, progress)

    @overload
    async def read(
        self,
        blob_id: BlobId | str,
        start: int | None = ...,
        end: int | None = ...,
        out: None = ...,
        *,
        check: ConsistencyCheck = ...,
        progress: Progress | None = ...,
    ) -> bytes: ...
    @overload
    async def read(
        self,
        blob_id: BlobId | str,
        start: int | None = ...,
        end: int | None = ...,
        *,
        out: FilePath,
        check: ConsistencyCheck = ...,
        progress: Progress | None = ...,
    ) -> Path: ...
    async def read(
        self,
        blob_id: BlobId | str,
        start: int | None = None,
        end: int | None = None,
        out: FilePath | None = None,
        *,
        check: ConsistencyCheck = "default",
        progress: Progress | None = None,
    ) -> bytes | Path:
        """The bytes of a blob from `start` to `end`, both included; or the path `out`, to which
        they were written.

        `reader` tells more, and streams. BlobNotFoundError, BlobUnavailableError,
        InconsistentBlobError, InvalidRangeError.
        """
        reader, first, wanted = await self.reader(), start or 0, _blob_id(blob_id)
        if out is None:
            outcome = await reader.read(wanted, first, end, check=check, progress=progress)
            return outcome.content
        path = Path(out)
        await reader.read_to_file(wanted, path, first, end, check=check, progress=progress)
        return path

    async def open(self, blob_id: BlobId | str) -> BlobFile:
        """A blob as a file, of which only what is read is fetched."""
        return await (await self.reader()).open(_blob_id(blob_id))

    async def status(self, blob_id: BlobId | str) -> BlobStatus:
        """What the chain says of a blob, as the nodes know."""
        return await (await self.reader()).status(_blob_id(blob_id))

    async def reader(self) -> Reader:
        """What reads, for all that it can do."""
        async with self._making:
            if self._reader is None:
                peers, chance = await self._known_peers(), random.Random()
                self._reader = Reader(self._chain, peers, self._workers, chance, self._read_options)
            return self._reader

    async def uploader(self) -> Uploader:
        """What stores, for all that it can do; it takes a key."""
        async with self._making:
            if self._uploader is None:
                self._uploader = await self._new_uploader()
            return self._uploader

    async def _prepared(
        self, source: BlobSource, epochs: int | Literal["max"], progress: StoreProgress
    ) -> PreparedBlob:
        if epochs == "max":
            epochs = (await self._chain.state()).max_epochs_ahead
        options = self._upload_options or UploadOptions()
        return await prepare_blob(self._chain, source, epochs, self._workers, options, progress)

    async def _new_uploader(self) -> Uploader:
        peers, _ = await asyncio.gather(self._known_peers(), self._workers.run(load_pysui))
        chain = paying_chain(self.network, self._key, self._wallet, self._address)
        await self._opened.enter_async_context(chain)
        journal = FileJournal(self._journal_directory, self._workers)
        return Uploader(
            chain,
            peers,
            self._workers,
            journal,
            random.Random(),
            self._upload_options,
            FileTurns(self._journal_directory),
        )

    @property
    def _opened(self) -> AsyncExitStack:
        if self._open is None:
            raise InvalidArgumentError("the client is not open; use `async with`")
        return self._open

    @property
    def _journal_directory(self) -> Path:
        return self._state / self.network.directory_name

    async def _known_peers(self) -> RpcPeers:
        opened = self._opened
        if self._peers is None:
            n_shards = (await self._chain.state()).n_shards
            self._peers = RpcPeers(n_shards, self._node_options)
            opened.push_async_callback(self._peers.close)
        return self._peers


def _blob_id(blob_id: BlobId | str) -> BlobId:
    return BlobId.from_str(blob_id) if isinstance(blob_id, str) else blob_id
