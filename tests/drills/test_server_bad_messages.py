"""Thousands of requests that are wrong in every way that the protocol knows: each gets an answer
that says so, and the server has afterwards what it had before.
"""

import asyncio
import random
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from drills.bad_messages import BLOB, GOOD, N_SHARDS, bad_request
from drills.callers import Code, bare, connected, status_of
from drills.drill import Drill
from drills.gateway import MIB, SLACK, Gateway, gateway
from rpc.encoding_serving import names_requests

from walrus_core.codec.encoder import encode
from walrus_core.rpc.v1 import encoding_pb2_grpc

pytestmark = pytest.mark.drill

COUNT, LONG_COUNT = 300, 5000
CALLERS = 8
SECONDS = 30.0

UPLOADS = {"caller_uploads": 100_000, "uploads": 100_000, "blob_bytes": MIB, "spare_bytes": 1}
"""So that unfinished uploads, which are kept for a day, are not what everything is refused for."""

MEMORY = 256 * MIB

EXPECTED = {
    Code.OK,  # what was changed did not matter
    Code.INVALID_ARGUMENT,
    Code.OUT_OF_RANGE,
    Code.NOT_FOUND,
    Code.FAILED_PRECONDITION,
    Code.RESOURCE_EXHAUSTED,
    Code.ABORTED,
    Code.DATA_LOSS,
}
"""Not: INTERNAL, UNKNOWN, UNAVAILABLE, or nothing for a long time."""


def test_bad_messages(drill: Drill, tmp_path: Path) -> None:
    drill.run(_bad_messages(drill, tmp_path))


async def _bad_messages(drill: Drill, directory: Path) -> None:
    count, network = LONG_COUNT if drill.is_long else COUNT, str(drill.network.network)
    async with gateway(
        directory, network=network, memory=MEMORY, largest_blob="256MiB", uploads=UPLOADS
    ) as server:
        await _shoot(server, CALLERS, seed=-1)  # what is loaded when it is needed first
        before, files = server.anonymous(), server.open_files()
        started = time.perf_counter()
        async with server.watched() as most:
            codes = await _shoot(server, count, seed=0)
        seconds = time.perf_counter() - started
        await server.idle()
        assert not server.failures()
        assert most.peak <= before + MEMORY + SLACK
        assert server.open_files() <= files + 16
        await asyncio.to_thread(_alive, server.address)
        left = len(list((directory / "gateway" / "uploads").rglob("*.log")))
        said = ", ".join(f"{number} {code.name}" for code, number in codes.most_common())
        drill.tell(
            f"{count} bad requests over {len(GOOD)} methods in {seconds:.1f} s: {said}; anonymous"
            f" memory {before / MIB:.0f} MiB before, {most.peak / MIB:.0f} MiB at most,"
            f" {server.anonymous() / MIB:.0f} MiB after; {left} uploads to go on with; all places"
            " given back"
        )


async def _shoot(server: Gateway, count: int, seed: int) -> Counter[Any]:
    """So many, of all methods by turns, from several callers at once; the codes."""
    methods = list(GOOD)

    def shoot(caller: int) -> Counter[Any]:
        codes: Counter[Any] = Counter()
        with connected(server.address) as channel:
            for number in range(caller, count, CALLERS):
                service, name = method = methods[number % len(methods)]
                request = bad_request(method, random.Random(f"{seed}-{number}"))
                call = bare(channel, name, service)(iter(request), timeout=SECONDS)
                code, _ = status_of(call)
                assert code in EXPECTED, f"{name}, seed {seed}-{number}: {code}, {call.details()}"
                codes[code] += 1
        return codes

    loop = asyncio.get_running_loop()
    with ThreadPoolExecutor(CALLERS) as threads:
        shot = await asyncio.gather(
            *[loop.run_in_executor(threads, shoot, caller) for caller in range(CALLERS)]
        )
    return sum(shot, Counter())


def _alive(address: str) -> None:
    with connected(address) as channel:
        stub = encoding_pb2_grpc.EncodingServiceStub(channel)
        answer = stub.ComputeBlobId(names_requests(BLOB, n_shards=N_SHARDS))
        assert answer.blob.blob_id == encode(BLOB, N_SHARDS).metadata.blob_id.digest
