"""Callers who leave in the middle of large answers: once nobody asks for anything, the server gives
back what it would have kept for the next one.
"""

import asyncio
import random
from pathlib import Path

import pytest
from drills.callers import connected
from drills.gateway import MIB, Gateway, gateway
from rpc.encoding_serving import encode_requests

from walrus_core.rpc.v1 import encoding_pb2_grpc

pytestmark = pytest.mark.drill

BLOB = random.Random(5).randbytes(64 * MIB)
CALLERS = 8
TAKEN = 8
"""Answers that each caller takes before it leaves."""

GIVEN_BACK_AFTER = 18.0
"""Seconds without a call after which a server has given back what it kept."""


def test_what_an_idle_server_keeps(tmp_path: Path, figures: list[str]) -> None:
    figures.append(asyncio.run(_idle(tmp_path)))


async def _idle(directory: Path) -> str:
    async with gateway(directory, memory=2048 * MIB) as server:
        before = server.anonymous()
        async with server.watched() as most:
            await asyncio.gather(*[asyncio.to_thread(_leave, server) for _ in range(CALLERS)])
            await server.idle()
        left = server.anonymous()
        await asyncio.sleep(GIVEN_BACK_AFTER)
        assert server.anonymous() - before < (most.peak - before) / 2
        assert not server.failures()
        return (
            f"{CALLERS} callers left in the middle of encoding {len(BLOB) // MIB} MiB: anonymous"
            f" memory {before / MIB:.0f} MiB before, {most.peak / MIB:.0f} MiB at most,"
            f" {left / MIB:.0f} MiB when they were gone, {server.anonymous() / MIB:.0f} MiB once"
            " idle"
        )


def _leave(server: Gateway) -> None:
    with connected(server.address) as channel:
        stub = encoding_pb2_grpc.EncodingServiceStub(channel)
        call = stub.Encode(encode_requests(BLOB, n_shards=1000))
        for _ in range(TAKEN):
            next(call)
        call.cancel()
