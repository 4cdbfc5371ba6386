"""Events on chain, named as the official interface does (spec, chapter 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.localnet.sui_node.ids import digest_text

if TYPE_CHECKING:
    from walrus_core.cli.output import Values
    from walrus_core.storage.blob_record import EventId

__all__ = ["event_values"]


def event_values(event: EventId) -> Values:
    return {"txDigest": digest_text(event.transaction), "eventSeq": str(event.sequence)}
