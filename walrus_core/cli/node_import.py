"""`walrus-core node import`: what another node's disk held, into this one's."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import BinaryIO

import click

from walrus_core.cli.arguments import FILE, Command
from walrus_core.cli.files import STANDARD_STREAM, shown
from walrus_core.cli.node_options import config_option, read_config, stopped_store
from walrus_core.cli.output import Report
from walrus_core.cli.quantities import count_text


@click.command("import", cls=Command)
@config_option
@click.option(
    "--from", "source", type=FILE, required=True, metavar="FILE", help="- is standard input."
)
def command(config_file: Path, source: str) -> Report:
    """Put an export into a stopped node's store, beside what is there.

    Metadata and slivers are verified, as from anybody. An import that was cut short can be run
    again.
    """
    config = read_config(config_file)
    from walrus_core.storage.transfer import import_store

    with _opened(source) as stream:
        store = stopped_store(config, new=True)
        try:
            done = import_store(stream, store)
        finally:
            store.close()
    values = {"from": source, "items": done.frames, "leftOut": done.left_out}
    remarks = []
    if done.left_out:
        remarks = [
            f"{count_text(done.left_out, 'sliver')} left out, whose metadata are missing;"
            " the node heals them"
        ]
    headline = f"{count_text(done.frames, 'item')} imported from {shown(source, 'standard input')}"
    return Report(values, headline=headline, remarks=remarks)


def _opened(source: str) -> AbstractContextManager[BinaryIO]:
    if source == STANDARD_STREAM:
        return nullcontext(sys.stdin.buffer)
    return Path(source).open("rb")
