"""`walrus-core recover`: a lost sliver, rebuilt from what the others know of it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import click

from walrus_core.cli.arguments import Command, sliver_directory, threads
from walrus_core.cli.inspection import BadSliver, authenticate, bad_lines
from walrus_core.cli.output import CommandError, Report, Values
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.cli.quantities import count_text, duration_text, size_text
from walrus_core.cli.summary import Stopwatch, blob_facts, blob_values, work_text, work_values
from walrus_core.codec.files import write_whole
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.recovery import InconsistencyProof, recover_sliver
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbol
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InconsistentBlobError, NotEnoughSymbolsError
from walrus_core.types import Axis, pair_to_sliver


@dataclass(frozen=True, slots=True)
class Sources:
    """Recovery symbols for one sliver, one from each good source, and the sources that were bad."""

    symbols: list[RecoverySymbol]
    bad: list[BadSliver]

    def values(self) -> Values:
        """For JSON."""
        bad = [sliver.values() for sliver in self.bad]
        return {"sourceSlivers": len(self.symbols), "badSlivers": bad}


@click.command("recover", cls=Command)
@sliver_directory
@click.option("--pair", required=True, type=int, metavar="P", help="Sliver pair of the sliver.")
@click.option(
    "--axis",
    required=True,
    type=click.Choice([str(axis) for axis in Axis]),
    help="Which of the pair's two slivers.",
)
@threads
def command(directory: Path, pair: int, axis: str, threads: int | None) -> Report:
    """Rebuild a lost sliver from the others.

    Each sliver of the other axis gives one recovery symbol; enough of them (667 for a primary
    sliver of 1000 shards, 334 for a secondary one) give the sliver, which is written to its place.
    If the blob's author encoded it inconsistently, the proof of that is written instead (status 4).
    """
    n_threads = thread_count(threads)
    stopwatch = Stopwatch()
    slivers = SliverDirectory(directory)
    metadata = slivers.read_metadata()
    pair_to_sliver(axis, pair, metadata.n_shards)  # complains about a pair that is none
    with stopwatch.stage("gather"):
        sources = gather(slivers, metadata, Axis(axis), pair, n_threads)
    with stopwatch.stage("recover"):
        sliver = rebuild(slivers, metadata, Axis(axis), pair, sources)
    with stopwatch.stage("write"):
        path = slivers.write_sliver(metadata, sliver)
    size = path.stat().st_size
    values = {"axis": axis, "pair": pair, "out": str(path), "size": size} | sources.values()
    facts = {
        "sliver": f"{axis} sliver {sliver.index} of pair {pair}, {size_text(size)}",
        "rebuilt from": count_text(len(sources.symbols), "recovery symbol"),
        "time": f"{stopwatch.text} ({work_text(n_threads)})",
    }
    return Report(
        blob_values(metadata) | work_values(n_threads, stopwatch) | values,
        headline=f"{path} rebuilt in {duration_text(stopwatch.total)}",
        facts=blob_facts(metadata) | facts,
        remarks=bad_lines(sources.bad),
    )


def gather(
    directory: SliverDirectory, metadata: VerifiedMetadata, axis: Axis, pair: int, threads: int
) -> Sources:
    """A recovery symbol from each good sliver of the other axis, until they are enough.

    Slivers are read in batches; what is kept are single symbols. NotEnoughSymbolsError in a
    CommandError.
    """
    needed = metadata.config.n_sliver_symbols(axis)
    sources = Sources([], [])
    counter = Counter(metadata.n_shards)
    with progress_bar("gathering recovery symbols", counter):
        for item in authenticate(directory, metadata, axis.orthogonal, threads, counter):
            if isinstance(item, BadSliver):
                sources.bad.append(item)
            elif item is not None:
                sources.symbols.append(recovery_symbol(item, pair, metadata.n_shards))
                if len(sources.symbols) == needed:
                    return sources
    shortage = NotEnoughSymbolsError(needed, len(sources.symbols))
    raise CommandError(shortage, sources.values(), bad_lines(sources.bad))


def rebuild(
    directory: SliverDirectory, metadata: VerifiedMetadata, axis: Axis, pair: int, sources: Sources
) -> VerifiedSliver:
    """The sliver; for an inconsistent blob, CommandError that tells where the proof is."""
    try:
        return recover_sliver(metadata, axis, pair, sources.symbols)
    except InconsistentBlobError as error:
        proof: InconsistencyProof = error.proof
        path = directory.inconsistency_proof_path(axis, pair)
        write_whole(path, proof.to_bcs())
        values = {"axis": str(axis), "pair": pair, "proofFile": str(path)} | sources.values()
        told = f"  {path} proves it to anybody who has the metadata"
        remarks = [*bad_lines(sources.bad), told]
        raise CommandError(error, values, remarks) from error
