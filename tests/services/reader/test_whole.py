"""A blob is read whole, whoever of a third of the network fails or lies."""

import asyncio
import os
from pathlib import Path

import pytest
from services.reader.network import LIES, Fault, Network
from simulation.loop import run

from walrus_core.codec.progress import Progress
from walrus_core.errors import (
    BlobNotFoundError,
    BlobUnavailableError,
    InconsistentBlobError,
)
from walrus_core.services.reader import ReadOptions
from walrus_core.types import BlobId

BLOB = bytes(range(256)) * 9 + b"the end"
FAULTS = [fault for fault in Fault if fault is not Fault.NONE]


def test_nothing_is_decoded_when_all_are_well() -> None:
    network = Network(BLOB)
    outcome = run(network.reader().read(network.blob_id))
    assert (outcome.content, outcome.size) == (BLOB, len(BLOB))
    assert not outcome.was_decoded
    assert outcome.faults == {}
    padded = network.blobs[network.blob_id].metadata.config.padded_size(len(BLOB))
    assert padded < outcome.received < padded + 3 * 800


def test_who_has_much_to_answer_is_waited_for() -> None:
    network = Network(BLOB, weights=[4, 2, 2, 2])
    outcome = run(network.reader(node_requests=1, batch=1).read(network.blob_id))
    assert (outcome.content, outcome.was_decoded) == (BLOB, False)


@pytest.mark.parametrize("content", [b"", b"x", BLOB], ids=len)
def test_any_size(content: bytes) -> None:
    network = Network(content)
    assert run(network.reader().read(network.blob_id)).content == content


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("fault", FAULTS)
def test_f_shards_fail(fault: Fault, seed: int) -> None:
    network = Network(BLOB)
    broken = network.break_shards(fault, seed=seed)
    outcome = run(network.reader(seed).read(network.blob_id))
    assert outcome.content == BLOB
    named = set(outcome.faults)
    if fault in LIES:
        assert named <= {node.member.network_address for node in broken}


@pytest.mark.parametrize("fault", [Fault.DOWN, Fault.HANGS, Fault.NO_SLIVERS])
def test_more_fail_than_may(fault: Fault) -> None:
    network = Network(BLOB)
    network.break_shards(fault, most=7)
    with pytest.raises(BlobUnavailableError):
        run(network.reader(node_timeout=3).read(network.blob_id))


@pytest.mark.parametrize("fault", LIES)
def test_all_lie(fault: Fault) -> None:
    """An error that says so, but never that of a single liar, and never a wrong blob."""
    network = Network(BLOB)
    network.break_shards(fault, most=10)
    with pytest.raises((BlobUnavailableError, BlobNotFoundError, InconsistentBlobError)):
        run(network.reader().read(network.blob_id))


def test_just_enough_shards_are_left() -> None:
    """Four of ten shards are a blob."""
    network = Network(BLOB)
    network.break_shards(Fault.DOWN, most=6)
    assert sum(n.member.weight for n in network.in_order if n.fault is Fault.NONE) == 4
    assert run(network.reader().read(network.blob_id)).content == BLOB


def test_who_hangs_does_not_hold_us_up() -> None:
    async def seconds(network: Network) -> float:
        start = asyncio.get_running_loop().time()
        await network.reader(node_timeout=100).read(network.blob_id)
        return asyncio.get_running_loop().time() - start

    network = Network(BLOB)
    network.holder(0).fault = Fault.HANGS
    assert run(seconds(network)) < 3


def test_who_said_nothing_is_sooner_given_up_when_asked_again() -> None:
    """With seven of ten shards hung, all rounds took as long as the first."""

    async def seconds(**options: float) -> float:
        network = Network(BLOB)
        network.break_shards(Fault.HANGS, most=7)
        start = asyncio.get_running_loop().time()
        with pytest.raises(BlobUnavailableError):
            await network.reader(**options).read(network.blob_id)
        return asyncio.get_running_loop().time() - start

    options = ReadOptions()
    saved = (options.rounds - 1) * (options.node_timeout - options.retry_timeout)
    assert run(seconds()) < run(seconds(retry_timeout=options.node_timeout)) - saved + 1


@pytest.mark.parametrize("delay", [10, 14])
def test_who_is_slow_is_waited_for(delay: float) -> None:
    """All that are left, and need most of the time that a node has."""
    network = Network(BLOB)
    network.break_shards(Fault.DOWN, most=6)
    for node in network.in_order:
        node.delay = delay
    assert run(network.reader().read(network.blob_id)).content == BLOB


def test_who_hung_for_a_round_and_is_slow_is_read_in_the_next() -> None:
    delay = ReadOptions().retry_timeout - 1

    async def read(network: Network) -> bytes:
        asyncio.get_running_loop().call_later(16, network.wake, delay)
        return (await network.reader().read(network.blob_id)).content

    network = Network(BLOB)
    network.break_shards(Fault.HANGS, most=7)
    assert run(read(network)) == BLOB


def test_there_is_no_such_blob() -> None:
    network = Network(BLOB)
    with pytest.raises(BlobNotFoundError):
        run(network.reader().read(BlobId(bytes(32))))


def test_two_thirds_are_behind_and_say_there_is_no_such_blob() -> None:
    """A certified blob is on f + 1 honest shards at least; f may lie, f may be behind."""
    network = Network(BLOB)
    network.break_shards(Fault.NOT_FOUND, most=6)
    assert run(network.reader().read(network.blob_id)).content == BLOB


@pytest.mark.parametrize("spool_from", [1, 1 << 20])
@pytest.mark.parametrize("fault", [Fault.NONE, Fault.DOWN, Fault.FLIPS_A_BIT])
@pytest.mark.parametrize("check", ["skip", "default", "strict"])
def test_to_memory_and_to_a_file(tmp_path: Path, fault: Fault, check: str, spool_from: int) -> None:
    network = Network(BLOB)
    network.holder(1).fault = fault
    reader = network.reader(spool_from=spool_from)
    progress = Progress()
    outcome = run(reader.read(network.blob_id, check=check, progress=progress))
    assert outcome.content == BLOB
    assert progress.done >= progress.total > len(BLOB) // 2
    path = tmp_path / "blob"
    outcome = run(reader.read_to_file(network.blob_id, path, check=check))
    assert path.read_bytes() == BLOB
    assert outcome.was_decoded == (fault is not Fault.NONE)
    assert list(tmp_path.iterdir()) == [path]


def test_to_a_pipe() -> None:
    network = Network(BLOB)
    reading, writing = os.pipe()
    try:
        run(network.reader().read_to_file(network.blob_id, Path(f"/dev/fd/{writing}")))
        assert os.read(reading, 1 << 16) == BLOB
    finally:
        os.close(reading)
        os.close(writing)


def test_a_failed_read_leaves_no_file(tmp_path: Path) -> None:
    network = Network(BLOB)
    network.break_shards(Fault.NO_SLIVERS, most=8)
    with pytest.raises(BlobUnavailableError) as caught:
        run(network.reader().read_to_file(network.blob_id, tmp_path / "blob"))
    assert (caught.value.needed, caught.value.got) == (4, 2)
    assert not list(tmp_path.iterdir())


def test_the_same_seed_asks_the_same() -> None:
    def asked(seed: int) -> list[int]:
        network = Network(BLOB)
        network.break_shards(Fault.HANGS)
        run(network.reader(seed).read(network.blob_id))
        return [node.asked for node in network.in_order]

    assert asked(3) == asked(3)
    assert len({tuple(asked(seed)) for seed in range(8)}) > 1


def test_blobs_that_were_proven_inconsistent() -> None:
    network = Network(BLOB)
    network.break_shards(Fault.INVALID, most=10)
    with pytest.raises(InconsistentBlobError):
        run(network.reader().read(network.blob_id))
