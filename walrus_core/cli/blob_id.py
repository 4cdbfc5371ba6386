"""`walrus-core blob-id`: the names of blobs."""

from __future__ import annotations

import click

from walrus_core.cli.arguments import FILE, Command, n_shards, threads
from walrus_core.cli.files import blob_source
from walrus_core.cli.output import Report, Values
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.summary import Stopwatch, blob_values, work_values
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.progress import Progress
from walrus_core.codec.threads import thread_count


@click.command("blob-id", cls=Command)
@click.argument("files", type=FILE, metavar="FILE...", nargs=-1, required=True)
@n_shards
@threads
def command(files: tuple[str, ...], n_shards: int, threads: int | None) -> Report:
    """Print the blob ID of files.

    One line for each FILE: the blob ID, two spaces, the name. With --json, one FILE gives its
    numbers, several FILEs give {"blobs": [...]}.
    """
    n_threads = thread_count(threads)
    blobs = [describe(file, n_shards, n_threads) for file in files]
    lines = [f"{blob['blobId']}  {blob['file']}" for blob in blobs]
    return Report(blobs[0] if len(blobs) == 1 else {"blobs": blobs}, remarks=lines)


def describe(file: str, n_shards: int, threads: int) -> Values:
    """The numbers of the blob that a file holds."""
    stopwatch = Stopwatch()
    with stopwatch.stage("encode"), progress_bar(file, progress := Progress()):
        metadata = compute_metadata(blob_source(file), n_shards, threads, progress=progress)
    return {"file": file} | blob_values(metadata) | work_values(threads, stopwatch)
