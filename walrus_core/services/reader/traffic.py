"""What a read takes: bytes from nodes, and the nodes that were no help."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from walrus_core.codec.metadata import BlobMetadata
    from walrus_core.codec.slivers import Sliver
    from walrus_core.codec.symbols import RecoverySymbol
    from walrus_core.protocol.committee import Member
    from walrus_core.types import BlobId

__all__ = ["ReadOutcome", "Traffic"]

METADATA_HEAD, PAIR_HASHES = 44, 66
"""Bytes of BCS: what stands before the hashes, and two hashes with their tags."""

SLIVER_FRAME, SYMBOL_FRAME = 8, 8
"""Bytes around a sliver's or a symbol's data: indices, lengths, symbol size."""

STATUS = 64


@dataclass(slots=True)
class Traffic:
    """Counts while a blob is read.

    `received`: bytes that nodes sent, good or bad, as they stand in messages (without what TLS and
    HTTP add). `recovered`: slivers rebuilt from recovery symbols. `faults`: the last reason for
    which each node, by its address, was passed over.
    """

    received: int = 0
    slivers: int = 0
    recovered: int = 0
    faults: dict[str, str] = field(default_factory=dict)

    def metadata(self, metadata: BlobMetadata) -> None:
        self.received += METADATA_HEAD + PAIR_HASHES * metadata.n_shards

    def sliver(self, sliver: Sliver) -> None:
        self.received += SLIVER_FRAME + sliver.data.nbytes

    def symbol(self, symbol: RecoverySymbol) -> None:
        self.received += SYMBOL_FRAME + len(symbol.data) + len(symbol.proof.path)

    def status(self) -> None:
        self.received += STATUS

    def fault(self, member: Member, reason: object) -> None:
        self.faults[member.network_address] = str(reason)


@dataclass(frozen=True, slots=True)
class ReadOutcome:
    """A read that succeeded: `size` bytes of the blob, in `content` unless they went to a file.

    The other numbers as in `Traffic`; `was_decoded` if source slivers were missing and the blob was
    reconstructed.
    """

    blob_id: BlobId
    size: int
    received: int
    recovered: int
    was_decoded: bool
    faults: dict[str, str]
    content: bytes = b""
