# ruff: noqa: N802 - the methods are named as in the .proto
"""The gRPC service of the engine: convert, call, convert."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from typing import Any

from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.rpc import encoding_requests as requested
from walrus_core.rpc.convert import AXES, axis_of
from walrus_core.rpc.encoding_answers import SliverPacker, chunk_answer, description
from walrus_core.rpc.streams import MAX_DATA, closed
from walrus_core.rpc.v1 import encoding_pb2 as pb
from walrus_core.services.engine import Engine
from walrus_core.types import SliverPairIndex

__all__ = ["ENCODING_KINDS", "ENCODING_SERVICE", "EncodingServicer"]

ENCODING_SERVICE = "walrus_core.rpc.v1.EncodingService"

ENCODING_KINDS = {
    "Encode": "encodings",
    "ComputeBlobId": "encodings",
    "Decode": "decodings",
    "VerifySlivers": "decodings",
    "Recover": "decodings",
}
"""Kinds for `CallRules`: the server that has this service says how many of each there may be."""


class EncodingServicer:
    """Streams yield messages, or, where there is much in them, their bytes, which the interceptor
    takes as they are.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    async def Encode(
        self, requests: AsyncIterator[pb.EncodeRequest], _: Any
    ) -> AsyncIterator[bytes]:
        header: pb.EncodeHeader = await requested.header_of(requests)
        config = requested.config_of(header)
        wanted = requested.wanted_of(header, config.n_shards)
        content = requested.content_in(header.size, requests)
        async with closed(self._engine.encode(content, config, wanted, SliverPacker)) as responses:
            async for response in responses:
                yield response

    async def ComputeBlobId(
        self, requests: AsyncIterator[pb.ComputeBlobIdRequest], _: Any
    ) -> pb.ComputeBlobIdResponse:
        first: pb.ComputeBlobIdRequest = await requested.first_of(requests)
        config = requested.config_of(first.header)
        content = requested.content_to_name(first, requests)
        metadata = await self._engine.compute_id(content, config)
        blob = description(metadata, id_only=first.header.id_only)
        return pb.ComputeBlobIdResponse(blob=blob)

    async def Decode(
        self, requests: AsyncIterator[pb.DecodeRequest], _: Any
    ) -> AsyncIterator[bytes]:
        header: pb.DecodeHeader = await requested.header_of(requests)
        metadata = requested.metadata_of(header.metadata)
        check = requested.check_of(header.check)
        pieces = requested.pieces_in(requests)
        async with closed(self._engine.decode(metadata, pieces, check, chunk_answer)) as responses:
            async for response in responses:
                yield response

    async def VerifySlivers(
        self, requests: AsyncIterator[pb.VerifySliversRequest], _: Any
    ) -> pb.VerifySliversResponse:
        header: pb.VerifySliversHeader = await requested.header_of(requests)
        metadata = requested.metadata_of(header.metadata)
        verdicts = await self._engine.verify(metadata, requested.pieces_in(requests))
        return pb.VerifySliversResponse(
            verdicts=[
                pb.SliverVerdict(
                    axis=AXES[verdict.axis],
                    sliver_pair_index=verdict.pair,
                    is_authentic=not verdict.reason,
                    reason=verdict.reason,
                )
                for verdict in verdicts
            ]
        )

    async def Recover(
        self, requests: AsyncIterator[pb.RecoverRequest], _: Any
    ) -> AsyncIterator[bytes | pb.RecoverResponse]:
        header: pb.RecoverHeader = await requested.header_of(requests)
        metadata = requested.metadata_of(header.metadata)
        axis, target = axis_of(header.target_axis), SliverPairIndex(header.target_sliver_pair_index)
        symbols = requested.symbols_in(requests, axis, target, metadata)
        result = await self._engine.recover(metadata, axis, target, symbols)
        if isinstance(result, InconsistencyProof):
            answers: Iterator[bytes | pb.RecoverResponse] = _proof_answers(result)
        else:
            packer = SliverPacker(metadata.config, metadata.unencoded_length)
            answers = _sliver_answers(result, packer)
        for answer in answers:
            yield answer


def _sliver_answers(sliver: VerifiedSliver, packer: SliverPacker) -> Iterator[bytes]:
    for answer, _ in packer.piece(sliver.axis, sliver.index, 0, sliver.data):
        yield answer
    for answer, _ in packer.flush():
        yield answer


def _proof_answers(proof: InconsistencyProof) -> Iterator[pb.RecoverResponse]:
    content = proof.to_bcs()
    for offset in range(0, len(content), MAX_DATA):
        yield pb.RecoverResponse(
            inconsistency_proof=pb.ProofPiece(
                offset=offset,
                proof_size=len(content),
                data=content[offset : offset + MAX_DATA],
            )
        )
