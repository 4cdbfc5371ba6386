"""One blob to all nodes of one committee, side by side, until enough of them hold it."""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.errors import ChainUnavailableError, InvalidBlobIdError, NotEnoughWeightError
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.quorum import Threshold
from walrus_core.services.uploader.node_upload import NodeUpload
from walrus_core.services.uploader.outcome import NodeResult, NodeState, StoreProgress

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Committee, Member
    from walrus_core.services.node_api import Peers
    from walrus_core.services.uploader.options import UploadOptions
    from walrus_core.services.uploader.sliver_stream import SliverSource
    from walrus_core.types import BlobId

__all__ = ["CommitteeChangedError", "FanOut", "Times"]

LOOK_SECONDS = 1.0
"""At least between two looks whether the committee is still the one."""


class CommitteeChangedError(Exception):
    """Another epoch began on the way; what is stored is stored."""


@dataclass(slots=True)
class Times:
    """When things happened, on the loop's clock; `sent`: a quorum had everything."""

    started: float
    registered: float | None = None
    sent: float | None = None
    confirmed: float | None = None
    ended: float | None = None


class FanOut:
    """The upload of one blob to one committee.

    `start` it, tell it of the registration (`register`), and ask for the `certificate`; `stop` it
    in the end. Started before the registration it sends with `pending`.
    """

    def __init__(
        self,
        source: SliverSource,
        committee: Committee,
        options: UploadOptions,
        chance: random.Random,
        progress: StoreProgress,
        has_changed: Callable[[], Awaitable[bool]],
    ) -> None:
        self.source = source
        self.committee = committee
        self.options = options
        self.chance = chance
        self.progress = progress
        self.is_pending = False
        self.times = Times(asyncio.get_running_loop().time())
        self.has_changed = has_changed
        self._expected: Confirmation | None = None
        self._registered = asyncio.Event()
        self._enough = asyncio.Event()
        self._doubt = asyncio.Event()
        self._holding: set[bytes] = set()
        self._nodes: list[NodeUpload] = []
        self._tasks: list[asyncio.Task[None]] = []
        self._builder: CertificateBuilder | None = None
        self.needed = Threshold.QUORUM.least(committee.n_shards)

    @property
    def blob_id(self) -> BlobId:
        return self.source.encoding.metadata.blob_id

    # -- for the uploader ---------------------------------------------------------------------

    def start(self, peers: Peers) -> None:
        """Begin with all nodes."""
        self.is_pending = self._expected is None
        self.times.started = self._now()
        self.progress.needed, self.progress.confirmed = self.needed, 0
        for member in self.committee.members:
            node = NodeUpload(self, member, peers.node(member))
            self._nodes.append(node)
            self._tasks.append(asyncio.create_task(self._run(node)))
        self.progress.nodes = self._nodes

    def register(self, object_id: bytes | None) -> None:
        """The blob is registered; `object_id` if it is deletable."""
        self._expected = Confirmation(self.committee.epoch, self.blob_id, object_id)
        self._builder = CertificateBuilder(self.committee, self._expected)
        self.times.registered = self._now()
        self._registered.set()

    async def certificate(self) -> Certificate:
        """What a quorum signed, once the others had a little more time, too.

        NotEnoughWeightError if too many nodes failed, InvalidBlobIdError if honest ones among them
        know the blob to be inconsistent, CommitteeChangedError.
        """
        assert self._builder is not None, "to be called when the blob is registered"
        watcher = asyncio.create_task(self._watch())
        try:
            while not self.is_enough and self._may_be_enough():
                await self._wait([watcher])
                if watcher.done():
                    watcher.result()
                    raise CommitteeChangedError
            if not self.is_enough:
                self._require_valid()
                raise NotEnoughWeightError(self.needed, self._builder.weight)
            self.times.confirmed = self._now()
            await self._tail()
        finally:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
            await self.stop()
        return await self.source.workers.run(self._builder.certificate)

    async def stop(self) -> None:
        """End what still runs."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for node in self._nodes:
            node.leave()
        if self.times.ended is None:
            self.times.ended = self._now()

    def results(self) -> tuple[NodeResult, ...]:
        """What became of each node's part, in the committee's order."""
        return tuple(self._result(node) for node in self._nodes)

    @property
    def is_started(self) -> bool:
        return bool(self._tasks)

    def durations(self) -> dict[str, float]:
        """Seconds, by the fields of `Seconds`; nothing for what did not come to pass."""
        times = self.times
        found: dict[str, float] = {}
        if times.sent is None or times.registered is None:
            return {"upload": (times.ended or self._now()) - times.started}
        found["upload"] = times.sent - times.started
        if times.confirmed is not None:
            found["confirm"] = times.confirmed - max(times.sent, times.registered)
            found["tail"] = (times.ended or self._now()) - times.confirmed
        return found

    # -- for each node ------------------------------------------------------------------------

    @property
    def is_enough(self) -> bool:
        """Whether nodes with a quorum of shards confirmed."""
        return self._enough.is_set()

    def has_everything(self, member: Member) -> None:
        """A node has all its slivers."""
        self._holding.add(member.node_id)
        weight = sum(m.weight for m in self.committee.members if m.node_id in self._holding)
        if weight >= self.needed and self.times.sent is None:
            self.times.sent = self._now()

    async def expected_confirmation(self) -> Confirmation:
        """What nodes are to sign; waits for the registration."""
        await self._registered.wait()
        assert self._expected is not None
        return self._expected

    def doubt_committee(self) -> None:
        """A node speaks of another epoch, or of other shards."""
        self._doubt.set()

    async def pause(self, seconds: float) -> None:
        """Wait, but not beyond the quorum."""
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._enough.wait()

    # -- inside -------------------------------------------------------------------------------

    async def _run(self, node: NodeUpload) -> None:
        signed = await node.run()
        if signed is None:
            return
        assert self._builder is not None
        self._builder.add(self.committee.position(node.member.node_id), signed)
        self.progress.confirmed = self._builder.weight
        if self._builder.is_enough:
            self._enough.set()

    def _may_be_enough(self) -> bool:
        failed = (node for node in self._nodes if node.state is NodeState.FAILED)
        lost = sum(node.member.weight for node in failed)
        return self.committee.n_shards - lost >= self.needed

    def _require_valid(self) -> None:
        told = sum(node.member.weight for node in self._nodes if node.says_invalid)
        if Threshold.VALIDITY.reached(told, self.committee.n_shards):
            raise InvalidBlobIdError(str(self.blob_id))

    async def _tail(self) -> None:
        """A little more time for those that are at it."""
        elapsed = self._now() - self.times.started
        deadline = self._now() + elapsed * self.options.tail_share + self.options.tail_extra
        while any(not task.done() for task in self._tasks) and self._now() < deadline:
            await self._wait([], deadline - self._now())

    async def _wait(self, others: list[asyncio.Task[None]], timeout: float | None = None) -> None:
        """Until something happens; what nobody expected is raised."""
        running = [task for task in self._tasks if not task.done()]
        await asyncio.wait(
            [*running, *others], timeout=timeout, return_when=asyncio.FIRST_COMPLETED
        )
        for task in self._tasks:
            if task.done():
                task.result()

    async def _watch(self) -> None:
        """Ends when the committee is another, which is looked at whenever a node says so."""
        while True:
            await self._doubt.wait()
            self._doubt.clear()
            with contextlib.suppress(ChainUnavailableError):
                if await self.has_changed():
                    return
            await asyncio.sleep(LOOK_SECONDS)

    def _result(self, node: NodeUpload) -> NodeResult:
        ended = node.finished or self.times.ended or self._now()
        return NodeResult(
            node_id=node.member.node_id,
            address=node.member.network_address,
            weight=node.member.weight,
            state=node.state,
            slivers=node.slivers,
            sent=node.sent,
            seconds=ended - self.times.started,
            error=node.error,
        )

    def _now(self) -> float:
        return asyncio.get_running_loop().time()
