"""Reconstruction: enough slivers of one axis in, the blob out (spec, chapters 1.4 and 1.6)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, get_args

from walrus_core import kernel
from walrus_core.codec.buffers import BytesBuffer
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.merkle import split_digests
from walrus_core.codec.metadata import VerifiedMetadata, require_verified
from walrus_core.codec.slivers import Sliver, VerifiedSliver, check_slivers, require_all_verified
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InconsistentBlobError, InvalidArgumentError, NotEnoughSliversError
from walrus_core.types import Axis

ConsistencyCheck = Literal["skip", "default", "strict"]
"""What `decode` does about blobs that their author encoded inconsistently."""


def decode(
    metadata: VerifiedMetadata,
    slivers: Iterable[Sliver],
    check: ConsistencyCheck = "default",
    threads: int | None = None,
    cancel: kernel.CancelToken | None = None,
    progress: kernel.Progress | None = None,
) -> bytes:
    """The blob from at least k1 primary or k2 secondary `slivers`, all of one axis, in any order.

    Just enough of them are used, source slivers first and then as given; the others are ignored.
    Those used are authenticated unless they are VerifiedSlivers of this blob. Authentic slivers can
    still belong to no one blob if its author encoded it inconsistently; `check` says what is done
    about it:

    * "skip": nothing. Different slivers may then give different blobs.
    * "default": each of the k1 source rows that was not verified as a sliver is hashed and
      compared. Whatever slivers are used, the result is the same blob or an error.
    * "strict": the blob is encoded again, and must give the blob ID. This also rejects padding that
      is not zero.

    InvalidArgumentError for mixed axes and duplicates, NotEnoughSliversError, VerificationError for
    a sliver that is not authentic (`failures` names the bad ones by position),
    InconsistentBlobError, OutOfMemoryError.
    """
    require_verified(metadata)
    if check not in get_args(ConsistencyCheck):
        raise InvalidArgumentError(
            f"check must be one of {get_args(ConsistencyCheck)}, not {check!r}"
        )
    n_threads = thread_count(threads)
    chosen = _choose(metadata, slivers)
    outcomes = check_slivers(metadata, chosen.values(), n_threads, cancel)
    verified = require_all_verified(dict(zip(chosen, outcomes, strict=True)))
    buffer = BytesBuffer(metadata.config.padded_size(metadata.unencoded_length))
    _reconstruct(metadata, verified, buffer.view, n_threads, cancel, progress)
    if check == "default":
        _check_source_rows(
            metadata, buffer.view, _unverified_rows(metadata, verified), n_threads, cancel
        )
    blob = buffer.finish(metadata.unencoded_length)
    if check == "strict":
        _check_blob_id(metadata, blob, n_threads, cancel)
    return blob


def _choose(metadata: VerifiedMetadata, slivers: Iterable[Sliver]) -> dict[int, Sliver]:
    """Just enough of the slivers, by position: distinct, of one axis, source slivers first."""
    slivers = list(slivers)
    axes: set[Axis] = set()
    indices: set[int] = set()
    for position, sliver in enumerate(slivers):
        if not isinstance(sliver, Sliver):
            raise InvalidArgumentError(
                f"item {position} is no Sliver but a {type(sliver).__name__}"
            )
        if sliver.index in indices and sliver.axis in axes:
            raise InvalidArgumentError(f"{sliver.axis} sliver {sliver.index} is given twice")
        axes.add(sliver.axis)
        indices.add(sliver.index)
    if len(axes) > 1:
        raise InvalidArgumentError(
            "slivers of both axes; a blob is reconstructed from slivers of one"
        )
    needed = metadata.config.n_slivers_needed(axes.pop() if axes else Axis.PRIMARY)
    if len(slivers) < needed:
        raise NotEnoughSliversError(needed, len(slivers))
    positions = sorted(range(len(slivers)), key=lambda position: slivers[position].index >= needed)
    return {position: slivers[position] for position in positions[:needed]}


def _unverified_rows(metadata: VerifiedMetadata, slivers: list[VerifiedSliver]) -> list[int]:
    """The source rows that are not among these slivers."""
    verified = {sliver.index for sliver in slivers if sliver.axis is Axis.PRIMARY}
    return [row for row in range(metadata.config.n_primary_source_symbols) if row not in verified]


def _reconstruct(
    metadata: VerifiedMetadata,
    slivers: list[VerifiedSliver],
    padded_blob: memoryview,
    threads: int,
    cancel: kernel.CancelToken | None,
    progress: kernel.Progress | None,
) -> None:
    kernel.reconstruct(
        [sliver.data for sliver in slivers],
        [sliver.index for sliver in slivers],
        slivers[0].axis.number,
        metadata.n_shards,
        metadata.config.n_primary_source_symbols,
        metadata.config.n_secondary_source_symbols,
        metadata.symbol_size,
        padded_blob,
        threads,
        cancel,
        progress,
    )


def _check_source_rows(
    metadata: VerifiedMetadata,
    padded_blob: memoryview,
    rows: list[int],
    threads: int,
    cancel: kernel.CancelToken | None,
) -> None:
    """InconsistentBlobError unless these rows of the padded blob have their committed hashes."""
    if not rows:
        return
    size = metadata.config.sliver_size(Axis.PRIMARY, metadata.unencoded_length)
    views = [padded_blob[row * size : (row + 1) * size] for row in rows]
    roots = kernel.sliver_roots(views, metadata.n_shards, metadata.symbol_size, threads, cancel)
    for row, root in zip(rows, split_digests(roots), strict=True):
        if root != metadata.sliver_hash(Axis.PRIMARY, row):
            raise InconsistentBlobError(
                f"blob {metadata.blob_id} was encoded inconsistently: primary sliver {row},"
                " reconstructed from authentic slivers, does not have the hash in the metadata"
            )


def _check_blob_id(
    metadata: VerifiedMetadata, blob: bytes, threads: int, cancel: kernel.CancelToken | None
) -> None:
    """InconsistentBlobError unless `blob` encodes to the blob ID."""
    blob_id = compute_metadata(blob, metadata.n_shards, threads, cancel).blob_id
    if blob_id != metadata.blob_id:
        raise InconsistentBlobError(
            f"blob {metadata.blob_id} was encoded inconsistently:"
            f" what its slivers give encodes to blob {blob_id}"
        )
