"""Storage nodes over the network, behind the port that they are behind everywhere.

Whatever goes wrong on the way is a NodeUnavailableError: no connection, no answer in time, an
answer that makes no sense. What the node itself refuses is the error that it raised.
"""

from __future__ import annotations

from collections.abc import AsyncIterable, AsyncIterator, Sequence
from typing import Any, TypeVar

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InvalidArgumentError
from walrus_core.protocol.committee import Member
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc import convert
from walrus_core.rpc.calls import Calls
from walrus_core.rpc.options import ClientOptions
from walrus_core.rpc.pieces import Assembly, ShardAssembly, completed, cut_proof
from walrus_core.rpc.sliver_wire import cut, in_request, joined
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
        self._calls = Calls(address, public_key, options or ClientOptions())
        self._config = EncodingConfig(n_shards)

    async def close(self) -> None:
        """End the connection, and the calls that are on it."""
        await self._calls.close()

    async def metadata(self, blob_id: BlobId) -> BlobMetadata:
        answer = await self._calls.ask("GetMetadata", pb.GetMetadataRequest(blob_id=blob_id.digest))
        with self._calls.sense():
            metadata = UnverifiedMetadata.from_bcs_with_id(answer.metadata)
            if metadata.blob_id != blob_id:
                raise InvalidArgumentError(f"metadata of blob {metadata.blob_id}, not {blob_id}")
        return metadata

    async def put_metadata(self, metadata: BlobMetadata, *, pending: bool = False) -> StoredStatus:
        data = metadata.to_bcs_with_id()
        answer = await self._calls.ask(
            "PutMetadata", pb.PutMetadataRequest(metadata=data, pending=pending)
        )
        with self._calls.sense():
            return convert.stored_status_of(answer.previous_status)

    async def holdings(self, blob_id: BlobId) -> Holdings:
        answer = await self._calls.ask("GetHoldings", pb.GetHoldingsRequest(blob_id=blob_id.digest))
        with self._calls.sense():
            return convert.holdings_of(answer, self._config.n_shards)

    async def slivers(
        self, blob_id: BlobId, axis: Axis, pairs: Sequence[SliverPairIndex]
    ) -> AsyncIterator[Sliver]:
        request = pb.GetSliversRequest(
            blob_id=blob_id.digest, axis=convert.AXES[axis], sliver_pair_indices=pairs
        )
        outstanding = iter(pairs)
        messages = self._calls.listen("GetSlivers", request)
        async with closed(self._made(messages, Assembly(self._config))) as slivers:
            async for pair, sliver in slivers:
                with self._calls.sense():
                    if sliver.axis is not axis or pair not in outstanding:  # in the order asked for
                        raise InvalidArgumentError(f"{sliver.axis} sliver of pair {pair}, unasked")
                yield sliver

    async def put_slivers(
        self, blob_id: BlobId, slivers: AsyncIterable[Sliver], *, pending: bool = False
    ) -> int:
        opening = pb.PutSliversRequest(blob_id=blob_id.digest, pending=pending)
        requests = packed(
            slivers,
            lambda sliver: cut(sliver, self._config.n_shards, in_request),
            joined,
        )
        answer = await self._calls.tell("PutSlivers", opening.SerializeToString(), requests)
        return int(answer.stored_count)

    async def confirmation(
        self, blob_id: BlobId, object_id: bytes | None, wait: float = 0.0
    ) -> SignedMessage:
        request = pb.GetConfirmationRequest(
            blob_id=blob_id.digest, object_id=object_id, wait_millis=round(1000 * wait)
        )
        answer = await self._calls.ask("GetConfirmation", request, wait)
        with self._calls.sense():
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
        async with closed(self._calls.listen("GetRecoverySymbols", request)) as messages:
            async for message in messages:
                for each in message.symbols:
                    with self._calls.sense():
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
        answer = await self._calls.tell("AttestInconsistency", opening, _each(rest))
        with self._calls.sense():
            return convert.signed_message_of(answer.attestation)

    async def status(self, blob_id: BlobId) -> BlobStatus:
        answer = await self._calls.ask(
            "GetBlobStatus", pb.GetBlobStatusRequest(blob_id=blob_id.digest)
        )
        with self._calls.sense():
            return convert.blob_status_of(answer)

    async def sync_shard(
        self, request: SignedMessage, public_key: PublicKey
    ) -> AsyncIterator[tuple[BlobId, Sliver]]:
        message = pb.SyncShardRequest(
            request=convert.signed_message(request), public_key=public_key.data
        )
        messages = self._calls.listen("SyncShard", message)
        async with closed(self._made(messages, ShardAssembly(self._config))) as slivers:
            async for blob_id, sliver in slivers:
                yield blob_id, sliver

    async def health(self) -> NodeHealth:
        answer = await self._calls.ask("GetNodeHealth", pb.GetNodeHealthRequest())
        with self._calls.sense():
            return convert.health_of(answer)

    async def _made(self, messages: AsyncIterator[Any], assembly: Any) -> AsyncIterator[Any]:
        """What an assembly makes of the pieces in some messages."""
        async with closed(messages):
            async for message in messages:
                with self._calls.sense():
                    items = completed(message.pieces, assembly)
                for item in items:
                    yield item
        with self._calls.sense():
            assembly.finish()


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
