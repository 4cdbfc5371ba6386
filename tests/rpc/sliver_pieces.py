"""Slivers as the messages' own pieces."""

from walrus_core.codec.slivers import Sliver
from walrus_core.rpc.sliver_wire import cut, in_answer, joined
from walrus_core.rpc.v1 import node_pb2 as pb


def pieces_of(sliver: Sliver, n_shards: int) -> list[pb.SliverPiece]:
    """In order, as protobuf reads them."""
    message = joined(piece for piece, _ in cut(sliver, n_shards, in_answer))
    return list(pb.GetSliversResponse.FromString(message).pieces)
