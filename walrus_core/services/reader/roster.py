"""The nodes of one committee as a reader meets them: whom it trusts to be of help, and how fast."""

from __future__ import annotations

import asyncio
import enum
import math
import random
import statistics
from collections import deque
from collections.abc import Iterable
from typing import TYPE_CHECKING

from walrus_core.errors import (
    NodeUnavailableError,
    OverloadedError,
    StorageError,
    VerificationError,
)
from walrus_core.services.reader.options import ReadOptions

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee, Member
    from walrus_core.services.node_api import NodeApi, Peers
    from walrus_core.services.ports import Committees
    from walrus_core.services.reader.traffic import Traffic
    from walrus_core.types import SliverPairIndex

__all__ = ["PASSING", "Experience", "Pace", "Roster", "Standing"]

PASSING = NodeUnavailableError, OverloadedError, StorageError
"""What a node may have got over when it is asked again."""


class Standing(enum.IntEnum):
    """What a node has shown itself to be; the best are asked first."""

    GOOD = 0
    LATE = 1
    DOWN = 2
    LIAR = 3


class Pace:
    """How long one item lets us wait, as the last ones did."""

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._waits: deque[float] = deque(maxlen=64)

    def note(self, wait: float) -> None:
        self._waits.append(wait)

    @property
    def patience(self) -> float:
        """Seconds after which a node is late."""
        if not self._waits:
            return self._options.patience
        usual = statistics.median(self._waits) * self._options.late_factor
        return max(usual, self._options.least_patience)


class Experience:
    """What a reader has learnt of nodes, whatever it read: how they stand, and how fast they are.

    All but lies are forgotten in time.
    """

    def __init__(self, options: ReadOptions) -> None:
        self._options = options
        self._standing: dict[bytes, tuple[Standing, float]] = {}  # and until when
        self._paces: dict[tuple[str, int], Pace] = {}

    def pace(self, kind: str, size: int) -> Pace:
        """Of things of one kind, and of about this size in bytes."""
        return self._paces.setdefault((kind, size.bit_length()), Pace(self._options))

    def standing(self, member: Member) -> Standing:
        standing, until = self._standing.get(member.node_id, (Standing.GOOD, math.inf))
        return standing if asyncio.get_running_loop().time() < until else Standing.GOOD

    def lower(self, member: Member, standing: Standing) -> None:
        """A member has shown itself worse than it seemed."""
        if standing >= self.standing(member):
            now = asyncio.get_running_loop().time()
            until = math.inf if standing is Standing.LIAR else now + self._options.grudge
            self._standing[member.node_id] = standing, until


class Roster:
    """The members of `committee`, their nodes, and what became of asking them.

    `committees`: what the chain said when this one was chosen. Rosters may share their `traffic`.
    """

    def __init__(
        self,
        committees: Committees,
        committee: Committee,
        peers: Peers,
        chance: random.Random,
        options: ReadOptions,
        experience: Experience,
        traffic: Traffic,
    ) -> None:
        self.committees = committees
        self.committee = committee
        self.options = options
        self.experience = experience
        self.traffic = traffic
        self._peers = peers
        self._chance = chance

    @property
    def n_faulty_shards(self) -> int:
        """f: more shards than these cannot all be wrong."""
        return (self.committee.n_shards - 1) // 3

    def node(self, member: Member) -> NodeApi:
        return self._peers.node(member)

    def members(self) -> list[Member]:
        """All of them in random order: who holds more shards tends to come first, and whoever was
        no help last.
        """
        shuffled = sorted(
            self.committee.members,
            key=lambda member: self._chance.random() ** (1 / member.weight),
            reverse=True,
        )
        return sorted(shuffled, key=self.standing)

    def shuffled(self, pairs: Iterable[SliverPairIndex]) -> list[SliverPairIndex]:
        shuffled = list(pairs)
        self._chance.shuffle(shuffled)
        return shuffled

    def standing(self, member: Member) -> Standing:
        return self.experience.standing(member)

    def lower(self, member: Member, standing: Standing, reason: object) -> None:
        """A member has shown itself worse than it seemed, for this reason."""
        self.traffic.fault(member, reason)
        self.experience.lower(member, standing)

    def blame(self, member: Member, error: Exception) -> None:
        """Lower a member for what asking it raised, if that says something about the node."""
        if isinstance(error, VerificationError):
            self.lower(member, Standing.LIAR, error)
        elif isinstance(error, NodeUnavailableError):
            self.lower(member, Standing.DOWN, error)
        elif isinstance(error, OverloadedError):
            self.lower(member, Standing.LATE, error)
        else:
            self.traffic.fault(member, error)
