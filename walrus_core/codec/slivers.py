"""Slivers: rows and columns of a blob's source symbols, and their verification.

A sliver's hash is the Merkle root over the n symbols that its source symbols extend to, so
verifying one means extending it again (spec, chapters 1.4, 2 and 3).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

from walrus_core import kernel
from walrus_core.codec import bcs
from walrus_core.codec.buffers import stable_view
from walrus_core.codec.config import MAX_SYMBOL_SIZE
from walrus_core.codec.merkle import split_digests
from walrus_core.codec.metadata import VerifiedMetadata, require_verified
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InvalidArgumentError, VerificationError
from walrus_core.types import U16_MAX, Axis, BlobId, SliverIndex, SliverPairIndex, checked_int

if TYPE_CHECKING:
    from typing_extensions import Buffer

HASHED_PREFIX = 64
"""Bytes of the data that a sliver's `hash()` looks at; its equality looks at all."""


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class Sliver:
    """A primary sliver (k2 symbols of one row) or a secondary one (k1 symbols of one column).

    `index` counts on the sliver's own axis; `symbol_size` is even, 2..65,534; `data` is a read-only
    view, of the `bytes` or the mapped file (`map_file`) given, or of a copy of any other buffer.
    Slivers are equal if these four are, verified or not.
    """

    axis: Axis
    index: SliverIndex
    symbol_size: int
    data: memoryview

    def __init__(self, axis: Axis | str, index: int, symbol_size: int, data: Buffer) -> None:
        """InvalidArgumentError unless data are whole symbols of a possible size."""
        content = stable_view("data", data)
        symbol_size = checked_int("symbol_size", symbol_size, 2, MAX_SYMBOL_SIZE)
        if symbol_size % 2:
            raise InvalidArgumentError(
                f"symbol_size = {symbol_size} is odd; symbols consist of two-byte elements"
            )
        if content.nbytes == 0 or content.nbytes % symbol_size:
            raise InvalidArgumentError(
                f"{content.nbytes:,} bytes are not one or more symbols of {symbol_size} bytes"
            )
        object.__setattr__(self, "axis", Axis(axis))
        object.__setattr__(self, "index", checked_int("sliver index", index, 0, U16_MAX))
        object.__setattr__(self, "symbol_size", symbol_size)
        object.__setattr__(self, "data", content)

    @property
    def n_symbols(self) -> int:
        return self.data.nbytes // self.symbol_size

    def to_bcs(self) -> bytes:
        """BCS of SliverData: data with its length, symbol size u16, index u16; without the axis."""
        head, tail = sliver_frame(self.data.nbytes, self.symbol_size, self.index)
        return b"".join([head, self.data, tail])

    @staticmethod
    def from_bcs(axis: Axis | str, data: Buffer) -> Sliver:
        """The inverse of `to_bcs`, for a sliver of this axis. InvalidEncodingError.

        The sliver's data is a view of `data` if that is `bytes` or a mapped file, else of a copy.
        """
        axis = Axis(axis)
        reader = bcs.Reader(f"{axis} sliver", data)
        content, symbol_size, index = reader.byte_vector(), reader.u16(), reader.u16()
        reader.finish()
        return reader.construct(Sliver, axis, index, symbol_size, content)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Sliver):
            return NotImplemented
        return self._key() == other._key() and self.data == other.data

    def __hash__(self) -> int:
        return hash((self._key(), bytes(self.data[:HASHED_PREFIX])))

    def _key(self) -> tuple[Axis, int, int]:
        return self.axis, self.index, self.symbol_size

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Any, ...]]:
        return type(self), (*self._key(), bytes(self.data))

    def __repr__(self) -> str:
        content = f"{self.n_symbols} x {self.symbol_size} bytes"
        return f"{type(self).__name__}({self.axis} {self.index}, {content})"


@dataclass(frozen=True, slots=True, init=False, eq=False, repr=False)
class VerifiedSliver(Sliver):
    """A sliver known to be the one that `blob_id` commits to.

    Comes from `verify_sliver`, encoding and recovery. The constructor trusts its caller: it checks
    nothing, and references `data`, which must not change any more.
    """

    blob_id: BlobId

    def __init__(
        self, axis: Axis, index: int, symbol_size: int, data: Buffer, blob_id: BlobId
    ) -> None:
        object.__setattr__(self, "axis", axis)
        object.__setattr__(self, "index", index)
        object.__setattr__(self, "symbol_size", symbol_size)
        object.__setattr__(self, "data", memoryview(data).toreadonly())
        object.__setattr__(self, "blob_id", blob_id)

    def __reduce__(self) -> tuple[Callable[..., Self], tuple[Any, ...]]:
        return type(self), (*self._key(), bytes(self.data), self.blob_id)


@dataclass(frozen=True, slots=True)
class SliverPair:
    """What one shard holds of a blob: primary sliver `index`, secondary sliver n-1-`index`."""

    index: SliverPairIndex
    primary: VerifiedSliver
    secondary: VerifiedSliver


def sliver_frame(size: int, symbol_size: int, index: int) -> tuple[bytes, bytes]:
    """What stands before and after `size` bytes of a sliver's data in its BCS."""
    return bcs.uleb128(size), bcs.u16(symbol_size) + bcs.u16(index)


def verify_sliver(metadata: VerifiedMetadata, sliver: Sliver) -> VerifiedSliver:
    """`sliver` as a VerifiedSliver; VerificationError if it is not one of this blob's."""
    (outcome,) = check_slivers(metadata, [sliver], threads=1)
    if isinstance(outcome, VerificationError):
        raise outcome
    return outcome


def verify_slivers(
    metadata: VerifiedMetadata,
    slivers: Iterable[Sliver],
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
) -> list[VerifiedSliver]:
    """All `slivers`, of either axis, as VerifiedSlivers in the same order; faster than one by one.

    VerificationError if any is bad; its `failures` names each bad one by position.
    """
    outcomes = check_slivers(metadata, slivers, threads, cancel)
    return require_all_verified(dict(enumerate(outcomes)))


def check_slivers(
    metadata: VerifiedMetadata,
    slivers: Iterable[Sliver],
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
) -> list[VerifiedSliver | VerificationError]:
    """For each of `slivers`, in order: the VerifiedSliver, or what is wrong with it.

    For readers that go on with the good ones. A sliver verified for this blob before costs nothing.
    """
    require_verified(metadata)
    slivers = list(slivers)
    outcomes: dict[int, VerifiedSliver | VerificationError] = {}
    candidates: dict[Axis, dict[int, Sliver]] = {}
    for position, sliver in enumerate(slivers):
        if not isinstance(sliver, Sliver):
            raise InvalidArgumentError(
                f"item {position} is no Sliver but a {type(sliver).__name__}"
            )
        if isinstance(sliver, VerifiedSliver) and sliver.blob_id == metadata.blob_id:
            outcomes[position] = sliver
        elif (reason := _misfit(metadata, sliver)) is not None:
            outcomes[position] = VerificationError(reason)
        else:
            candidates.setdefault(sliver.axis, {})[position] = sliver
    for axis, group in candidates.items():
        outcomes |= _check_hashes(metadata, axis, group, thread_count(threads), cancel)
    return [outcomes[position] for position in range(len(slivers))]


def require_all_verified(
    outcomes: Mapping[int, VerifiedSliver | VerificationError],
) -> list[VerifiedSliver]:
    """The slivers, if all are verified; errors name bad ones by the mapping's keys."""
    failures = {
        position: str(outcome)
        for position, outcome in outcomes.items()
        if isinstance(outcome, Exception)
    }
    if failures:
        raise VerificationError.of_batch(failures, len(outcomes), "slivers")
    return [outcome for outcome in outcomes.values() if isinstance(outcome, VerifiedSliver)]


def require_all_fitting(metadata: VerifiedMetadata, slivers: Mapping[int, Sliver]) -> None:
    """VerificationError unless all can be of this blob, judged by their numbers alone; it names bad
    ones by the mapping's keys.
    """
    reasons = {position: _misfit(metadata, sliver) for position, sliver in slivers.items()}
    if failures := {position: reason for position, reason in reasons.items() if reason}:
        raise VerificationError.of_batch(failures, len(slivers), "slivers")


def _misfit(metadata: VerifiedMetadata, sliver: Sliver) -> str | None:
    """Why a sliver cannot be of this blob, judged by its numbers alone."""
    n_shards, symbol_size = metadata.n_shards, metadata.symbol_size
    n_symbols = metadata.config.n_sliver_symbols(sliver.axis)
    if sliver.index >= n_shards:
        reason = f"index {sliver.index} >= {n_shards} shards"
    elif sliver.symbol_size != symbol_size:
        reason = f"symbol size {sliver.symbol_size} != {symbol_size} of the blob"
    elif sliver.n_symbols != n_symbols:
        reason = f"{sliver.n_symbols} symbols != {n_symbols} of a {sliver.axis} sliver"
    else:
        return None
    return f"{sliver.axis} sliver {sliver.index}: {reason}"


def _check_hashes(
    metadata: VerifiedMetadata,
    axis: Axis,
    slivers: dict[int, Sliver],
    threads: int,
    cancel: kernel.CancelToken | None,
) -> dict[int, VerifiedSliver | VerificationError]:
    """The outcome for each of some well-formed slivers of one axis, by the same keys."""
    views = [sliver.data for sliver in slivers.values()]
    roots = kernel.sliver_roots(views, metadata.n_shards, metadata.symbol_size, threads, cancel)
    outcomes: dict[int, VerifiedSliver | VerificationError] = {}
    for (position, sliver), root in zip(slivers.items(), split_digests(roots), strict=True):
        if root == metadata.sliver_hash(axis, sliver.index):
            outcomes[position] = VerifiedSliver(
                axis, sliver.index, sliver.symbol_size, sliver.data, metadata.blob_id
            )
        else:
            outcomes[position] = VerificationError(
                f"{axis} sliver {sliver.index}: its hash is not the metadata's"
            )
    return outcomes
