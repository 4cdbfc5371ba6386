"""Storage nodes over the network, behind the port that they are behind everywhere.

Whatever goes wrong on the way is a NodeUnavailableError: no connection, no answer in time, an
answer that makes no sense. What the node itself refuses is the error that it raised.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterable, AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager, contextmanager
from typing import Any, TypeVar

import grpc
from google.protobuf.message import DecodeError
from google.rpc import status_pb2

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InvalidArgumentError, InvalidEncodingError, NodeUnavailableError
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc import convert
from walrus_core.rpc.connection import Connection
from walrus_core.rpc.options import ClientOptions
from walrus_core.rpc.pieces import Assembly, ShardAssembly, completed, cut, cut_proof
from walrus_core.rpc.status import DETAILS_KEY, error_from
from walrus_core.rpc.streams import closed, packed
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.services.node_api import (
    BlobStatus,
    Holdings,
    NodeApi,
    NodeHealth,
    StoredStatus,
)
from walrus_core.types import Axis, BlobId, SliverPairIndex

__all__ = ["ClientOptions", "RpcNode", "RpcPeers"]

M = TypeVar("M")


class RpcNode:
    """The node at `address` (host:port) of a network of `n_shards` shards, as a `NodeApi`.

    `public_key`: 33 bytes, that of its TLS identity; who shows another is not believed. Nothing is
    connected before the first call.
    """

    def __init__(
        self, address: str, public_key: bytes, n_shards: int, options: ClientOptions | None = None
    ) -> None:
        self._options = options or ClientOptions()
        self._config = EncodingConfig(n_shards)
        self._connection = Connection(address, public_key, self._options)
        self._address = address

    async def close(self) -> None:
        await self._connection.close()

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        answer = await self._ask("GetMetadata", pb.GetMetadataRequest(blob_id=blob_id.digest))
        with self._sense():
            metadata = UnverifiedMetadata.from_bcs_with_id(answer.metadata)
            if metadata.blob_id != blob_id:
                raise InvalidArgumentError(f"metadata of blob {metadata.blob_id}, not {blob_id}")
        return metadata

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        data = metadata.to_bcs_with_id()
        answer = await self._ask(
            "PutMetadata", pb.PutMetadataRequest(metadata=data, pending=pending)
        )
        with self._sense():
            return convert.stored_status_of(answer.previous_status)

    async def holdings(self, blob_id: BlobId) -> Holdings:
        answer = await self._ask("GetHoldings", pb.GetHoldingsRequest(blob_id=blob_id.digest))
        with self._sense():
            return convert.holdings_of(answer, self._config.n_shards)

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        request = pb.GetSliversRequest(
            blob_id=blob_id.digest, axis=convert.AXES[axis], sliver_pair_indices=pairs
        )
        outstanding = iter(pairs)
        messages = self._listen("GetSlivers", request)
        async with closed(self._made(messages, Assembly(self._config))) as slivers:
            async for pair, sliver in slivers:
                with self._sense():
                    if sliver.axis is not axis or pair not in outstanding:  # in the order asked for
                        raise InvalidArgumentError(f"{sliver.axis} sliver of pair {pair}, unasked")
                yield sliver

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        opening = pb.PutSliversRequest(blob_id=blob_id.digest, pending=pending)
        requests = packed(
            slivers,
            lambda sliver: cut(sliver, self._config.n_shards),
            lambda pieces: pb.PutSliversRequest(pieces=pieces),
        )
        answer = await self._tell("PutSlivers", opening, requests)
        return int(answer.stored_count)

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        request = pb.GetConfirmationRequest(
            blob_id=blob_id.digest, object_id=object_id, wait_millis=round(1000 * wait)
        )
        answer = await self._ask("GetConfirmation", request, wait)
        with self._sense():
            return convert.signed_message_of(answer.confirmation)

    async def recovery_symbols(
        self,
        blob_id: BlobId,
        axis: Axis,
        targets: Sequence[SliverPairIndex],
        sources: Sequence[SliverPairIndex],
    ) -> AsyncIterator[tuple[SliverPairIndex, RecoverySymbol]]:
        request = pb.GetRecoverySymbolsRequest(
            blob_id=blob_id.digest,
            target_axis=convert.AXES[axis],
            target_sliver_pair_indices=targets,
            source_sliver_pair_indices=sources,
        )
        outstanding = {(target, source) for target in targets for source in sources}
        async with closed(self._listen("GetRecoverySymbols", request)) as messages:
            async for message in messages:
                for each in message.symbols:
                    with self._sense():
                        place = each.target_sliver_pair_index, each.source_sliver_pair_index
                        if place not in outstanding:
                            raise InvalidArgumentError(f"a symbol unasked, of pairs {place}")
                        outstanding.remove(place)
                        symbol = convert.symbol_of(each, axis, self._config.n_shards)
                    yield place[0], symbol

    async def attest_inconsistency(
        self, blob_id: BlobId, proof: InconsistencyProof
    ) -> SignedMessage:
        opening, *rest = cut_proof(blob_id, proof.axis, proof.to_bcs())
        answer = await self._tell("AttestInconsistency", opening, _each(rest))
        with self._sense():
            return convert.signed_message_of(answer.attestation)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        answer = await self._ask("GetBlobStatus", pb.GetBlobStatusRequest(blob_id=blob_id.digest))
        with self._sense():
            return convert.blob_status_of(answer)

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        message = pb.SyncShardRequest(
            request=convert.signed_message(request), public_key=public_key.data
        )
        messages = self._listen("SyncShard", message)
        async with closed(self._made(messages, ShardAssembly(self._config))) as slivers:
            async for blob_id, sliver in slivers:
                yield blob_id, sliver

    async def health(self) -> NodeHealth:
        answer = await self._ask("GetNodeHealth", pb.GetNodeHealthRequest())
        with self._sense():
            return convert.health_of(answer)

    # -- calls --------------------------------------------------------------------------------

    async def _ask(self, method: str, request: Any, wait: float = 0.0) -> Any:
        """One message there, one back, within `wait` seconds more than usual."""
        async with self._called() as stub:
            seconds = wait + self._options.call_seconds
            return self._readable(await getattr(stub, method)(request, timeout=seconds))

    async def _listen(self, method: str, request: Any) -> AsyncIterator[Any]:
        """The messages of an answer, from a node that keeps sending: only the time that we wait for
        it counts.
        """
        loop, left = asyncio.get_running_loop(), self._options.idle_seconds
        async with self._called() as stub:
            call = getattr(stub, method)(request)
            try:
                while True:
                    started = loop.time()
                    async with self._within(min(left, self._options.idle_seconds)):
                        message = await call.read()
                    if message is grpc.aio.EOF:
                        return
                    message = self._readable(message)
                    left += message.ByteSize() / self._options.least_rate - loop.time() + started
                    yield message
            finally:
                call.cancel()

    async def _tell(self, method: str, opening: Any, requests: AsyncIterator[Any]) -> Any:
        """Many messages there, one back; each has to be taken in time."""
        async with closed(requests), self._called() as stub:
            call = getattr(stub, method)()
            try:
                if await self._took(call, opening):
                    async for request in requests:
                        if not await self._took(call, request):
                            break
                async with self._within(self._options.call_seconds):
                    await call.done_writing()
                    return self._readable(await call)
            finally:
                call.cancel()

    async def _took(self, call: Any, message: Any) -> bool:
        """Whether the node took it; if not it has answered already, and will take no more.

        What it answered is what the call ends with: of a write that was cut off gRPC knows no more
        than that.
        """
        try:
            async with self._within(self._options.idle_seconds):
                await call.write(message)
        except (asyncio.InvalidStateError, grpc.aio.AioRpcError):
            return False
        return True

    @asynccontextmanager
    async def _called(self) -> AsyncIterator[Any]:
        """The service's methods; a call that fails raises the error that its status stands for."""
        try:
            async with self._connection.stub() as stub:
                yield stub
        except grpc.aio.AioRpcError as error:
            raise _error_of(error, self._address) from None
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if self._connection.is_closed and task is not None and not task.cancelling():
                raise NodeUnavailableError(self._address, "the way to it was closed") from None
            raise

    @asynccontextmanager
    async def _within(self, seconds: float) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError:
            reason = f"is too slow, or has stopped: nothing within {seconds:.3g} s"
            raise NodeUnavailableError(self._address, reason) from None

    def _readable(self, message: Any) -> Any:
        """What gRPC passes is None where bytes were no message."""
        if message is None:
            raise NodeUnavailableError(self._address, "answers nonsense: no message of this method")
        return message

    async def _made(self, messages: AsyncIterator[Any], assembly: Any) -> AsyncIterator[Any]:
        """What an assembly makes of the pieces in some messages."""
        async with closed(messages):
            async for message in messages:
                with self._sense():
                    items = completed(message.pieces, assembly)
                for item in items:
                    yield item
        with self._sense():
            assembly.finish()

    @contextmanager
    def _sense(self) -> Iterator[None]:
        """For reading what the node said: it is the node's fault if that cannot be."""
        try:
            yield
        except (InvalidArgumentError, InvalidEncodingError) as error:
            raise NodeUnavailableError(self._address, f"answers nonsense: {error}") from error


class RpcPeers:
    """The way to all nodes of a network of `n_shards` shards: a `Peers`.

    Nodes keep their connections until `close`; one that changes its address or its key is another.
    """

    def __init__(self, n_shards: int, options: ClientOptions | None = None) -> None:
        self._n_shards = n_shards
        self._options = options
        self._nodes: dict[tuple[bytes, str, bytes], RpcNode] = {}

    def node(self, member: Member) -> NodeApi:
        key = member.node_id, member.network_address, member.network_public_key
        if key not in self._nodes:
            self._nodes[key] = RpcNode(key[1], key[2], self._n_shards, self._options)
        return self._nodes[key]

    async def close(self) -> None:
        """End all connections."""
        nodes, self._nodes = list(self._nodes.values()), {}
        for node in nodes:
            await node.close()


async def _each(items: Sequence[M]) -> AsyncIterator[M]:
    for item in items:
        yield item


def _error_of(error: grpc.aio.AioRpcError, address: str) -> Exception:
    """What the node stated; what gRPC itself has to say is that the node is not to be had."""
    details = dict(error.trailing_metadata() or ()).get(DETAILS_KEY)
    if isinstance(details, bytes):
        try:
            return error_from(status_pb2.Status.FromString(details), address)
        except DecodeError:
            return NodeUnavailableError(address, "answers nonsense: a status that is none")
    return NodeUnavailableError(address, f"{error.code().name}: {str(error.details())[:300]}")
