"""The buffer keeps to its limits, whatever comes."""

import dataclasses

import pytest
from services.node.scene import blob, blob_id

from walrus_core.errors import BufferFullError, MetadataNotFoundError
from walrus_core.services.node.limits import NodeLimits
from walrus_core.services.node.pending import PendingBuffer
from walrus_core.types import ShardIndex

METADATA_SIZE = 10 * 64 + 32
SLIVER = blob(1).primary(0)
SLIVER_SIZE = SLIVER.data.nbytes


class Clock:
    """Stands still unless it is set."""

    now = 0.0

    def __call__(self) -> float:
        return self.now


def buffer(clock: Clock | None = None, **limits: float) -> PendingBuffer:
    return PendingBuffer(dataclasses.replace(NodeLimits(), **limits), clock or Clock())


def test_keeps_and_gives_back() -> None:
    waiting = buffer()
    assert waiting.put_metadata(blob(1).metadata)
    assert not waiting.put_metadata(blob(1).metadata)
    assert waiting.put_sliver(ShardIndex(3), SLIVER)
    assert not waiting.put_sliver(ShardIndex(3), SLIVER)
    assert waiting.size == METADATA_SIZE + SLIVER_SIZE
    taken = waiting.take(blob_id(1))
    assert taken is not None
    assert taken.slivers == {(3, SLIVER.axis): SLIVER}
    assert waiting.size == len(waiting) == 0
    assert waiting.take(blob_id(1)) is None


def test_wants_metadata_first() -> None:
    with pytest.raises(MetadataNotFoundError):
        buffer().put_sliver(ShardIndex(0), SLIVER)


@pytest.mark.parametrize(
    "limits",
    [
        {"pending_bytes": METADATA_SIZE + SLIVER_SIZE - 1},
        {"pending_blob_bytes": METADATA_SIZE + SLIVER_SIZE - 1},
        {"pending_slivers": 0},
    ],
)
def test_refuses_slivers_beyond_a_limit(limits: dict[str, float]) -> None:
    waiting = buffer(**limits)
    waiting.put_metadata(blob(1).metadata)
    for _ in range(2):
        with pytest.raises(BufferFullError) as caught:
            waiting.put_sliver(ShardIndex(0), SLIVER)
        assert caught.value.needed == SLIVER_SIZE > caught.value.free
    assert waiting.size == METADATA_SIZE


@pytest.mark.parametrize("limits", [{"pending_blobs": 1}, {"pending_bytes": 2 * METADATA_SIZE - 1}])
def test_refuses_blobs_beyond_a_limit(limits: dict[str, float]) -> None:
    waiting = buffer(**limits)
    waiting.put_metadata(blob(1).metadata)
    with pytest.raises(BufferFullError):
        waiting.put_metadata(blob(2).metadata)
    waiting.take(blob_id(1))
    assert waiting.put_metadata(blob(2).metadata)


def test_has_room_for_slivers_again() -> None:
    waiting = buffer(pending_slivers=1)
    for _ in range(2):
        waiting.put_metadata(blob(1).metadata)
        waiting.put_sliver(ShardIndex(0), SLIVER)
        waiting.take(blob_id(1))


def test_forgets_by_age_and_has_room_again() -> None:
    clock = Clock()
    waiting = buffer(clock, pending_blobs=2)
    waiting.put_metadata(blob(1).metadata)
    waiting.put_sliver(ShardIndex(0), SLIVER)
    clock.now = 30.0
    waiting.put_metadata(blob(2).metadata)
    clock.now = 60.0
    waiting.put_metadata(blob(3).metadata)
    assert waiting.get(blob_id(1)) is None
    assert waiting.get(blob_id(2)) is not None
    assert waiting.size == 2 * METADATA_SIZE
    clock.now = 1000.0
    waiting.expire()
    assert waiting.size == len(waiting) == 0


def test_more_slivers_do_not_prolong_the_stay() -> None:
    clock = Clock()
    waiting = buffer(clock)
    waiting.put_metadata(blob(1).metadata)
    clock.now = 59.0
    waiting.put_sliver(ShardIndex(0), SLIVER)
    clock.now = 60.0
    with pytest.raises(MetadataNotFoundError):
        waiting.put_sliver(ShardIndex(1), SLIVER)
