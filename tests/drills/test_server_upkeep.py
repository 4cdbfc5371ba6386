"""What an operator does to a server that has much to do: new certificates, an end in order."""

import asyncio
import json
import os
import signal
import socket
import ssl
import threading
import time
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, asynccontextmanager
from pathlib import Path
from typing import Any

import grpc
import pytest
from drills.callers import PAUSE_SECONDS, Code, Crowd, Tasks, connected, status_of, working
from drills.gateway import Gateway, gateway
from rpc.certificates_made import Authority
from rpc.encoding_serving import encode_requests

from walrus_core.rpc.v1 import encoding_pb2_grpc

pytestmark = pytest.mark.drill

CALLERS, LONG_CALLERS = 4, 32
SECONDS, LONG_SECONDS = 2.0, 60.0
ROTATIONS, LONG_ROTATIONS = 3, 60
N_SHARDS = 100
SIZES = (1000, 100_000, 1_500_000)
REFUSED = Code.UNAVAILABLE
"""What callers are told who come as it ends; by nobody, when it has ended."""

STOP_SECONDS = 60.0
DRAINING = '"draining: '
"""What a worker logs when it is told to end."""

NAME = "localhost"
BLOB = bytes(range(256)) * (4 << 12)
TAKEN = 1 << 20
"""In advance, of the 18 MiB of its slivers: the rest has to wait until somebody listens."""

MEMORY = "2GiB"
"""For all that many encodings at once."""


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
    async with busy_server(directory, count, workers) as (server, crowd, encodings):
        ending = asyncio.ensure_future(server.process.stop(timeout=2 * STOP_SECONDS))
        async with asyncio.timeout(STOP_SECONDS):
            while server.log.read_text(encoding="utf-8").count(DRAINING) < workers:
                await asyncio.sleep(0.1)
        await encodings.finish()
        assert await ending == 0
    assert _ended_while_draining(server.log) == count
    return (
        f"drained, {workers} workers: {count} encodings in the middle came to their end; of the"
        f" others' calls {crowd.tally}, and of all that the server took in none was lost:"
        f" {_logged(server.log)[Code.OK.name]} calls"
    )


def test_workers_end_in_turn(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    figures.append(asyncio.run(_workers_in_turn(tmp_path, is_long)))


async def _workers_in_turn(directory: Path, is_long: bool) -> str:
    """Each of two workers is told to end, with calls in the middle, when the other serves."""
    count = LONG_CALLERS if is_long else CALLERS
    async with busy_server(directory, count, workers=2) as (server, crowd, encodings):
        first, second = server.pids()[1:]
        os.kill(first, signal.SIGTERM)
        await asyncio.sleep(1)
        await encodings.finish()
        await _replaced(server, {first, second}, 1)
        os.kill(second, signal.SIGTERM)
        await _replaced(server, {first, second}, 2)
        served = crowd.tally.codes[Code.OK]
        async with asyncio.timeout(STOP_SECONDS):
            while crowd.tally.codes[Code.OK] < served + count:
                await asyncio.sleep(0.1)
    return (
        f"two workers told to end in turn: {count} encodings in the middle came to their end; the"
        f" others' calls: {crowd.tally}; of all that the server took in none was lost:"
        f" {_logged(server.log)[Code.OK.name]} calls"
    )


async def _replaced(server: Gateway, workers: set[int], count: int) -> None:
    """Wait until so many of these are gone, and others serve in their place."""
    async with asyncio.timeout(2 * STOP_SECONDS):
        while True:
            lines = server.log.read_text(encoding="utf-8").splitlines()
            serving = {json.loads(line).get("pid") for line in lines} - workers - {None}
            if len(serving) >= count:
                return
            await asyncio.sleep(0.1)


class Encodings:
    """So many, begun and in the middle, each over a connection of its own."""

    def __init__(self, count: int) -> None:
        self._count = count
        self._begun = threading.Barrier(count + 1)
        self._told = threading.Event()
        self._threads = ThreadPoolExecutor(count + 1)
        self._ends: list[asyncio.Future[Any]] = []

    async def begin(self, address: str) -> None:
        loop = asyncio.get_running_loop()
        self._ends = [
            loop.run_in_executor(self._threads, self._encode, address) for _ in range(self._count)
        ]
        await loop.run_in_executor(self._threads, self._begun.wait, 60)

    async def finish(self) -> None:
        """All come to their end, and well."""
        self._told.set()
        assert set(await asyncio.gather(*self._ends)) == {Code.OK}

    def _encode(self, address: str) -> Any:
        with connected(address, takes=TAKEN) as channel:
            stub = encoding_pb2_grpc.EncodingServiceStub(channel)
            while not (call := _begun(stub)):
                time.sleep(PAUSE_SECONDS)
            self._begun.wait(60)
            self._told.wait(60)
            return status_of(call)[0]


def _begun(stub: Any) -> Any:
    """An encoding of which something has come; None if there is no room for it now."""
    call = stub.Encode(encode_requests(BLOB, n_shards=N_SHARDS))
    try:
        next(call)
    except grpc.RpcError as error:
        if error.code() is not Code.RESOURCE_EXHAUSTED:
            raise
        return None
    return call


@asynccontextmanager
async def busy_server(
    directory: Path, count: int, workers: int
) -> AsyncIterator[tuple[Gateway, Crowd, Encodings]]:
    """With a crowd of callers that go on while the body runs, and as many encodings begun.

    In the end none was lost that it took in; callers were answered, or refused.
    """
    crowd, encodings, tasks = Crowd(count), Encodings(count), Tasks(SIZES, N_SHARDS)
    async with gateway(
        directory, workers=workers, memory=MEMORY, graceful_shutdown_seconds=STOP_SECONDS
    ) as server:
        with ExitStack() as connections:
            channels = [connections.enter_context(connected(server.address)) for _ in range(count)]
            living = crowd.come(working(server.address, tasks, channels))
            await encodings.begin(server.address)
            yield server, crowd, encodings
            await crowd.leave(living)
    crowd.tally.assert_only(Code.OK, Code.RESOURCE_EXHAUSTED, REFUSED)
    assert not server.failures()
    ended = _logged(server.log)
    assert set(ended) <= {"OK", "RESOURCE_EXHAUSTED", "refused"}, ended


def _ended_while_draining(log: Path) -> int:
    """How many encodings that were in the middle of it ended well then."""
    _, _, after = log.read_text(encoding="utf-8").rpartition(DRAINING)
    calls = [json.loads(line) for line in after.splitlines()[1:]]
    return sum(call.get("code") == Code.OK.name and call["received"] > len(BLOB) for call in calls)


def _logged(log: Path) -> dict[str, int]:
    """How calls ended, by the server's log; those are `refused` of which nothing was taken in."""
    codes: dict[str, int] = {}
    for line in log.read_text(encoding="utf-8").splitlines():
        said = json.loads(line)
        if (code := said.get("code")) is not None:
            if code == REFUSED.name and not said["received"]:
                code = "refused"
            codes[code] = codes.get(code, 0) + 1
    return codes
