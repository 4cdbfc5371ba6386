"""Messages and the values that they stand for.

What comes from the other side is checked here as far as it can be without knowing more: lengths,
enumerations, and how many there are. InvalidArgumentError and InvalidEncodingError say what is
wrong with it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from google.protobuf.message import DecodeError

from walrus_core.codec.merkle import MerkleProof
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InvalidArgumentError
from walrus_core.protocol.keys import PublicKey, Signature
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.services.node_api import (
    BlobStatus,
    Holdings,
    NodeHealth,
    ShardStatus,
    StoredStatus,
)
from walrus_core.types import (
    Axis,
    BlobId,
    Epoch,
    ShardIndex,
    SliverIndex,
    SliverPairIndex,
    checked_bytes,
    checked_int,
    pair_to_sliver,
    sliver_to_pair,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from walrus_core.storage.blob_record import EventId

BlobKindName = Literal["nonexistent", "deletable", "permanent", "invalid"]

Parse: TypeAlias = "Callable[[bytes], Any]"
"""A message's `FromString`."""

AXES: Mapping[Axis, pb.Axis] = {
    Axis.PRIMARY: pb.AXIS_PRIMARY,
    Axis.SECONDARY: pb.AXIS_SECONDARY,
}
STORED: Mapping[StoredStatus, pb.StoredStatus] = {
    StoredStatus.NONEXISTENT: pb.STORED_STATUS_NONEXISTENT,
    StoredStatus.BUFFERED: pb.STORED_STATUS_BUFFERED,
    StoredStatus.STORED: pb.STORED_STATUS_STORED,
}
SHARDS: Mapping[ShardStatus, pb.ShardStatus] = {
    ShardStatus.READY: pb.SHARD_STATUS_READY,
    ShardStatus.IN_TRANSFER: pb.SHARD_STATUS_IN_TRANSFER,
    ShardStatus.IN_RECOVERY: pb.SHARD_STATUS_IN_RECOVERY,
    ShardStatus.READ_ONLY: pb.SHARD_STATUS_READ_ONLY,
}
KINDS: Mapping[BlobKindName, pb.BlobKind] = {
    "nonexistent": pb.BLOB_KIND_NONEXISTENT,
    "deletable": pb.BLOB_KIND_DELETABLE,
    "permanent": pb.BLOB_KIND_PERMANENT,
    "invalid": pb.BLOB_KIND_INVALID,
}
_AXIS_OF: Mapping[int, Axis] = {number: axis for axis, number in AXES.items()}
_STORED_OF: Mapping[int, StoredStatus] = {number: status for status, number in STORED.items()}
_SHARD_OF: Mapping[int, ShardStatus] = {number: status for status, number in SHARDS.items()}
_KIND_OF: Mapping[int, BlobKindName] = {number: kind for kind, number in KINDS.items()}


def message_of(parse: Parse, data: bytes) -> Any:
    """InvalidArgumentError for bytes that are no message: in gRPC's hands they would be a failure
    of the server.
    """
    try:
        return parse(data)
    except DecodeError:
        raise InvalidArgumentError("these bytes are no message of this method") from None


def blob_id_of(data: bytes) -> BlobId:
    return BlobId(checked_bytes("blob_id", data, BlobId.SIZE))


def axis_of(number: int) -> Axis:
    axis = _AXIS_OF.get(number)
    if axis is None:
        raise InvalidArgumentError(f"axis {number} is none: 1 is primary, 2 secondary")
    return axis


def stored_status_of(number: int) -> StoredStatus:
    status = _STORED_OF.get(number)
    if status is None:
        raise InvalidArgumentError(f"stored status {number} is not known")
    return status


def pairs_of(name: str, numbers: Sequence[int], n_shards: int) -> list[SliverPairIndex]:
    """Distinct sliver pair indices below `n_shards`; there may be none."""
    if len(numbers) > n_shards:
        raise InvalidArgumentError(f"{len(numbers):,} {name} > {n_shards}, the number of shards")
    pairs = [SliverPairIndex(checked_int(name, number, 0, n_shards - 1)) for number in numbers]
    if len(set(pairs)) < len(pairs):
        raise InvalidArgumentError(f"{name} names a sliver pair twice")
    return pairs


def some_pairs_of(name: str, numbers: Sequence[int], n_shards: int) -> list[SliverPairIndex]:
    """As `pairs_of`, but at least one."""
    if not numbers:
        raise InvalidArgumentError(f"{name} is empty: nothing is asked for")
    return pairs_of(name, numbers, n_shards)


def holdings_message(holdings: Holdings) -> pb.GetHoldingsResponse:
    return pb.GetHoldingsResponse(
        metadata_status=STORED[holdings.metadata],
        primary_sliver_pair_indices=sorted(holdings.primary),
        secondary_sliver_pair_indices=sorted(holdings.secondary),
    )


def holdings_of(message: pb.GetHoldingsResponse, n_shards: int) -> Holdings:
    primary, secondary = (
        message.primary_sliver_pair_indices,
        message.secondary_sliver_pair_indices,
    )
    return Holdings(
        stored_status_of(message.metadata_status),
        frozenset(pairs_of("primary_sliver_pair_indices", primary, n_shards)),
        frozenset(pairs_of("secondary_sliver_pair_indices", secondary, n_shards)),
    )


def signed_message(signed: SignedMessage) -> pb.SignedMessage:
    return pb.SignedMessage(
        serialized_message=signed.serialized_message, signature=signed.signature.data
    )


def signed_message_of(message: pb.SignedMessage) -> SignedMessage:
    return SignedMessage(message.serialized_message, Signature(message.signature))


def public_key_of(data: bytes) -> PublicKey:
    return PublicKey(data)


def symbol_message(
    target: SliverPairIndex, symbol: RecoverySymbol, n_shards: int
) -> pb.RecoverySymbol:
    return pb.RecoverySymbol(
        target_sliver_pair_index=target,
        source_sliver_pair_index=sliver_to_pair(symbol.axis.orthogonal, symbol.index, n_shards),
        data=symbol.data,
        path=symbol.proof.path,
    )


def symbol_of(message: pb.RecoverySymbol, axis: Axis, n_shards: int) -> RecoverySymbol:
    """A symbol for a target of `axis`."""
    source: SliverIndex = pair_to_sliver(
        axis.orthogonal, message.source_sliver_pair_index, n_shards
    )
    return RecoverySymbol(axis, source, message.data, MerkleProof(message.path))


def blob_status_message(status: BlobStatus) -> pb.GetBlobStatusResponse:
    event = status.event
    return pb.GetBlobStatusResponse(
        kind=KINDS[status.kind],
        end_epoch=status.end_epoch,
        is_certified=status.is_certified,
        initial_certified_epoch=status.initial_certified_epoch,
        deletable_total_count=status.deletable_total,
        deletable_certified_count=status.deletable_certified,
        event=event_message(event) if event else None,
    )


def event_message(event: EventId) -> pb.EventId:
    return pb.EventId(transaction_digest=event.transaction, sequence=event.sequence)


def blob_status_of(message: pb.GetBlobStatusResponse) -> BlobStatus:
    from walrus_core.storage.blob_record import EventId  # with the whole store, at each start

    kind = _KIND_OF.get(message.kind)
    if kind is None:
        raise InvalidArgumentError(f"blob kind {message.kind} is not known")
    event, certified = message.event, message.initial_certified_epoch
    return BlobStatus(
        kind,
        end_epoch=Epoch(message.end_epoch) if message.HasField("end_epoch") else None,
        is_certified=message.is_certified,
        initial_certified_epoch=(
            Epoch(certified) if message.HasField("initial_certified_epoch") else None
        ),
        deletable_total=message.deletable_total_count,
        deletable_certified=message.deletable_certified_count,
        event=(
            EventId(event.transaction_digest, event.sequence) if message.HasField("event") else None
        ),
    )


def health_message(health: NodeHealth) -> pb.GetNodeHealthResponse:
    return pb.GetNodeHealthResponse(
        uptime_seconds=health.uptime,
        epoch=health.epoch,
        node_id=health.node_id,
        public_key=health.public_key,
        status=health.status,
        event_count=health.events,
        shards=(
            pb.ShardHealth(shard_index=shard, status=SHARDS[status])
            for shard, status in sorted(health.shards.items())
        ),
        blob_count=health.blobs,
        healing_count=health.healing,
        damaged_count=health.damaged,
        stored_bytes=health.stored,
        limit_bytes=health.limit,
        free_bytes=health.free,
    )


def health_of(message: pb.GetNodeHealthResponse) -> NodeHealth:
    return NodeHealth(
        uptime=message.uptime_seconds,
        epoch=Epoch(message.epoch),
        node_id=message.node_id,
        public_key=message.public_key,
        status=message.status,
        events=message.event_count,
        shards=_shards_of(message.shards),
        blobs=message.blob_count,
        healing=message.healing_count,
        damaged=message.damaged_count,
        stored=message.stored_bytes,
        limit=message.limit_bytes if message.HasField("limit_bytes") else None,
        free=message.free_bytes,
    )


def _shards_of(shards: Iterable[pb.ShardHealth]) -> dict[ShardIndex, ShardStatus]:
    """Those whose status this version knows."""
    return {
        ShardIndex(each.shard_index): _SHARD_OF[each.status]
        for each in shards
        if each.status in _SHARD_OF
    }
