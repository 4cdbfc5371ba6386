"""`walrus-core verify`: whether a directory, or a file, is what a blob ID commits to."""

from __future__ import annotations

from pathlib import Path

import click

from walrus_core.cli.arguments import FILE, BlobIdCommand, n_shards, threads
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.files import STANDARD_STREAM, blob_source
from walrus_core.cli.inspection import Inspection, inspect
from walrus_core.cli.output import Report
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.quantities import count_text, duration_text
from walrus_core.cli.summary import Stopwatch, blob_facts, blob_values, work_text, work_values
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.progress import Progress
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.threads import thread_count
from walrus_core.errors import StorageError, VerificationError
from walrus_core.types import BlobId


@click.command("verify", cls=BlobIdCommand)
@click.argument("path", type=FILE, metavar="DIR|FILE")
@click.argument("blob_id", required=False, metavar="[BLOB_ID]")
@n_shards
@threads
def command(path: str, blob_id: str | None, n_shards: int, threads: int | None) -> Report:
    """Check a directory of slivers, or a file against a blob ID.

    In a DIR the metadata and every sliver are checked; missing slivers are counted, but are no
    damage. With a BLOB_ID the DIR must be that blob's. A FILE is encoded, for --n-shards shards,
    and must give the BLOB_ID. Status 5 if anything is bad.
    """
    n_threads = thread_count(threads)
    expected = None if blob_id is None else BlobId.from_str(blob_id)
    if Path(path).is_dir():
        return verify_directory(SliverDirectory(Path(path)), expected, n_threads)
    if path != STANDARD_STREAM and not Path(path).exists():
        raise StorageError(path, "no such file or directory; check the path")
    if expected is None:
        raise click.UsageError(f"{path} is no directory; a file is verified against a BLOB_ID")
    return verify_file(path, expected, n_shards, n_threads)


def verify_file(path: str, expected: BlobId, n_shards: int, threads: int) -> Report:
    """Whether a file's content has the blob ID `expected`."""
    stopwatch = Stopwatch()
    with stopwatch.stage("encode"), progress_bar("encoding", progress := Progress()):
        metadata = compute_metadata(blob_source(path), n_shards, threads, progress=progress)
    return _against(metadata, expected, path, threads, stopwatch)


def verify_directory(directory: SliverDirectory, expected: BlobId | None, threads: int) -> Report:
    """Whether metadata and slivers are all right, and the blob the `expected` one."""
    stopwatch = Stopwatch()
    try:
        metadata = directory.read_metadata()
    except VerificationError as error:
        return Report(
            {"verified": False, "badMetadata": str(error), "badSlivers": []},
            headline=str(error),
            status=ExitStatus.DAMAGE_FOUND,
        )
    if expected not in (None, metadata.blob_id):
        return _against(metadata, expected, str(directory.path), threads, stopwatch)
    with stopwatch.stage("check"):
        inspection = inspect(directory, metadata, threads)
    return _inspected(metadata, inspection, str(directory.path), threads, stopwatch)


def _against(
    metadata: VerifiedMetadata, expected: BlobId, name: str, threads: int, stopwatch: Stopwatch
) -> Report:
    """Whether metadata that were computed, or found in a directory, have the `expected` blob ID."""
    verified = metadata.blob_id == expected
    values = {"verified": verified, "expectedBlobId": str(expected)}
    shards = f"{metadata.n_shards:,} shards"
    return Report(
        blob_values(metadata) | work_values(threads, stopwatch) | values,
        headline=f"{name} is {'' if verified else 'not '}blob {expected}",
        facts=blob_facts(metadata),
        remarks=[]
        if verified
        else [f"  Was it encoded for {shards}? Other numbers give other IDs."],
        status=ExitStatus.DONE if verified else ExitStatus.DAMAGE_FOUND,
    )


def _inspected(
    metadata: VerifiedMetadata,
    inspection: Inspection,
    name: str,
    threads: int,
    stopwatch: Stopwatch,
) -> Report:
    """What the inspection of a directory found."""
    bad = count_text(len(inspection.bad), "bad sliver")
    enough = inspection.sufficient is not None
    values = {"verified": not inspection.bad, "reconstructible": enough} | inspection.values()
    facts = {
        "reconstructible": "yes" if enough else "no: too few good slivers of either axis",
        "time": f"{duration_text(stopwatch.total)} ({work_text(threads)})",
    }
    return Report(
        blob_values(metadata) | work_values(threads, stopwatch) | values,
        headline=f"{name}: {bad if inspection.bad else 'every sliver that is there is good'}",
        facts=blob_facts(metadata) | inspection.facts | facts,
        remarks=inspection.remarks,
        status=ExitStatus.DAMAGE_FOUND if inspection.bad else ExitStatus.DONE,
    )
