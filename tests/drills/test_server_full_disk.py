"""The disk is full where large blobs are spooled: the caller is told when to come back, small ones
are served all the same, and large ones as soon as there is room.
"""

import asyncio
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from drills.callers import Code, connected
from drills.gateway import MIB, gateway
from google.rpc import error_details_pb2, status_pb2
from rpc.encoding_serving import names_requests

from walrus_core.rpc.status import DETAILS_KEY
from walrus_core.rpc.v1 import encoding_pb2_grpc

pytestmark = pytest.mark.drill

DISK, GROWN = 48 * MIB, 256 * MIB
LARGE = bytes(72 * MIB)
"""More than is kept in memory."""

N_SHARDS = 100


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of its own, for the server's directory."""
    place = tmp_path / "gateway"  # where it is anyway
    place.mkdir()
    if shutil.which("mount") is None or _mount(place, f"size={DISK}"):
        pytest.skip("may not mount a small file system")
    yield place
    subprocess.run(["umount", str(place)], check=True, capture_output=True)


def test_disk_full_while_spooling(tmp_path: Path, small_disk: Path, figures: list[str]) -> None:
    figures.append(asyncio.run(_disk_full(tmp_path, small_disk)))


async def _disk_full(directory: Path, disk: Path) -> str:
    async with gateway(directory) as server:

        def name(blob: bytes) -> Any:
            with connected(server.address) as channel:
                stub = encoding_pb2_grpc.EncodingServiceStub(channel)
                try:
                    return stub.ComputeBlobId(names_requests(blob, n_shards=N_SHARDS))
                except grpc.RpcError as error:
                    return error

        refused: Any = [await asyncio.to_thread(name, LARGE) for _ in range(3)]
        for error in refused:
            assert error.code() is Code.RESOURCE_EXHAUSTED, error
            assert _reason(error) == "STORAGE_FULL"
            assert str(disk) not in error.details()
        small = await asyncio.to_thread(name, b"small")
        assert small.blob.size == 5
        await server.idle()
        assert _mount(disk, f"remount,size={GROWN}") == 0
        large = await asyncio.to_thread(name, LARGE)
        assert large.blob.size == len(LARGE)
        await server.idle()
        used = shutil.disk_usage(disk).used
        assert used < MIB, "the spool is not given back"
        assert not server.failures()
    return (
        f"disk of {DISK // MIB} MiB full while spooling {len(LARGE) // MIB} MiB: {len(refused)}"
        f" refused ({refused[0].details()!r}), a small one served, the same one once it had grown"
    )


def _reason(error: Any) -> str:
    """What it is for a program; with it goes when to come back."""
    details = dict(error.trailing_metadata())[DETAILS_KEY]
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    found = status_pb2.Status.FromString(details).details
    assert [each.Unpack(kind) for each, kind in zip(found, (info, retry), strict=True)]
    assert retry.retry_delay.seconds > 0
    return str(info.reason)


def _mount(place: Path, options: str) -> int:
    command = ["mount", "-t", "tmpfs", "-o", options, "none", str(place)]
    return subprocess.run(command, capture_output=True, check=False).returncode
