"""Groups whose commands have modules of their own, loaded when they are called."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module

import click

from walrus_core.cli.arguments import json_option


class LazyGroup(click.Group):
    """Of `modules`, help texts by command: `up` of the group `chain` is `command` in chain_up.py.

    Commands may also be added as to any group.
    """

    def __init__(self, name: str, modules: Mapping[str, str], help: str) -> None:  # noqa: A002
        super().__init__(name, help=help)
        self._modules = modules
        self.params.append(json_option())

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [*self._modules, *super().list_commands(ctx)]

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in self._modules:
            return super().get_command(ctx, cmd_name)
        module = import_module(f"walrus_core.cli.{self.name}_{cmd_name}")
        command: click.Command = module.command
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them."""
        added = {name: command.get_short_help_str(80) for name, command in self.commands.items()}
        hidden = {name for name, command in self.commands.items() if command.hidden}
        rows = {**self._modules, **added}
        with formatter.section("Commands"):
            formatter.write_dl([row for row in rows.items() if row[0] not in hidden])
