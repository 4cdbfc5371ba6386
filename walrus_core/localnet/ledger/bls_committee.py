"""The System's committee: who may attest, with which weight and key (contract.md, section 3)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.ledger.integers import u16
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.signers import bitmap_to_signers

__all__ = ["BlsCommittee", "BlsMember", "new_bls_committee"]


@dataclass(slots=True, eq=False)
class BlsMember(Record):
    """A node: its weight in shards, its public key (48 bytes)."""

    node_id: bytes
    weight: int
    public_key: bytes


@dataclass(slots=True, eq=False)
class BlsCommittee(Record):
    """The members by ascending node id; a new epoch brings a new one, this one never changes."""

    epoch: int
    n_shards: int
    members: tuple[BlsMember, ...]

    def weight_of(self, node_id: bytes) -> int | None:
        """A member's weight; None of a stranger."""
        for member in self.members:
            if member.node_id == node_id:
                return member.weight
        return None

    def signers(self, bitmap: bytes) -> tuple[int, ...]:
        """The positions of the members whose bit is set."""
        try:
            return bitmap_to_signers(bitmap, len(self.members))
        except InvalidEncodingError:
            raise abort("bls_aggregate", "EInvalidBitmap") from None

    def weight_of_signers(self, signers: Iterable[int]) -> int:
        members = self.members
        return sum([members[position].weight for position in signers])


def new_bls_committee(epoch: int, members: Iterable[tuple[bytes, int, bytes]]) -> BlsCommittee:
    """From (node id, weight, public key), sorted by id. Its weights sum up to the shards."""
    records = tuple(BlsMember(*member) for member in members)
    if any(member.weight == 0 for member in records):
        raise abort("bls_aggregate", "EIncorrectCommittee")
    return BlsCommittee(epoch, u16(sum(member.weight for member in records)), records)
