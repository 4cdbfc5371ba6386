"""Recovery symbols: what a sliver of one axis contributes to rebuilding one of the other.

Where a row and a column of the expanded matrix cross they share a symbol. So each sliver of one
axis holds, once extended, one symbol of each sliver of the other; with the Merkle path that shows
it in its own sliver it is a recovery symbol, and can be checked against metadata alone (spec,
chapters 1.4, 2 and 3).

Source: the sliver that the symbol is taken from. Target: the sliver to rebuild, of the other axis.
The axis of a recovery symbol is its target's; its index is its source's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self, overload

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.buffers import bytes_of
from walrus_core.codec.config import DEFAULT_SHARDS, MAX_SYMBOL_SIZE, EncodingConfig
from walrus_core.codec.merkle import (
    MerkleProof,
    MerkleTree,
    path_length,
    split_digests,
    tree_buffer,
)
from walrus_core.codec.metadata import VerifiedMetadata, require_verified
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    InvalidArgumentError,
    OperationCancelledError,
    VerificationError,
)
from walrus_core.types import U16_MAX, Axis, SliverIndex, checked_int, pair_to_sliver

if TYPE_CHECKING:
    from typing_extensions import Buffer

BYTES_AT_ONCE, SYMBOLS_AT_ONCE = 4 << 20, 4096
"""Symbols that are verified between two looks whether anybody still wants to know: so many bytes
of them, and no more than so many.
"""

LANES = 8
"""Symbols that the kernel hashes side by side."""


@dataclass(frozen=True, slots=True, repr=False)
class RecoverySymbol:
    """One symbol of a target sliver of `axis`, from the source sliver `index` of the other axis."""

    axis: Axis
    index: SliverIndex
    data: bytes
    proof: MerkleProof

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", Axis(self.axis))
        object.__setattr__(self, "index", checked_int("sliver index", self.index, 0, U16_MAX))
        object.__setattr__(self, "data", bytes_of("data", self.data))
        if len(self.data) % 2 or not 2 <= len(self.data) <= MAX_SYMBOL_SIZE:
            raise InvalidArgumentError(
                f"a symbol of {len(self.data):,} bytes; its size is even, 2..{MAX_SYMBOL_SIZE:,}"
            )

    def to_bcs(self) -> bytes:
        """BCS of RecoverySymbol: index u16, data with its length, proof; without the axis."""
        return bcs.u16(self.index) + bcs.byte_vector(self.data) + self.proof.to_bcs()

    @classmethod
    def from_bcs(cls, axis: Axis | str, data: Buffer) -> Self:
        """The inverse of `to_bcs`, for a target of this axis. InvalidEncodingError."""
        reader = bcs.Reader("recovery symbol", data)
        symbol = cls.read(axis, reader)
        reader.finish()
        return symbol

    @classmethod
    def read(cls, axis: Axis | str, reader: bcs.Reader) -> Self:
        """The RecoverySymbol that a reader has come to."""
        index, content, proof = reader.u16(), bytes(reader.byte_vector()), MerkleProof.read(reader)
        return reader.construct(cls, Axis(axis), SliverIndex(index), content, proof)

    def to_general_bcs(self, target_index: int) -> bytes:
        """BCS of GeneralRecoverySymbol: axis, index, data, the target's sliver index, proof."""
        target = checked_int("target sliver index", target_index, 0, U16_MAX)
        symbol = bcs.uleb128(self.axis.number) + bcs.u16(self.index) + bcs.byte_vector(self.data)
        return symbol + bcs.u16(target) + self.proof.to_bcs()

    @classmethod
    def from_general_bcs(cls, data: Buffer) -> tuple[Self, SliverIndex]:
        """The symbol and its target's sliver index; inverse of `to_general_bcs`."""
        reader = bcs.Reader("general recovery symbol", data)
        if (variant := reader.uleb128()) > 1:
            raise reader.fault(f"axis variant {variant} is not known")
        axis = Axis.SECONDARY if variant else Axis.PRIMARY
        index, content = SliverIndex(reader.u16()), bytes(reader.byte_vector())
        target, proof = SliverIndex(reader.u16()), MerkleProof.read(reader)
        reader.finish()
        return reader.construct(cls, axis, index, content, proof), target

    def __repr__(self) -> str:
        source = f"{self.axis.orthogonal} sliver {self.index}"
        return f"RecoverySymbol(for a {self.axis} sliver, from {source}, {len(self.data)} bytes)"


@dataclass(frozen=True, slots=True, repr=False)
class RecoverySymbols(Sequence[RecoverySymbol]):
    """What one source sliver contributes to those of the other axis; item p to pair p's.

    Symbols and proofs are cut out when asked for. `expanded`: the source sliver's n symbols, in
    order of the target's sliver index; `tree`: over them.
    """

    axis: Axis
    source_index: SliverIndex
    expanded: bytes
    tree: MerkleTree

    def __len__(self) -> int:
        return self.tree.n_leaves

    @overload
    def __getitem__(self, item: int) -> RecoverySymbol: ...
    @overload
    def __getitem__(self, item: slice) -> tuple[RecoverySymbol, ...]: ...
    def __getitem__(self, item: int | slice) -> RecoverySymbol | tuple[RecoverySymbol, ...]:
        if isinstance(item, slice):
            return tuple(self._for_pair(pair) for pair in range(len(self))[item])
        return self._for_pair(range(len(self))[item])

    def _for_pair(self, pair: int) -> RecoverySymbol:
        target = pair_to_sliver(self.axis, pair, len(self))
        size = len(self.expanded) // len(self)
        data = self.expanded[target * size : (target + 1) * size]
        return RecoverySymbol(self.axis, self.source_index, data, self.tree.proof(target))

    def __repr__(self) -> str:
        source = f"{self.axis.orthogonal} sliver {self.source_index}"
        return f"RecoverySymbols(for {len(self)} {self.axis} slivers, from {source})"


def recovery_symbols(sliver: Sliver, n_shards: int = DEFAULT_SHARDS) -> RecoverySymbols:
    """What `sliver` contributes to the sliver of the other axis in each pair, in pair order.

    InvalidArgumentError if the sliver does not fit `n_shards`. Nothing is verified: symbols of a
    sliver that is not authentic will not verify either.
    """
    config = EncodingConfig(n_shards)
    checked_int("sliver index", sliver.index, 0, config.n_shards - 1)
    if sliver.n_symbols != (expected := config.n_sliver_symbols(sliver.axis)):
        raise InvalidArgumentError(
            f"{sliver.n_symbols} symbols != {expected},"
            f" those of a {sliver.axis} sliver for n_shards = {config.n_shards}"
        )
    expanded = kernel.BytesBuffer(config.n_shards * sliver.symbol_size)
    digests = tree_buffer(config.n_shards)
    kernel.expand_sliver(sliver.data, config.n_shards, sliver.symbol_size, expanded, digests)
    tree = MerkleTree(config.n_shards, digests.finish())
    return RecoverySymbols(sliver.axis.orthogonal, sliver.index, expanded.finish(), tree)


def recovery_symbol(
    sliver: Sliver, target_pair: int, n_shards: int = DEFAULT_SHARDS
) -> RecoverySymbol:
    """What `sliver` contributes to the sliver of the other axis in `target_pair`.

    Costs as much as all of them: see `recovery_symbols`.
    """
    n_shards = EncodingConfig(n_shards).n_shards
    pair = checked_int("target sliver pair index", target_pair, 0, n_shards - 1)
    return recovery_symbols(sliver, n_shards)[pair]


def verify_recovery_symbol(
    metadata: VerifiedMetadata, symbol: RecoverySymbol, axis: Axis | str, target_pair: int
) -> RecoverySymbol:
    """`symbol`, if it belongs to the sliver of `axis` in `target_pair`; else VerificationError."""
    failures = symbol_failures(metadata, [symbol], axis, target_pair)
    if failures:
        raise VerificationError(failures[0])
    return symbol


def verify_recovery_symbols(
    metadata: VerifiedMetadata,
    symbols: Iterable[RecoverySymbol],
    axis: Axis | str,
    target_pair: int,
) -> list[RecoverySymbol]:
    """All `symbols`, if each belongs to the sliver of `axis` in `target_pair`.

    Otherwise VerificationError, whose `failures` names each bad one by position.
    """
    symbols = list(symbols)
    failures = symbol_failures(metadata, symbols, axis, target_pair)
    if failures:
        raise VerificationError.of_batch(failures, len(symbols), "symbols")
    return symbols


def symbol_failures(
    metadata: VerifiedMetadata,
    symbols: Sequence[RecoverySymbol],
    axis: Axis | str,
    target_pair: int,
    cancel: kernel.CancelToken | None = None,
) -> dict[int, str]:
    """Position and reason of each of `symbols` that does not belong to the target sliver, by
    position. OperationCancelledError.
    """
    require_verified(metadata)
    axis = Axis(axis)
    target = pair_to_sliver(axis, target_pair, metadata.n_shards)
    step = min(max(BYTES_AT_ONCE // metadata.symbol_size // LANES, 1) * LANES, SYMBOLS_AT_ONCE)
    failures: dict[int, str] = {}
    for start in range(0, len(symbols), step):
        if cancel is not None and cancel.cancelled:
            raise OperationCancelledError()
        some = dict(enumerate(symbols[start : start + step], start))
        failures |= _failures_among(metadata, some, axis, target)
    return failures


def _failures_among(
    metadata: VerifiedMetadata, symbols: Mapping[int, RecoverySymbol], axis: Axis, target: int
) -> dict[int, str]:
    """The same for those at these positions."""
    failures: dict[int, str] = {}
    candidates: dict[int, RecoverySymbol] = {}
    for position, symbol in symbols.items():
        if not isinstance(symbol, RecoverySymbol):
            raise InvalidArgumentError(
                f"item {position} is no RecoverySymbol but a {type(symbol).__name__}"
            )
        if (reason := _misfit(metadata, symbol, axis)) is not None:
            failures[position] = reason
        else:
            candidates[position] = symbol
    leaves = [symbol.data for symbol in candidates.values()]
    paths = b"".join(symbol.proof.path for symbol in candidates.values())
    roots = kernel.proof_roots(
        leaves, [target] * len(leaves), paths, path_length(metadata.n_shards)
    )
    for (position, symbol), root in zip(candidates.items(), split_digests(roots), strict=True):
        if root != metadata.sliver_hash(axis.orthogonal, symbol.index):
            failures[position] = (
                f"{_name(symbol)}: its path does not lead to the source sliver's hash"
            )
    return dict(sorted(failures.items()))


def _misfit(metadata: VerifiedMetadata, symbol: RecoverySymbol, axis: Axis) -> str | None:
    """Why a symbol cannot belong to a sliver of this blob and axis, judged by its numbers alone."""
    name, n_shards = _name(symbol), metadata.n_shards
    if symbol.axis is not axis:
        return f"{name}: for a {symbol.axis} sliver, not a {axis} one"
    if symbol.index >= n_shards:
        return f"{name}: index {symbol.index} >= {n_shards} shards"
    if len(symbol.data) != metadata.symbol_size:
        return f"{name}: {len(symbol.data)} bytes != {metadata.symbol_size}, the symbol size"
    if len(symbol.proof) != (length := path_length(n_shards)):
        return f"{name}: a path of {len(symbol.proof)} nodes != {length} for {n_shards} shards"
    return None


def _name(symbol: RecoverySymbol) -> str:
    return f"recovery symbol from {symbol.axis.orthogonal} sliver {symbol.index}"
