"""`walrus-core encode`: a file in, a directory of slivers out."""

from __future__ import annotations

from pathlib import Path

import click

from walrus_core import kernel
from walrus_core.cli.arguments import FILE, Command, n_shards, threads
from walrus_core.cli.files import read_blob, shown
from walrus_core.cli.output import Report
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.cli.quantities import count_text, duration_text, rate_text
from walrus_core.cli.sliver_directory import SliverDirectory
from walrus_core.cli.summary import Stopwatch, blob_facts, blob_values, work_text, work_values
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.threads import thread_count


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
    with stopwatch.stage("read"):
        blob = read_blob(file, EncodingConfig(n_shards).max_blob_size)
    metadata, n_written = encode_into(SliverDirectory(out), blob, n_shards, n_threads, stopwatch)
    n_files = 2 * metadata.n_shards + 1
    written = {"out": str(out), "writtenFiles": n_written, "keptFiles": n_files - n_written}
    size = metadata.unencoded_length
    speed = rate_text(size, stopwatch.stages["encode"])
    facts = {
        "slivers": f"{count_text(2 * metadata.n_shards, 'sliver')} in {out}",
        "files": f"{n_written:,} written, {n_files - n_written:,} already there",
        "time": f"{stopwatch.text} ({speed} encoded, {work_text(n_threads)})",
    }
    return Report(
        blob_values(metadata) | work_values(n_threads, stopwatch) | written,
        headline=f"{shown(file, 'standard input')} encoded in {duration_text(stopwatch.total)}",
        facts=blob_facts(metadata) | facts,
    )


def encode_into(
    directory: SliverDirectory, blob: bytes, n_shards: int, threads: int, stopwatch: Stopwatch
) -> tuple[VerifiedMetadata, int]:
    """Encode a blob into a directory: its metadata, and how many files had to be written."""
    with stopwatch.stage("encode"), progress_bar("encoding", progress := kernel.Progress()):
        encoded = encode(blob, n_shards, threads, progress=progress)
    with stopwatch.stage("write"), progress_bar("writing", counter := Counter(2 * n_shards)):
        n_written = directory.complete(encoded, counter)
    return encoded.metadata, n_written
