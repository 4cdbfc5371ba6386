"""What nodes say of a blob, and what of it is believed."""

import pytest
from services.reader.network import CERTIFIED, Fault, Network
from simulation.loop import run

from walrus_core.errors import BlobUnavailableError
from walrus_core.services.node_api import BlobStatus
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
