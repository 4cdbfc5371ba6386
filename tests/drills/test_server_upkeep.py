"""What an operator does to a server that has much to do: new certificates, an end in order."""

import asyncio
import json
import socket
import ssl
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import grpc
import pytest
from drills.callers import Code, Crowd, Tasks, connected, status_of, working
from drills.gateway import gateway
from rpc.certificates_made import Authority
from rpc.encoding_serving import encode_requests

from walrus_core.rpc.v1 import encoding_pb2_grpc

pytestmark = pytest.mark.drill

CALLERS, LONG_CALLERS = 4, 32
SECONDS, LONG_SECONDS = 2.0, 60.0
ROTATIONS, LONG_ROTATIONS = 3, 60
N_SHARDS = 100
SIZES = (1000, 100_000, 1_500_000)
NOT_TAKEN_IN = (Code.UNAVAILABLE, Code.CANCELLED)
"""The latter is gRPC's own word for a call that came in the moment of the end and was handed to
nobody: the server's log, which has all that were begun, must have none.
"""

NAME = "localhost"
BLOB = bytes(range(256)) * (12 << 12)
"""Long enough an encoding to be in the middle of it: 12 MiB."""


def test_new_certificates(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    figures.append(asyncio.run(_new_certificates(tmp_path, is_long)))


async def _new_certificates(directory: Path, is_long: bool) -> str:
    """While some call over connections that they have, and others connect anew all the time."""
    count = LONG_CALLERS if is_long else CALLERS
    rotations = LONG_ROTATIONS if is_long else ROTATIONS
    pause = (LONG_SECONDS if is_long else SECONDS) / rotations
    authority, tasks = Authority(), Tasks(SIZES, N_SHARDS)
    certificate, key = authority.write(directory, NAME)
    files = {"certificate": str(certificate), "key": str(key)}
    credentials = grpc.ssl_channel_credentials(authority.pem)
    staying, coming = Crowd(count), Crowd(count)
    seen = set[bytes]()
    async with gateway(directory, tls=files, listen_address=f"{NAME}:0") as server:
        address = f"{NAME}:{server.port}"

        def come(number: int) -> Any:
            with connected(address, credentials) as channel:
                return working(address, tasks, [channel] * count)(number)

        with ExitStack() as connections:
            channels = [
                connections.enter_context(connected(address, credentials)) for _ in range(count)
            ]
            living = staying.come(working(address, tasks, channels))
            others = coming.come(come)
            for _ in range(rotations):
                authority.write(directory, NAME)
                seen.add(await asyncio.to_thread(_shown, server.port, authority.pem))
                await asyncio.sleep(pause)
            await coming.leave(others)
            await staying.leave(living)
        for crowd in (staying, coming):
            crowd.tally.assert_only(Code.OK, Code.RESOURCE_EXHAUSTED)
        assert len(seen) == rotations
        assert certificate.read_bytes() in {
            ssl.DER_cert_to_PEM_cert(each).encode() for each in seen
        }
    return (
        f"{rotations} new certificates: {count} callers that stayed: {staying.tally}; and that"
        f" connected each time: {coming.tally}"
    )


def _shown(port: int, root: bytes) -> bytes:
    """The certificate that who connects now is shown, DER."""
    context = ssl.create_default_context(cadata=root.decode())
    context.set_alpn_protocols(["h2"])
    with (
        socket.create_connection(("127.0.0.1", port)) as plain,
        context.wrap_socket(plain, server_hostname=NAME) as secure,
    ):
        shown = secure.getpeercert(binary_form=True)
        assert shown
        return shown


@pytest.mark.parametrize("workers", [1, 2])
def test_drain(tmp_path: Path, is_long: bool, figures: list[str], workers: int) -> None:
    figures.append(asyncio.run(_drain(tmp_path, is_long, workers)))


async def _drain(directory: Path, is_long: bool, workers: int) -> str:
    """The server is told to end while all of them have a call in the middle."""
    count = LONG_CALLERS if is_long else CALLERS
    begun = threading.Barrier(count + 1)
    told = threading.Event()

    def encode(address: str) -> Any:
        """Begun before the server is told, read after that."""
        with connected(address) as channel:
            stub = encoding_pb2_grpc.EncodingServiceStub(channel)
            call = stub.Encode(encode_requests(BLOB, n_shards=N_SHARDS))
            assert next(call)
            begun.wait(60)
            told.wait(60)
            return status_of(call)

    async with gateway(directory, workers=workers, graceful_shutdown_seconds=60) as server:
        crowd = Crowd(count)
        tasks = Tasks(SIZES, N_SHARDS)
        with ExitStack() as connections:
            channels = [connections.enter_context(connected(server.address)) for _ in range(count)]
            living = crowd.come(working(server.address, tasks, channels))
            loop, threads = asyncio.get_running_loop(), ThreadPoolExecutor(count + 1)
            results = asyncio.gather(
                *[loop.run_in_executor(threads, encode, server.address) for _ in range(count)]
            )
            await loop.run_in_executor(threads, begun.wait, 60)
            ending = asyncio.ensure_future(server.process.stop(timeout=60))
            await asyncio.sleep(0)
            told.set()
            codes = {code for code, _ in await results}
            status = await ending
            await crowd.leave(living)
        assert codes == {Code.OK}
        assert status == 0
        crowd.tally.assert_only(Code.OK, Code.RESOURCE_EXHAUSTED, *NOT_TAKEN_IN)
        assert not server.failures()
        ended = _logged(server.log)
        assert set(ended) <= {"OK", "RESOURCE_EXHAUSTED"}, ended
    return (
        f"drained, {workers} workers: {count} encodings in the middle came to their end; of the"
        f" others' calls {crowd.tally}, and of all that the server took in none was lost:"
        f" {sum(ended.values())} calls"
    )


def _logged(log: Path) -> dict[str, int]:
    """How calls ended, by the server's log."""
    codes: dict[str, int] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        code = json.loads(line).get("code")
        if code is not None:
            codes[code] = codes.get(code, 0) + 1
    return codes
