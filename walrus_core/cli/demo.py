"""`walrus-core demo`: a blob on a network of processes, of which some die and one lies."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click

from walrus_core.cli.arguments import FILE, Command, threads
from walrus_core.cli.output import Printer, Report
from walrus_core.errors import InvalidArgumentError, MissingDependencyError

OFFLINE_SHARDS = 1000
NETWORK_SHARDS = 100


@click.command("demo", cls=Command)
@click.argument("file", type=FILE, metavar="[FILE]", required=False)
@click.option(
    "--offline", is_flag=True, help="Without a network: only the slivers, in a directory."
)
@click.option("--seed", type=int, metavar="N", help="Repeat the accidents of an earlier demo.")
@click.option(
    "--n-shards",
    type=int,
    metavar="N",
    help=f"Shards of the network.  [default: {NETWORK_SHARDS}; {OFFLINE_SHARDS:,} with --offline]",
)
@threads
@click.pass_obj
def command(
    printer: Printer,
    file: str | None,
    offline: bool,
    seed: int | None,
    n_shards: int | None,
    threads: int | None,
) -> Report:
    """Store a file on a network of processes, kill some, and read it back.

    Starts a local chain and 7 storage nodes in a temporary directory; encodes FILE, or a file of
    its own, pays for it, stores and certifies it; kills nodes and makes one lie, as many as the
    code forgives; reads the file back; and lets a node heal that lost its disk. All of it is gone
    afterwards.

    With --offline: encodes into a temporary directory; throws nearly two thirds of the sliver pairs
    away at random and damages some of the rest; finds the damage, rebuilds a lost sliver, and
    reconstructs the file, with the same code as the other commands.
    """
    with _gone_if_cut_off():
        if offline:
            from walrus_core.cli.demo_offline import demonstrate

            return demonstrate(file, seed, n_shards or OFFLINE_SHARDS, threads)
        if threads is not None:
            raise InvalidArgumentError(
                "--threads is for --offline: the network's nodes share the CPUs"
            )
        try:
            from walrus_core.cli.demo_network import demonstrate_network
        except ImportError as error:
            reason = "the demo runs a network; `demo --offline` does without"
            raise MissingDependencyError.of(error, "all", reason) from None
        return demonstrate_network(file, seed, n_shards or NETWORK_SHARDS, printer)


@contextmanager
def _gone_if_cut_off() -> Iterator[None]:
    """Ctrl-C is answered with what is left, which is nothing."""
    try:
        yield
    except KeyboardInterrupt:
        raise KeyboardInterrupt("nothing of the demo is left, no process and no file") from None
