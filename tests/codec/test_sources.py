"""Where blobs come from."""

import contextlib
import gzip
import io
import mmap
import os
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

import walrus_core as wc
from walrus_core.codec import sources
from walrus_core.codec.sources import brought_in, opened_blob
from walrus_core.kernel import FileMapping

DATA = bytes(range(256)) * 20
LIMIT = len(DATA)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(DATA)
    return path


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where temporary files go, even small ones."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    monkeypatch.setenv("TMPDIR", str(directory))
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(sources, "LARGEST_ANONYMOUS", 100)
    monkeypatch.setattr(sources, "CHUNK", 1000)
    return directory


@pytest.mark.parametrize("kind", [str, Path, os.fspath])
def test_a_path_is_mapped(path: Path, kind: type) -> None:
    with opened_blob(kind(path), LIMIT) as view:
        assert type(view.obj) is FileMapping
        assert view == DATA


def test_a_buffer_is_looked_at() -> None:
    for buffer in (DATA, bytearray(DATA), memoryview(DATA)):
        with opened_blob(buffer, LIMIT) as view:
            assert view.obj is getattr(buffer, "obj", buffer)
    with mmap.mmap(-1, 100) as mapped, opened_blob(mapped, LIMIT) as view:
        assert view.nbytes == 100
        view.release()


@pytest.mark.parametrize("start", [0, 1, 5000, LIMIT, LIMIT + 1])
def test_a_file_object_gives_what_is_left_of_it(path: Path, start: int) -> None:
    for buffering in (-1, 0):
        with path.open("rb", buffering=buffering) as file:
            file.seek(start)
            with opened_blob(file, LIMIT) as view:
                assert view == DATA[start:]


def test_a_decompressor_is_read_not_mapped(path: Path) -> None:
    with gzip.open(path, "wb") as file:
        file.write(DATA)
    with gzip.open(path) as file, opened_blob(file, LIMIT) as view:
        assert view == DATA


def test_a_file_that_pretends_to_be_empty_is_read() -> None:
    status = Path("/proc/self/status")
    if not status.exists():
        pytest.skip("no /proc")
    with opened_blob(status, LIMIT) as view:
        assert b"VmPeak" in bytes(view)


@pytest.mark.parametrize("content", [DATA, b"", b"short"])
def test_a_pipe_is_read_to_its_end(content: bytes) -> None:
    with pipe_with(content) as stream, opened_blob(stream, LIMIT) as view:
        assert view == content


@pytest.mark.usefixtures("temporary")
def test_a_long_stream_is_spooled_to_a_file_without_a_name(temporary: Path) -> None:
    with opened_blob(io.BytesIO(DATA), LIMIT) as view:
        assert type(view.obj) is FileMapping
        assert view == DATA
        assert list(temporary.iterdir()) == []
        if Path("/proc/self/fd").exists():
            open_files = [os.path.realpath(link) for link in Path("/proc/self/fd").iterdir()]
            assert not [name for name in open_files if str(temporary) in name]


@pytest.mark.usefixtures("temporary")
def test_a_stream_is_read_no_further_than_shows_it_to_be_too_long() -> None:
    for limit in (50, 2000):
        stream = io.BytesIO(DATA)
        with pytest.raises(wc.BlobTooLargeError) as caught, opened_blob(stream, limit):
            pass
        assert caught.value.max_size == limit
        assert stream.tell() == limit // 1000 * 1000 + 1000


def test_too_large_a_file_or_buffer(path: Path) -> None:
    for source in (path, DATA):
        with pytest.raises(wc.BlobTooLargeError), opened_blob(source, LIMIT - 1):
            pass


@pytest.mark.parametrize("name", ["absent", ".", "a\0b"])
def test_what_cannot_be_read_is_named(tmp_path: Path, name: str) -> None:
    unreadable = str(tmp_path / name) if name != "." else str(tmp_path)
    for call in (wc.encode, wc.compute_metadata):
        with pytest.raises(wc.StorageError) as caught:
            call(unreadable, n_shards=4)
        assert caught.value.path == unreadable


def test_streams_that_are_no_good(path: Path) -> None:
    with (
        path.open(encoding="latin-1") as text,
        pytest.raises(wc.InvalidArgumentError, match="binary"),
    ):
        wc.encode(text, n_shards=4)
    closed = io.BytesIO(DATA)
    closed.close()
    with pytest.raises(wc.StorageError, match="closed"):
        wc.encode(closed, n_shards=4)


class Broken(io.RawIOBase):
    """A device that fails."""

    def readable(self) -> bool:
        return True

    def read(self, _size: int = -1) -> bytes:
        raise OSError(5, "Input/output error")


def test_a_device_that_fails_is_trouble_with_the_input() -> None:
    with pytest.raises(wc.StorageError, match="Input/output error"):
        wc.encode(Broken(), n_shards=4)


def test_a_file_that_changes_meanwhile(path: Path) -> None:
    with pytest.raises(wc.StorageError, match="changed"), opened_blob(path, LIMIT):
        path.write_bytes(DATA[1:])
    sink = wc.CallbackSink(lambda *_: os.utime(path, ns=(0, 0)))
    with pytest.raises(wc.StorageError, match="changed"):
        wc.encode_into(path, sink, 10)


def test_an_encoded_file_references_it(path: Path) -> None:
    encoded = wc.encode(path, n_shards=10)
    assert encoded == wc.encode(DATA, n_shards=10)
    assert type(encoded.primary(0).data.obj) is FileMapping
    path.unlink()
    assert encoded.primary(0) == wc.encode(DATA, n_shards=10).primary(0)


class TestMapFile:
    """Files as buffers."""

    def test_slivers_are_views_of_it(self, tmp_path: Path) -> None:
        sliver = wc.encode(DATA, 10).secondary(4)
        path = tmp_path / "sliver"
        path.write_bytes(sliver.to_bcs())
        mapping = wc.map_file(path)
        path.unlink()
        mapped = wc.Sliver.from_bcs("secondary", mapping)
        assert mapped.data.obj is mapping
        assert mapped == sliver
        metadata = wc.compute_metadata(DATA, 10)
        assert wc.verify_sliver(metadata, mapped).data.obj is mapping
        assert wc.Sliver("secondary", 5, 2, mapping).data.obj is mapping

    def test_it_holds_no_descriptor(self, path: Path) -> None:
        if not Path("/proc/self/fd").exists():
            pytest.skip("no /proc")
        before = len(list(Path("/proc/self/fd").iterdir()))
        mappings = [wc.map_file(path) for _ in range(50)]
        assert len(list(Path("/proc/self/fd").iterdir())) == before
        assert all(memoryview(mapping) == DATA for mapping in mappings)

    def test_it_is_read_only(self, path: Path) -> None:
        mapping = wc.map_file(path)
        assert memoryview(mapping).readonly
        with path.open("rb") as file, pytest.raises(TypeError, match="read-write"):
            file.readinto(mapping)

    def test_an_empty_file(self, tmp_path: Path) -> None:
        path = tmp_path / "empty"
        path.touch()
        assert bytes(wc.map_file(path)) == b""

    def test_reading_patterns_concern_parts_of_it(self, path: Path) -> None:
        mapping = wc.map_file(path)
        view = memoryview(mapping)
        for part in (view, view[100:200], view[:0]):
            for pattern in ("in order", "here and there", "soon", "not soon"):
                mapping.will_read(part, pattern)
        with pytest.raises(wc.InvalidArgumentError, match="no part"):
            mapping.will_read(DATA, "soon")
        assert view == DATA

    def test_where_a_part_begins(self, path: Path) -> None:
        mapping = wc.map_file(path)
        view = memoryview(mapping)
        assert [mapping.offset_of(part) for part in (view, view[100:200], view[7:])] == [0, 100, 7]
        with pytest.raises(wc.InvalidArgumentError, match="no part"):
            mapping.offset_of(DATA)

    def test_what_is_no_regular_file(self, tmp_path: Path) -> None:
        fifo = tmp_path / "fifo"
        os.mkfifo(fifo)
        for path in (tmp_path, fifo, tmp_path / "absent"):
            with pytest.raises(wc.StorageError) as caught:
                wc.map_file(path)
            assert caught.value.path == str(path)


class TestBroughtIn:
    """Parts of mapped files read into memory."""

    def test_memory_stays_where_it_is(self) -> None:
        view = memoryview(DATA)
        assert brought_in(view, memoryview(bytearray(len(DATA)))) is view

    @pytest.mark.parametrize("fate", ["stays", "goes", "other file", "pipe", "directory"])
    def test_a_file(self, path: Path, fate: str) -> None:
        """Wherever it went, it is what was mapped that counts."""
        view = memoryview(wc.map_file(path))
        if fate != "stays":
            path.rename(path.with_name("elsewhere"))
        if fate == "other file":
            path.write_bytes(DATA[::-1])
        elif fate == "pipe":
            os.mkfifo(path)
        elif fate == "directory":
            path.mkdir()
        for part in (view, view[3:300], view[300:], view[5:5]):
            room = memoryview(bytearray(part.nbytes))
            assert brought_in(part, room) is room
            assert room == part

    def test_a_file_without_a_name(self) -> None:
        with tempfile.TemporaryFile() as file:
            file.write(DATA)
            file.flush()
            view = memoryview(FileMapping(file.fileno(), len(DATA)))
            assert brought_in(view[9:], memoryview(bytearray(len(DATA) - 9))) == DATA[9:]

    def test_a_file_that_is_cut_short(self, path: Path) -> None:
        """The mapping would end the process."""
        view = memoryview(wc.map_file(path))
        with path.open("r+b") as file:
            file.truncate(100)
        with pytest.raises(wc.StorageError, match="cut short") as caught:
            brought_in(view, memoryview(bytearray(len(DATA))))
        assert caught.value.path == str(path)


@contextlib.contextmanager
def pipe_with(content: bytes) -> Iterator[BinaryIO]:
    """The reading end of a pipe that a thread writes to."""

    def write() -> None:
        with os.fdopen(write_end, "wb") as stream:
            stream.write(content)

    read_end, write_end = os.pipe()
    writer = threading.Thread(target=write)
    writer.start()
    with os.fdopen(read_end, "rb") as stream:
        yield stream
    writer.join()
