"""Small files that are there whole or not at all, for whom they are meant."""

import errno
import os
from pathlib import Path

import pytest

from walrus_core.codec import durable_files
from walrus_core.codec.durable_files import EVERYBODY, create_durably, write_durably


def test_a_file_takes_the_place_of_another(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for content in (b"old", b"", b"new" * 1000):
        write_durably(path, content)
        assert path.read_bytes() == content
    assert [each.name for each in tmp_path.iterdir()] == ["file"]


def test_whose_it_is(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_durably(tmp_path / "own", b"secret")
        create_durably(tmp_path / "made", b"secret")
        write_durably(tmp_path / "shown", b"known", EVERYBODY)
    finally:
        os.umask(before)
    modes = {path.name: path.stat().st_mode & 0o777 for path in tmp_path.iterdir()}
    assert modes == {"own": 0o600, "made": 0o600, "shown": 0o640}


def test_what_is_there_is_not_made_again(tmp_path: Path) -> None:
    create_durably(tmp_path / "file", b"first")
    with pytest.raises(FileExistsError):
        create_durably(tmp_path / "file", b"second")
    assert (tmp_path / "file").read_bytes() == b"first"


def test_a_full_disk_leaves_everything_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    write_durably(tmp_path / "old", b"old")
    monkeypatch.setattr(durable_files, "sync_data", full)
    for write, name in ((write_durably, "old"), (create_durably, "new")):
        with pytest.raises(OSError, match="No space left"):
            write(tmp_path / name, b"new")
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == {"old": b"old"}


def test_it_is_on_disk_before_it_has_its_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As a power cut would find it."""
    seen: list[tuple[str, bool]] = []
    sync_data, sync_directory = durable_files.sync_data, durable_files.sync_directory

    def data(descriptor: int) -> None:
        seen.append(("data", (tmp_path / "file").exists()))
        sync_data(descriptor)

    def directory(path: Path) -> None:
        seen.append(("directory", (path / "file").exists()))
        sync_directory(path)

    monkeypatch.setattr(durable_files, "sync_data", data)
    monkeypatch.setattr(durable_files, "sync_directory", directory)
    write_durably(tmp_path / "file", b"content")
    assert seen == [("data", False), ("directory", True)]
