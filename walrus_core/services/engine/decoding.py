"""Slivers in, the blob out, once it is known to be right."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, Generic, TypeVar, cast

from walrus_core.codec.decoder import ConsistencyCheck, decode, decode_into
from walrus_core.codec.encoder import repair_columns_size
from walrus_core.codec.memory import CHUNK, LARGEST_ANONYMOUS
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.pipeline import LARGEST_WINDOW, N_WINDOWS
from walrus_core.codec.slivers import Sliver, check_slivers
from walrus_core.errors import InvalidArgumentError, NotEnoughSliversError, VerificationError
from walrus_core.services.engine.gathering import Table
from walrus_core.services.engine.intake import check_size, lane_for, lent
from walrus_core.services.engine.keeping import keeping, spare_size
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Cutter, Piece, Put
from walrus_core.services.engine.pool import Job, Pool
from walrus_core.services.spooling import spooling
from walrus_core.types import Axis

__all__ = ["decoded"]

P = TypeVar("P")


async def decoded(
    metadata: VerifiedMetadata,
    pieces: AsyncIterator[Piece],
    check: ConsistencyCheck,
    cutter: Cutter[P],
    pool: Pool,
    options: EngineOptions,
) -> AsyncIterator[P]:
    """The parcels of the blob, from the first slivers that begin, of one axis: just enough, and as
    many spare ones as may be bad (f), which are looked at only if one of the first is. Pieces of
    others are looked at and not kept. Errors as in `codec.decode`.
    """
    check_size(metadata.config, metadata.unencoded_length, options)
    lane = lane_for(metadata.config, metadata.unencoded_length, pool)
    first = await anext(pieces, None)
    if first is None:
        raise NotEnoughSliversError(metadata.config.n_slivers_needed(Axis.PRIMARY), 0)
    in_memory = metadata.config.padded_size(metadata.unencoded_length) <= options.in_memory
    memory, disk = _needs(metadata, first.axis, check, in_memory=in_memory)
    async with (
        lent(lane, memory + options.held, pool, disk),
        _gathered(metadata, first, pieces, pool, options) as slivers,
    ):
        work = _Work(metadata, slivers, check, cutter, in_memory, options.directory)
        async with pool.stream(lane, options.held, work.run) as parcels:
            while (parcel := await parcels.take()) is not None:
                yield parcel


def _needs(
    metadata: VerifiedMetadata, axis: Axis, check: ConsistencyCheck, *, in_memory: bool
) -> tuple[int, int]:
    """Bytes of buffers, and of temporary files."""
    config, size = metadata.config, metadata.unencoded_length
    # Enough slivers are as much as the padded blob that they make.
    both = 2 * config.padded_size(size) + spare_size(metadata, axis)
    memory, disk = (both, 0) if in_memory else (N_WINDOWS * LARGEST_WINDOW, both)
    if check != "strict":
        return memory, disk
    extension = repair_columns_size(config, size)  # it is encoded again
    if extension <= LARGEST_ANONYMOUS:
        return memory + extension, disk
    return memory, disk + extension


@asynccontextmanager
async def _gathered(
    metadata: VerifiedMetadata,
    first: Piece,
    rest: AsyncIterator[Piece],
    pool: Pool,
    options: EngineOptions,
) -> AsyncIterator[list[Sliver]]:
    """The slivers that are kept, at least enough, of which nothing is verified."""
    table, axis = Table(metadata), first.axis
    async with keeping(metadata, axis, pool, options) as kept:
        piece: Piece | None = first
        while piece is not None:
            if piece.axis is not axis:
                raise InvalidArgumentError(
                    "slivers of both axes; a blob is reconstructed from slivers of one"
                )
            await kept.add(table.add(piece), piece)
            piece = await anext(rest, None)
        table.finish()
        if len(table) < (needed := metadata.config.n_slivers_needed(axis)):
            raise NotEnoughSliversError(needed, len(table))
        yield await kept.finish()


@dataclass(frozen=True, slots=True)
class _Work(Generic[P]):
    """What is done in a thread."""

    metadata: VerifiedMetadata
    slivers: list[Sliver]
    check: ConsistencyCheck
    cutter: Cutter[P]
    in_memory: bool
    directory: Path | None

    def run(self, job: Job, put: Put[P]) -> None:
        """A blob that is proven right proves the slivers it was made of, so that none is verified
        before. If one of them is bad, the blob is made of those that are not, and of spare ones.
        """
        output = _Output(self.cutter, put)
        enough = self.metadata.config.n_slivers_needed(self.slivers[0].axis)
        try:
            self._decode(self.slivers[:enough], job, output)
            return
        except VerificationError as error:
            if len(self.slivers) == enough:
                raise
            failures = error.failures
        # Only here: the error knew all that the attempt had, as much as the next one needs.
        self._decode(self._good(enough, failures, job), job, output)

    def _good(self, enough: int, failures: Mapping[int, str], job: Job) -> list[Sliver]:
        """The slivers without the bad ones, of which those among the first are known;
        VerificationError, which tells of all, if too few are left.
        """
        spare = check_slivers(self.metadata, self.slivers[enough:], job.threads, job.cancel)
        bad = dict(failures) | {
            position: str(outcome)
            for position, outcome in enumerate(spare, enough)
            if isinstance(outcome, VerificationError)
        }
        if len(self.slivers) - len(bad) < enough:
            raise VerificationError.of_batch(bad, len(self.slivers), "slivers")
        return [sliver for at, sliver in enumerate(self.slivers) if at not in bad]

    def _decode(self, slivers: list[Sliver], job: Job, output: _Output[P]) -> None:
        """Nothing is put out before all of it is known to be right."""
        if self.in_memory:
            blob = decode(self.metadata, slivers, self.check, job.threads, job.cancel)
            for at in range(0, len(blob), CHUNK):
                output.write(memoryview(blob)[at : at + CHUNK])
        else:
            target = cast("BinaryIO", output)  # it is only written to
            with spooling(self.metadata.unencoded_length, self.directory):
                decode_into(
                    self.metadata,
                    slivers,
                    target,
                    self.check,
                    job.threads,
                    job.cancel,
                    work_directory=self.directory,
                )


class _Output(Generic[P]):
    """The stream that a blob is written to."""

    def __init__(self, cutter: Cutter[P], put: Put[P]) -> None:
        self._cutter = cutter
        self._put = put
        self._offset = 0

    def write(self, data: memoryview) -> int:
        self._put(*self._cutter(self._offset, data))
        self._offset += data.nbytes
        return data.nbytes

    def flush(self) -> None:
        """Everything is on its way."""
