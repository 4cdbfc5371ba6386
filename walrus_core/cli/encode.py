"""`walrus-core encode`: a file in, a directory of slivers out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import FILE, Command, n_shards, threads
from walrus_core.cli.files import rereadable_blob, shown
from walrus_core.cli.output import Report
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.quantities import count_text, duration_text, rate_text
from walrus_core.cli.summary import Stopwatch, blob_facts, blob_values, work_text, work_values
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.directory_sink import DirectorySink
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.progress import Progress
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.streaming import encode_into
from walrus_core.codec.threads import thread_count
from walrus_core.errors import DirectoryOccupiedError, StorageError, VerificationError

if TYPE_CHECKING:
    from walrus_core.codec.sources import BlobSource


@click.command("encode", cls=Command)
@click.argument("file", type=FILE, metavar="FILE")
@click.option(
    "--out",
    required=True,
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="Directory for the slivers; one that holds some of the same blob's is completed.",
)
@n_shards
@threads
def command(file: str, out: Path, n_shards: int, threads: int | None) -> Report:
    """Encode a blob and write its slivers to a directory.

    DIR receives metadata.bcs and the two slivers of each pair. If it holds the same blob, only what
    is missing or damaged is written; a directory that holds another blob is left alone (status 3).
    """
    n_threads = thread_count(threads)
    stopwatch = Stopwatch()
    sink = DirectorySink(out)
    with rereadable_blob(file, EncodingConfig(n_shards).max_blob_size) as blob:
        refuse_another_blobs(SliverDirectory(out), blob, n_shards, n_threads, stopwatch)
        metadata = encode_to(sink, blob, n_shards, n_threads, stopwatch)
    written = {"out": str(out), "writtenFiles": sink.n_written, "keptFiles": sink.n_kept}
    size = metadata.unencoded_length
    speed = rate_text(size, stopwatch.stages["encode"])
    facts = {
        "slivers": f"{count_text(2 * metadata.n_shards, 'sliver')} in {out}",
        "files": f"{sink.n_written:,} written, {sink.n_kept:,} already there",
        "time": f"{stopwatch.text} ({speed} encoded, {work_text(n_threads)})",
    }
    return Report(
        blob_values(metadata) | work_values(n_threads, stopwatch) | written,
        headline=f"{shown(file, 'standard input')} encoded in {duration_text(stopwatch.total)}",
        facts=blob_facts(metadata) | facts,
    )


def refuse_another_blobs(
    directory: SliverDirectory, blob: BlobSource, n_shards: int, threads: int, stopwatch: Stopwatch
) -> None:
    """DirectoryOccupiedError if the metadata there are another blob's.

    The sink would find out, too, but only once it has written all slivers aside.
    """
    try:
        found = directory.read_metadata().blob_id
    except (StorageError, VerificationError):
        return
    with stopwatch.stage("compare"), progress_bar("comparing", progress := Progress()):
        expected = compute_metadata(blob, n_shards, threads, progress=progress).blob_id
    if found != expected:
        raise DirectoryOccupiedError(str(directory.path), str(expected), str(found))


def encode_to(
    sink: DirectorySink, blob: BlobSource, n_shards: int, threads: int, stopwatch: Stopwatch
) -> VerifiedMetadata:
    """Encode a blob into a directory; returns its metadata."""
    with stopwatch.stage("encode"), progress_bar("encoding", progress := Progress()):
        return encode_into(blob, sink, n_shards, threads, progress=progress)
