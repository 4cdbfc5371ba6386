"""`walrus-core get-attributes` and `set-attribute`: what a blob's owner notes on chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import BlobIdCommand
from walrus_core.cli.money import receipt_report
from walrus_core.cli.network import Access, with_money, with_wallet
from walrus_core.cli.objects import blob_object, object_text
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.quantities import count_text

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt
    from walrus_core.sui.chain import SuiChain

BLOB = click.argument("blob", metavar="BLOB")


@click.command("get-attributes", cls=BlobIdCommand)
@BLOB
@with_wallet
def get_attributes(blob: str, access: Access) -> Report:
    """Print the attributes of a blob."""

    async def ask(chain: SuiChain) -> tuple[bytes, Mapping[str, str]]:
        object_id = await blob_object(chain, blob)
        return object_id, await chain.attributes(object_id)

    work = access.run if blob.startswith("0x") else access.spend  # other people's need no wallet
    object_id, found = work(ask)
    values: Values = {"objectId": object_text(object_id), "attributes": dict(found)}
    rows = [[key, value] for key, value in found.items()]
    table = Table(["attribute", "value"], rows, 2) if rows else None
    return Report(values, table=table, remarks=() if rows else ["no attributes"])


@click.command("set-attribute", cls=BlobIdCommand)
@BLOB
@click.option(
    "--attr",
    "pairs",
    type=(str, str),
    multiple=True,
    metavar="KEY VALUE",
    help="Set an attribute; may be repeated.",
)
@click.option("--remove", "keys", multiple=True, metavar="KEY", help="Remove an attribute.")
@click.option("--remove-all", is_flag=True, help="Remove every attribute.")
@with_money
def set_attribute(
    blob: str,
    pairs: tuple[tuple[str, str], ...],
    keys: tuple[str, ...],
    remove_all: bool,
    access: Access,
) -> Report:
    """Set and remove attributes of a blob, in one transaction."""
    changes: dict[str, str | None] = dict(pairs) | dict.fromkeys(keys)
    if bool(changes) == remove_all:
        raise click.UsageError("give --attr or --remove, or --remove-all alone")

    async def act(chain: SuiChain) -> tuple[bytes, Receipt]:
        object_id = await blob_object(chain, blob)
        if remove_all:
            return object_id, await chain.remove_attributes(object_id)
        return object_id, await chain.set_attributes(object_id, changes)

    object_id, receipt = access.spend(act)
    headline = (
        "all attributes removed"
        if remove_all
        else f"{count_text(len(changes), 'attribute')} changed"
    )
    return receipt_report(headline, receipt, {"objectId": object_text(object_id)})
