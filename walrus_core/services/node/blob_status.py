"""What the chain has told the node of a blob, summed up (spec, chapter 7: BlobStatus)."""

from __future__ import annotations

from walrus_core.services.node_api import BlobStatus
from walrus_core.storage.blob_record import BlobRecord

__all__ = ["status_of"]


def status_of(record: BlobRecord) -> BlobStatus:
    """Of a record without what has ended. A permanent registration outweighs deletable ones; of
    several, a certified one that lives longest.
    """
    if record.is_invalid:
        return BlobStatus("invalid", event=record.event)
    if not record.registrations:
        return BlobStatus("nonexistent")
    permanent = [each for each in record.registrations if not each.deletable]
    deletable = [each for each in record.registrations if each.deletable]
    relevant = permanent or deletable
    certified = [each for each in relevant if each.certified_epoch is not None]
    first = min(
        (each.certified_epoch for each in record.registrations if each.certified_epoch is not None),
        default=None,
    )
    return BlobStatus(
        "permanent" if permanent else "deletable",
        end_epoch=max(each.end_epoch for each in certified or permanent) if permanent else None,
        is_certified=bool(certified),
        initial_certified_epoch=first,
        deletable_total=len(deletable),
        deletable_certified=sum(each.certified_epoch is not None for each in deletable),
        event=record.event,
    )
