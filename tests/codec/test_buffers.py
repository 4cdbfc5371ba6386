"""What counts as a buffer, and where memory comes from."""

import array
import mmap

import numpy as np
import pytest

import walrus_core as wc
from walrus_core.codec.buffers import byte_view, bytes_of, stable_view
from walrus_core.codec.memory import allocate
from walrus_core.kernel import BytesBuffer

DATA = bytes(range(24))
ARRAY = np.frombuffer(DATA, dtype=np.uint8)


@pytest.mark.parametrize(
    "buffer",
    [
        DATA,
        bytearray(DATA),
        memoryview(DATA),
        memoryview(b"ab" + DATA + b"cd")[2:-2],
        array.array("H", np.frombuffer(DATA, dtype="<u2").tolist()),
        ARRAY.reshape(2, 3, 4),
        ARRAY.view(">i4"),
        ARRAY.view("f8"),
        ARRAY.view("?"),
        ARRAY.view([("O", "<i4"), ("rest", "u1", 4)]),
    ],
    ids=lambda buffer: f"{type(buffer).__name__}-{getattr(buffer, 'dtype', '')}",
)
def test_any_contiguous_buffer_is_its_bytes(buffer: object) -> None:
    view = byte_view("blob", buffer)
    assert (view.format, view.ndim) == ("B", 1)
    assert bytes(view) == bytes_of("blob", buffer) == bytes(stable_view("blob", buffer)) == DATA


@pytest.mark.parametrize("buffer", [b"", bytearray(), np.zeros((3, 0), dtype="f4")])
def test_empty_buffers(buffer: object) -> None:
    assert byte_view("blob", buffer).nbytes == 0
    assert bytes_of("blob", buffer) == b""


def test_a_mapped_file_is_a_buffer() -> None:
    with mmap.mmap(-1, 24) as mapped:
        mapped[:] = DATA
        assert bytes_of("blob", mapped) == DATA


@pytest.mark.parametrize(
    "thing",
    [
        ARRAY[::2],
        np.asfortranarray(ARRAY.reshape(4, 6)),
        memoryview(DATA)[::-1],
        np.array([object()]),
        np.array([(1, object())], dtype=[("a", "i4"), ("b", "O")]),
        ARRAY.view("M8[s]"),
        24,
        None,
        [1, 2],
    ],
    ids=lambda thing: f"{type(thing).__name__}-{getattr(thing, 'dtype', '')}",
)
def test_no_buffer(thing: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="blob must"):
        byte_view("blob", thing)
    with pytest.raises(wc.InvalidArgumentError, match="blob must"):
        wc.encode(thing, n_shards=4)


def test_only_bytes_are_referenced() -> None:
    """Whatever someone could still change is copied."""
    assert bytes_of("data", DATA) is DATA
    assert stable_view("data", DATA).obj is DATA
    assert stable_view("data", memoryview(DATA)[3:9]).obj is DATA
    mutable = bytearray(DATA)
    for buffer in (mutable, memoryview(mutable).toreadonly()):
        stable, copy = stable_view("data", buffer), bytes_of("data", buffer)
        mutable[0] ^= 255
        assert bytes(stable) == copy != bytes(mutable)
        assert stable.readonly


@pytest.mark.parametrize("make", [allocate, BytesBuffer])
def test_memory_that_cannot_be_had(make: type) -> None:
    with pytest.raises(wc.OutOfMemoryError) as caught:
        make(2**60)
    assert caught.value.needed == 2**60


@pytest.mark.parametrize("length", [None, 24, 10, 0])
def test_a_bytes_buffer_becomes_bytes(length: int | None) -> None:
    buffer = BytesBuffer(24)
    memoryview(buffer)[:] = DATA
    result = buffer.finish(length)
    assert type(result) is bytes
    assert result == DATA[:length]


def test_bytes_are_finished_once_and_without_views() -> None:
    buffer = BytesBuffer(5 << 20)
    view = memoryview(buffer)
    with pytest.raises(BufferError, match="left"):
        buffer.finish()
    view[:3] = b"abc"
    view.release()
    with pytest.raises(wc.InvalidArgumentError, match="length"):
        buffer.finish((5 << 20) + 1)
    assert buffer.finish(3) == b"abc"
    with pytest.raises(BufferError, match="finished"):
        buffer.finish()
    with pytest.raises(BufferError, match="finished"):
        memoryview(buffer)
