"""`walrus-core network up`: a whole network in one command."""

from __future__ import annotations

import asyncio
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.chain_up import duration_ms
from walrus_core.cli.output import Printer, Report, Values
from walrus_core.cli.quantities import count_text, duration_text
from walrus_core.daemon.lifetime import live_until_signal
from walrus_core.errors import MissingDependencyError, ProcessFailedError

if TYPE_CHECKING:
    from walrus_core.localnet.network.local_network import LocalNetwork


@click.command("up", cls=Command)
@click.option(
    "--nodes",
    type=click.IntRange(1, 100),
    metavar="N",
    help="Storage nodes of a new network.  [default: 7]",
)
@click.option(
    "--n-shards",
    type=click.IntRange(4, 1000),
    metavar="N",
    help="Shards of a new network.  [default: 100]",
)
@click.option(
    "--dir",
    "directory",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the network lives.  [default: $WALRUS_CORE_HOME, or ~/.walrus-core/local]",
)
@click.option(
    "--epoch-duration",
    "epoch_duration_ms",
    callback=duration_ms,
    metavar="TIME",
    help="Of a new network, such as 30s, 10m or 2w; time while it is down does not count."
    "  [default: 1d]",
)
@click.pass_obj
def command(
    printer: Printer,
    nodes: int | None,
    n_shards: int | None,
    directory: Path | None,
    epoch_duration_ms: int | None,
) -> Report | None:
    """Run a chain and storage nodes, each a process of its own, until Ctrl-C.

    The first time, DIR gets a network with a wallet that has money in it. Later, the same network
    goes on where it was, also after a crash. `--network local`, the default of other commands,
    finds the one that came up last.

    With --json, the object is printed when all nodes serve.
    """
    try:
        from walrus_core.localnet.network.local_network import LocalNetwork
        from walrus_core.sui.networks import home_directory
    except ImportError as error:
        raise MissingDependencyError.of(error, "all") from None
    network = LocalNetwork(
        nodes,
        n_shards,
        directory or home_directory(),
        epoch_duration_ms=epoch_duration_ms,
        announce=True,
    )
    life = _live(network, lambda report: printer.report(report))
    asyncio.run(live_until_signal(life, "network"))
    return None if printer.as_json else Report({}, remarks=["stopped; everything is on disk"])


async def _live(network: LocalNetwork, tell: Callable[[Report], object]) -> None:
    begun = time.perf_counter()
    async with network:
        tell(_report(network, time.perf_counter() - begun))
        await network.watch(_lament)


def _lament(failure: ProcessFailedError) -> None:
    """Of a process that ended and should not have."""
    click.echo(f"{click.style('lost:', fg='red', bold=True)} {failure}", file=sys.stderr)


def _report(network: LocalNetwork, seconds: float) -> Report:
    known = network.values
    values: Values = {
        "network": str(network.network),
        "suiUrl": known["suiUrl"],
        "nShards": known["nShards"],
        "wallet": known["wallet"],
        "walletAddress": known["walletAddress"],
        "seconds": seconds,
        "nodes": [
            {**node.values, "directory": str(node.config.parent), "log": str(node.process.log)}
            for node in network.nodes
        ],
    }
    count = count_text(len(network.nodes), "node")
    addresses = [node.address for node in network.nodes]
    return Report(
        values,
        headline=f"ready: {count}, {known['nShards']} shards, in {duration_text(seconds)}"
        " (Ctrl-C stops them)",
        facts={
            "chain": known["suiUrl"],
            "nodes": f"{addresses[0]} ... {addresses[-1]}" if addresses[1:] else addresses[0],
            "wallet": f"{known['walletAddress']} in {known['wallet']}",
            "files": f"{network.directory} (logs in log/)",
            "now try": "walrus-core store FILE; walrus-core network status",
        },
    )
