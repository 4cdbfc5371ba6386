"""Recovery: a lost sliver from recovery symbols, or the proof that the blob is inconsistent.

A primary sliver is rebuilt from k2 symbols, a secondary one from k1 (spec, chapter 1.4). Each is
authentic by its own Merkle path; if what they decode to does not have the hash in the metadata,
then no blob has these metadata, and the symbols themselves prove it to anybody who has the metadata
(chapter 3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import TYPE_CHECKING, Self

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.metadata import VerifiedMetadata, require_verified
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol, symbol_failures
from walrus_core.errors import (
    InconsistentBlobError,
    InvalidArgumentError,
    NotEnoughSymbolsError,
    VerificationError,
)
from walrus_core.types import (
    U16_MAX,
    Axis,
    SliverIndex,
    checked_int,
    pair_to_sliver,
    sliver_to_pair,
)

if TYPE_CHECKING:
    from typing_extensions import Buffer

MIN_SYMBOL_BCS = 6
"""Bytes of the shortest RecoverySymbol: index, one element with its length, an empty path."""


@dataclass(frozen=True, slots=True, repr=False)
class InconsistencyProof:
    """Evidence that a blob was encoded inconsistently: valid recovery symbols of the sliver
    `target_index` of `axis` that do not decode to the sliver that the metadata commit to. Only
    `verify` tells whether it is true.
    """

    axis: Axis
    target_index: SliverIndex
    symbols: tuple[RecoverySymbol, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "axis", Axis(self.axis))
        index = checked_int("target sliver index", self.target_index, 0, U16_MAX)
        object.__setattr__(self, "target_index", index)
        object.__setattr__(self, "symbols", tuple(self.symbols))
        for symbol in self.symbols:
            if symbol.axis is not self.axis:
                raise InvalidArgumentError(
                    f"a symbol for a {symbol.axis} sliver in a proof about a {self.axis} one"
                )

    def verify(self, metadata: VerifiedMetadata) -> None:
        """Return if the blob is proven inconsistent; VerificationError if it is not.

        It does if there are exactly as many symbols as the target needs, distinct and valid, and
        the sliver they decode to has another hash than the metadata.
        """
        require_verified(metadata)
        if self.target_index >= metadata.n_shards:
            raise VerificationError(
                f"target sliver index {self.target_index} >= {metadata.n_shards} shards"
            )
        needed = metadata.config.n_sliver_symbols(self.axis)
        if len(self.symbols) != needed:
            raise VerificationError(
                f"{len(self.symbols)} symbols != {needed}, what a {self.axis} sliver needs"
            )
        if len({symbol.index for symbol in self.symbols}) != needed:
            raise VerificationError("two symbols come from the same sliver")
        target_pair = sliver_to_pair(self.axis, self.target_index, metadata.n_shards)
        if failures := symbol_failures(metadata, self.symbols, self.axis, target_pair):
            raise VerificationError(next(iter(failures.values())), failures)
        _, sliver_hash = _decode_sliver(metadata, self.axis, self.symbols)
        if sliver_hash == metadata.sliver_hash(self.axis, self.target_index):
            raise VerificationError(
                f"the symbols decode to {self.axis} sliver {self.target_index} as the metadata"
                " have it: they prove no inconsistency"
            )

    def to_bcs(self) -> bytes:
        """BCS: the target's index u16, then the RecoverySymbols, counted; the axis is not in it."""
        head = bcs.u16(self.target_index) + bcs.uleb128(len(self.symbols))
        return head + b"".join(symbol.to_bcs() for symbol in self.symbols)

    @classmethod
    def from_bcs(cls, axis: Axis | str, data: Buffer) -> Self:
        """The inverse of `to_bcs`, for a target of this axis. InvalidEncodingError."""
        reader = bcs.Reader("inconsistency proof", data)
        target_index = reader.u16()
        symbols = tuple(
            RecoverySymbol.read(axis, reader) for _ in range(reader.count(MIN_SYMBOL_BCS))
        )
        reader.finish()
        return cls(Axis(axis), SliverIndex(target_index), symbols)

    def __repr__(self) -> str:
        target = f"{self.axis} sliver {self.target_index}"
        return f"InconsistencyProof({target}, {len(self.symbols)} symbols)"


def recover_sliver(
    metadata: VerifiedMetadata,
    axis: Axis | str,
    target_pair: int,
    symbols: Iterable[RecoverySymbol],
    cancel: kernel.CancelToken | None = None,
) -> VerifiedSliver:
    """The sliver of `axis` in `target_pair`, from k2 (primary) or k1 (secondary) symbols.

    Every symbol is verified before use. Those that are bad, or repeat another's source, are passed
    over, so that a lying peer cannot stop a recovery that has enough others; no more are looked at
    than needed.

    NotEnoughSymbolsError if too few are good (its `__cause__` then is a VerificationError that
    names the bad ones by position); InconsistentBlobError, with a `proof`, if they decode to
    another sliver than the committed one; OperationCancelledError within 50 ms of `cancel`.
    """
    require_verified(metadata)
    axis = Axis(axis)
    target = pair_to_sliver(axis, target_pair, metadata.n_shards)
    valid = _enough_valid(metadata, axis, target_pair, symbols, cancel)
    data, sliver_hash = _decode_sliver(metadata, axis, valid, cancel)
    if sliver_hash != metadata.sliver_hash(axis, target):
        raise InconsistentBlobError(
            f"blob {metadata.blob_id} was encoded inconsistently: valid recovery symbols of"
            f" {axis} sliver {target} decode to a sliver with another hash than the metadata",
            InconsistencyProof(axis, target, tuple(valid)),
        )
    return VerifiedSliver(axis, target, metadata.symbol_size, data, metadata.blob_id)


def _enough_valid(
    metadata: VerifiedMetadata,
    axis: Axis,
    target_pair: int,
    symbols: Iterable[RecoverySymbol],
    cancel: kernel.CancelToken | None,
) -> list[RecoverySymbol]:
    """The first valid symbols of distinct sources, exactly as many as the target needs."""
    needed = metadata.config.n_sliver_symbols(axis)
    remaining = iter(symbols)
    valid: dict[int, RecoverySymbol] = {}
    failures: dict[int, str] = {}
    n_seen = 0
    while len(valid) < needed:
        batch = list(islice(remaining, needed - len(valid)))
        if not batch:
            cause = VerificationError.of_batch(failures, n_seen, "symbols") if failures else None
            raise NotEnoughSymbolsError(needed, len(valid)) from cause
        batch_failures = symbol_failures(metadata, batch, axis, target_pair, cancel)
        failures |= {n_seen + i: reason for i, reason in batch_failures.items()}
        for i, symbol in enumerate(batch):
            if i not in batch_failures:
                valid.setdefault(symbol.index, symbol)
        n_seen += len(batch)
    return list(valid.values())


def _decode_sliver(
    metadata: VerifiedMetadata,
    axis: Axis,
    symbols: Sequence[RecoverySymbol],
    cancel: kernel.CancelToken | None = None,
) -> tuple[bytes, bytes]:
    """Data and hash of the sliver that exactly enough valid, distinct symbols decode to."""
    n_source = metadata.config.n_sliver_symbols(axis)
    data = kernel.BytesBuffer(n_source * metadata.symbol_size)
    kernel.decode_symbols(
        [symbol.data for symbol in symbols],
        [symbol.index for symbol in symbols],
        n_source,
        metadata.n_shards,
        metadata.symbol_size,
        data,
        cancel,
    )
    sliver = data.finish()
    return sliver, kernel.sliver_roots(
        [sliver], metadata.n_shards, metadata.symbol_size, cancel=cancel
    )
