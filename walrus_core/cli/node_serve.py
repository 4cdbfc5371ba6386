"""`walrus-core node serve`: one storage node, for operators."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.node_options import config_option, missing, read_config
from walrus_core.cli.output import Printer, Report

if TYPE_CHECKING:
    from walrus_core.daemon.node.process import Ready


@click.command("serve", cls=Command)
@config_option
@click.pass_obj
def command(printer: Printer, config_file: Path) -> Report | None:
    """Run a storage node until Ctrl-C or SIGTERM.

    Then it says that it is not serving any more, lets calls in progress end, and closes its disk.
    What it acknowledged is there even after `kill -9`. Logs go to standard error, one JSON object
    in a line.

    With --json, the object is printed when the node serves.
    """
    config = read_config(config_file)
    try:
        from walrus_core.daemon.node.process import run_node
    except ImportError as error:
        raise missing(error) from None
    run_node(config, on_ready=lambda ready: printer.report(ready_report(ready)))
    return None if printer.as_json else Report({}, remarks=["stopped; everything is on disk"])


def ready_report(ready: Ready) -> Report:
    """What to know about a node that serves."""
    config = ready.config
    where = config.metrics_address
    metrics = f"http://{where[0]}:{where[1]}/metrics" if where else None
    node_id = f"0x{ready.node_id.hex()}"
    return Report(
        {
            "name": config.name,
            "nodeId": node_id,
            "address": ready.address,
            "metrics": metrics,
            "storagePath": str(config.storage_path),
        },
        headline=f"{config.name} serves at {ready.address} (Ctrl-C stops it)",
        facts={
            "node": node_id,
            "disk": str(config.storage_path),
            "metrics": metrics or "none (metrics_address is not set)",
        },
    )
