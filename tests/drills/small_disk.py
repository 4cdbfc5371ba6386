"""A file system of its own for a server's directory, as full as a drill likes it."""

import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from google.rpc import error_details_pb2, status_pb2

from walrus_core.rpc.status import DETAILS_KEY


class SmallDisk:
    """Of so many bytes, mounted at `place`."""

    def __init__(self, place: Path) -> None:
        self.place = place

    def resize(self, size: int) -> None:
        assert _mount(self.place, f"remount,size={size}") == 0

    @property
    def used(self) -> int:
        return shutil.disk_usage(self.place).used


@contextmanager
def small_disk_at(place: Path, size: int) -> Iterator[SmallDisk]:
    """Mounted while the body runs; the test is skipped where that may not be."""
    place.mkdir()
    if shutil.which("mount") is None or _mount(place, f"size={size}"):
        pytest.skip("may not mount a small file system")
    try:
        yield SmallDisk(place)
    finally:
        subprocess.run(["umount", str(place)], check=True, capture_output=True)


def require_full(error: Any, place: Path) -> None:
    """A call's error that says that the disk is full and when to come back, but not where it is."""
    assert error.code().name == "RESOURCE_EXHAUSTED", error
    details = dict(error.trailing_metadata())[DETAILS_KEY]
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    found = status_pb2.Status.FromString(details).details
    assert [each.Unpack(kind) for each, kind in zip(found, (info, retry), strict=True)]
    assert info.reason == "STORAGE_FULL"
    assert retry.retry_delay.seconds > 0
    assert str(place) not in error.details()


def _mount(place: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode
