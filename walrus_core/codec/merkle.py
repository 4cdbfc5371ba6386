"""Merkle trees over equally long leaves, and proofs of single leaves (spec, chapter 2).

Blake2b-256 of 0x00 and the leaf, and of 0x01 and two nodes; where a level has no right sibling the
Empty node, 32 zero bytes, takes its place. A path is the siblings from the leaf to the root, bottom
to top.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.buffers import byte_view, bytes_of
from walrus_core.codec.config import DIGEST_SIZE
from walrus_core.errors import InvalidArgumentError, VerificationError
from walrus_core.types import checked_int

if TYPE_CHECKING:
    from typing_extensions import Buffer

EMPTY = bytes(DIGEST_SIZE)
"""The Empty node, and the root of no leaves."""

NODE_EMPTY = 0
NODE_DIGEST = 1
"""BCS variants of a node."""

MAX_PATH_LENGTH = 16
MAX_LEAVES = 2**MAX_PATH_LENGTH
"""Enough for the 49,155 symbols of the widest sliver."""


def path_length(n_leaves: int) -> int:
    """ceil(log2(n_leaves)), with 0 -> 0."""
    return max(n_leaves - 1, 0).bit_length()


def split_digests(digests: bytes) -> list[bytes]:
    """One item per 32 bytes."""
    return [digests[i : i + DIGEST_SIZE] for i in range(0, len(digests), DIGEST_SIZE)]


@dataclass(frozen=True, slots=True, repr=False)
class MerkleProof:
    """The path of one leaf: up to 16 nodes of 32 bytes, bottom to top, the Empty node all zero."""

    path: bytes

    def __post_init__(self) -> None:
        object.__setattr__(self, "path", bytes_of("path", self.path))
        if len(self.path) % DIGEST_SIZE:
            raise InvalidArgumentError(
                f"a path of {len(self.path)} bytes is no multiple of {DIGEST_SIZE}"
            )
        checked_int("path length", len(self), 0, MAX_PATH_LENGTH)

    def __len__(self) -> int:
        """Number of nodes."""
        return len(self.path) // DIGEST_SIZE

    def __iter__(self) -> Iterator[bytes]:
        """The nodes, bottom to top."""
        return iter(split_digests(self.path))

    def __bool__(self) -> bool:
        return True  # the proof of a tree's only leaf has no nodes and is a proof all the same

    def root(self, leaf: Buffer, leaf_index: int) -> bytes:
        """The root that `leaf` and this path give; VerificationError if no such leaf has a path."""
        leaf_index = checked_int("leaf index", leaf_index, 0, MAX_LEAVES - 1)
        if leaf_index >> len(self):
            raise VerificationError(
                f"leaf index {leaf_index} >= {1 << len(self)}, the leaves under {len(self)} levels"
            )
        return kernel.proof_roots([leaf], [leaf_index], self.path, len(self))

    def verify(
        self, root: bytes, leaf: Buffer, leaf_index: int, n_leaves: int | None = None
    ) -> None:
        """VerificationError unless `leaf` stands at `leaf_index` (of `n_leaves`) under `root`."""
        if n_leaves is not None and len(self) != path_length(n_leaves):
            expected = path_length(n_leaves)
            raise VerificationError(
                f"the path has {len(self)} nodes, not the {expected} of {n_leaves:,} leaves"
            )
        if n_leaves is not None and leaf_index >= n_leaves:
            raise VerificationError(f"leaf index {leaf_index} >= {n_leaves} leaves")
        if self.root(leaf, leaf_index) != root:
            raise VerificationError(
                f"the path does not lead from the leaf at {leaf_index} to the root"
            )

    def to_bcs(self) -> bytes:
        """BCS: the nodes, counted; a digest is 0x01 and its bytes, the Empty node 0x00."""
        nodes = [b"\x00" if node == EMPTY else b"\x01" + node for node in self]
        return bcs.uleb128(len(nodes)) + b"".join(nodes)

    @classmethod
    def from_bcs(cls, data: Buffer) -> Self:
        """The inverse of `to_bcs`; anything but its output is InvalidEncodingError."""
        reader = bcs.Reader("Merkle proof", data)
        proof = cls.read(reader)
        reader.finish()
        return proof

    @classmethod
    def read(cls, reader: bcs.Reader) -> Self:
        """The proof that a reader has come to."""
        if (n_nodes := reader.count(1)) > MAX_PATH_LENGTH:
            raise reader.fault(f"a Merkle path of {n_nodes} > {MAX_PATH_LENGTH} nodes")
        return cls(b"".join(_read_node(reader) for _ in range(n_nodes)))

    def __repr__(self) -> str:
        return f"MerkleProof({len(self)} nodes)"


def _read_node(reader: bcs.Reader) -> bytes:
    variant = reader.uleb128()
    if variant == NODE_EMPTY:
        return EMPTY
    if variant != NODE_DIGEST:
        raise reader.fault(f"node variant {variant} is not known")
    digest = bytes(reader.take(DIGEST_SIZE))
    if digest == EMPTY:  # the one value with two spellings; no leaf hashes to it
        raise reader.fault("32 zero bytes are spelled as the Empty node")
    return digest


@dataclass(frozen=True, slots=True, repr=False)
class MerkleTree:
    """All levels of a tree over `n_leaves` >= 1 leaves, leaf hashes first, 32 bytes a node."""

    n_leaves: int
    digests: bytes

    @classmethod
    def over(cls, leaves: Buffer, leaf_size: int) -> Self:
        """The tree over `leaves`, each of `leaf_size` bytes, at least one. InvalidArgumentError."""
        view = byte_view("leaves", leaves)
        checked_int("leaf_size", leaf_size, 1, max(view.nbytes, 1))
        n_leaves = checked_int("number of leaves", view.nbytes // leaf_size, 1, MAX_LEAVES)
        digests = tree_buffer(n_leaves)
        kernel.merkle_tree(view, leaf_size, digests)
        return cls(n_leaves, digests.finish())

    @property
    def root(self) -> bytes:
        return self.digests[-DIGEST_SIZE:]

    def proof(self, leaf_index: int) -> MerkleProof:
        """The path of one leaf. InvalidArgumentError if there is no such leaf."""
        index = checked_int("leaf index", leaf_index, 0, self.n_leaves - 1)
        path = []
        start, width = 0, self.n_leaves
        while width > 1:
            sibling = index ^ 1
            path.append(self._node(start + sibling) if sibling < width else EMPTY)
            start, width, index = start + width, (width + 1) // 2, index >> 1
        return MerkleProof(b"".join(path))

    def _node(self, position: int) -> bytes:
        return self.digests[position * DIGEST_SIZE : (position + 1) * DIGEST_SIZE]

    def __repr__(self) -> str:
        return f"MerkleTree({self.n_leaves:,} leaves)"


def tree_buffer(n_leaves: int) -> kernel.BytesBuffer:
    """Room for the kernel to write the digests of a tree to."""
    return kernel.BytesBuffer(kernel.tree_digests(n_leaves) * DIGEST_SIZE)
