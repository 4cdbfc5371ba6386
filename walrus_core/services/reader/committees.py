"""Who is to be asked for a blob now: the committees, looked up no more often than needed."""

from __future__ import annotations

import asyncio
import random
from typing import TYPE_CHECKING

from walrus_core.errors import BlobUnavailableError
from walrus_core.services.reader.options import ReadOptions
from walrus_core.services.reader.roster import Experience, Roster
from walrus_core.services.reader.status import ask_status

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee
    from walrus_core.services.node_api import Peers
    from walrus_core.services.ports import ChainReader, Committees
    from walrus_core.services.reader.traffic import Traffic
    from walrus_core.types import BlobId

__all__ = ["Directory"]

LEAST_AGE = 1.0
"""Seconds between two looks at the chain, however much goes wrong."""


class Directory:
    """What the chain says of the committees, and rosters of them."""

    def __init__(
        self, chain: ChainReader, peers: Peers, chance: random.Random, options: ReadOptions
    ) -> None:
        self._chain = chain
        self._peers = peers
        self._chance = chance
        self._options = options
        self._experience = Experience(options)
        self._known: Committees | None = None
        self._known_at = 0.0

    async def committees(self, max_age: float | None = None) -> Committees:
        """As they were at most so many seconds ago. ChainUnavailableError."""
        age = self._options.committee_age if max_age is None else max_age
        now = asyncio.get_running_loop().time()
        if self._known is None or now >= self._known_at + age:
            self._known = await self._chain.committees()
            self._known_at = asyncio.get_running_loop().time()
        return self._known

    async def changed(self, since: Committees) -> Committees | None:
        """The committees, if something about them has changed."""
        latest = await self.committees(LEAST_AGE)
        before, after = ((each.epoch, each.phase) for each in (since, latest))
        return None if before == after else latest

    async def present(self, traffic: Traffic) -> Roster:
        """The nodes of this epoch, which know what the chain says. ChainUnavailableError."""
        committees = await self.committees()
        return self._roster(committees, committees.current, traffic)

    async def rosters(
        self, committees: Committees, blob_id: BlobId, traffic: Traffic
    ) -> list[Roster]:
        """Whom to ask for a blob, best first (spec, chapter 5).

        While shards move, those who held them before have what was certified before.
        """
        current = self._roster(committees, committees.current, traffic)
        if committees.phase != "sync" or committees.previous is None:
            return [current]
        previous = self._roster(committees, committees.previous, traffic)
        try:
            status = await ask_status(current, blob_id)
        except BlobUnavailableError:
            return [previous, current]
        since = status.initial_certified_epoch
        if since is not None and since < committees.epoch:
            return [previous, current]
        return [current, previous]

    def _roster(self, committees: Committees, committee: Committee, traffic: Traffic) -> Roster:
        return Roster(
            committees,
            committee,
            self._peers,
            self._chance,
            self._options,
            self._experience,
            traffic,
        )
