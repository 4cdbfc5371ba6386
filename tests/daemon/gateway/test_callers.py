"""Who may call, what, and how much: from the file to the status."""

import asyncio
import hashlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import grpc
import pytest
from rpc.gateway_serving import BLOB, Way, naming, retry_seconds, served_gateway, status_of, way_to
from rpc.serving import in_loop

from walrus_core.daemon.gateway.caller_file import CallerFile, load_callers
from walrus_core.daemon.gateway.tallies import TallyFiles
from walrus_core.errors import ConfigurationError, QuotaExceededError
from walrus_core.rpc.callers import CallerGate, Scope
from walrus_core.rpc.status import error_from
from walrus_core.rpc.v1 import blob_pb2

TOKEN = "correct horse battery staple"
MIDNIGHT = 20_000 * 86_400.0


def entry(name: str, token: str | None = None, more: str = "") -> str:
    digest = hashlib.sha256((token or TOKEN).encode()).hexdigest()
    return f"  - {{name: {name}, token_sha256: {digest}{more}}}\n"


@dataclass
class Clock:
    """Wall and monotonic at once: it stands."""

    now: float = MIDNIGHT - 100

    def __call__(self) -> float:
        return self.now


@dataclass
class Guarded:
    """A gateway that looks at this file."""

    path: Path
    clock: Clock
    port: int
    file: CallerFile

    def write(self, *entries: str) -> None:
        """Replace the file, and let time pass until it is looked at."""
        self.path.write_text("callers:\n" + "".join(entries))
        self.clock.now += 2


@asynccontextmanager
async def guarded(directory: Path, *entries: str) -> AsyncIterator[Guarded]:
    path, clock = directory / "callers.yaml", Clock()
    path.write_text("callers:\n" + "".join(entries))
    file = CallerFile(path, clock)
    tallies = TallyFiles(directory / "tallies", file.book, clock)
    async with served_gateway("nowhere", gate=CallerGate(file.book, tallies)) as (_, port):
        yield Guarded(path, clock, port, file)
    tallies.close()


def bearer(token: str = TOKEN) -> list[tuple[str, str]]:
    return [("authorization", f"Bearer {token}")]


async def refused(way: Way, **call: object) -> grpc.aio.AioRpcError:
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await way.name(**call)
    return caught.value


@in_loop
async def test_a_token_opens(tmp_path: Path) -> None:
    async with guarded(tmp_path, entry("ingest")) as known, way_to(known.port) as way:
        await way.name(metadata=bearer())
        await way.name(metadata=[("authorization", f"bearer  {TOKEN} ")])
        for wrong in ([], bearer("guess"), bearer(""), [("authorization", f"Basic {TOKEN}")]):
            error = await refused(way, metadata=wrong)
            assert error.code() is grpc.StatusCode.UNAUTHENTICATED
        assert await way.health() == 1  # load balancers have no token


@in_loop
async def test_a_scope_is_for_its_methods(tmp_path: Path) -> None:
    async with (
        guarded(
            tmp_path,
            entry("reader", "r", ", scopes: [read]"),
            entry("writer", "w", ", scopes: [encode, store]"),
        ) as known,
        way_to(known.port) as way,
    ):
        question = blob_pb2.GetStatusRequest(blob_id=bytes(32))
        upload = blob_pb2.GetUploadStatusRequest(upload_id="x")
        assert (await refused(way, metadata=bearer("r"))).code().name == "PERMISSION_DENIED"
        await way.name(metadata=bearer("w"))
        for method, request, allowed in (
            (way.blobs.GetStatus, question, "r"),
            (way.blobs.GetUploadStatus, upload, "w"),
        ):
            for token in "rw":
                with pytest.raises(grpc.aio.AioRpcError) as caught:
                    await method(request, metadata=bearer(token))
                expected = "UNAVAILABLE" if token == allowed else "PERMISSION_DENIED"
                assert caught.value.code().name == expected


@in_loop
async def test_the_file_may_change(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with guarded(tmp_path, entry("ingest")) as known, way_to(known.port) as way:
        await way.name(metadata=bearer())
        known.write(entry("ingest", "another"))
        await refused(way, metadata=bearer())
        await way.name(metadata=bearer("another"))
        assert known.file.failures == 0
        with caplog.at_level(logging.ERROR):
            known.write("nonsense")
            await way.name(metadata=bearer("another"))
        assert "the callers stay as they were" in caplog.text
        assert known.file.failures == 1
        known.path.unlink()
        known.clock.now += 2
        await way.name(metadata=bearer("another"))


@in_loop
async def test_bytes_of_a_day(tmp_path: Path) -> None:
    """Both ways together; at midnight there are new ones."""
    quota = ", quotas: {bytes_per_day: 3000}"
    async with guarded(tmp_path, entry("ingest", more=quota)) as known, way_to(known.port) as way:
        calls = 0
        while calls < 20:
            try:
                await way.name(metadata=bearer())
            except grpc.aio.AioRpcError as caught:
                error = caught
                break
            calls += 1
        assert 1 <= calls <= 3000 // len(BLOB)
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert retry_seconds(error) == 100
        stated = error_from(status_of(error), "here")
        assert isinstance(stated, QuotaExceededError)
        assert stated.needed > stated.limit == 3000
        known.clock.now = MIDNIGHT + 1
        await way.name(metadata=bearer())


@in_loop
async def test_streams_at_once(tmp_path: Path) -> None:
    quota = ", quotas: {streams: 2}"
    async with guarded(tmp_path, entry("ingest", more=quota)) as known, way_to(known.port) as way:
        held = []
        for _ in range(2):
            call = way.encoding.ComputeBlobId(metadata=bearer())
            await call.write(next(naming(BLOB)))
            held.append(call)
        while (error := await attempt(way)) is None:
            await asyncio.sleep(0.01)  # until both have come
        assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        assert retry_seconds(error) == 1
        for call in held:
            call.cancel()
        while await attempt(way):
            await asyncio.sleep(0.01)


async def attempt(way: Way) -> grpc.aio.AioRpcError | None:
    try:
        await way.name(metadata=bearer())
    except grpc.aio.AioRpcError as error:
        return error
    return None


def test_what_a_file_says(tmp_path: Path) -> None:
    path = tmp_path / "callers.yaml"
    path.write_text(
        "callers:\n"
        f"  - name: ingest\n    token_sha256: {'ab' * 32}\n"
        "    quotas: {bytes_per_day: 100GB, streams: 16, wal_per_day: 2.5}\n"
        "  - {name: reader, certificate: reader.example.com, scopes: [read]}\n"
    )
    book = load_callers(path)
    ingest, reader = book.named("ingest"), book.named("reader")
    assert ingest is book.by_token["ab" * 32]
    assert reader is book.by_certificate["reader.example.com"]
    assert reader is not None
    assert reader.scopes == {Scope.READ}
    assert ingest is not None
    assert ingest.quotas.bytes_per_day == 100 * 10**9
    assert (ingest.quotas.streams, ingest.quotas.frost_per_day) == (16, 2_500_000_000)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("callers: 5", "callers: is no list"),
        ("callers: [5]", r"callers\[0\]: is no mapping"),
        ("callers: [{name: a}]", "token_sha256: is missing"),
        ("callers: [{name: a, token_sha256: secret}]", "64 digits"),
        ("callers: [{name: a, certificate: b, scopes: [admin]}]", "encode, store, read"),
        ("callers: [{name: a, certificate: b, scope: [read]}]", "no such key"),
        ("callers: [{name: a, certificate: b}, {name: a, certificate: c}]", "there twice"),
        ("callers: [{name: a, certificate: b}, {name: c, certificate: b}]", "has what"),
        ("callers: [{name: a, certificate: b, quotas: {streams: -1}}]", "streams"),
        ("callers: [{name: a, certificate: b, quotas: {wal_per_day: much}}]", "wal_per_day"),
    ],
)
def test_a_file_that_makes_no_sense(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "callers.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError, match=words):
        load_callers(path)
