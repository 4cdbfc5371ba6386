"""`walrus-core storage`: space that was bought, to be cut and joined."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command, json_option, size_in_bytes
from walrus_core.cli.money import receipt_report
from walrus_core.cli.network import Access, with_money, with_wallet
from walrus_core.cli.objects import object_id, object_text
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.quantities import size_text

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt, StorageResource
    from walrus_core.sui.chain import SuiChain


@click.group("storage")
def command() -> None:
    """List, split and merge the storage that the wallet owns."""


command.params.append(json_option())


@command.command("list", cls=Command)
@with_wallet
def list_storage(access: Access) -> Report:
    """List the storage that the wallet owns and no blob uses."""

    async def ask(chain: SuiChain) -> list[StorageResource]:
        return await chain.storage.list()

    found = access.spend(ask)
    rows = [
        [object_text(it.object_id), size_text(it.size), str(it.start_epoch), str(it.end_epoch)]
        for it in found
    ]
    return Report(
        {"storage": [_values(it) for it in found]},
        table=Table(["object", "size", "starts", "ends"], rows) if rows else None,
        remarks=() if rows else ["no storage"],
    )


@command.command("split", cls=Command)
@click.argument("storage", callback=object_id, metavar="STORAGE")
@click.option("--at-epoch", type=click.IntRange(0, 2**32 - 1), metavar="E")
@click.option("--at-size", callback=size_in_bytes, metavar="SIZE", help="As 1000 or 32MiB.")
@with_money
def split(storage: bytes, at_epoch: int | None, at_size: int | None, access: Access) -> Report:
    """Cut storage in two, by its epochs or by its size.

    STORAGE keeps what is before epoch E, or SIZE bytes; the rest is a new object.
    """
    if (at_epoch is None) == (at_size is None):
        raise click.UsageError("give either --at-epoch or --at-size")

    async def act(chain: SuiChain) -> Receipt:
        if at_epoch is not None:
            return await chain.storage.split(storage, by="epoch", value=at_epoch)
        return await chain.storage.split(storage, by="size", value=at_size or 0)

    return receipt_report("split", access.spend(act), {"objectId": object_text(storage)})


@command.command("merge", cls=Command)
@click.argument("first", callback=object_id, metavar="FIRST")
@click.argument("second", callback=object_id, metavar="SECOND")
@with_money
def merge(first: bytes, second: bytes, access: Access) -> Report:
    """Join SECOND into FIRST.

    They must have the same epochs, or the same size and epochs that follow each other.
    """

    async def act(chain: SuiChain) -> Receipt:
        return await chain.storage.merge(first, second)

    return receipt_report("merged", access.spend(act), {"objectId": object_text(first)})


def _values(storage: StorageResource) -> Values:
    return {
        "objectId": object_text(storage.object_id),
        "size": storage.size,
        "startEpoch": storage.start_epoch,
        "endEpoch": storage.end_epoch,
    }
