"""Over the wire: what the codec gives, in messages of at most 1 MiB that any library reads."""

import random
from collections.abc import Iterator
from typing import Any

import grpc
import pytest
from rpc.encoding_serving import (
    Received,
    ServedEngine,
    batches,
    encode_requests,
    names_requests,
    served_engine,
)
from rpc.serving import in_loop
from services.engine.slivers import cheating

from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import recovery_symbol
from walrus_core.rpc.chunks import crc32c
from walrus_core.rpc.convert import AXES, symbol_message
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import encoding_pb2 as pb
from walrus_core.services.engine import EngineOptions
from walrus_core.types import Axis, SliverPairIndex

LARGE = 14 * 27 * 39_000
"""For 40 shards: primary slivers of two messages; encoded in pieces."""

SIZES = pytest.mark.parametrize(
    ("size", "n_shards"),
    [(0, 7), (1, 4), (1000, 1000), (70_000, 130), (1 << 20, 1000), (LARGE, 40)],
)


def random_blob(size: int) -> bytes:
    return random.Random(size).randbytes(size)


async def encoded_by(way: ServedEngine, blob: bytes, **header: Any) -> Received:
    received = Received()
    async for response in way.stub.Encode(encode_requests(blob, **header)):
        received.add(response)
    assert received.largest <= MAX_DATA
    return received


@SIZES
@in_loop
async def test_encodes(size: int, n_shards: int) -> None:
    blob = random_blob(size)
    async with served_engine() as way:
        received = await encoded_by(way, blob, n_shards=n_shards)
    received.assert_equal(encode(blob, n_shards), Axis, range(n_shards))


@pytest.mark.parametrize("size", [5000, LARGE])
@in_loop
async def test_sends_what_is_asked_for(size: int) -> None:
    blob, pairs = random_blob(size), [0, 39, 20]
    encoded = encode(blob, 40)
    async with served_engine() as way:
        for axis in Axis:
            received = await encoded_by(way, blob, n_shards=40, axes=[AXES[axis]])
            received.assert_equal(encoded, [axis], range(40))
        received = await encoded_by(way, blob, n_shards=40, sliver_pair_indices=pairs)
        received.assert_equal(encoded, Axis, pairs)


@in_loop
async def test_a_thousand_shards_are_the_default() -> None:
    async with served_engine() as way:
        received = await encoded_by(
            way, b"blob", axes=[AXES[Axis.PRIMARY]], sliver_pair_indices=[1]
        )
        named = await way.stub.ComputeBlobId(names_requests(b"blob"))
    assert received.blob is not None
    assert named.blob == received.blob
    assert (named.blob.n_shards, named.blob.size, named.blob.symbol_size) == (1000, 4, 2)
    metadata = encode(b"blob").metadata
    assert named.blob.blob_id == metadata.blob_id.digest
    assert named.blob.root_hash == metadata.root_hash
    assert named.blob.encoded_size == metadata.config.encoded_size(4)


@SIZES
@pytest.mark.parametrize("in_memory", [0, 1 << 30], ids=["spool", "memory"])
@in_loop
async def test_computes_ids(size: int, n_shards: int, in_memory: int) -> None:
    blob = random_blob(size)
    async with served_engine(options=EngineOptions(in_memory=in_memory)) as way:
        for together in (False, True):
            requests = names_requests(blob, together=together, n_shards=n_shards)
            answer = await way.stub.ComputeBlobId(requests)
            assert answer.blob.metadata == encode(blob, n_shards).metadata.to_bcs_with_id()
        short = await way.stub.ComputeBlobId(names_requests(blob, n_shards=n_shards, id_only=True))
        answer.blob.ClearField("metadata")
        assert short == answer


def decode_requests(
    encoded: EncodedBlob, axis: Axis, pairs: list[int], **header: Any
) -> Iterator[pb.DecodeRequest]:
    metadata = encoded.metadata
    yield pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata.to_bcs_with_id(), **header))
    of_axis = encoded.primary if axis is Axis.PRIMARY else encoded.secondary
    for batch in batches(map(of_axis, pairs), metadata.n_shards):
        yield pb.DecodeRequest(slivers=batch)


@SIZES
@pytest.mark.parametrize("in_memory", [0, 1 << 30], ids=["spool", "memory"])
@in_loop
async def test_decodes(size: int, n_shards: int, in_memory: int) -> None:
    blob = random_blob(size)
    encoded = encode(blob, n_shards)
    async with served_engine(options=EngineOptions(in_memory=in_memory)) as way:
        for axis in Axis:
            needed = encoded.metadata.config.n_slivers_needed(axis)
            pairs = random.Random(size).sample(range(n_shards), needed)
            received = b""
            async for answer in way.stub.Decode(decode_requests(encoded, axis, pairs)):
                chunk = answer.chunk
                assert chunk.offset == len(received)
                assert 0 < len(chunk.data) <= MAX_DATA
                assert chunk.crc32c == crc32c(chunk.data)
                received += chunk.data
            assert received == blob


def harmed(sliver: Sliver) -> Sliver:
    data = bytes(sliver.data[:-1]) + bytes([sliver.data[-1] ^ 1])
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, data)


@pytest.mark.parametrize("axis", list(Axis))
@in_loop
async def test_sets_bad_slivers_aside(axis: Axis) -> None:
    """As many as f, and the blob comes; one more, and it is said which they are."""
    blob = random_blob(LARGE)
    encoded = encode(blob, 40)
    config, metadata = encoded.metadata.config, encoded.metadata.to_bcs_with_id()
    enough, spare = config.n_slivers_needed(axis), config.n_faulty_shards
    of_axis = encoded.primary if axis is Axis.PRIMARY else encoded.secondary
    slivers: list[Sliver] = [of_axis(pair) for pair in range(enough + spare)]

    def requests(n_bad: int) -> Iterator[pb.DecodeRequest]:
        yield pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata))
        sent = [*map(harmed, slivers[:n_bad]), *slivers[n_bad:]]
        for batch in batches(sent, 40):
            yield pb.DecodeRequest(slivers=batch)

    async with served_engine() as way:
        answers = [answer.chunk.data async for answer in way.stub.Decode(requests(spare))]
        assert b"".join(answers) == blob
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.stub.Decode(requests(spare + 1)).read()
    assert caught.value.code() is grpc.StatusCode.INVALID_ARGUMENT
    assert caught.value.details().startswith(f"{spare + 1} of {enough + spare} slivers are bad")


@in_loop
async def test_verifies() -> None:
    good, other = encode(b"good" * 9, 7), encode(b"evil" * 9, 7)

    def requests() -> Iterator[pb.VerifySliversRequest]:
        metadata = good.metadata.to_bcs_with_id()
        yield pb.VerifySliversRequest(header=pb.VerifySliversHeader(metadata=metadata))
        for batch in batches([good.primary(3), other.secondary(2), good.secondary(6)], 7):
            yield pb.VerifySliversRequest(slivers=batch)

    async with served_engine() as way:
        verdicts = (await way.stub.VerifySlivers(requests())).verdicts
    primary, secondary = AXES[Axis.PRIMARY], AXES[Axis.SECONDARY]
    assert [(verdict.axis, verdict.sliver_pair_index) for verdict in verdicts] == [
        (primary, 3),
        (secondary, 2),
        (secondary, 6),
    ]
    assert [verdict.is_authentic for verdict in verdicts] == [True, False, True]
    assert [bool(verdict.reason) for verdict in verdicts] == [False, True, False]


def recover_requests(
    encoded: EncodedBlob, metadata: bytes, axis: Axis, target: int
) -> Iterator[pb.RecoverRequest]:
    n_shards = encoded.metadata.n_shards
    header = pb.RecoverHeader(
        metadata=metadata, target_axis=AXES[axis], target_sliver_pair_index=target
    )
    yield pb.RecoverRequest(header=header)
    sources = encoded.secondary if axis is Axis.PRIMARY else encoded.primary
    for source in range(n_shards):
        symbol = recovery_symbol(sources(source), target, n_shards)
        message = symbol_message(SliverPairIndex(target), symbol, n_shards)
        yield pb.RecoverRequest(symbols=pb.RecoverySymbolBatch(symbols=[message]))


@pytest.mark.parametrize("axis", list(Axis))
@in_loop
async def test_recovers(axis: Axis) -> None:
    blob = random_blob(LARGE)
    encoded = encode(blob, 40)
    metadata = encoded.metadata.to_bcs_with_id()
    received = Received()
    async with served_engine() as way:
        async for answer in way.stub.Recover(recover_requests(encoded, metadata, axis, 5)):
            received.add(answer)
    of_axis = encoded.primary if axis is Axis.PRIMARY else encoded.secondary
    assert received.slivers == {(AXES[axis], 5): of_axis(5).data}


@in_loop
async def test_proves_that_a_blob_is_inconsistent() -> None:
    encoded = encode(random_blob(50_000), 10)
    metadata, _ = cheating(encoded)
    content = b""
    async with served_engine() as way:
        requests = recover_requests(encoded, metadata.to_bcs_with_id(), Axis.PRIMARY, 0)
        async for answer in way.stub.Recover(requests):
            piece = answer.inconsistency_proof
            assert piece.offset == len(content)
            content += piece.data
            size = piece.proof_size
    assert len(content) == size
    InconsistencyProof.from_bcs(Axis.PRIMARY, content).verify(metadata)


@in_loop
async def test_an_inconsistent_blob_is_not_decoded() -> None:
    metadata, slivers = cheating(encode(random_blob(50_000), 10))

    def requests() -> Iterator[pb.DecodeRequest]:
        yield pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata.to_bcs_with_id()))
        for batch in batches(slivers, 10):
            yield pb.DecodeRequest(slivers=batch)

    async with served_engine() as way:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.stub.Decode(requests()).read()
    assert caught.value.code() is grpc.StatusCode.DATA_LOSS
