"""`walrus-core chain up`: a local chain in one command."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.output import Printer, Report
from walrus_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.localnet.sui_node.home import Network

DURATION_TEXT = re.compile(r"([0-9]{1,12})(ms|s|m|h|d|w)")
UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}


def duration_ms(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """The callback of options that take a duration: `1d`, `30s`."""
    if text is None:
        return None
    match = DURATION_TEXT.fullmatch(text)
    if match is None or int(match[1]) == 0:
        raise click.BadParameter(f"{text!r} is not a duration, such as 30s, 10m, 6h, 1d or 2w")
    return int(match[1]) * UNIT_MS[match[2]]


@click.command("up", cls=Command)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the chain lives.  [default: $WALRUS_CORE_HOME, or ~/.walrus-core/local]",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65_535),
    default=9000,
    show_default=True,
    metavar="P",
    help="0 takes any free one.",
)
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="ADDRESS",
    help="Other than loopback, it opens the chain, unencrypted, to that network.",
)
@click.option(
    "--n-shards",
    type=click.IntRange(4, 1000),
    metavar="N",
    help="Shards of a new chain.  [default: 100]",
)
@click.option(
    "--epoch-duration",
    "epoch_duration_ms",
    callback=duration_ms,
    metavar="TIME",
    help="Of a new chain, such as 30s, 10m or 2w; time while it is down does not count."
    "  [default: 1d]",
)
@click.pass_obj
def command(
    printer: Printer,
    directory: Path | None,
    port: int,
    host: str,
    n_shards: int | None,
    epoch_duration_ms: int | None,
) -> Report | None:
    """Run a local chain until Ctrl-C.

    The first time, DIR gets a chain with SUI, WAL and the Walrus contract, a wallet with money in
    it, and a faucet. Later, the same chain goes on where it was, also after a crash.

    With --json, the object is printed when the chain is ready.
    """
    try:
        from walrus_core.localnet.sui_node.process import Options, run
    except ImportError as error:
        raise MissingDependencyError.of(error, "server") from None
    options = Options(
        directory=directory,
        host=host,
        port=port,
        n_shards=n_shards,
        epoch_duration_ms=epoch_duration_ms,
    )
    run(options, on_ready=lambda network: printer.report(ready(network)))
    return None if printer.as_json else Report({}, remarks=["stopped; everything is on disk"])


def ready(network: Network) -> Report:
    """What to know about a chain that is up."""
    facts = {
        "System": network.system_id,
        "Staking": network.staking_id,
        "wallet": f"{network.wallet_address} in {network.wallet}",
    }
    return Report(
        network.values,
        headline=f"ready: {network.sui_url} (Ctrl-C stops it)",
        facts=facts,
    )
