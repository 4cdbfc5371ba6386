"""The client is killed at each step of `store`, and run again: certified, and paid once."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence

import pytest
from drills.drill import Drill, content
from drills.purse import Purse, purses
from services.uploader.clockwork import Clockwork, counted

from walrus_core.codec.encoder import compute_metadata
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.node_api import NodeApi
from walrus_core.services.uploader import StoreOutcome
from walrus_core.sui.keys import KEY_VARIABLE
from walrus_core.types import BlobId

pytestmark = [pytest.mark.drill, pytest.mark.timeout(1800)]

SMALL, LARGE = 100_000, 12_000_000
"""One that is sent while it is being registered, and one that is sent afterwards."""

EPOCHS = 3
AT_ONCE = 2
STRIDE_SECONDS = 0.02

IN_PROCESS_STRIDE = 4  # in the short form

Moment = Callable[["Command"], Awaitable[bool]]
"""Whether a command has come so far."""


class Command:
    """`walrus-core store` of one blob from a purse of its own, as a process.

    While it is looked at, it stands still, so that it is killed where it was seen to be.
    """

    def __init__(
        self, drill: Drill, purse: Purse, blob: bytes, nodes: Sequence[NodeApi] = ()
    ) -> None:
        self.drill = drill
        self.nodes = nodes
        self.purse = purse
        self.blob = blob
        self.blob_id = compute_metadata(blob, drill.n_shards).blob_id
        self.file = purse.state.with_suffix(".blob")
        self.file.write_bytes(blob)
        self._process: asyncio.subprocess.Process | None = None

    async def start(self) -> None:
        network = str(self.drill.network.network)
        arguments = ["store", str(self.file), "--network", network, "--epochs", str(EPOCHS)]
        environment = {
            **os.environ,
            KEY_VARIABLE: self.purse.key.to_keystore(),
            "WALRUS_CORE_STATE": str(self.purse.state),
        }
        self._process = await asyncio.create_subprocess_exec(
            *[sys.executable, "-m", "walrus_core", *arguments, "--json"],
            env=environment,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
        )

    async def kill_when(self, moment: Moment) -> bool:
        """Kill it with -9 at that moment; False if it ended before."""
        assert self._process is not None
        while self._process.returncode is None:
            await asyncio.sleep(STRIDE_SECONDS)
            self._send(signal.SIGSTOP)
            if await moment(self):
                break
            self._send(signal.SIGCONT)
        was_running = self._process.returncode is None
        self._send(signal.SIGKILL)
        await self._process.communicate()
        return was_running

    async def end(self) -> dict[str, object]:
        """Let it come to its end; what it printed."""
        assert self._process is not None
        out, err = await self._process.communicate()
        assert self._process.returncode == 0, err.decode()
        [result] = json.loads(out)
        return dict(result)

    async def held(self) -> list[int]:
        """Slivers of the blob that each node has."""
        found = await asyncio.gather(*[node.holdings(self.blob_id) for node in self.nodes])
        return [len(each.primary) + len(each.secondary) for each in found]

    def _send(self, reason: signal.Signals) -> None:
        assert self._process is not None
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(reason)

    @property
    def records(self) -> list[bytes]:
        return [path.read_bytes() for path in self.purse.state.glob("*/*.record")]


async def is_signed(command: Command) -> bool:
    return bool(command.records)


async def is_registered(command: Command) -> bool:
    """The chain has it, whether the client knows or not."""
    return await is_signed(command) and "BlobRegistered" in await command.purse.events(
        command.blob_id
    )


async def is_registration_known(command: Command) -> bool:
    return any(b'"objectId": "' in record for record in command.records)


async def is_sending(command: Command) -> bool:
    """Some node has some slivers."""
    return await is_registration_known(command) and any(await command.held())


async def is_sent_to_many(command: Command) -> bool:
    """Most slivers are on disk, not all."""
    return (
        await is_registration_known(command)
        and sum(await command.held()) > 4 / 3 * command.drill.n_shards
    )


async def is_certified(command: Command) -> bool:
    return await is_signed(command) and "BlobCertified" in await command.purse.events(
        command.blob_id
    )


async def is_record_gone(command: Command) -> bool:
    return not command.records and "BlobCertified" in await command.purse.events(command.blob_id)


async def is_started(_: Command) -> bool:
    """Nothing is paid yet."""
    return True


def after(seconds: float) -> Moment:
    """So long after the registration was signed; for moments that leave no trace."""
    signed: float | None = None

    async def is_over(command: Command) -> bool:
        nonlocal signed
        if signed is None and await is_signed(command):
            signed = time.perf_counter()
        return signed is not None and time.perf_counter() - signed > seconds

    return is_over


STEPS = [
    is_started,
    is_signed,
    is_registered,
    is_registration_known,
    is_sending,
    is_sent_to_many,
    is_certified,
    is_record_gone,
]

LAST = [is_certified, is_record_gone]
"""Those after which there is so little left to do that it may be done before it is noticed."""

MOMENTS, LONG_MOMENTS = 1, 30  # spread over the time from being signed to the end


def test_killed_at_each_step(drill: Drill) -> None:
    drill.run(_killed_at_each_step(drill))


async def _killed_at_each_step(drill: Drill) -> None:
    sizes = [SMALL, LARGE] if drill.is_long else [LARGE]
    n_moments = LONG_MOMENTS if drill.is_long else MOMENTS
    cuts: list[tuple[int, Moment | int]] = [(size, step) for size in sizes for step in STEPS]
    cuts += [(size, number) for size in sizes for number in range(1, n_moments + 1)]
    missed, resumed, places = list[str](), 0, asyncio.Semaphore(AT_ONCE)
    peers = RpcPeers(drill.n_shards)
    nodes = [peers.node(member) for member in (await drill.network.committee()).members]
    async with _closing(peers), purses(drill, len(cuts) + 1) as [first, *rest]:
        takes = await _uncut(Command(drill, first, content(LARGE, seed=599)))

        async def cut(number: int) -> None:
            nonlocal resumed
            size, moment = cuts[number]
            async with places:
                blob = content(size, seed=600 + number)
                command = Command(drill, rest[number], blob, nodes)
                await command.start()
                if isinstance(moment, int):
                    moment = after(takes * moment / (n_moments + 1))
                if not await command.kill_when(moment):
                    missed.append(moment.__name__)
                outcome = await _gone_on(drill, command.purse, command.blob_id, command.blob)
                resumed += outcome.resumed

        started = time.perf_counter()
        await asyncio.gather(*[cut(number) for number in range(len(cuts))])
    too_late = f" (too late: {', '.join(missed)})" if missed else ""
    drill.tell(
        f"client killed -9 at {len(cuts) - len(missed)} moments of a store that takes"
        f" {takes:.1f} s from being signed{too_late}: {resumed} went on where they were, all"
        f" certified and paid once, in {time.perf_counter() - started:.1f} s"
    )
    late = {step.__name__ for step in LAST}
    assert {*missed} <= ({*late, "is_over"} if drill.is_long else late)


@contextlib.asynccontextmanager
async def _closing(peers: RpcPeers) -> AsyncIterator[None]:
    try:
        yield
    finally:
        await peers.close()


async def _uncut(command: Command) -> float:
    """Seconds that a store takes once its registration was signed."""
    await command.start()
    while not command.records:
        await asyncio.sleep(STRIDE_SECONDS)
    signed = time.perf_counter()
    result = await command.end()
    assert "newlyCreated" in str(result)
    return time.perf_counter() - signed


async def _gone_on(drill: Drill, purse: Purse, blob_id: BlobId, blob: bytes) -> StoreOutcome:
    """Nothing that was paid is forgotten; run again, it is certified, and was paid once."""
    if await purse.paid():
        certified = "BlobCertified" in await purse.events(blob_id)
        told = [record.blob_id for record in await purse.unfinished()]
        assert certified or told == [blob_id], "an orphan that nobody tells of"
    async with purse.client() as client:
        outcome = await drill.ledger.store(client, blob, EPOCHS)
    await _paid_once(purse, outcome)
    return outcome


async def _paid_once(purse: Purse, outcome: StoreOutcome) -> None:
    [blob] = await purse.blobs()
    assert blob.blob_id == outcome.blob_id
    assert blob.certified_epoch is not None
    price = await purse.chain.price(outcome.encoded_size, EPOCHS)
    assert await purse.paid() == price.total
    events = await purse.events(outcome.blob_id)
    assert sorted(events) == ["BlobCertified", "BlobRegistered"]
    assert not await purse.unfinished()


def test_raises_at_each_step(drill: Drill) -> None:
    """The same within one process, where each call to the chain, the nodes and the journal is a
    step that can be the last.
    """
    drill.run(_raises_at_each_step(drill))


async def _raises_at_each_step(drill: Drill) -> None:
    sizes = [SMALL, LARGE] if drill.is_long else [SMALL]
    stride = 1 if drill.is_long else IN_PROCESS_STRIDE
    started, seen, cut, resumed = time.perf_counter(), set[str](), 0, 0
    for size in sizes:
        for stop in range(0, 1000, stride):
            seed = 10_000 + 1000 * sizes.index(size) + stop
            async with purses(drill, 1) as [purse]:
                purse.state = purse.state.with_name(f"in-process-{seed}")
                clockwork = Clockwork(stop, after=bool(stop % 2))
                outcome = await _cut_in_process(drill, purse, clockwork, content(size, seed))
            if outcome is None:
                break
            cut, resumed = cut + 1, resumed + outcome.resumed
            seen.add(clockwork.steps[stop])
    drill.tell(
        f"client raises at {cut} steps ({', '.join(sorted(seen))}): {resumed} went on where they"
        f" were, all certified and paid once, in {time.perf_counter() - started:.1f} s"
    )
    assert cut > 30 // stride


async def _cut_in_process(
    drill: Drill, purse: Purse, clockwork: Clockwork, blob: bytes
) -> StoreOutcome | None:
    """Cut off and gone on; None if it came to its end instead."""
    async with purse.client() as client:
        uploader = counted(await client.uploader(), clockwork)
        clockwork.victim = asyncio.ensure_future(uploader.store(blob, EPOCHS))
        await asyncio.wait([clockwork.victim])
        if not clockwork.victim.cancelled():
            assert clockwork.victim.result().certified_epoch is not None
            return None
    blob_id = compute_metadata(blob, drill.n_shards).blob_id
    return await _gone_on(drill, purse, blob_id, blob)
