"""`walrus-core decode`: a directory of slivers in, the blob out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import click

from walrus_core.cli.arguments import FILE, Command, sliver_directory, threads
from walrus_core.cli.files import STANDARD_STREAM, blob_target, check_writable, shown
from walrus_core.cli.inspection import Inspection, inspect, just_enough
from walrus_core.cli.output import CommandError, Printer, Report
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.quantities import duration_text
from walrus_core.cli.summary import Stopwatch, blob_facts, blob_values, work_text, work_values
from walrus_core.codec.decoder import ConsistencyCheck, decode_into
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.progress import Progress
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.threads import thread_count
from walrus_core.errors import InconsistentBlobError, NotEnoughSliversError, VerificationError
from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.codec.decoder import BlobTarget
    from walrus_core.codec.slivers import Sliver


@click.command("decode", cls=Command)
@sliver_directory
@click.option(
    "--out",
    required=True,
    type=FILE,
    metavar="FILE",
    help="Where the blob goes; - is standard output (the report then goes to standard error).",
)
@click.option(
    "--check",
    type=click.Choice(get_args(ConsistencyCheck)),
    default="default",
    show_default=True,
    help="skip: trust the blob's author. default: hash every source row. strict: encode again.",
)
@threads
@click.pass_obj
def command(
    printer: Printer, directory: Path, out: str, check: ConsistencyCheck, threads: int | None
) -> Report:
    """Reconstruct a blob from the slivers in a directory.

    Every sliver there is authenticated: those the blob came from by the blob itself, the others by
    their hashes. The bad ones are named and passed over; the blob comes from the good ones of
    either axis, if they are enough (else status 4).
    """
    printer.stdout_holds_blob = out == STANDARD_STREAM
    check_writable(out)
    n_threads = thread_count(threads)
    stopwatch = Stopwatch()
    slivers, target = SliverDirectory(directory), blob_target(out)
    metadata = slivers.read_metadata()
    with stopwatch.stage("decode"):
        used = attempt(slivers, metadata, target, check, n_threads)
    with stopwatch.stage("check"):
        inspection = inspect(slivers, metadata, n_threads, keep=not used, proven=used)
    if used:
        axis = used[0].axis
    else:
        with stopwatch.stage("decode"):
            axis = reconstruct(metadata, inspection, target, check, n_threads)
    values = {"axis": str(axis), "check": check, "out": out} | inspection.values()
    name = shown(out, "standard output")
    facts = {
        "time": f"{stopwatch.text} ({work_text(n_threads)})",
    }
    return Report(
        blob_values(metadata) | work_values(n_threads, stopwatch) | values,
        headline=f"{name}: the blob came back in {duration_text(stopwatch.total)}",
        facts=blob_facts(metadata) | inspection.facts | facts,
        remarks=inspection.remarks,
    )


def attempt(
    directory: SliverDirectory,
    metadata: VerifiedMetadata,
    target: BlobTarget,
    check: ConsistencyCheck,
    threads: int,
) -> list[Sliver]:
    """Write the blob from just enough slivers that look good, and tell which; none if there are not
    enough, or some are not good.

    A blob that is proven right proves them, too: others would have given another one. So in most
    directories nothing is read only to be authenticated before it is used.
    """
    slivers = just_enough(directory, metadata)
    try:
        if slivers:
            decode(metadata, slivers, target, check, threads)
    except (VerificationError, InconsistentBlobError):
        return []
    return slivers


def decode(
    metadata: VerifiedMetadata,
    slivers: Sequence[Sliver],
    target: BlobTarget,
    check: ConsistencyCheck,
    threads: int,
) -> None:
    with progress_bar("decoding", progress := Progress()):
        decode_into(metadata, slivers, target, check, threads, progress=progress)


def reconstruct(
    metadata: VerifiedMetadata,
    inspection: Inspection,
    target: BlobTarget,
    check: ConsistencyCheck,
    threads: int,
) -> Axis:
    """Write the blob; the axis of the slivers it came from. Errors name the bad slivers, too."""
    found = inspection.sufficient
    if found is None:
        nearest = min(inspection.axes, key=lambda axis: axis.needed - axis.n_good)
        shortage = NotEnoughSliversError(nearest.needed, nearest.n_good)
        values = {"axis": str(nearest.axis)} | inspection.values()
        raise CommandError(shortage, values, inspection.remarks)
    try:
        decode(metadata, found.kept, target, check, threads)
    except InconsistentBlobError as error:
        raise CommandError(error, inspection.values(), inspection.remarks) from error
    return found.axis
