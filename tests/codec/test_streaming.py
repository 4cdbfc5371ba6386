"""`encode_into`: the same bytes as in memory, in windows of every kind."""

import contextlib
import io
import os
import random
import threading
import time
from pathlib import Path

import pytest
from codec.collector import Collector, slivers_of

import walrus_core as wc
from walrus_core.codec import memory, streaming
from walrus_core.codec.sinks import FRAME_HEAD, METADATA_FRAME

# Symbol size -> why: each is a class of windows in the kernel, or the edge of one.
SYMBOL_SIZES = {
    2: "units of many columns",
    4: "",
    30: "units of a few",
    64: "two symbols to a stripe",
    66: "one symbol to a stripe; units of eight columns from here",
    128: "",
    130: "",
    340: "",
    1024: "",
    1026: "several blocks to a symbol",
    2050: "",
}


def blob_for(n_shards: int, symbol_size: int) -> bytes:
    """A random blob whose last row is padded."""
    config = wc.EncodingConfig(n_shards)
    n_symbols = config.n_primary_source_symbols * config.n_secondary_source_symbols
    return random.Random(f"{n_shards} {symbol_size}").randbytes(n_symbols * symbol_size - 1)


@pytest.fixture
def narrow_windows(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Windows of so many columns, as those of blobs of many gigabytes, whatever the blob."""
    monkeypatch.setattr(streaming, "window_width", lambda *_: request.param)


def check(data: bytes, n_shards: int, threads: int) -> None:
    sink = Collector()
    encoded = wc.encode(data, n_shards, threads=threads)
    metadata = wc.encode_into(data, sink, n_shards, threads=threads)
    assert metadata == encoded.metadata == sink.metadata
    assert sink.slivers == slivers_of(encoded)
    assert sink.calls == ["begin", "finish"]


@pytest.mark.usefixtures("engine")
@pytest.mark.parametrize("n_shards", [7, 31, 100])
@pytest.mark.parametrize("symbol_size", SYMBOL_SIZES)
def test_every_size_class(threads: int, n_shards: int, symbol_size: int) -> None:
    if n_shards**2 * symbol_size <= 1_500_000:
        check(blob_for(n_shards, symbol_size), n_shards, threads)


@pytest.mark.usefixtures("engine", "narrow_windows")
@pytest.mark.parametrize("narrow_windows", [1, 2, 4, 8, 16], indirect=True)
@pytest.mark.parametrize(("n_shards", "symbol_size"), [(10, 1026), (31, 66), (31, 130), (100, 340)])
def test_windows_of_few_columns(threads: int, n_shards: int, symbol_size: int) -> None:
    """k2 is 7, 21, 67: the last window is ragged, and wider ones reach into the repair columns."""
    check(blob_for(n_shards, symbol_size), n_shards, threads)


@pytest.mark.parametrize("pause", [0.0, 0.001])
@pytest.mark.parametrize("window", [0, 100_000])
def test_frugal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, window: int, pause: float) -> None:
    """Pages of the blob and of the work are let go while both are in use."""
    monkeypatch.setattr(streaming, "FRUGAL_WINDOW", window)
    monkeypatch.setattr(streaming, "LETTING_GO", pause)
    data, path = blob_for(100, 340), tmp_path / "blob"
    path.write_bytes(data)
    encoded = wc.encode(data, 100, threads=2)
    for source in (path, data):
        sink = Collector()
        metadata = wc.encode_into(source, sink, 100, threads=2, frugal=True)
        assert metadata == encoded.metadata
        assert sink.slivers == slivers_of(encoded)


def test_pages_are_let_go_while_a_write_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is slow holds up the sink, but not the kernel, which goes on reading the blob."""
    let_go = threading.Event()
    monkeypatch.setattr(streaming, "let_go", lambda _: let_go.set())

    class Stuck(Collector):
        def write(self, axis: wc.Axis, sliver_index: int, offset: int, piece: memoryview) -> None:
            let_go.clear()
            if not self.slivers:
                assert let_go.wait(10.0)
            super().write(axis, sliver_index, offset, piece)

    data = blob_for(10, 66)
    assert wc.encode_into(data, Stuck(), 10, threads=1, frugal=True).unencoded_length == len(data)


@pytest.mark.parametrize("size", [0, 1, 27, 28, 29, 55, 56])
def test_the_smallest_blobs(size: int) -> None:
    """Rows that the blob ends in, before, and after."""
    check(bytes(range(1, size + 1)), 10, threads=1)


def test_a_thousand_shards() -> None:
    check(random.Random(5).randbytes(500_000), 1000, threads=2)


@pytest.mark.parametrize(
    ("symbol_size", "unit", "columns"),
    [(2, 64, 33536), (1206, 8, 48), (8388, 8, 8), (8390, 8, 8), (16778, 8, 4), (65534, 8, 2)],
)
def test_two_windows_of_a_thousand_shards_fit_in_memory(
    symbol_size: int, unit: int, columns: int
) -> None:
    width = streaming.window_width(1000 * symbol_size, unit)
    assert width == columns
    assert width % unit == 0 or 8 % width == 0
    assert 2 * width * 1000 * symbol_size <= 256 << 20


def test_one_unit_at_least() -> None:
    assert streaming.window_width(100 << 20, 64) == 64
    assert streaming.window_width(500 << 20, 8) == 1


def test_the_extension_of_the_rows_may_lie_in_a_file(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(memory, "LARGEST_ANONYMOUS", 1)
    data = blob_for(31, 130)
    sink = Collector()
    sink.work_directory = tmp_path
    wc.encode_into(data, sink, 31)
    assert sink.slivers == slivers_of(wc.encode(data, 31))
    assert list(tmp_path.iterdir()) == []  # the file has no name
    sink.work_directory = tmp_path / "absent"
    with pytest.raises(FileNotFoundError) as caught:
        wc.encode_into(data, sink, 31)
    assert str(tmp_path / "absent") in caught.value.filename


def test_a_file_is_streamed_from_its_mapping(tmp_path: Path) -> None:
    data = blob_for(31, 1026)
    path = tmp_path / "blob"
    path.write_bytes(data)
    with path.open("rb") as file:
        for source in (path, str(path), file, io.BytesIO(data)):
            sink = Collector()
            wc.encode_into(source, sink, 31)
            assert sink.slivers == slivers_of(wc.encode(data, 31))


def test_frames_hold_the_slivers_and_the_metadata() -> None:
    data = blob_for(10, 66)
    stream = io.BytesIO()
    metadata = wc.encode_into(data, wc.FrameSink(stream), 10)
    stream.seek(0)
    sink = Collector()
    sink.begin(wc.EncodingConfig(10), len(data))
    while True:
        kind, index, offset, length = FRAME_HEAD.unpack(stream.read(FRAME_HEAD.size))
        piece = stream.read(length)
        if kind == METADATA_FRAME:
            break
        sink.write(list(wc.Axis)[kind], index, offset, memoryview(piece))
    assert sink.slivers == slivers_of(wc.encode(data, 10))
    assert piece == metadata.to_bcs_with_id()
    assert stream.read() == b""


def test_a_callback_gets_every_piece() -> None:
    pieces: dict[tuple[wc.Axis, int, int], bytes] = {}
    sink = wc.CallbackSink(lambda *place_and_piece: pieces.update([_entry(*place_and_piece)]))
    wc.encode_into(b"a blob", sink, 4)
    assert sum(map(len, pieces.values())) == 4 * (2 + 3) * 2
    assert pieces[wc.Axis.PRIMARY, 0, 0] == b"a blob"


def _entry(
    axis: wc.Axis, index: int, offset: int, piece: memoryview
) -> tuple[tuple[wc.Axis, int, int], bytes]:
    return (axis, index, offset), bytes(piece)


def test_a_sink_must_write() -> None:
    with pytest.raises(TypeError, match="abstract"):
        wc.SliverSink()


class FullError(Exception):
    """What a sink raises."""


class Failing(Collector):
    """Fails at the n-th call that follows `begin`."""

    def __init__(self, n_calls: int) -> None:
        super().__init__()
        self.n_calls = n_calls

    def write(self, *place_and_piece: object) -> None:
        assert threading.current_thread() is threading.main_thread()
        self.fail_in_turn()
        super().write(*place_and_piece)

    def finish(self, metadata: wc.VerifiedMetadata) -> None:
        self.fail_in_turn()
        super().finish(metadata)

    def fail_in_turn(self) -> None:
        self.n_calls -= 1
        if self.n_calls < 0:
            raise FullError


@pytest.mark.usefixtures("narrow_windows")
@pytest.mark.parametrize("narrow_windows", [2], indirect=True)
@pytest.mark.parametrize("n_calls", [0, 1, 11, 30, 61, 150])
def test_what_a_sink_raises_reaches_the_caller(n_calls: int) -> None:
    sink, others = Failing(n_calls), threading.active_count()
    with pytest.raises(FullError):
        wc.encode_into(blob_for(31, 1026), sink, 31)
    assert sink.calls == ["begin", "abandon"]
    assert threading.active_count() == others


def test_all_is_said_when_finish_fails() -> None:
    data = b"a blob"
    n_pieces = len(slivers_of(wc.encode(data, 4)))
    for n_calls, calls in ((n_pieces, ["begin", "abandon"]), (n_pieces + 1, ["begin", "finish"])):
        sink = Failing(n_calls)
        with contextlib.suppress(FullError):
            wc.encode_into(data, sink, 4)
        assert sink.calls == calls


@pytest.mark.parametrize(
    ("options", "error"),
    [
        ({"n_shards": 3}, wc.InvalidArgumentError),
        ({"threads": 0}, wc.InvalidArgumentError),
        ({"source": "/absent"}, wc.StorageError),
        ({"source": bytearray(2 * 3 * 65_534 + 1), "n_shards": 4}, wc.BlobTooLargeError),
    ],
)
def test_bad_arguments_come_before_the_first_call(
    options: dict[str, object], error: type[Exception]
) -> None:
    sink = Collector()
    with pytest.raises(error):
        wc.encode_into(**({"source": b"", "sink": sink} | options))
    assert "begin" not in sink.calls


def test_cancelling() -> None:
    token = wc.CancelToken()
    token.cancel()
    sink = Collector()
    with pytest.raises(wc.OperationCancelledError):
        wc.encode_into(b"a blob", sink, 10, cancel=token)
    assert sink.calls == ["begin", "abandon"]


def test_cancelling_from_the_sink_or_another_thread() -> None:
    token = wc.CancelToken()
    with pytest.raises(wc.OperationCancelledError):
        wc.encode_into(b"a blob", wc.CallbackSink(lambda *_: token.cancel()), 10, cancel=token)
    token = wc.CancelToken()
    threading.Timer(0.02, token.cancel).start()
    started = time.perf_counter()
    with pytest.raises(wc.OperationCancelledError):
        wc.encode_into(os.urandom(1 << 20) * 16, Collector(), 1000, cancel=token)
    assert time.perf_counter() - started < 30


def test_progress_counts_what_the_sink_has_taken() -> None:
    progress = wc.Progress()
    seen = []
    sink = wc.CallbackSink(lambda *_: seen.append(progress.done))
    wc.encode_into(blob_for(31, 66), sink, 31, progress=progress)
    assert progress.done == progress.total == 31 * (11 + 21) * 66
    assert seen == sorted(seen)
    assert seen[0] == 0
