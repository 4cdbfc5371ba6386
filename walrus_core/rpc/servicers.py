# ruff: noqa: N802 - the methods are named as in the .proto
"""The gRPC service of a storage node: convert, call, convert.

Every method checks what can be checked before anything is done or read for it. What the node
refuses is not caught here: the interceptor makes statuses of errors.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.merkle import MAX_PATH_LENGTH
from walrus_core.codec.metadata import UnverifiedMetadata, VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InvalidArgumentError
from walrus_core.rpc import convert
from walrus_core.rpc.budget import ByteBudget
from walrus_core.rpc.options import ServerOptions
from walrus_core.rpc.pieces import Assembly, completed, proof_bytes
from walrus_core.rpc.sliver_wire import Part, cut, in_answer, in_shard, joined
from walrus_core.rpc.streams import GO_AHEAD, MAX_DATA, chained, closed, packed
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.services.node_api import NodeApi
from walrus_core.types import Axis, BlobId, SliverPairIndex, checked_bytes

__all__ = ["NodeServicer", "ServedNode"]

M = TypeVar("M")

_SYMBOL_OVERHEAD = 2 + 5 + 5 + MAX_PATH_LENGTH * 33
"""BCS around a recovery symbol's data, at most: index, two lengths, the path."""


class ServedNode(NodeApi, Protocol):
    """A node that can say how large what it is about to be sent will be."""

    async def expected(self, blob_id: BlobId, pending: bool) -> VerifiedMetadata:
        """The metadata that a blob's slivers have to fit; raises what `put_slivers` would."""
        ...


class NodeServicer:
    """Asks `node`, within the options' sizes. Slivers go out as bytes, which the interceptor takes
    as they are.
    """

    def __init__(self, node: ServedNode, options: ServerOptions) -> None:
        self._node = node
        self._config = EncodingConfig(options.n_shards)
        self._memory = ByteBudget(options.upload_bytes, options.retry_after)

    async def GetMetadata(self, request: pb.GetMetadataRequest, _: Any) -> pb.GetMetadataResponse:
        metadata = await self._node.metadata(convert.blob_id_of(request.blob_id))
        return pb.GetMetadataResponse(metadata=metadata.to_bcs_with_id())

    async def PutMetadata(self, request: pb.PutMetadataRequest, _: Any) -> pb.PutMetadataResponse:
        metadata = UnverifiedMetadata.from_bcs_with_id(request.metadata)
        self._require_shards(metadata.n_shards)
        before = await self._node.put_metadata(metadata, pending=request.pending)
        return pb.PutMetadataResponse(previous_status=convert.STORED[before])

    async def GetHoldings(self, request: pb.GetHoldingsRequest, _: Any) -> pb.GetHoldingsResponse:
        holdings = await self._node.holdings(convert.blob_id_of(request.blob_id))
        return convert.holdings_message(holdings)

    def GetSlivers(self, request: pb.GetSliversRequest, _: Any) -> AsyncIterator[bytes]:
        slivers = self._node.slivers(
            convert.blob_id_of(request.blob_id),
            convert.axis_of(request.axis),
            self._pairs("sliver_pair_indices", request.sliver_pair_indices),
        )
        return packed(slivers, lambda each: cut(each, self._config.n_shards, in_answer), joined)

    async def PutSlivers(
        self, requests: AsyncIterator[pb.PutSliversRequest], context: Any
    ) -> pb.PutSliversResponse:
        first = await _begun(requests)
        blob_id = convert.blob_id_of(first.blob_id)
        metadata = await self._node.expected(blob_id, first.pending)
        with self._memory.lend(_memory_of_upload(metadata)):
            await _go_ahead(context)
            async with closed(_slivers(first, requests, metadata)) as slivers:
                count = await self._node.put_slivers(blob_id, slivers, pending=first.pending)
        return pb.PutSliversResponse(stored_count=count)

    async def GetConfirmation(
        self, request: pb.GetConfirmationRequest, _: Any
    ) -> pb.GetConfirmationResponse:
        blob_id = convert.blob_id_of(request.blob_id)
        object_id = None
        if request.HasField("object_id"):
            object_id = checked_bytes("object_id", request.object_id, 32)
        signed = await self._node.confirmation(blob_id, object_id, request.wait_millis / 1000)
        return pb.GetConfirmationResponse(confirmation=convert.signed_message(signed))

    def GetRecoverySymbols(
        self, request: pb.GetRecoverySymbolsRequest, _: Any
    ) -> AsyncIterator[pb.GetRecoverySymbolsResponse]:
        symbols = self._node.recovery_symbols(
            convert.blob_id_of(request.blob_id),
            convert.axis_of(request.target_axis),
            self._pairs("target_sliver_pair_indices", request.target_sliver_pair_indices),
            self._pairs("source_sliver_pair_indices", request.source_sliver_pair_indices),
        )
        return packed(
            symbols,
            self._cut_symbol,
            lambda some: pb.GetRecoverySymbolsResponse(symbols=some),
        )

    async def AttestInconsistency(
        self, requests: AsyncIterator[pb.AttestInconsistencyRequest], context: Any
    ) -> pb.AttestInconsistencyResponse:
        first = await _begun(requests)
        blob_id, axis = convert.blob_id_of(first.blob_id), convert.axis_of(first.target_axis)
        metadata = await self._node.expected(blob_id, False)
        limit = _largest_proof(metadata, axis)
        with self._memory.lend(2 * limit):
            await _go_ahead(context)
            data = await proof_bytes(first, requests, limit)
            proof = InconsistencyProof.from_bcs(axis, data)
            signed = await self._node.attest_inconsistency(blob_id, proof)
        return pb.AttestInconsistencyResponse(attestation=convert.signed_message(signed))

    async def GetBlobStatus(
        self, request: pb.GetBlobStatusRequest, _: Any
    ) -> pb.GetBlobStatusResponse:
        return convert.blob_status_message(
            await self._node.status(convert.blob_id_of(request.blob_id))
        )

    def SyncShard(self, request: pb.SyncShardRequest, _: Any) -> AsyncIterator[bytes]:
        slivers = self._node.sync_shard(
            convert.signed_message_of(request.request), convert.public_key_of(request.public_key)
        )
        return packed(slivers, self._cut_of_shard, joined)

    async def GetNodeHealth(self, _: pb.GetNodeHealthRequest, __: Any) -> pb.GetNodeHealthResponse:
        return convert.health_message(await self._node.health())

    # -- what the methods share ---------------------------------------------------------------

    def _pairs(self, name: str, numbers: Sequence[int]) -> list[SliverPairIndex]:
        return convert.some_pairs_of(name, numbers, self._config.n_shards)

    def _require_shards(self, n_shards: int) -> None:
        if n_shards != self._config.n_shards:
            raise InvalidArgumentError(
                f"metadata for {n_shards} shards; this network has {self._config.n_shards}"
            )

    def _cut_of_shard(self, item: tuple[BlobId, Sliver]) -> Iterator[tuple[Part, int]]:
        blob_id, sliver = item
        return cut(sliver, self._config.n_shards, in_shard(blob_id))

    def _cut_symbol(
        self, item: tuple[SliverPairIndex, RecoverySymbol]
    ) -> Iterator[tuple[pb.RecoverySymbol, int]]:
        target, symbol = item
        message = convert.symbol_message(target, symbol, self._config.n_shards)
        yield message, len(symbol.data) + len(symbol.proof.path)


async def _begun(requests: AsyncIterator[M]) -> M:
    """The first message of a request, which says what it is about."""
    first = await anext(requests, None)
    if first is None:
        raise InvalidArgumentError("the request has no message")
    return first


async def _go_ahead(context: Any) -> None:
    """Tell the caller that the rest of the request is wanted."""
    await context.send_initial_metadata(((GO_AHEAD, "1"),))


async def _slivers(
    first: pb.PutSliversRequest,
    rest: AsyncIterator[pb.PutSliversRequest],
    metadata: VerifiedMetadata,
) -> AsyncIterator[Sliver]:
    """The slivers in a request: each once, of the size that the blob's have."""
    seen: set[tuple[Axis, SliverPairIndex]] = set()
    assembly = Assembly(metadata.config, metadata.symbol_size)
    async with closed(chained(first, rest)) as requests:
        async for request in requests:
            for pair, sliver in completed(request.pieces, assembly):
                if (sliver.axis, pair) in seen:
                    raise InvalidArgumentError(f"{sliver.axis} sliver of pair {pair} comes twice")
                seen.add((sliver.axis, pair))
                yield sliver
    assembly.finish()


def _memory_of_upload(metadata: VerifiedMetadata) -> int:
    """Bytes that an upload holds at most: a sliver in pieces and put together, and a message."""
    size = metadata.config.sliver_size(Axis.PRIMARY, metadata.unencoded_length)
    return 2 * size + MAX_DATA


def _largest_proof(metadata: VerifiedMetadata, axis: Axis) -> int:
    """Bytes of an InconsistencyProof about a sliver of this blob, at most."""
    n_symbols = metadata.config.n_sliver_symbols(axis)
    return 2 + 5 + n_symbols * (metadata.symbol_size + _SYMBOL_OVERHEAD)
