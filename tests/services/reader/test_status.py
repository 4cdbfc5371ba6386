"""What nodes say of a blob, and what of it is believed."""

import asyncio

import pytest
from services.reader.network import CERTIFIED, Fault, Network
from simulation.loop import run

from walrus_core.errors import BlobUnavailableError
from walrus_core.services.node_api import BlobStatus
from walrus_core.services.reader import ReadOptions
from walrus_core.services.reader.status import believed
from walrus_core.types import BlobId, Epoch

NONE = BlobStatus("nonexistent")
DELETABLE = BlobStatus("deletable", deletable_total=2, deletable_certified=1)
PERMANENT = BlobStatus("permanent", Epoch(9), True, Epoch(2))
LONGER = BlobStatus("permanent", Epoch(12), True, Epoch(2))
INVALID = BlobStatus("invalid")


@pytest.mark.parametrize(
    ("answers", "expected"),
    [
        ([], None),
        ([(3, PERMANENT)], None),
        ([(4, PERMANENT)], PERMANENT),
        ([(4, NONE), (3, INVALID)], NONE),
        ([(4, NONE), (4, PERMANENT)], PERMANENT),
        ([(2, PERMANENT), (2, PERMANENT), (6, DELETABLE)], PERMANENT),
        ([(4, LONGER), (6, PERMANENT)], LONGER),
        ([(3, LONGER), (6, PERMANENT)], PERMANENT),
        # Nothing has four shards behind it: what four reach or surpass is true.
        ([(3, INVALID), (3, PERMANENT), (3, DELETABLE)], PERMANENT),
        ([(1, INVALID), (2, DELETABLE), (2, NONE)], NONE),
    ],
)
def test_belief(answers: list[tuple[int, BlobStatus]], expected: BlobStatus | None) -> None:
    assert believed(answers, 3) == expected
    assert believed(answers[::-1], 3) == expected


@pytest.mark.parametrize("fault", list(Fault))
def test_a_third_fails(fault: Fault) -> None:
    network = Network(b"blob")
    network.break_shards(fault)
    assert run(network.reader().status(network.blob_id)) == CERTIFIED


def test_a_blob_that_is_not_registered() -> None:
    assert run(Network(b"blob").reader().status(BlobId(bytes(32)))) == NONE


def test_too_few_answer() -> None:
    network = Network(b"blob")
    network.break_shards(Fault.DOWN, most=7)
    with pytest.raises(BlobUnavailableError) as caught:
        run(network.reader().status(network.blob_id))
    assert (caught.value.needed, caught.value.got) == (4, 3)


def later(network: Network, delay: float, most: int) -> None:
    """Let nodes of so many shards answer only after a delay in seconds."""
    slow = network.break_shards(Fault.NONE, most)
    assert sum(node.member.weight for node in slow) == most
    for node in slow:
        node.delay = delay


async def timed(network: Network) -> tuple[BlobStatus, float]:
    """A status, and the seconds that it took."""
    start = asyncio.get_running_loop().time()
    status = await network.reader().status(network.blob_id)
    return status, asyncio.get_running_loop().time() - start


def test_those_who_hang_are_not_waited_for_when_the_others_suffice() -> None:
    """With more than f shards hung there is no quorum, but six of ten do not all lie."""
    network = Network(b"blob")
    network.break_shards(Fault.HANGS, most=4)
    status, seconds = run(timed(network))
    assert status == CERTIFIED
    assert seconds < ReadOptions().grace + 1


def test_who_knows_of_something_later_has_a_moment_to_say_so() -> None:
    """Four of ten shards are behind; they are the first to answer."""
    network = Network(b"blob")
    for node in network.in_order:
        node.status_now = LONGER
    later(network, ReadOptions().grace - 0.5, most=6)
    for node in network.in_order:
        if node.delay < 1:
            node.status_now = PERMANENT
    status, seconds = run(timed(network))
    assert status == LONGER
    assert seconds < ReadOptions().grace


def test_nothing_comes_after_a_proof_of_inconsistency() -> None:
    network = Network(b"blob")
    for node in network.in_order:
        node.status_now = INVALID
    later(network, 1, most=6)
    status, seconds = run(timed(network))
    assert status == INVALID
    assert seconds < 0.5


def test_one_answer_too_few_is_waited_for() -> None:
    """Three of ten shards may lie: the fourth decides, however late it is."""
    network = Network(b"blob")
    later(network, 10, most=7)
    status, seconds = run(timed(network))
    assert status == CERTIFIED
    assert seconds >= 10
