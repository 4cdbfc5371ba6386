"""A node that answers nonsense, too slowly or not at all is not to be had, and holds nobody."""

import asyncio
import random
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from rpc.lying_server import Answer, lying
from rpc.memory_node import EPOCH, PEER_KEYS
from rpc.serving import HOST, N_SHARDS, in_loop
from rpc.sliver_pieces import pieces_of

from walrus_core.codec.encoder import encode
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import NodeUnavailableError
from walrus_core.protocol.messages import SyncShardRequest
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.rpc.client import ClientOptions, RpcNode
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import Axis, BlobId, SliverPairIndex

BLOB = encode(random.Random(6).randbytes(3000), N_SHARDS)
OTHER = encode(random.Random(7).randbytes(3000), N_SHARDS)
ID = BLOB.metadata.blob_id
PAIRS = [SliverPairIndex(pair) for pair in (4, 2)]
QUICK = ClientOptions(connect_seconds=0.3, call_seconds=0.3, idle_seconds=0.3, least_rate=10_000)

Question = Callable[[RpcNode], Awaitable[Any]]


def says(*messages: Any) -> Answer:
    """Answers with these, whatever was asked."""

    async def answer(_: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        for message in messages:
            yield message if isinstance(message, bytes) else message.SerializeToString()

    return answer


async def no_slivers() -> AsyncIterator[Sliver]:
    for sliver in ():
        yield sliver


async def slivers(node: RpcNode) -> list[Sliver]:
    return [one async for one in node.slivers(ID, Axis.PRIMARY, PAIRS)]


async def symbols(node: RpcNode) -> list[Any]:
    return [one async for one in node.recovery_symbols(ID, Axis.PRIMARY, PAIRS[:1], PAIRS)]


async def shard(node: RpcNode) -> list[Any]:
    request = SyncShardRequest(EPOCH, 3, Axis.PRIMARY, BlobId(bytes(32)), 2)
    signed = SignedMessage.sign(PEER_KEYS, request)
    return [one async for one in node.sync_shard(signed, PEER_KEYS.public_key)]


QUESTIONS: dict[str, Question] = {
    "metadata": lambda node: node.metadata(ID),
    "put_metadata": lambda node: node.put_metadata(BLOB.metadata),
    "holdings": lambda node: node.holdings(ID),
    "slivers": slivers,
    "put_slivers": lambda node: node.put_slivers(ID, no_slivers()),
    "confirmation": lambda node: node.confirmation(ID, None),
    "recovery_symbols": symbols,
    "status": lambda node: node.status(ID),
    "sync_shard": shard,
    "health": lambda node: node.health(),
}


def of_pair(pair: int, **fields: Any) -> pb.SliverPiece:
    [piece] = pieces_of(BLOB.primary(pair), N_SHARDS)
    changed: pb.SliverPiece = pb.SliverPiece()
    changed.CopyFrom(piece)
    for name, value in fields.items():
        setattr(changed, name, value)
    return changed


def some_slivers(*pieces: pb.SliverPiece) -> Answer:
    return says(*[pb.GetSliversResponse(pieces=[piece]) for piece in pieces])


def some_symbols(**fields: Any) -> Answer:
    symbol = {"target_sliver_pair_index": 4, "source_sliver_pair_index": 2, "data": b"xx"}
    return says(pb.GetRecoverySymbolsResponse(symbols=[pb.RecoverySymbol(**(symbol | fields))]))


def some_shard(*blobs: bytes) -> Answer:
    pieces = [pb.ShardPiece(blob_id=blob, piece=of_pair(4)) for blob in blobs]
    return says(pb.SyncShardResponse(pieces=pieces))


@pytest.mark.parametrize(
    ("question", "answer", "reason"),
    [
        ("metadata", says(pb.GetMetadataResponse(metadata=b"nonsense")), "nonsense"),
        (
            "metadata",
            says(pb.GetMetadataResponse(metadata=OTHER.metadata.to_bcs_with_id())),
            "metadata of blob",
        ),
        ("metadata", says(b"\xff\xff\xff"), "nonsense"),
        ("metadata", says(), "nonsense"),
        ("put_metadata", says(pb.PutMetadataResponse()), "stored status 0"),
        ("put_metadata", says(pb.PutMetadataResponse(previous_status=9)), "stored status 9"),
        ("holdings", says(pb.GetHoldingsResponse()), "stored status 0"),
        (
            "holdings",
            says(pb.GetHoldingsResponse(metadata_status=3, primary_sliver_pair_indices=[7])),
            "primary_sliver_pair_indices = 7",
        ),
        (
            "holdings",
            says(pb.GetHoldingsResponse(metadata_status=3, primary_sliver_pair_indices=[0] * 8)),
            "8 primary_sliver_pair_indices > 7",
        ),
        ("slivers", says(b"\xff\xff\xff"), "nonsense"),
        ("slivers", some_slivers(of_pair(3)), "unasked"),
        ("slivers", some_slivers(of_pair(2), of_pair(4)), "unasked"),
        ("slivers", some_slivers(of_pair(4), of_pair(4)), "unasked"),
        ("slivers", some_slivers(of_pair(4, axis=0)), "axis 0"),
        ("slivers", some_slivers(of_pair(4, sliver_pair_index=7)), "7 >= 7 shards"),
        ("slivers", some_slivers(of_pair(4, sliver_size=2**40)), "sliver_size"),
        ("slivers", some_slivers(of_pair(4, symbol_size=70_000)), "symbol_size"),
        ("slivers", some_slivers(of_pair(4, data=b"x")), "the end comes before"),
        ("slivers", some_slivers(of_pair(4, offset=1)), "a piece at 1"),
        ("confirmation", says(pb.GetConfirmationResponse()), "signature"),
        ("recovery_symbols", some_symbols(target_sliver_pair_index=2), "unasked"),
        ("recovery_symbols", some_symbols(source_sliver_pair_index=3), "unasked"),
        ("recovery_symbols", some_symbols(data=b""), "symbol of 0 bytes"),
        ("recovery_symbols", some_symbols(data=bytes(70_000)), "symbol of 70,000 bytes"),
        ("recovery_symbols", some_symbols(path=b"x"), "path of 1 bytes"),
        ("recovery_symbols", some_symbols(path=bytes(32 * 17)), "path length"),
        ("status", says(pb.GetBlobStatusResponse()), "blob kind 0"),
        (
            "status",
            says(pb.GetBlobStatusResponse(kind=2, event=pb.EventId(transaction_digest=b"x"))),
            "transaction digest",
        ),
        ("sync_shard", some_shard(b"x"), "blob ID has 32 bytes"),
        ("sync_shard", some_shard(b"b" * 32, b"a" * 32), "comes after"),
        ("sync_shard", some_shard(b"a" * 32, b"a" * 32), "comes after"),
        ("health", says(b"\xff\xff\xff"), "nonsense"),
    ],
)
def test_nonsense(question: str, answer: Answer, reason: str) -> None:
    @in_loop
    async def run() -> None:
        async with lying(answer) as node:
            with pytest.raises(NodeUnavailableError, match=reason):
                await QUESTIONS[question](node)

    run()


async def hangs(_: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    await asyncio.sleep(3600)
    yield b""


async def takes_and_hangs(requests: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    async for _ in requests:
        pass
    await asyncio.sleep(3600)
    yield b""


@pytest.mark.parametrize("answer", [hangs, takes_and_hangs])
def test_nodes_that_hang_hold_nobody(answer: Answer) -> None:
    @in_loop
    async def run() -> None:
        async with lying(answer, QUICK) as node, asyncio.timeout(10):
            asked = [question(node) for question in QUESTIONS.values()]
            errors = await asyncio.gather(*asked, return_exceptions=True)
            assert [type(error) for error in errors] == [NodeUnavailableError] * len(QUESTIONS)

    run()


@in_loop
async def test_a_node_that_trickles_holds_nobody() -> None:
    """Each message comes in time; all together they bring too little."""
    sent = 0

    async def trickle(_: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
        nonlocal sent
        while True:
            sent += 1
            yield pb.GetSliversResponse().SerializeToString()
            await asyncio.sleep(0.02)

    async with lying(trickle, QUICK) as node, asyncio.timeout(5):
        with pytest.raises(NodeUnavailableError, match="too slow"):
            await slivers(node)
    assert sent > 3


@in_loop
async def test_a_node_that_reads_nothing_holds_nobody() -> None:
    """What it does not take is not piled up here either."""
    read = 0

    async def endless() -> AsyncIterator[Sliver]:
        nonlocal read
        big = Sliver(Axis.PRIMARY, 1, 60_000, bytes(67 * 60_000))
        while True:
            read += 1
            yield big

    async with lying(hangs, QUICK, n_shards=100) as node, asyncio.timeout(10):
        with pytest.raises(NodeUnavailableError, match="too slow"):
            await node.put_slivers(ID, endless())
    assert read < 32


@in_loop
async def test_our_own_slowness_is_not_the_nodes() -> None:
    """Who takes slivers one by one, and thinks in between, gets them all."""
    answer = some_slivers(of_pair(4), of_pair(2))
    async with lying(answer, QUICK) as node:
        found = []
        async for sliver in node.slivers(ID, Axis.PRIMARY, PAIRS):
            await asyncio.sleep(0.5)
            found.append(sliver)
    assert found == [BLOB.primary(4), BLOB.primary(2)]


@in_loop
async def test_silence_on_the_line() -> None:
    """Somebody accepts the connection and says nothing at all."""
    with socket.create_server((HOST, 0)) as silent:
        node = RpcNode(f"{HOST}:{silent.getsockname()[1]}", b"", N_SHARDS, QUICK)
        async with asyncio.timeout(5):
            with pytest.raises(NodeUnavailableError, match="no connection within"):
                await node.health()


@pytest.mark.parametrize(
    "address",
    ["", "host", "host:", ":1", "host:0", "host:65536", "unix:/run/docker.sock", "a/b:1", "x\n:1"],
)
def test_addresses_that_are_none(address: str) -> None:
    @in_loop
    async def run() -> None:
        with pytest.raises(NodeUnavailableError, match=r"host:port|port"):
            await RpcNode(address, b"", N_SHARDS).health()

    run()


@in_loop
async def test_nobody_there() -> None:
    node = RpcNode("127.0.0.1:1", b"", N_SHARDS)
    with pytest.raises(NodeUnavailableError, match="cannot be reached"):
        await node.health()
