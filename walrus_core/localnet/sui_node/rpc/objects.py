"""Objects and their owners as messages."""

from __future__ import annotations

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.rpc.masks import Mask
from walrus_core.localnet.sui_node.values import ObjectRecord, Owner, OwnerKind

__all__ = ["object_message", "owner_message", "type_text"]

_OWNER_KINDS = {
    OwnerKind.ADDRESS: v2.OwnerOwnerKind.ADDRESS,
    OwnerKind.OBJECT: v2.OwnerOwnerKind.OBJECT,
    OwnerKind.SHARED: v2.OwnerOwnerKind.SHARED,
    OwnerKind.IMMUTABLE: v2.OwnerOwnerKind.IMMUTABLE,
}


def owner_message(owner: Owner) -> v2.Owner:
    """The version is the one at which the object was shared."""
    return v2.Owner(
        kind=_OWNER_KINDS[owner.kind],
        address=None if owner.address is None else address_text(owner.address),
        version=owner.initial_shared_version,
    )


def type_text(record: ObjectRecord) -> str:
    """The type of an object; packages have none, and are called what they are."""
    return "package" if record.type is None else str(record.type)


def object_message(record: ObjectRecord, mask: Mask) -> v2.Object:
    """One version of an object, as far as it is wanted."""
    type_ = type_text(record)
    message = v2.Object(
        object_id=address_text(record.id),
        version=record.version,
        digest=digest_text(record.digest),
        owner=owner_message(record.owner),
        object_type=type_,
        previous_transaction=digest_text(record.previous_transaction),
        storage_rebate=record.storage_rebate,
        balance=record.balance,
    )
    if record.contents:  # a package has none, nor has an object of long ago
        message.has_public_transfer = record.public_transfer
        message.contents = v2.Bcs(name=type_, value=record.contents)
    return mask.pruned(message)
