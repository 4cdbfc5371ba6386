"""Which shards are the node's, in this epoch and before, and how far each of them is."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import Iterable, Mapping

from walrus_core.errors import InvalidArgumentError, ShardNotAssignedError
from walrus_core.protocol.committee import Committee
from walrus_core.services.node.means import Means
from walrus_core.services.node_api import ShardStatus
from walrus_core.services.ports import Committees
from walrus_core.storage.store import Changes
from walrus_core.types import BlobId, Epoch, ShardIndex, pair_to_shard

__all__ = ["Membership"]

NOTE = "membership"
"""The note with the epoch and the shards' statuses, so that a restart takes up where it was."""

_EPOCH = struct.Struct("<I")
_SHARD = struct.Struct("<HB")
_NUMBERED = tuple(ShardStatus)


class Membership:
    """The committees as the chain has them, and a status for each shard of which slivers are here.

    A shard that comes with a new epoch is IN_TRANSFER until handover has taken it; one that the
    node should have had before is IN_RECOVERY until healing has nothing left to do; one that goes
    is READ_ONLY until it is `forget`-ten.
    """

    def __init__(self, means: Means) -> None:
        self._means = means
        self._committees: Committees | None = None
        self._own: tuple[ShardIndex, ...] = ()
        self._epoch = -1
        self._statuses: dict[ShardIndex, ShardStatus] = {}
        self._changed = asyncio.Event()
        self._saving = asyncio.Lock()

    # -- what is known ------------------------------------------------------------------------

    @property
    def is_known(self) -> bool:
        """Whether `refresh` has succeeded once."""
        return self._committees is not None

    @property
    def committees(self) -> Committees:
        if self._committees is None:
            raise InvalidArgumentError("the node was not started: it knows no committee")
        return self._committees

    @property
    def epoch(self) -> Epoch:
        return self.committees.epoch

    @property
    def n_shards(self) -> int:
        return self.committees.current.n_shards

    @property
    def own(self) -> tuple[ShardIndex, ...]:
        """The shards that the present committee gives to the node, ascending; often none."""
        return self._own

    @property
    def statuses(self) -> Mapping[ShardIndex, ShardStatus]:
        """By shard, ascending: the node's own, and READ_ONLY ones that were."""
        return dict(sorted(self._statuses.items()))

    @property
    def to_heal(self) -> tuple[ShardIndex, ...]:
        """The node's own shards in which nothing should be missing, or that are recovered; not
        those that handover is fetching.
        """
        transfer = ShardStatus.IN_TRANSFER
        return tuple(s for s in self._own if self._statuses.get(s) is not transfer)

    def with_status(self, status: ShardStatus) -> tuple[ShardIndex, ...]:
        return tuple(shard for shard, each in self.statuses.items() if each is status)

    def shard_to_read(self, blob_id: BlobId, pair: int) -> ShardIndex:
        """The shard of a pair whose slivers may be here. ShardNotAssignedError.

        InvalidArgumentError for a pair that no blob has.
        """
        shard = pair_to_shard(blob_id, pair, self.n_shards)
        if shard not in self._statuses:
            raise ShardNotAssignedError(shard, self.epoch)
        return shard

    def shard_to_write(self, blob_id: BlobId, pair: int) -> ShardIndex:
        """The shard of a pair, if it is the node's in this epoch; see `shard_to_read`."""
        shard = pair_to_shard(blob_id, pair, self.n_shards)
        if shard not in self._own:
            raise ShardNotAssignedError(shard, self.epoch)
        return shard

    # -- what changes -------------------------------------------------------------------------

    async def refresh(self) -> bool:
        """Ask the chain who is in the committee; whether a new epoch began. ChainUnavailableError.

        What follows for the shards is on disk when it returns.
        """
        if not self.is_known:
            await self._load()
        committees = await self._means.chain.committees()
        if committees.epoch < self._epoch:
            return False  # an answer from the past
        is_new = committees.epoch > self._epoch
        own = _shards_in(self._means.node_id, committees.current)
        statuses = self._statuses_after(own, committees) if is_new else self._statuses
        self._committees, self._own, self._epoch = committees, own, committees.epoch
        if is_new:
            await self._save(statuses)
        self._changed.set()
        return is_new

    async def set_status(self, shards: Iterable[ShardIndex], status: ShardStatus) -> None:
        """Durable when it returns. Shards that are not held are passed over."""
        held = {shard: status for shard in shards if shard in self._statuses}
        await self._save(self._statuses | held)
        self._changed.set()

    async def forget(self, shards: Iterable[ShardIndex]) -> None:
        """READ_ONLY shards are not held any more: their slivers are about to be deleted."""
        gone = [s for s in shards if self._statuses.get(s) is ShardStatus.READ_ONLY]
        await self._save({s: status for s, status in self._statuses.items() if s not in gone})
        self._changed.set()

    async def changed(self) -> None:
        """Wait until the committees were read again, or a status was set."""
        self._changed.clear()
        await self._changed.wait()

    # -- how ----------------------------------------------------------------------------------

    def _statuses_after(
        self, own: tuple[ShardIndex, ...], committees: Committees
    ) -> dict[ShardIndex, ShardStatus]:
        """The statuses as a new epoch begins, in which the shards `own` are the node's.

        A node with an empty disk that finds the change of epochs done has nobody to take shards
        from: it recovers them all.
        """
        previous, is_first = committees.previous, self._epoch < 0
        is_moved = previous is not None and not (is_first and committees.phase != "sync")
        held_before = () if previous is None else _shards_in(self._means.node_id, previous)
        statuses = {}
        for shard in own:
            before = self._statuses.get(shard)
            if before is not None and before is not ShardStatus.READ_ONLY:
                statuses[shard] = before
            elif is_moved and shard not in held_before:
                statuses[shard] = ShardStatus.IN_TRANSFER
            else:
                statuses[shard] = ShardStatus.IN_RECOVERY
        gone = {shard: ShardStatus.READ_ONLY for shard in self._statuses if shard not in statuses}
        return statuses | gone

    async def _load(self) -> None:
        note = await self._means.workers.run(self._means.store.note, NOTE)
        if note is not None:
            (self._epoch,) = _EPOCH.unpack_from(note)
            for shard, number in _SHARD.iter_unpack(note[_EPOCH.size :]):
                self._statuses[ShardIndex(shard)] = _NUMBERED[number]

    async def _save(self, statuses: Mapping[ShardIndex, ShardStatus]) -> None:
        """Take these statuses, and write what holds when the disk is free."""
        self._statuses = dict(statuses)
        async with self._saving:
            note = _EPOCH.pack(self._epoch) + b"".join(
                _SHARD.pack(shard, _NUMBERED.index(status))
                for shard, status in self.statuses.items()
            )
            await self._means.workers.run(self._means.store.commit, Changes(notes={NOTE: note}))


def _shards_in(node_id: bytes, committee: Committee) -> tuple[ShardIndex, ...]:
    """Those that a committee gives to a node, ascending; none if it is no member."""
    members = (member for member in committee.members if member.node_id == node_id)
    return tuple(sorted(shard for member in members for shard in member.shards))
