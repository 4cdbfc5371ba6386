"""`walrus-core node export`: all that a stopped node holds, as one file."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import FILE, Command
from walrus_core.cli.files import STANDARD_STREAM, check_writable, shown
from walrus_core.cli.node_options import config_option, read_config, stopped_store
from walrus_core.cli.output import Printer, Report
from walrus_core.cli.quantities import count_text
from walrus_core.codec.files import whole_file

if TYPE_CHECKING:
    from walrus_core.storage.transfer import Transferred

BUFFER = 1 << 20


@click.command("export", cls=Command)
@config_option
@click.option("--out", type=FILE, required=True, metavar="FILE", help="- is standard output.")
@click.pass_obj
def command(printer: Printer, config_file: Path, out: str) -> Report:
    """Write all that a stopped node holds to FILE, to be imported on another disk.

    Keys and configuration are not in it. A cut or damaged export is noticed when it is imported.
    """
    config = read_config(config_file)
    check_writable(out)
    from walrus_core.storage.transfer import export_store

    store = stopped_store(config)
    try:
        if out == STANDARD_STREAM:
            printer.stdout_holds_blob = True
            done = export_store(store, sys.stdout.buffer)
            sys.stdout.buffer.flush()
        else:
            with whole_file(out) as raw, io.BufferedWriter(raw, BUFFER) as stream:
                done = export_store(store, stream)
                stream.flush()
                os.fsync(stream.fileno())
    finally:
        store.close()
    return _report(done, shown(out, "standard output"))


def _report(done: Transferred, out: str) -> Report:
    headline = f"{count_text(done.frames, 'item')} exported to {out}"
    return Report({"out": out, "items": done.frames}, headline=headline)
