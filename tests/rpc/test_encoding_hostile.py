"""What a caller of the encoding service may say that is not true: it is told so, by a status with a
reason, and the server has everything back.
"""

import asyncio
import gc
import random
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from hypothesis import given, settings, strategies as st
from rpc.encoding_serving import (
    ServedEngine,
    batches,
    encode_requests,
    names_requests,
    outcome,
    served_engine,
)
from rpc.serving import in_loop
from services.engine.plain import assert_all_back

from walrus_core.codec.encoder import encode
from walrus_core.codec.symbols import recovery_symbol
from walrus_core.rpc.chunks import crc32c
from walrus_core.rpc.convert import symbol_message
from walrus_core.rpc.encoding_servicer import ENCODING_KINDS
from walrus_core.rpc.status import DETAILS_KEY
from walrus_core.rpc.v1 import encoding_pb2 as pb, node_pb2
from walrus_core.services.engine import EngineOptions
from walrus_core.types import SliverPairIndex

N = 10
BLOB = random.Random(1).randbytes(50_000)
ENCODED = encode(BLOB, N)
METADATA = ENCODED.metadata.to_bcs_with_id()
Code = grpc.StatusCode


def test_every_method_has_its_kind() -> None:
    methods = pb.DESCRIPTOR.services_by_name["EncodingService"].methods
    assert {method.name for method in methods} == set(ENCODING_KINDS)


async def refusal(way: ServedEngine, method: str, requests: Iterable[Any]) -> tuple[Any, str]:
    """The code and the reason with which a call ends; the server has everything back then."""
    messages = [request.SerializeToString() for request in requests]
    error: Any = await asyncio.to_thread(outcome, way.address, method, messages)
    assert error is not None, "it was accepted"
    trailer = dict(error.trailing_metadata())[DETAILS_KEY]
    info = error_details_pb2.ErrorInfo()
    assert status_pb2.Status.FromString(trailer).details[0].Unpack(info)
    assert info.domain == "walrus-core"
    assert_all_back(way.pool)
    return error.code(), info.reason


def changed(message: Any, **fields: Any) -> Any:
    """A request with other fields in its chunk."""
    other = type(message)()
    other.CopyFrom(message)
    for name, value in fields.items():
        setattr(other.chunk, name, value)
    return other


HEADER, CHUNK = encode_requests(BLOB, n_shards=N)


def header(**fields: Any) -> list[pb.EncodeRequest]:
    return [pb.EncodeRequest(header=pb.EncodeHeader(**fields))]


ENCODES: dict[str, tuple[Iterable[pb.EncodeRequest], str]] = {
    "nothing": ([], "INVALID_ARGUMENT"),
    "an empty message": ([pb.EncodeRequest()], "INVALID_ARGUMENT"),
    "no header": ([CHUNK], "INVALID_ARGUMENT"),
    "two headers": ([HEADER, HEADER, CHUNK], "INVALID_ARGUMENT"),
    "an empty message later": ([HEADER, pb.EncodeRequest(), CHUNK], "INVALID_ARGUMENT"),
    "no chunk": ([HEADER], "INVALID_ARGUMENT"),
    "two chunks": ([HEADER, CHUNK, CHUNK], "WRONG_OFFSET"),
    "a gap": ([HEADER, changed(CHUNK, offset=1)], "WRONG_OFFSET"),
    "a harmed chunk": ([HEADER, changed(CHUNK, data=BLOB[::-1])], "CHECKSUM_MISMATCH"),
    "a short chunk": (
        [HEADER, changed(CHUNK, data=BLOB[:9], crc32c=crc32c(BLOB[:9]))],
        "INVALID_ARGUMENT",
    ),
    "an empty chunk": ([HEADER, changed(CHUNK, data=b"")], "INVALID_ARGUMENT"),
    "a chunk too long": (
        [*header(size=1 << 21, n_shards=100), changed(CHUNK, data=bytes(1 << 20 | 1))],
        "INVALID_ARGUMENT",
    ),
    "more than was said": ([*header(size=9, n_shards=N), CHUNK], "INVALID_ARGUMENT"),
    "all that can be said": (header(size=2**64 - 1), "BLOB_TOO_LARGE"),
    "too much": (header(size=1 << 25, n_shards=1000), "BLOB_TOO_LARGE"),
    "too many shards": (header(size=1, n_shards=49_156), "INVALID_ARGUMENT"),
    "too few shards": (header(size=1, n_shards=3), "INVALID_ARGUMENT"),
    "no shards": (header(size=1, n_shards=0), "INVALID_ARGUMENT"),
    "a byte, and much padding": (header(size=1, n_shards=49_155), "INVALID_ARGUMENT"),
    "an unknown axis": (header(size=1, n_shards=N, axes=[3]), "INVALID_ARGUMENT"),
    "no axis": (header(size=1, n_shards=N, axes=[0]), "INVALID_ARGUMENT"),
    "too many axes": (header(size=1, n_shards=N, axes=[1, 2, 1]), "INVALID_ARGUMENT"),
    "an unknown pair": (
        header(size=1, n_shards=N, sliver_pair_indices=[N]),
        "INVALID_ARGUMENT",
    ),
    "a pair twice": (
        header(size=1, n_shards=N, sliver_pair_indices=[1, 1]),
        "INVALID_ARGUMENT",
    ),
    "too many pairs": (
        header(size=1, n_shards=N, sliver_pair_indices=range(100_000)),
        "INVALID_ARGUMENT",
    ),
}


@pytest.mark.parametrize(("requests", "reason"), ENCODES.values(), ids=list(ENCODES))
@in_loop
async def test_encode(requests: Iterable[pb.EncodeRequest], reason: str) -> None:
    async with served_engine(options=EngineOptions(largest_blob=1 << 24)) as way:
        code, stated = await refusal(way, "Encode", requests)
        assert (code, stated) == (Code.INVALID_ARGUMENT, reason)


@in_loop
async def test_compute_blob_id() -> None:
    first, *_ = names_requests(BLOB, n_shards=N)
    alone = pb.ComputeBlobIdRequest(header=first.header)
    chunk = pb.ComputeBlobIdRequest(chunk=first.chunk)
    async with served_engine() as way:
        for requests, reason in [
            ([], "INVALID_ARGUMENT"),
            ([chunk], "INVALID_ARGUMENT"),
            ([alone], "INVALID_ARGUMENT"),
            ([alone, alone], "INVALID_ARGUMENT"),
            ([alone, first], "INVALID_ARGUMENT"),
            ([first, pb.ComputeBlobIdRequest()], "INVALID_ARGUMENT"),
            ([first, chunk], "WRONG_OFFSET"),
            ([changed(first, crc32c=0)], "CHECKSUM_MISMATCH"),
        ]:
            answer = await refusal(way, "ComputeBlobId", requests)
            assert answer == (Code.INVALID_ARGUMENT, reason)


PIECE = next(batches([ENCODED.primary(1)], N)).pieces[0]


def batch(*pieces: node_pb2.SliverPiece, wrong: int = 0) -> pb.SliverBatch:
    crc = 0
    for piece in pieces:
        crc = crc32c(piece.data, crc)
    return pb.SliverBatch(pieces=pieces, crc32c=crc ^ wrong)


def piece(**fields: Any) -> node_pb2.SliverPiece:
    other = node_pb2.SliverPiece()
    other.CopyFrom(PIECE)
    for name, value in fields.items():
        setattr(other, name, value)
    return other


BATCHES: dict[str, tuple[pb.SliverBatch, str]] = {
    "no piece": (pb.SliverBatch(), "INVALID_ARGUMENT"),
    "empty pieces": (
        pb.SliverBatch(pieces=[node_pb2.SliverPiece()] * 5000),
        "INVALID_ARGUMENT",
    ),
    "a harmed piece": (batch(PIECE, wrong=1), "CHECKSUM_MISMATCH"),
    "too much data": (batch(*[piece(data=bytes(1 << 19))] * 3), "INVALID_ARGUMENT"),
    "no axis": (batch(piece(axis=0)), "INVALID_ARGUMENT"),
    "an unknown axis": (batch(piece(axis=7)), "INVALID_ARGUMENT"),
    "an unknown pair": (batch(piece(sliver_pair_index=N)), "INVALID_ARGUMENT"),
    "a large pair": (batch(piece(sliver_pair_index=2**32 - 1)), "INVALID_ARGUMENT"),
    "a size too small": (batch(piece(sliver_size=1)), "INVALID_ARGUMENT"),
    "a size too large": (batch(piece(sliver_size=2**64 - 1)), "INVALID_ARGUMENT"),
    "no size": (batch(piece(sliver_size=0)), "INVALID_ARGUMENT"),
    "another symbol size": (batch(piece(symbol_size=2)), "INVALID_ARGUMENT"),
    "an offset": (batch(piece(offset=2**64 - 1)), "INVALID_ARGUMENT"),
    "twice": (batch(PIECE, PIECE), "INVALID_ARGUMENT"),
    "no data": (batch(piece(data=b"")), "INVALID_ARGUMENT"),
    "too short": (batch(piece(data=PIECE.data[:-1])), "INVALID_ARGUMENT"),
    "too long": (batch(piece(data=PIECE.data + b"x")), "INVALID_ARGUMENT"),
}


@pytest.mark.parametrize(("lie", "reason"), BATCHES.values(), ids=list(BATCHES))
@in_loop
async def test_slivers(lie: pb.SliverBatch, reason: str) -> None:
    async with served_engine() as way:
        decode = [pb.DecodeRequest(header=pb.DecodeHeader(metadata=METADATA))]
        verify = [pb.VerifySliversRequest(header=pb.VerifySliversHeader(metadata=METADATA))]
        decode.append(pb.DecodeRequest(slivers=lie))
        verify.append(pb.VerifySliversRequest(slivers=lie))
        for method, requests in (("Decode", decode), ("VerifySlivers", verify)):
            assert await refusal(way, method, requests) == (Code.INVALID_ARGUMENT, reason)


def about(metadata: bytes) -> dict[str, Any]:
    """The header of each method that is about given metadata."""
    return {
        "Decode": pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata)),
        "VerifySlivers": pb.VerifySliversRequest(header=pb.VerifySliversHeader(metadata=metadata)),
        "Recover": pb.RecoverRequest(header=pb.RecoverHeader(metadata=metadata, target_axis=1)),
    }


@pytest.mark.parametrize(
    ("metadata", "reason"),
    [
        (b"", "INVALID_ENCODING"),
        (METADATA[:-1], "INVALID_ENCODING"),
        (METADATA + b"\x00", "INVALID_ENCODING"),
        (bytes([METADATA[0] ^ 1]) + METADATA[1:], "VERIFICATION_FAILED"),
        (METADATA[:-1] + bytes([METADATA[-1] ^ 1]), "VERIFICATION_FAILED"),
    ],
    ids=["none", "cut", "too long", "another ID", "another hash"],
)
@in_loop
async def test_metadata(metadata: bytes, reason: str) -> None:
    async with served_engine() as way:
        for method, header in about(metadata).items():
            assert await refusal(way, method, [header]) == (Code.INVALID_ARGUMENT, reason)


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
@in_loop
async def test_who_is_refused_leaves_nothing(tmp_path: Path) -> None:
    """A spool is gone before the next call comes, and though nobody looks for garbage."""
    slivers = [ENCODED.primary(pair) for pair in range(4)]
    pieces = [each.pieces[0] for each in batches(slivers, N)]
    pieces[2].data = bytes(len(pieces[2].data))
    requests = [about(METADATA)["Decode"], *(pb.DecodeRequest(slivers=batch(p)) for p in pieces)]
    gc.collect()
    gc.disable()
    try:
        async with served_engine(options=EngineOptions(in_memory=0, directory=tmp_path)) as way:
            _, reason = await refusal(way, "Decode", requests)
            assert reason == "VERIFICATION_FAILED"
            async with asyncio.timeout(10):
                while str(tmp_path) in Path("/proc/self/maps").read_text(encoding="utf-8"):
                    await asyncio.sleep(0.01)
    finally:
        gc.enable()


@in_loop
async def test_too_little() -> None:
    async with served_engine() as way:
        headers = about(METADATA)
        for method, reason in (
            ("Decode", "NOT_ENOUGH_SLIVERS"),
            ("Recover", "NOT_ENOUGH_SYMBOLS"),
        ):
            answer = await refusal(way, method, [headers[method]])
            assert answer == (Code.FAILED_PRECONDITION, reason)
        verdicts = await way.stub.VerifySlivers(iter([headers["VerifySlivers"]]))
        assert verdicts == pb.VerifySliversResponse()
        for method in headers:
            answer = await refusal(way, method, [])
            assert answer == (Code.INVALID_ARGUMENT, "INVALID_ARGUMENT")


@pytest.mark.parametrize(
    "fields",
    [
        {"target_sliver_pair_index": 1},
        {"source_sliver_pair_index": N},
        {"source_sliver_pair_index": 2**32 - 1},
    ],
    ids=lambda fields: "".join(f"{name} of {len(str(value))}" for name, value in fields.items()),
)
@in_loop
async def test_symbols(fields: dict[str, Any]) -> None:
    size = ENCODED.metadata.symbol_size
    symbol = node_pb2.RecoverySymbol(data=bytes(size), path=bytes(4 * 32))
    for name, value in fields.items():
        setattr(symbol, name, value)
    requests = [
        pb.RecoverRequest(header=pb.RecoverHeader(metadata=METADATA, target_axis=1)),
        pb.RecoverRequest(symbols=pb.RecoverySymbolBatch(symbols=[symbol])),
    ]
    async with served_engine() as way:
        code, _ = await refusal(way, "Recover", requests)
        assert code is Code.INVALID_ARGUMENT


MISFITS: list[dict[str, Any]] = [
    {"data": b""},
    {"data": bytes(3)},
    {"data": bytes(2)},
    {"data": bytes(70_000)},
    {"path": b""},
    {"path": bytes(31)},
    {"path": bytes(3 * 32)},
    {"path": bytes(32 * 1000)},
]
"""Of symbols that a node made up, and that who relays them need not look at."""


@in_loop
async def test_symbols_that_cannot_be_the_blobs_are_passed_over() -> None:
    size = ENCODED.metadata.symbol_size
    made_up = [
        node_pb2.RecoverySymbol(**{"data": bytes(size), "path": bytes(4 * 32), **fields})
        for fields in MISFITS
    ]
    good = [
        symbol_message(SliverPairIndex(0), recovery_symbol(ENCODED.secondary(pair), 0, N), N)
        for pair in range(7)
    ]
    header = pb.RecoverRequest(header=pb.RecoverHeader(metadata=METADATA, target_axis=1))

    def requests(symbols: list[node_pb2.RecoverySymbol]) -> list[pb.RecoverRequest]:
        batch = pb.RecoverySymbolBatch(symbols=symbols)
        return [header, pb.RecoverRequest(symbols=batch)]

    async with served_engine() as way:
        answers = [answer async for answer in way.stub.Recover(requests(made_up + good))]
        [piece] = [piece for answer in answers for piece in answer.slivers.pieces]
        assert piece.data == ENCODED.primary(0).data
        few = await refusal(way, "Recover", requests(made_up + good[1:]))
        assert few == (Code.FAILED_PRECONDITION, "NOT_ENOUGH_SYMBOLS")
        many = await refusal(way, "Recover", requests(made_up[:1] * (N + 1)))
        assert many == (Code.INVALID_ARGUMENT, "INVALID_ARGUMENT")


METHODS = sorted(ENCODING_KINDS)
PARTS = [
    HEADER.SerializeToString(),
    CHUNK.SerializeToString(),
    pb.DecodeRequest(header=pb.DecodeHeader(metadata=METADATA)).SerializeToString(),
    pb.DecodeRequest(slivers=batch(PIECE)).SerializeToString(),
    b"",
]


def cut_somewhere(data: bytes) -> st.SearchStrategy[bytes]:
    """A message, or one that was cut or in which a byte is another."""
    flipped = st.tuples(st.integers(0, max(len(data) - 1, 0)), st.integers(1, 255)).map(
        lambda change: (
            data[: change[0]] + bytes([data[change[0]] ^ change[1]]) + data[change[0] + 1 :]
            if data
            else b""
        )
    )
    return st.one_of(st.just(data), flipped, st.integers(0, len(data)).map(lambda end: data[:end]))


@settings(max_examples=25, deadline=None)
@given(st.lists(st.one_of(*map(cut_somewhere, PARTS), st.binary(max_size=60)), max_size=4))
def test_any_bytes_get_an_answer(data: list[bytes]) -> None:
    async def ask() -> None:
        async with served_engine() as way:
            for method in METHODS:
                error: Any = await asyncio.to_thread(outcome, way.address, method, data)
                if error is not None:
                    assert error.code() in (Code.INVALID_ARGUMENT, Code.FAILED_PRECONDITION)
                assert_all_back(way.pool)

    asyncio.run(asyncio.wait_for(ask(), 60))
