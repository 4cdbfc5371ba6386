"""Requests of the encoding service as bytes, made off the clock."""

from collections.abc import Iterable, Sequence

from harness import Row
from material import N_SHARDS, encoded, verified

from walrus_core.rpc.chunks import crc32c, cut_chunks
from walrus_core.rpc.sliver_wire import cut, in_answer, joined
from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.v1 import encoding_pb2 as pb, node_pb2


def encoding(blob: bytes, pairs: Iterable[int] = ()) -> list[bytes]:
    """All slivers of these pairs, of all if there are none."""
    header = pb.EncodeHeader(size=len(blob), n_shards=N_SHARDS, sliver_pair_indices=pairs)
    chunks = (pb.EncodeRequest(chunk=chunk) for chunk in cut_chunks(memoryview(blob)))
    return [each.SerializeToString() for each in (pb.EncodeRequest(header=header), *chunks)]


def naming(blob: bytes, *, id_only: bool = False) -> list[bytes]:
    """The first chunk comes with the header."""
    header = pb.ComputeBlobIdHeader(size=len(blob), n_shards=N_SHARDS, id_only=id_only)
    first, *rest = cut_chunks(memoryview(blob))
    requests = [pb.ComputeBlobIdRequest(header=header, chunk=first)]
    requests += [pb.ComputeBlobIdRequest(chunk=chunk) for chunk in rest]
    return [each.SerializeToString() for each in requests]


def decoding(size: int) -> list[bytes]:
    """334 random primary slivers, packed as the server packs them."""
    metadata = encoded(size).metadata.to_bcs_with_id()
    requests = [pb.DecodeRequest(header=pb.DecodeHeader(metadata=metadata)).SerializeToString()]
    waiting: list[node_pb2.SliverPiece] = []
    for sliver in verified(size):
        message = joined(piece for piece, _ in cut(sliver, N_SHARDS, in_answer))
        for piece in node_pb2.GetSliversResponse.FromString(message).pieces:
            if sum(len(each.data) for each in waiting) + len(piece.data) > MAX_DATA:
                requests.append(_packed(waiting))
                waiting = []
            waiting.append(piece)
    return [*requests, _packed(waiting)]


def _packed(pieces: Sequence[node_pb2.SliverPiece]) -> bytes:
    crc = 0
    for piece in pieces:
        crc = crc32c(piece.data, crc)
    batch = pb.SliverBatch(pieces=pieces, crc32c=crc)
    return pb.DecodeRequest(slivers=batch).SerializeToString()


def described(row: Row) -> str:
    """For whoever waits."""
    figures = {name: row[name] for name in ("factor", "above", "rate", "peak") if name in row}
    about = [str(row[name]) for name in ("contest", "call", "size", "callers") if name in row]
    return f"{' '.join(about)}: {figures}"
