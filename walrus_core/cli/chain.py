"""`walrus-core chain`: run a local chain, or look at a network's.

Each command has a module of its own, loaded when it is called: `up` needs the server's libraries,
the others the client's.
"""

from __future__ import annotations

from importlib import import_module

import click

from walrus_core.cli.arguments import json_option

COMMANDS = {
    "up": "Run a local chain until Ctrl-C.",
    "info": "Show the epoch, the committee, the prices and the capacity.",
    "events": "Print what the contract tells the world.",
}
"""In the order of the help; `up` is in chain_up.py, and so on."""


class Chain(click.Group):
    """The commands, without loading them."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = import_module(f"walrus_core.cli.chain_{cmd_name}").command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group("chain", cls=Chain)
def command() -> None:
    """Run a local chain, or look at a network's."""


command.params.append(json_option())
