"""Gathering: a number of things out of more that various nodes hold, whoever of them fails.

Just enough is asked for. What a node does not give, gives wrongly or gives late is asked for
elsewhere, at once; who is merely late may still deliver, but once there is enough nobody waits.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Coroutine, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeAlias

from walrus_core.errors import OverloadedError, WalrusCoreError
from walrus_core.services.reader.candidates import Candidates
from walrus_core.services.reader.roster import PASSING, Pace, Roster, Standing
from walrus_core.services.tasks import Tasks

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.types import SliverPairIndex

__all__ = ["Ask", "Gathering", "Request"]


@dataclass(slots=True, eq=False)
class Request:
    """One question to one node, about the pairs in `open` that it has not answered yet.

    `waiting_since`: when we began to wait for the node; None while it waits for us.
    """

    member: Member
    open: dict[SliverPairIndex, None]
    pace: Pace
    waiting_since: float | None = None
    is_late: bool = False
    task: asyncio.Task[None] | None = field(default=None, repr=False)

    def wait(self) -> None:
        """From now on the node has to say something."""
        self.waiting_since = asyncio.get_running_loop().time()

    def heard(self) -> None:
        """It did."""
        if self.waiting_since is not None:
            self.pace.note(asyncio.get_running_loop().time() - self.waiting_since)
        self.waiting_since = None


Ask: TypeAlias = "Callable[[Gathering, Request], Coroutine[Any, Any, None]]"


class Gathering:
    """`needed` of the candidates; `ask` puts one request and reports each pair to `got`.

    `pace`: of things of this kind. `patient` False: give up when all that is still to come is late,
    or failed.
    """

    def __init__(
        self,
        roster: Roster,
        candidates: Candidates,
        needed: int,
        most_requests: int,
        ask: Ask,
        pace: Pace,
        *,
        patient: bool = True,
    ) -> None:
        self._roster = roster
        self._candidates = candidates
        self._needed = needed
        self._most_requests = most_requests
        self._ask = ask
        self._patient = patient
        self._pace = pace
        self._requests: dict[Request, None] = {}
        self._again: list[SliverPairIndex] = []
        self._silent: set[bytes] = set()  # by node ID: said nothing for `node_timeout`, nor since
        self._retry_after = 0.0
        self._got: dict[SliverPairIndex, None] = {}
        self._changed = asyncio.Event()

    def got(self, request: Request, pair: SliverPairIndex) -> None:
        """A pair is verified and kept."""
        del request.open[pair]
        self._got[pair] = None
        self._silent.discard(request.member.node_id)
        self._changed.set()

    @property
    def is_enough(self) -> bool:
        return len(self._got) >= self._needed

    async def run(self) -> int:
        """How many were gathered: `needed`, or fewer if there are no more to be had."""
        options = self._roster.options
        async with Tasks() as tasks:
            for number in range(options.rounds):
                await self._round(tasks)
                if self.is_enough or not self._again or not self._patient:
                    break
                if number + 1 < options.rounds:
                    await asyncio.sleep(max(options.round_pause * 2**number, self._retry_after))
                self._candidates.add(self._again)
                self._again = []
        return len(self._got)

    async def _round(self, tasks: Tasks) -> None:
        """Ask until there is enough, or nobody is left."""
        while not self.is_enough:
            self._start(tasks)
            if not self._requests or (not self._patient and not any(self._on_time())):
                return
            await self._pause()
            tasks.check()
            self._look_at_the_clock()

    def _on_time(self) -> Iterable[Request]:
        return (request for request in self._requests if not request.is_late)

    def _start(self, tasks: Tasks) -> None:
        """Requests for as much as is missing and not promised by those who are on time."""
        missing = self._needed - len(self._got) - sum(len(r.open) for r in self._on_time())
        busy: dict[bytes, int] = {}
        for request in self._requests:
            busy[request.member.node_id] = busy.get(request.member.node_id, 0) + 1
        room = self._most_requests - sum(1 for _ in self._on_time())
        late = {r.member.node_id for r in self._requests if r.is_late}
        while missing > 0 and room > 0 and (found := self._candidates.take(missing, busy, late)):
            member, pairs = found
            request = Request(member, dict.fromkeys(pairs), self._pace)
            request.wait()
            self._requests[request] = None
            request.task = tasks.start(self._put(request))
            busy[member.node_id] = busy.get(member.node_id, 0) + 1
            missing, room = missing - len(pairs), room - 1

    async def _put(self, request: Request) -> None:
        """One request, from the question to the last that can be had of the answer."""
        try:
            await self._ask(self, request)
            if request.open:
                self._roster.traffic.fault(request.member, f"lacks {len(request.open)} slivers")
        except WalrusCoreError as error:
            self._roster.blame(request.member, error)
            if isinstance(error, PASSING):
                self._again.extend(request.open)
            if isinstance(error, OverloadedError):
                asked = min(error.retry_after, self._roster.options.node_timeout)
                self._retry_after = max(self._retry_after, asked)
        finally:
            self._requests.pop(request, None)
            self._changed.set()

    async def _pause(self) -> None:
        """Until something changes, or somebody may be late."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout_at(self._next_look()):
                await self._changed.wait()
        self._changed.clear()

    def _next_look(self) -> float | None:
        looks = [
            request.waiting_since + self._allowed(request)
            for request in self._requests
            if request.waiting_since is not None
        ]
        return min(looks, default=None)

    def _allowed(self, request: Request) -> float:
        """Seconds until it is late or, if it is, given up."""
        return self._longest(request) if request.is_late else self._pace.patience

    def _longest(self, request: Request) -> float:
        """Seconds without a word after which a node is given up."""
        options = self._roster.options
        if request.member.node_id not in self._silent:
            return options.node_timeout
        return min(max(options.retry_timeout, self._pace.patience), options.node_timeout)

    def _look_at_the_clock(self) -> None:
        """Tell the late, and give up those from whom nothing came for too long."""
        now = asyncio.get_running_loop().time()
        for request in list(self._requests):
            since = request.waiting_since
            if since is None or now < since + self._allowed(request):
                continue
            waited = now - since
            # Compared as above: `waited` may round to less, and nobody would be given up now.
            if now < since + self._longest(request):
                request.is_late = True
                self._roster.lower(
                    request.member, Standing.LATE, f"late: nothing for {waited:.1f} seconds"
                )
            else:
                self._give_up(request, waited)

    def _give_up(self, request: Request, waited: float) -> None:
        self._roster.lower(request.member, Standing.DOWN, f"nothing for {waited:.1f} seconds")
        self._again.extend(request.open)
        self._silent.add(request.member.node_id)
        del self._requests[request]
        if request.task:
            request.task.cancel()
