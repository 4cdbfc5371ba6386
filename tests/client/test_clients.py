"""Both clients on a real network: store, read, open, status, with a node dead."""

import asyncio
import io
import subprocess
import sys
from pathlib import Path

import pytest
from client.conftest import Stored

import walrus_core as wc
from walrus_core.client import AsyncClient
from walrus_core.errors import BlobNotFoundError, InvalidArgumentError, InvalidRangeError


def test_names_of_the_package() -> None:
    assert wc.AsyncClient is AsyncClient
    assert wc.Client.__module__ == "walrus_core.client.client"


def test_reading(stored: Stored, tmp_path: Path) -> None:
    with stored.client() as client:
        assert client.read(stored.blob_id) == stored.blob
        assert client.read(str(stored.blob_id), 10, 19) == stored.blob[10:20]
        assert client.read(stored.blob_id, end=4) == stored.blob[:5]
        path = client.read(stored.blob_id, 5, out=tmp_path / "blob")
        assert path.read_bytes() == stored.blob[5:]
        with pytest.raises(InvalidRangeError):
            client.read(stored.blob_id, 0, len(stored.blob))
        with pytest.raises(BlobNotFoundError):
            client.read(wc.BlobId(bytes(32)))


def test_status(stored: Stored) -> None:
    with stored.client() as client:
        status = client.status(stored.blob_id)
        assert (status.kind, status.deletable_total) == ("deletable", 1)
        assert client.status(wc.BlobId(bytes(32))).kind == "nonexistent"


def test_an_open_blob_is_a_file(stored: Stored) -> None:
    with stored.client() as client, client.open(stored.blob_id) as file:
        assert isinstance(file, io.BufferedReader)
        assert file.read(7) == stored.blob[:7]
        assert file.seek(-3, io.SEEK_END) == len(stored.blob) - 3
        assert file.read() == stored.blob[-3:]
        assert file.seek(500) == 500
        assert file.read() == stored.blob[500:]
        assert not file.writable()
    with pytest.raises(ValueError, match="closed"):
        file.read(1)


def test_a_file_outlives_its_client_only_closed(stored: Stored) -> None:
    with stored.client() as client:
        file = client.open(stored.blob_id)
    with pytest.raises(InvalidArgumentError):
        file.read(1)
    file.close()


def test_storing_again_pays_nothing(stored: Stored) -> None:
    with stored.client() as client:
        again = client.store(stored.blob, epochs=1)
        assert again.already_certified
        assert again.blob_id == stored.blob_id


def test_a_permanent_blob_for_as_long_as_can_be(stored: Stored) -> None:
    async def store() -> tuple[bool, int, bytes]:
        async with AsyncClient(stored.network, state=stored.state) as client:
            outcome = await client.store(b"for long", epochs="max", permanent=True)
            content = await client.read(outcome.blob_id)
            return outcome.blob.deletable, outcome.epochs, content

    deletable, epochs, content = asyncio.run(store())
    assert (deletable, content) == (False, b"for long")
    assert epochs > 10


def test_many_reads_at_once(stored: Stored) -> None:
    async def read() -> list[bytes]:
        async with AsyncClient(stored.network) as client:
            reads = [client.read(stored.blob_id, at, at + 99) for at in range(0, 9000, 1000)]
            return await asyncio.gather(*reads)

    assert asyncio.run(read()) == [stored.blob[at : at + 100] for at in range(0, 9000, 1000)]


def test_a_client_that_is_not_open(stored: Stored) -> None:
    with pytest.raises(InvalidArgumentError, match="async with"):
        asyncio.run(AsyncClient(stored.network).read(stored.blob_id))
    client = stored.client()
    client.close()
    client.close()
    with pytest.raises(InvalidArgumentError, match="closed"):
        client.read(stored.blob_id)


def test_reading_does_not_load_pysui(stored: Stored) -> None:
    program = (
        "import sys, walrus_core as wc\n"
        "with wc.Client(sys.argv[1]) as client:\n"
        "    print(len(client.read(sys.argv[2])), 'pysui' in sys.modules)\n"
    )
    arguments = [sys.executable, "-c", program, str(stored.network), str(stored.blob_id)]
    run = subprocess.run(arguments, capture_output=True, text=True, check=True, timeout=60)
    assert run.stdout.split() == [str(len(stored.blob)), "False"]


def test_a_dead_node(stored: Stored) -> None:
    node = stored.processes.node(0)
    stored.loop.run(node.kill())
    try:
        with stored.client() as client:
            assert client.read(stored.blob_id) == stored.blob
            assert client.read(stored.blob_id, 3, 90_000) == stored.blob[3:90_001]
    finally:
        stored.loop.run(node.start())


def test_without_grpc_it_says_what_to_install() -> None:
    program = (
        "import sys\n"
        "sys.modules['grpc'] = None\n"
        "import walrus_core as wc\n"
        "try:\n"
        "    wc.Client\n"
        "except wc.MissingDependencyError as error:\n"
        "    print(error.package, error.extra)\n"
    )
    run = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, timeout=60
    )
    assert run.stdout.split() == ["grpc", "client"]
