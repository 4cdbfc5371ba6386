"""Requests that make no sense are refused by a status that says why; the server goes on."""

import asyncio
import random
from collections.abc import AsyncIterable, AsyncIterator, Iterable
from contextlib import suppress
from typing import Any

import grpc
import pytest
from hypothesis import example, given, settings, strategies as st
from rpc.memory_node import EPOCH, PEER_KEYS, MemoryNode
from rpc.serving import HOST, N_SHARDS, Served, in_loop, served

from walrus_core.codec.encoder import encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NotRegisteredError
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc.rules import NODE_SERVICE
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis, BlobId

BLOB = encode(random.Random(5).randbytes(3000), N_SHARDS)
ID = BLOB.metadata.blob_id.digest
SYMBOL_SIZE = BLOB.metadata.symbol_size
PRIMARY = BLOB.primary(2).data
SIZE = len(PRIMARY)
OTHER = encode(b"for other numbers of shards", N_SHARDS + 1).metadata
METADATA = BLOB.metadata.to_bcs_with_id()
SIGNED = SignedMessage.sign(PEER_KEYS, Confirmation(EPOCH, BlobId(ID)))

Code = grpc.StatusCode


async def messages(items: Iterable[Any]) -> AsyncIterator[Any]:
    for item in items:
        yield item


def full_node() -> MemoryNode:
    node = MemoryNode()
    node.fill(BLOB)
    return node


async def upload(call: Any, requests: Iterable[Any]) -> Any:
    """The call, with all of the requests that were taken before it was answered."""
    with suppress(asyncio.InvalidStateError, grpc.aio.AioRpcError):
        for request in requests:
            await call.write(request)
        await call.done_writing()
    return call


async def ended(call: Any) -> None:
    """Take whatever is answered."""
    if isinstance(call, AsyncIterable):
        async for _ in call:
            pass
    else:
        await call


async def refused(
    way: Served, method: str, request: Any, code: grpc.StatusCode = Code.INVALID_ARGUMENT
) -> str:
    """Why the request was refused."""
    if isinstance(request, list):
        call = await upload(getattr(way.raw, method)(timeout=10), request)
    else:
        call = getattr(way.raw, method)(request, timeout=10)
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await ended(call)
    assert caught.value.code() is code, caught.value
    assert (await way.node.health()).epoch == EPOCH
    return str(caught.value.details())


def slivers(**fields: Any) -> pb.GetSliversRequest:
    return pb.GetSliversRequest(
        **{"blob_id": ID, "axis": pb.AXIS_PRIMARY, "sliver_pair_indices": [1], **fields}
    )


def symbols(**fields: Any) -> pb.GetRecoverySymbolsRequest:
    asked: dict[str, Any] = {
        "blob_id": ID,
        "target_axis": pb.AXIS_PRIMARY,
        "target_sliver_pair_indices": [1],
        "source_sliver_pair_indices": [2],
    }
    return pb.GetRecoverySymbolsRequest(**(asked | fields))


@pytest.mark.parametrize(
    ("method", "request_message", "reason"),
    [
        ("GetMetadata", pb.GetMetadataRequest(), "blob_id has 0 bytes"),
        ("GetMetadata", pb.GetMetadataRequest(blob_id=ID[:31]), "blob_id has 31 bytes"),
        ("GetHoldings", pb.GetHoldingsRequest(blob_id=ID * 2), "blob_id has 64 bytes"),
        ("GetBlobStatus", pb.GetBlobStatusRequest(blob_id=b"x"), "blob_id has 1 bytes"),
        ("GetSlivers", slivers(blob_id=b""), "blob_id has 0 bytes"),
        ("GetSlivers", slivers(axis=0), "axis 0"),
        ("GetSlivers", slivers(axis=7), "axis 7"),
        ("GetSlivers", slivers(sliver_pair_indices=[]), "nothing is asked for"),
        ("GetSlivers", slivers(sliver_pair_indices=[N_SHARDS]), "sliver_pair_indices = 7"),
        ("GetSlivers", slivers(sliver_pair_indices=[1, 2, 1]), "twice"),
        ("GetSlivers", slivers(sliver_pair_indices=[0] * 900_000), "900,000 sliver_pair_indices"),
        ("GetRecoverySymbols", symbols(target_axis=0), "axis 0"),
        ("GetRecoverySymbols", symbols(target_sliver_pair_indices=[]), "target_sliver"),
        ("GetRecoverySymbols", symbols(source_sliver_pair_indices=[]), "source_sliver"),
        ("GetRecoverySymbols", symbols(source_sliver_pair_indices=[2**32 - 1]), "4,294,967,295"),
        ("GetConfirmation", pb.GetConfirmationRequest(blob_id=ID, object_id=b"o"), "object_id"),
        ("GetConfirmation", pb.GetConfirmationRequest(blob_id=ID, object_id=b""), "object_id"),
        ("PutMetadata", pb.PutMetadataRequest(), "truncated"),
        ("PutMetadata", pb.PutMetadataRequest(metadata=METADATA[:-1]), "truncated"),
        ("PutMetadata", pb.PutMetadataRequest(metadata=METADATA + b"x"), "metadata"),
        ("PutMetadata", pb.PutMetadataRequest(metadata=bytes(3 << 20)), "deprecated"),
        ("PutMetadata", pb.PutMetadataRequest(metadata=OTHER.to_bcs_with_id()), "8 shards"),
        ("SyncShard", pb.SyncShardRequest(), "signature"),
        (
            "SyncShard",
            pb.SyncShardRequest(request=pb.SignedMessage(signature=bytes(96))),
            "signature",
        ),
        (
            "SyncShard",
            pb.SyncShardRequest(
                request=pb.SignedMessage(signature=SIGNED.signature.data), public_key=bytes(48)
            ),
            "public key",
        ),
    ],
)
def test_senseless_requests(method: str, request_message: Any, reason: str) -> None:
    @in_loop
    async def run() -> None:
        async with served(full_node()) as way:
            assert reason in await refused(way, method, request_message)

    run()


def piece(offset: int = 0, data: bytes = bytes(PRIMARY), **fields: Any) -> pb.SliverPiece:
    whole: dict[str, Any] = {
        "axis": pb.AXIS_PRIMARY,
        "sliver_pair_index": 2,
        "offset": offset,
        "sliver_size": SIZE if offset == 0 else 0,
        "symbol_size": SYMBOL_SIZE if offset == 0 else 0,
        "data": data,
    }
    return pb.SliverPiece(**(whole | fields))


HALF = SIZE // 2
FIRST, SECOND = piece(0, bytes(PRIMARY[:HALF])), piece(HALF, bytes(PRIMARY[HALF:]))


@pytest.mark.parametrize(
    ("pieces", "reason"),
    [
        ([SECOND], "symbol_size = 0"),
        ([FIRST], "the end comes before"),
        ([FIRST, FIRST], "a piece at 0"),
        ([FIRST, piece(HALF + 1, b"x")], "a piece at"),
        ([FIRST, piece(HALF - 1, b"xx")], "a piece at"),
        ([FIRST, piece(HALF, bytes(SIZE))], "bytes at"),
        ([FIRST, piece(HALF, b"")], "a piece of 0 bytes"),
        ([FIRST, piece(HALF, b"x", sliver_size=SIZE + 1)], "a piece at"),
        ([FIRST, piece(HALF, b"x", sliver_pair_index=3)], "sliver pair 3"),
        ([FIRST, piece(HALF, b"x", axis=pb.AXIS_SECONDARY)], "sliver pair 2"),
        ([FIRST, SECOND, FIRST, SECOND], "comes twice"),
        ([piece(data=b"")], "a piece of 0 bytes"),
        ([piece(sliver_size=0)], "sliver_size 0"),
        ([piece(sliver_size=2**64 - 1)], "sliver_size 18,446,744,073,709,551,615"),
        ([piece(sliver_size=SIZE + SYMBOL_SIZE)], "sliver_size"),
        ([piece(symbol_size=0)], "symbol_size = 0"),
        ([piece(symbol_size=3)], "symbol_size = 3"),
        ([piece(symbol_size=SYMBOL_SIZE + 2)], "symbol_size"),
        ([piece(symbol_size=2**32 - 1)], "symbol_size = 4294967295"),
        ([piece(axis=0)], "axis 0"),
        ([piece(axis=pb.AXIS_SECONDARY)], "sliver_size"),
        ([piece(sliver_pair_index=N_SHARDS)], "sliver pair index 7 >= 7 shards"),
        ([piece(offset=2**64 - 1, sliver_size=SIZE, symbol_size=SYMBOL_SIZE)], "a piece at"),
        ([piece(data=bytes(SIZE))], "its hash is not the metadata's"),
    ],
)
@pytest.mark.parametrize("packed", [False, True], ids=["apart", "together"])
def test_pieces_that_do_not_fit(pieces: list[pb.SliverPiece], reason: str, packed: bool) -> None:
    @in_loop
    async def run() -> None:
        node = full_node()
        node.held.clear()
        groups = [pieces] if packed else [[one] for one in pieces]
        requests = [pb.PutSliversRequest(blob_id=ID, pieces=group) for group in groups]
        async with served(node) as way:
            assert reason in await refused(way, "PutSlivers", requests)
        assert len(node.held) == (reason == "comes twice")

    run()


@in_loop
async def test_pieces_that_fit() -> None:
    """The pieces above are refused for what is wrong with them, and not for more."""
    node = full_node()
    node.held.clear()
    async with served(node) as way:
        first = pb.PutSliversRequest(blob_id=ID, pieces=[FIRST])
        requests = [first, pb.PutSliversRequest(), pb.PutSliversRequest(pieces=[SECOND])]
        assert (await way.raw.PutSlivers(messages(requests))).stored_count == 1
        assert list(node.held.values()) == [BLOB.primary(2)]


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([], "no message"),
        ([pb.PutSliversRequest(pieces=[piece()])], "blob_id has 0 bytes"),
    ],
)
def test_uploads_that_do_not_say_of_what(requests: list[Any], reason: str) -> None:
    @in_loop
    async def run() -> None:
        async with served(full_node()) as way:
            assert reason in await refused(way, "PutSlivers", requests)

    run()


@in_loop
async def test_unregistered_blobs_are_refused_before_anything_is_read() -> None:
    """Else a stranger could have us hold what nobody has paid for."""
    sent = 0

    async def endless() -> AsyncIterator[Sliver]:
        nonlocal sent
        while True:
            sent += 1
            yield Sliver(Axis.PRIMARY, 1, 60_000, bytes(5 * 60_000))

    async with served(MemoryNode()) as way:
        with pytest.raises(NotRegisteredError):
            await way.node.put_slivers(BlobId(ID), endless())
        assert sent < 64


def proof(**fields: Any) -> pb.AttestInconsistencyRequest:
    asked: dict[str, Any] = {
        "blob_id": ID,
        "target_axis": pb.AXIS_PRIMARY,
        "proof_size": 4,
        "proof": b"\0\0\0\0",
    }
    return pb.AttestInconsistencyRequest(**(asked | fields))


@pytest.mark.parametrize(
    ("requests", "reason"),
    [
        ([], "no message"),
        ([proof(blob_id=b"")], "blob_id"),
        ([proof(target_axis=0)], "axis 0"),
        ([proof(proof_size=0)], "proof_size = 0"),
        ([proof(proof_size=2**64 - 1)], "proof_size = 18,446,744,073,709,551,615"),
        ([proof(proof_size=100_000)], "proof_size = 100,000"),
        ([proof(proof_size=5)], "4 bytes of the proof came"),
        ([proof(proof_size=3)], "4 bytes of the proof came"),
        ([proof(proof_size=6), proof(proof=b"")], "without a piece"),
        ([proof(proof_size=6), proof(proof=b"xxx")], "7 bytes of the proof came"),
        ([proof()], "inconsistency proof"),
        ([proof(proof_size=3, proof=b"\0\0\0")], "symbols"),
    ],
)
def test_proofs_that_are_none(requests: list[Any], reason: str) -> None:
    @in_loop
    async def run() -> None:
        async with served(full_node()) as way:
            assert reason in await refused(way, "AttestInconsistency", requests)

    run()


@in_loop
async def test_messages_that_are_too_large() -> None:
    async with served(full_node()) as way:
        request = pb.PutMetadataRequest(metadata=bytes(5 << 20))
        assert "larger" in await refused(way, "PutMetadata", request, Code.RESOURCE_EXHAUSTED)


METHODS = [method.name for method in pb.DESCRIPTOR.services_by_name["NodeService"].methods]


@settings(max_examples=20)
@example([b"\xff\xff"])
@example([b"", b""])
@given(st.lists(st.binary(max_size=200), min_size=1, max_size=3))
def test_any_bytes_get_an_answer(data: list[bytes]) -> None:
    """Of each method, whatever the bytes; the server lives on."""

    @in_loop
    async def run() -> None:
        async with (
            served(full_node()) as way,
            grpc.aio.insecure_channel(f"{HOST}:{way.port}") as channel,
        ):
            for method in METHODS:
                call = channel.stream_stream(f"/{NODE_SERVICE}/{method}")(messages(data), timeout=5)
                with suppress(grpc.aio.AioRpcError):
                    await ended(call)
                assert await call.code() not in (Code.DEADLINE_EXCEEDED, Code.UNKNOWN)
            assert (await way.node.health()).epoch == EPOCH

    run()
