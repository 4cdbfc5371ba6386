"""The processors, the memory and the disk that the calls of one process share.

Two lanes: small work has slots and memory of its own, so that it never waits behind large work.
Computing happens in threads, at most so many at once in a lane; whoever waits for a slow taker
holds none.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import TypeVar, TypeVarTuple

from walrus_core import kernel
from walrus_core.codec.threads import thread_count
from walrus_core.errors import OverloadedError
from walrus_core.services.engine.parcels import Parcels
from walrus_core.services.engine.places import Places
from walrus_core.services.engine.slots import Slot, Slots
from walrus_core.services.tasks import settled
from walrus_core.types import checked_int

__all__ = ["Job", "Lane", "Pool", "PoolLimits"]

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

MOST_CALLS = 1024

DISK_THREADS = 4


@dataclass(frozen=True, slots=True)
class PoolLimits:
    """`threads`: that compute large work at once, None for as many as this process has CPUs.

    `memory`: bytes of buffers for large work, `small_memory` for small; `disk`: of temporary files.
    A call waits up to `patience` seconds for them, at most `queue` calls at once, and is told to
    come back after `retry_after`. `calls`: threads at most, of which most may wait.
    """

    threads: int | None = None
    memory: int = 1 << 30
    small_memory: int = 256 << 20
    disk: int = 64 << 30
    calls: int = 256
    patience: float = 10.0
    queue: int = 256
    retry_after: float = 1.0


@dataclass(slots=True)
class Lane:
    """Slots and memory for work of one size; `threads`: of the kernel, for a job that is alone."""

    slots: Slots
    memory: Places
    threads: int
    running: int = 0

    def share(self) -> int:
        """Threads for one of those that run."""
        return max(1, self.threads // self.running)


@dataclass(frozen=True, slots=True)
class Job:
    """What is done in a thread for one call: how to stop it, and how many threads it has."""

    slot: Slot
    threads: int
    cancel: kernel.CancelToken = field(default_factory=kernel.CancelToken)

    def stop(self) -> None:
        self.cancel.cancel()
        self.slot.give_up()


class Pool:
    """See the module; for one event loop. `close` it at the end."""

    def __init__(self, limits: PoolLimits | None = None) -> None:
        limits = limits or PoolLimits()
        threads = thread_count(limits.threads)
        self._most_calls = checked_int("calls", limits.calls, 1, MOST_CALLS)
        self._retry_after = limits.retry_after
        self._calls = 0

        def places(size: int) -> Places:
            return Places(size, limits.patience, limits.queue, limits.retry_after)

        self.large = Lane(Slots(threads), places(limits.memory), threads)
        self.small = Lane(Slots(threads), places(limits.small_memory), threads)
        self.disk = places(limits.disk)
        self._threads = ThreadPoolExecutor(limits.calls, "walrus-core-engine")
        self._disk_threads = ThreadPoolExecutor(DISK_THREADS, "walrus-core-spool")

    @property
    def calls(self) -> int:
        """How many jobs have a thread, or wait for a slot to have one."""
        return self._calls

    def close(self) -> None:
        """End the threads, which wait for nothing once their calls are cancelled."""
        self._threads.shutdown()
        self._disk_threads.shutdown()

    async def run(self, lane: Lane, work: Callable[[Job], T]) -> T:
        """`work(job)` in a thread. A cancelled caller stops it and sees it end."""
        async with self._job(lane) as job:
            running = self._begun(job, work, job)
            try:
                return await asyncio.shield(running)
            except BaseException:
                job.stop()
                await settled(running)
                raise
            finally:
                del running  # see below

    @asynccontextmanager
    async def stream(
        self, lane: Lane, held: int, work: Callable[[Job, Callable[[T, int], None]], None]
    ) -> AsyncIterator[Parcels[T]]:
        """What `work(job, put)` puts, in a thread, as a stream of which at most `held` bytes wait.

        An error of the work is raised where the body ends. If the body ends by an error, the work
        is stopped.
        """
        async with self._job(lane) as job:
            parcels: Parcels[T] = Parcels(held, job.slot)
            running = self._begun(job, _to_the_end, parcels, work, job)
            try:
                yield parcels
                await asyncio.shield(running)
            except BaseException:
                job.stop()
                parcels.close()
                await settled(running)
                raise
            finally:
                # Its error knows this frame: together they would keep all that the work had, mapped
                # spools too, until somebody looks for garbage.
                del running

    async def aside(self, function: Callable[[*Ts], T], *arguments: *Ts) -> T:
        """What waits for the disk, in a thread; it is done even if the caller is cancelled."""
        running = asyncio.wrap_future(self._disk_threads.submit(function, *arguments))
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            await settled(running)
            raise
        finally:
            del running

    @asynccontextmanager
    async def _job(self, lane: Lane) -> AsyncIterator[Job]:
        """One more, with its slot; OverloadedError if there are too many."""
        if self._calls >= self._most_calls:
            raise OverloadedError(self._retry_after)
        self._calls += 1
        try:
            slot = Slot(lane.slots)
            await slot.get()
            lane.running += 1
            try:
                yield Job(slot, lane.share())
            finally:
                lane.running -= 1
                slot.give_back()
        finally:
            self._calls -= 1

    def _begun(self, job: Job, work: Callable[[*Ts], T], *arguments: *Ts) -> asyncio.Future[T]:
        """The slot goes back as soon as there is nothing to compute: what is made may wait."""

        def run() -> T:
            try:
                return work(*arguments)
            finally:
                job.slot.give_back()

        return asyncio.wrap_future(self._threads.submit(run))


def _to_the_end(
    parcels: Parcels[T], work: Callable[[Job, Callable[[T, int], None]], None], job: Job
) -> None:
    try:
        work(job, parcels.put)
    finally:
        parcels.end()
