"""`walrus-core chain events`: what the contract tells the world."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.output import Printer, Report, Values, camel_case
from walrus_core.types import BlobId

if TYPE_CHECKING:
    from walrus_core.services.ports import ChainEvent
    from walrus_core.sui.chain import SuiChain


def cursor_bytes(_ctx: click.Context, _param: click.Parameter, text: str) -> bytes:
    """The callback of options that take a cursor."""
    try:
        return bytes.fromhex(text)
    except ValueError:
        raise click.BadParameter(f"{text!r} is no cursor, which is hexadecimal") from None


@click.command("events", cls=Command)
@click.option("--follow", "-f", is_flag=True, help="Wait for more until Ctrl-C.")
@click.option(
    "--after",
    "cursor",
    callback=cursor_bytes,
    default="",
    metavar="CURSOR",
    help="Only those behind this event, as --json names it.",
)
@on_network
@click.pass_obj
def command(printer: Printer, follow: bool, cursor: bytes, access: Access) -> Report | None:
    """Print the contract's events, oldest first.

    With --json, one object {"events": [...]}; with --follow, one object on each line.
    """
    events: list[Values] = []

    async def print_all(chain: SuiChain) -> None:
        async for event in chain.events(cursor, follow=follow):
            values = event_values(event)
            if not printer.as_json:
                click.echo(_line(event))
            elif follow:
                click.echo(json.dumps(values))
            else:
                events.append(values)

    access.run(print_all)
    return Report({"events": events}) if printer.as_json and not follow else None


def event_values(event: ChainEvent) -> Values:
    """An event for scripts: bytes in hexadecimal, blob IDs as text."""
    fields = {camel_case(name): _plain(name, value) for name, value in event.fields.items()}
    return {
        "event": event.name,
        "transaction": event.transaction,
        "cursor": event.cursor.hex(),
    } | fields


def _line(event: ChainEvent) -> str:
    fields = " ".join(f"{name}={_plain(name, value)}" for name, value in event.fields.items())
    return f"{click.style(event.name, bold=True)} {fields}"


def _plain(name: str, value: object) -> object:
    if name == "blob_id" and isinstance(value, int):
        return str(BlobId.from_u256(value))
    if isinstance(value, bytes):
        return f"0x{value.hex()}"
    if isinstance(value, int) and value.bit_length() > 64:
        return str(value)
    return value
