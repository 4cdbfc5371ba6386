"""`walrus-core serve` as a process of its own."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import grpc

import walrus_core as wc
from walrus_core.rpc.chunks import cut_chunks
from walrus_core.rpc.v1 import encoding_pb2 as pb, encoding_pb2_grpc

BLOB = b"a blob" * 100
N_SHARDS = 10
BLOB_ID = wc.compute_metadata(BLOB, N_SHARDS).blob_id
END_SECONDS = 30


@dataclass(frozen=True)
class RunningServer:
    """`values` is what it printed when it served."""

    process: "subprocess.Popen[str]"
    log: Path
    values: dict[str, Any]

    @property
    def address(self) -> str:
        return str(self.values["address"])

    def lines(self) -> list[dict[str, Any]]:
        """What it has logged."""
        whole, _, _ = self.log.read_text().rpartition("\n")
        return [json.loads(line) for line in whole.splitlines()]

    def events(self) -> list[str]:
        return [str(line["event"]) for line in self.lines()]


@contextlib.contextmanager
def running_server(
    directory: Path, *options: object, environment: dict[str, str] | None = None, ends_with: int = 0
) -> Iterator[RunningServer]:
    """Run it on any free port until the body is done; then SIGTERM."""
    log = directory / "log"
    command = [sys.executable, "-m", "walrus_core", "serve", "--json", *map(str, options)]
    if "--listen" not in options:
        command += ["--listen", "127.0.0.1:0"]
    with log.open("w") as stderr:
        process = subprocess.Popen(
            command,
            env=environment or places(directory),
            stdout=subprocess.PIPE,
            stderr=stderr,
            text=True,
        )
    assert process.stdout is not None
    try:
        line = process.stdout.readline()
        assert line, log.read_text()
        yield RunningServer(process, log, json.loads(line))
    finally:
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        status = process.wait(END_SECONDS)
        process.stdout.close()
    assert status == ends_with, log.read_text()


def places(home: Path) -> dict[str, str]:
    """An environment without a network."""
    return {
        **os.environ,
        "WALRUS_CORE_HOME": str(home / "nowhere"),
        "WALRUS_CORE_STATE": str(home / "state"),
    }


def name_blob(target: str, **call: Any) -> bytes:
    """The ID of the blob, over a new connection."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(target, options=options) as channel:
        stub = encoding_pb2_grpc.EncodingServiceStub(channel)
        answer = stub.ComputeBlobId(naming(BLOB), timeout=20, **call)
        return bytes(answer.blob.blob_id)


def naming(blob: bytes) -> Iterator[pb.ComputeBlobIdRequest]:
    header = pb.ComputeBlobIdHeader(n_shards=N_SHARDS, size=len(blob))
    yield pb.ComputeBlobIdRequest(header=header)
    for chunk in cut_chunks(memoryview(blob)):
        yield pb.ComputeBlobIdRequest(chunk=chunk)


def until(condition: Callable[[], object]) -> None:
    """The test's own time limit ends what never comes."""
    while not condition():
        time.sleep(0.02)


def children(parent: int) -> list[int]:
    """The processes that a process has started, in that order."""
    found = Path(f"/proc/{parent}/task/{parent}/children").read_text()
    return [int(pid) for pid in found.split()]
