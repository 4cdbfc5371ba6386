"""A server, or one of its workers, is killed with -9 while it stores: the caller comes back with
the upload's ID, nothing that was acknowledged is sent again, and it is paid for once.
"""

import asyncio
import json
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc
import pytest
from drills.drill import Drill, content
from drills.gateway import Gateway, gateway
from drills.purse import Purse, purses
from rpc.blob_serving import chunks, header

from walrus_core.rpc.v1 import blob_pb2 as pb, blob_pb2_grpc
from walrus_core.types import BlobId

pytestmark = pytest.mark.drill

SIZE = 5_000_000
EPOCHS = 5
UPLOADS = {"commit_bytes": "1MiB", "look_seconds": 0.5}
PATIENCE = 90.0
PAUSE_SECONDS = 0.2
RETRIED = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.ABORTED, grpc.StatusCode.CANCELLED}
BROKE = "execute_batch"
"""What grpc.aio says, as INTERNAL, of a connection that breaks while it writes."""

Moment = Callable[[pb.StoreResponse], bool]


def is_half_durable(answer: pb.StoreResponse) -> bool:
    return bool(answer.upload.committed_offset >= SIZE // 2)


def is_storing(answer: pb.StoreResponse) -> bool:
    return bool(answer.upload.state == pb.UPLOAD_STATE_STORING)


def in_phase(phase: int) -> Moment:
    return lambda answer: bool(answer.progress.phase == phase)


MOMENTS: dict[str, Moment] = {
    "half of it durable": is_half_durable,
    "all of it there": is_storing,
    "encoding": in_phase(pb.STORE_PHASE_ENCODE),
    "registering": in_phase(pb.STORE_PHASE_REGISTER),
    "sending": in_phase(pb.STORE_PHASE_UPLOAD),
    "certifying": in_phase(pb.STORE_PHASE_CERTIFY),
}
FEW = ("half of it durable", "sending")
ROUNDS = 5


def test_server_killed(drill: Drill, tmp_path: Path) -> None:
    drill.run(_killed(drill, tmp_path, workers=1))


def test_worker_killed(drill: Drill, tmp_path: Path) -> None:
    drill.run(_killed(drill, tmp_path, workers=2))


async def _killed(drill: Drill, directory: Path, workers: int) -> None:
    names = [name for name in MOMENTS if drill.is_long or name in FEW]
    done = Killed()
    async with purses(drill, 1) as [purse]:
        wallet = directory / "wallet.keystore"
        wallet.write_text(json.dumps([purse.key.to_keystore()]), encoding="utf-8")
        wallet.chmod(0o600)
        # Each round has a server of its own: a worker that dies again and again is started again
        # later and later, and at the thirtieth time nobody would wait for it.
        for _ in range(ROUNDS if drill.is_long else 1):
            async with gateway(
                directory,
                network=str(drill.network.network),
                wallet=str(wallet),
                workers=workers,
                uploads=UPLOADS,
            ) as server:
                for name in names:
                    blob = content(SIZE, seed=8000 + 100 * workers + done.stores)
                    await _stored_though_killed(drill, server, purse, blob, name, done)
    who = "a worker of 2" if workers > 1 else "the server"
    drill.tell(
        f"{who} killed -9 at {done.stores} moments of stores ({', '.join(names)}): all stored at"
        f" most {done.longest:.1f} s later, {done.resent:,} of {done.stores * SIZE:,} bytes sent"
        " twice, nothing durable among them, each paid once"
    )


@dataclass
class Killed:
    """What came of the stores so far; `longest`: seconds from the first kill to the end of one."""

    stores: int = 0
    longest: float = 0.0
    resent: int = 0
    paid: int = 0


async def _stored_though_killed(
    drill: Drill, server: Gateway, purse: Purse, blob: bytes, name: str, done: Killed
) -> None:
    store = Store(server, blob)
    await store.until(MOMENTS[name])
    killed = time.perf_counter()
    await _kill(server)
    stored = await store.to_the_end()
    assert store.lost == 0, "what was acknowledged was wanted again"
    blob_id = BlobId(stored.blob_id)
    drill.ledger.blobs[blob_id] = blob
    done.stores += 1
    done.longest = max(done.longest, time.perf_counter() - killed)
    done.resent += store.resent
    done.paid += (await purse.chain.price(stored.encoded_size, EPOCHS)).total
    await _paid_once(purse, blob_id, done.paid)


async def _kill(server: Gateway) -> None:
    """All of it, which is started again; or the workers one after the other, since nobody knows
    which of them has the call.
    """
    if server.values["workers"] == 1:
        await server.process.kill()
        await server.start()
        return
    workers = server.pids()[1:]
    for killed, worker in enumerate(workers, 1):
        os.kill(worker, signal.SIGKILL)
        async with asyncio.timeout(PATIENCE):
            while len(set(server.pids()[1:]) - set(workers)) < killed:
                await asyncio.sleep(PAUSE_SECONDS)


async def _paid_once(purse: Purse, blob_id: BlobId, paid: int) -> None:
    assert sorted(await purse.events(blob_id)) == ["BlobCertified", "BlobRegistered"]
    assert await purse.paid() == paid


class Store:
    """A caller that does not give up."""

    def __init__(self, server: Gateway, blob: bytes) -> None:
        self._server = server
        self._blob = blob
        self._upload_id = ""
        self._committed = 0
        self._sent = 0
        self.resent = 0
        self.lost = 0

    async def until(self, moment: Moment) -> None:
        """Store up to this moment; it is still at it afterwards, until its server dies."""
        self._open = self._answers()
        async for answer in self._open:
            if moment(answer):
                return

    async def to_the_end(self) -> pb.StoredBlob:
        """Come back until it is stored."""
        await self._open.aclose()
        async with asyncio.timeout(PATIENCE):
            while True:
                try:
                    async for answer in self._answers():
                        if answer.HasField("blob"):
                            stored: pb.StoredBlob = answer.blob
                            return stored
                except grpc.aio.AioRpcError as error:
                    if error.code() not in RETRIED and BROKE not in error.debug_error_string():
                        raise
                await asyncio.sleep(PAUSE_SECONDS)

    async def _answers(self) -> Any:
        """Of one call, over a connection of its own."""
        options = [("grpc.use_local_subchannel_pool", 1)]
        async with grpc.aio.insecure_channel(self._server.address, options) as channel:
            call = blob_pb2_grpc.BlobServiceStub(channel).Store()
            more = {"upload_id": self._upload_id} if self._upload_id else {}
            sending: asyncio.Future[None] | None = None
            try:
                await call.write(header(len(self._blob), epochs=EPOCHS, **more))
                while (answer := await call.read()) is not grpc.aio.EOF:
                    if answer.HasField("upload"):
                        self._upload_id = answer.upload.upload_id
                        if sending is None:
                            start = answer.upload.committed_offset
                            self.lost += max(0, self._committed - start)
                            self.resent += max(0, self._sent - start)
                            sending = asyncio.ensure_future(self._send(call, start))
                        self._committed = max(self._committed, answer.upload.committed_offset)
                    yield answer
            except asyncio.InvalidStateError:
                raise grpc.aio.AioRpcError(
                    await call.code(), await call.initial_metadata(), await call.trailing_metadata()
                ) from None
            finally:
                if sending is not None:
                    sending.cancel()

    async def _send(self, call: Any, start: int) -> None:
        for request in chunks(self._blob, start):
            try:
                await call.write(request)
            except (grpc.aio.AioRpcError, asyncio.InvalidStateError):
                return  # the answers tell
            self._sent = max(self._sent, request.chunk.offset + len(request.chunk.data))
        await call.done_writing()
