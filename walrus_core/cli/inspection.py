"""What is good, bad and missing among the slivers of a directory."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial

from walrus_core.cli.output import Values
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.pipeline import one_ahead
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.slivers import Sliver, VerifiedSliver, check_slivers
from walrus_core.errors import VerificationError
from walrus_core.types import Axis, SliverPairIndex, sliver_to_pair

BATCH_SIZE = 32 << 20
"""Bytes of slivers checked at once, or more if that is not one for each thread."""

MAX_BATCH = 64

SCREENFUL = 20
"""Bad slivers that people are shown."""


@dataclass(frozen=True, slots=True)
class BadSliver:
    """A file that is not the sliver its name promises."""

    axis: Axis
    pair: int
    reason: str

    def values(self) -> Values:
        """For JSON."""
        return {"axis": str(self.axis), "pair": self.pair, "reason": self.reason}

    def __str__(self) -> str:
        return f"{self.axis}/{self.pair:05}.bcs: {self.reason}"


@dataclass(slots=True)
class AxisInspection:
    """How the slivers of one axis are; `kept` are good ones, source slivers first."""

    axis: Axis
    needed: int
    n_good: int = 0
    n_missing: int = 0
    bad: list[BadSliver] = field(default_factory=list)
    kept: list[VerifiedSliver] = field(default_factory=list)

    @property
    def suffices(self) -> bool:
        """Whether the good slivers reconstruct the blob."""
        return self.n_good >= self.needed

    @property
    def text(self) -> str:
        """The three counts."""
        return f"{self.n_good:,} good, {len(self.bad):,} bad, {self.n_missing:,} missing"


class Inspection:
    """Both axes, and what reports say about them."""

    def __init__(self, primary: AxisInspection, secondary: AxisInspection) -> None:
        self.axes = (primary, secondary)

    @property
    def bad(self) -> list[BadSliver]:
        """All bad slivers: the primary ones first, by pair."""
        return [sliver for axis in self.axes for sliver in sorted(axis.bad, key=_pair)]

    @property
    def sufficient(self) -> AxisInspection | None:
        """The axis to reconstruct the blob from; None if neither has enough good slivers."""
        return next((axis for axis in self.axes if axis.suffices), None)

    @property
    def remarks(self) -> list[str]:
        """A line for every bad sliver, up to a screenful."""
        return bad_lines(self.bad)

    @property
    def facts(self) -> dict[str, str]:
        """The counts of each axis."""
        return {f"{axis.axis} slivers": axis.text for axis in self.axes}

    def values(self) -> Values:
        """For JSON."""
        counts = {
            str(axis.axis): {
                "good": axis.n_good,
                "bad": len(axis.bad),
                "missing": axis.n_missing,
                "needed": axis.needed,
            }
            for axis in self.axes
        }
        return {
            "slivers": counts,
            "goodSlivers": sum(axis.n_good for axis in self.axes),
            "missingSlivers": sum(axis.n_missing for axis in self.axes),
            "badSlivers": [sliver.values() for sliver in self.bad],
        }


def bad_lines(slivers: list[BadSliver]) -> list[str]:
    """A line for every bad sliver, up to a screenful."""
    lines = [f"  bad: {sliver}" for sliver in slivers]
    if len(lines) > SCREENFUL:
        lines[SCREENFUL:] = [f"  ... and {len(lines) - SCREENFUL:,} more; --json names all"]
    return lines


def inspect(
    directory: SliverDirectory,
    metadata: VerifiedMetadata,
    threads: int,
    *,
    keep: bool = False,
    proven: Sequence[Sliver] = (),
) -> Inspection:
    """Authenticate every sliver that is there, but for those `proven` good.

    `keep`: keep what `Inspection.sufficient` reconstructs the blob from, and no more, mapped.
    """
    known = {axis: {each.index for each in proven if each.axis is axis} for axis in Axis}
    with progress_bar("checking slivers", counter := Counter(2 * metadata.n_shards)):
        first, second = (
            partial(_inspect_axis, directory, metadata, axis, threads, counter, known[axis])
            for axis in (Axis.PRIMARY, Axis.SECONDARY)
        )
        primary = first(keep)
        if not primary.suffices:
            primary.kept.clear()
        secondary = second(keep and not primary.suffices)
    return Inspection(primary, secondary)


def just_enough(directory: SliverDirectory, metadata: VerifiedMetadata) -> list[Sliver]:
    """As many slivers of one axis as reconstruct the blob if they are good, source slivers first,
    mapped; none if neither axis has so many that may be.
    """
    for axis in (Axis.PRIMARY, Axis.SECONDARY):
        found: list[Sliver] = []
        for index in range(metadata.n_shards):
            pair = sliver_to_pair(axis, index, metadata.n_shards)
            if isinstance(item := _load(directory, metadata, axis, pair, soon=False), Sliver):
                found.append(item)
            if len(found) == metadata.config.n_slivers_needed(axis):
                return found
    return []


def authenticate(
    directory: SliverDirectory,
    metadata: VerifiedMetadata,
    axis: Axis,
    threads: int,
    counter: Counter,
    known: Collection[int] = (),
) -> Iterator[VerifiedSliver | BadSliver | None]:
    """Each sliver of `axis`, in order of sliver index, but the `known`: itself if good; why not; or
    None if missing.

    A batch at a time, so that few files are mapped at once and threads have work; the next batch is
    on its way from the disk meanwhile.
    """
    n_shards = metadata.n_shards
    pairs = [sliver_to_pair(axis, i, n_shards) for i in range(n_shards) if i not in known]
    sliver_size = metadata.config.sliver_size(axis, metadata.unencoded_length)
    step = max(threads, min(BATCH_SIZE // sliver_size, MAX_BATCH))
    batches = (pairs[start : start + step] for start in range(0, len(pairs), step))
    for batch in one_ahead(partial(_load_all, directory, metadata, axis, some) for some in batches):
        slivers = [item for _, item in batch if isinstance(item, Sliver)]
        outcomes = iter(check_slivers(metadata, slivers, threads))
        for pair, item in batch:
            counter.done += 1
            if not isinstance(item, Sliver):
                yield item
            elif isinstance(outcome := next(outcomes), VerificationError):
                yield BadSliver(axis, pair, str(outcome))
            else:
                yield outcome


def _inspect_axis(
    directory: SliverDirectory,
    metadata: VerifiedMetadata,
    axis: Axis,
    threads: int,
    counter: Counter,
    known: Collection[int],
    keep: bool,
) -> AxisInspection:
    found = AxisInspection(axis, metadata.config.n_slivers_needed(axis), n_good=len(known))
    counter.done += len(known)
    for item in authenticate(directory, metadata, axis, threads, counter, known):
        if item is None:
            found.n_missing += 1
        elif isinstance(item, BadSliver):
            found.bad.append(item)
        else:
            found.n_good += 1
            if keep and len(found.kept) < found.needed:
                found.kept.append(item)
    return found


def _load_all(
    directory: SliverDirectory, metadata: VerifiedMetadata, axis: Axis, pairs: list[SliverPairIndex]
) -> list[tuple[SliverPairIndex, Sliver | BadSliver | None]]:
    return [(pair, _load(directory, metadata, axis, pair)) for pair in pairs]


def _load(
    directory: SliverDirectory,
    metadata: VerifiedMetadata,
    axis: Axis,
    pair: int,
    *,
    soon: bool = True,
) -> Sliver | BadSliver | None:
    try:
        return directory.read_sliver(metadata, axis, pair, soon=soon)
    except FileNotFoundError:
        return None
    except VerificationError as error:
        return BadSliver(axis, pair, str(error))
    except OSError as error:
        return BadSliver(axis, pair, error.strerror or str(error))


def _pair(sliver: BadSliver) -> int:
    return sliver.pair
