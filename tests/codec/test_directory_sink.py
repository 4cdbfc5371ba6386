"""A directory as a sink: whole files, or none."""

import os
import random
from pathlib import Path

import pytest

import walrus_core as wc
from walrus_core.codec import streaming

BLOB = random.Random(7).randbytes(31_000)
N_SHARDS = 31  # k1 = 11, k2 = 21


@pytest.fixture(autouse=True, params=[2, 64])
def windows(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """Repair slivers in many pieces, and in one."""
    monkeypatch.setattr(streaming, "window_width", lambda *_: request.param)


@pytest.fixture(scope="module")
def expected() -> dict[str, bytes]:
    """What belongs into the directory."""
    encoded = wc.encode(BLOB, N_SHARDS)
    files = {"metadata.bcs": encoded.metadata.to_bcs_with_id()}
    for pair in encoded.sliver_pairs():
        files[f"primary/{pair.index:05}.bcs"] = pair.primary.to_bcs()
        files[f"secondary/{pair.index:05}.bcs"] = pair.secondary.to_bcs()
    return files


def content(directory: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }


def encode(directory: Path, blob: bytes = BLOB) -> wc.DirectorySink:
    sink = wc.DirectorySink(directory)
    wc.encode_into(blob, sink, N_SHARDS)
    return sink


@pytest.mark.usefixtures("engine")
def test_a_new_directory(tmp_path: Path, expected: dict[str, bytes]) -> None:
    sink = encode(tmp_path / "new" / "slivers")
    assert content(tmp_path / "new" / "slivers") == expected
    assert (sink.n_written, sink.n_kept) == (63, 0)
    assert not list(tmp_path.rglob("*.tmp"))


def test_a_relative_path(
    tmp_path: Path, expected: dict[str, bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    encode(Path("slivers"))
    assert content(tmp_path / "slivers") == expected


def test_what_is_right_stays_and_the_rest_is_mended(
    tmp_path: Path, expected: dict[str, bytes]
) -> None:
    encode(tmp_path)
    wrong = {
        "primary/00003.bcs": lambda data: data[:40] + b"?" + data[41:],  # a source row
        "primary/00030.bcs": lambda data: data[:-9] + b"?" + data[-8:],  # the last piece of many
        "primary/00029.bcs": lambda data: data[:900] + b"?" + data[901:],
        "primary/00028.bcs": lambda data: b"?" + data[1:],  # the length in front
        "secondary/00002.bcs": lambda data: data[:-1] + b"?",  # the index
        "secondary/00012.bcs": lambda data: data + b"?",
        "secondary/00013.bcs": lambda data: data[:-1],
        "secondary/00014.bcs": lambda _: b"",
    }
    for name, damage in wrong.items():
        (tmp_path / name).write_bytes(damage(expected[name]))
    (tmp_path / "primary" / "00020.bcs").unlink()
    for path in tmp_path.rglob("*.bcs"):
        os.utime(path, ns=(0, 0))
    sink = encode(tmp_path)
    assert content(tmp_path) == expected
    assert (sink.n_written, sink.n_kept) == (9, 54)
    touched = {path for path in expected if (tmp_path / path).stat().st_mtime_ns}
    assert touched == {*wrong, "primary/00020.bcs"}


@pytest.mark.parametrize("metadata", ["there", "damaged", "gone"])
def test_another_blob_is_left_alone(tmp_path: Path, metadata: str) -> None:
    other = BLOB[::-1]
    encode(tmp_path, other)
    if metadata == "damaged":
        (tmp_path / "metadata.bcs").write_bytes(b"damaged")
    elif metadata == "gone":
        (tmp_path / "metadata.bcs").unlink()
    before = content(tmp_path)
    with pytest.raises(wc.DirectoryOccupiedError) as caught:
        encode(tmp_path)
    found = str(wc.compute_metadata(other, N_SHARDS).blob_id)
    assert caught.value.found == (found if metadata == "there" else "of unknown ID")
    assert caught.value.expected == str(wc.compute_metadata(BLOB, N_SHARDS).blob_id)
    assert content(tmp_path) == before
    assert not list(tmp_path.rglob("*.tmp"))


def test_other_files_are_nobodys_business(tmp_path: Path, expected: dict[str, bytes]) -> None:
    (tmp_path / "notes").write_bytes(b"mine")
    encode(tmp_path)
    assert content(tmp_path) == expected | {"notes": b"mine"}


def test_a_file_is_no_directory(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"mine")
    with pytest.raises(wc.StorageError, match="not a directory"):
        encode(path)
    assert content(tmp_path) == {"file": b"mine"}


@pytest.mark.parametrize("n_pieces", [0, 5, 20, 60])
def test_an_error_leaves_no_trace(tmp_path: Path, n_pieces: int) -> None:
    class Failing(wc.DirectorySink):
        n_left = n_pieces

        def write(self, *place_and_piece: object) -> None:
            self.n_left -= 1
            if self.n_left < 0:
                raise KeyboardInterrupt
            super().write(*place_and_piece)

    with pytest.raises(KeyboardInterrupt):
        wc.encode_into(BLOB, Failing(tmp_path / "new" / "slivers"), N_SHARDS)
    assert list(tmp_path.iterdir()) == []
    encode(tmp_path / "there")
    (tmp_path / "there" / "primary" / "00004.bcs").unlink()
    before = content(tmp_path)
    with pytest.raises(KeyboardInterrupt):
        wc.encode_into(BLOB, Failing(tmp_path / "there"), N_SHARDS)
    assert content(tmp_path) == before


def test_trouble_while_files_are_moved(tmp_path: Path, expected: dict[str, bytes]) -> None:
    """A directory in the place of a file: what was moved before is whole, the rest is gone."""
    encode(tmp_path)
    for path in [*tmp_path.glob("*/0000?.bcs"), tmp_path / "metadata.bcs"]:
        path.unlink()
    obstacle = tmp_path / "secondary" / "00004.bcs"
    obstacle.mkdir()
    with pytest.raises(IsADirectoryError) as caught:
        encode(tmp_path)
    assert caught.value.filename == str(obstacle)
    left = content(tmp_path)
    assert left.items() <= expected.items()
    assert "metadata.bcs" in left
    assert not list(tmp_path.rglob("*.tmp"))
    obstacle.rmdir()
    sink = encode(tmp_path)
    assert content(tmp_path) == expected
    assert sink.n_kept == len(left)


def test_a_directory_that_vanishes(tmp_path: Path) -> None:
    class Vanishing(wc.DirectorySink):
        def finish(self, metadata: wc.VerifiedMetadata) -> None:
            for path in sorted(tmp_path.rglob("*"), reverse=True):
                path.unlink() if path.is_file() else path.rmdir()
            super().finish(metadata)

    with pytest.raises((OSError, wc.StorageError)):
        wc.encode_into(BLOB, Vanishing(tmp_path / "slivers"), N_SHARDS)
    assert list(tmp_path.iterdir()) == []


def test_few_files_are_open(tmp_path: Path) -> None:
    descriptors = Path("/proc/self/fd")
    if not descriptors.exists():
        pytest.skip("no /proc")
    counts = []

    class Counting(wc.DirectorySink):
        def write(self, *place_and_piece: object) -> None:
            super().write(*place_and_piece)
            counts.append(len(list(descriptors.iterdir())))

    before = len(list(descriptors.iterdir()))
    wc.encode_into(BLOB, Counting(tmp_path), N_SHARDS)
    assert max(counts) - before <= 4
    assert len(list(descriptors.iterdir())) == before
