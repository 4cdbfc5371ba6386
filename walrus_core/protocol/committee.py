"""The nodes of one epoch and the shards that each of them holds (spec, chapter 5)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from walrus_core.errors import InvalidArgumentError
from walrus_core.protocol.fields import ID, U16, U32
from walrus_core.protocol.keys import PublicKey
from walrus_core.protocol.member_keys import MemberKeys
from walrus_core.types import (
    U16_MAX,
    BlobId,
    Epoch,
    ShardIndex,
    SliverPairIndex,
    checked_instance,
    checked_int,
    pair_to_shard,
    shard_to_pair,
)

__all__ = ["Committee", "Member"]


@dataclass(frozen=True, slots=True)
class Member:
    """A node of a committee.

    `node_id`: 32 bytes, the object ID of its staking pool. `network_address`: host:port. `shards`:
    those it holds, at least one, in the chain's order. `network_public_key`: the secp256r1 point of
    its TLS identity, compressed, 33 bytes; empty if it is not known.
    """

    node_id: bytes
    public_key: PublicKey
    network_address: str
    shards: tuple[ShardIndex, ...]
    network_public_key: bytes = b""

    def __post_init__(self) -> None:
        object.__setattr__(self, "node_id", ID.check("node_id", self.node_id))
        checked_instance("public_key", self.public_key, PublicKey)
        checked_instance("network_address", self.network_address, str)
        shards = tuple(ShardIndex(U16.check("shard", shard)) for shard in self.shards)
        if not shards:
            raise InvalidArgumentError("a member of a committee holds at least one shard")
        object.__setattr__(self, "shards", shards)

    @property
    def weight(self) -> int:
        """How much its signature counts: its number of shards."""
        return len(self.shards)


@dataclass(frozen=True, slots=True)
class Committee:
    """The members that hold the `n_shards` shards in `epoch`: each shard is held by exactly one.

    `members` are kept in the chain's order, by node ID: positions in it, also called signers, are
    what bitmaps and certificates speak of.
    """

    epoch: Epoch
    n_shards: int
    members: tuple[Member, ...]
    keys: MemberKeys = field(init=False, repr=False, compare=False)
    _holders: tuple[int, ...] = field(init=False, repr=False, compare=False)
    _positions: dict[bytes, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        checked_int("n_shards", self.n_shards, 1, U16_MAX)
        members = tuple(sorted(self.members, key=lambda member: member.node_id))
        positions = {member.node_id: position for position, member in enumerate(members)}
        if len(positions) < len(members):
            raise InvalidArgumentError("two members of the committee have the same node ID")
        values = {
            "epoch": Epoch(U32.check("epoch", self.epoch)),
            "members": members,
            "keys": MemberKeys(member.public_key for member in members),
            "_holders": _holders(members, self.n_shards),
            "_positions": positions,
        }
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def __len__(self) -> int:
        """The number of members."""
        return len(self.members)

    def position(self, node_id: bytes) -> int:
        """Where in `members` a node is; InvalidArgumentError if it is none of them."""
        position = self._positions.get(ID.check("node_id", node_id))
        if position is None:
            raise InvalidArgumentError(
                f"node {bytes(node_id).hex()} is not in the committee of epoch {self.epoch}"
            )
        return position

    def member(self, node_id: bytes) -> Member:
        """The member with this ID; InvalidArgumentError if there is none."""
        return self.members[self.position(node_id)]

    def members_with_key(self, public_key: PublicKey) -> tuple[Member, ...]:
        """None, or one; the chain does not keep an operator from using a key for several nodes."""
        return tuple(member for member in self.members if member.public_key == public_key)

    def weight_of(self, signers: Iterable[int]) -> int:
        """The number of shards that distinct positions hold together."""
        last = len(self.members) - 1
        return sum(
            self.members[checked_int("signer", signer, 0, last)].weight for signer in set(signers)
        )

    def holder_of_shard(self, shard: int) -> Member:
        """Who holds a shard, of all blobs."""
        return self.members[self._holders[checked_int("shard", shard, 0, self.n_shards - 1)]]

    def holder_of_pair(self, blob_id: BlobId, pair: int) -> Member:
        """Who holds a sliver pair of this blob."""
        return self.holder_of_shard(pair_to_shard(blob_id, pair, self.n_shards))

    def pairs_of(self, member: Member, blob_id: BlobId) -> tuple[SliverPairIndex, ...]:
        """The sliver pairs of this blob that a member holds, in the order of its shards."""
        return tuple(shard_to_pair(blob_id, shard, self.n_shards) for shard in member.shards)


def _holders(members: tuple[Member, ...], n_shards: int) -> tuple[int, ...]:
    """The position of the member that holds each shard; InvalidArgumentError unless the members'
    shards are a partition of 0..n_shards-1.
    """
    holders: dict[int, int] = {}
    for position, member in enumerate(members):
        for shard in member.shards:
            if shard in holders:
                raise InvalidArgumentError(f"shard {shard} is held twice")
            checked_int("shard", shard, 0, n_shards - 1)
            holders[shard] = position
    if len(holders) < n_shards:
        missing = next(shard for shard in range(n_shards) if shard not in holders)
        raise InvalidArgumentError(
            f"{len(holders)} < {n_shards} shards are held; nobody holds shard {missing}"
        )
    return tuple(holders[shard] for shard in range(n_shards))
