"""`walrus-core blobs`, `extend`, `delete`, `burn`, `share`, `fund`: the blobs of a wallet."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.money import epochs_text, receipt_report, receipt_values, wal_amount
from walrus_core.cli.network import Access, with_money, with_wallet
from walrus_core.cli.objects import ChainCommand, blob_object, object_text
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.quantities import count_text, size_text, wal_text
from walrus_core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from walrus_core.services.ports import BlobObject, Receipt
    from walrus_core.sui.chain import SuiChain

BLOB = click.argument("blob", metavar="BLOB")
"""An object id (0x...), or the blob ID of a blob that the wallet owns once."""

Done = tuple[bytes, "Receipt"]


@click.command("blobs", cls=Command)
@click.option("--include-expired", is_flag=True, help="List those whose time is over, too.")
@with_wallet
def command(include_expired: bool, access: Access) -> Report:
    """List the blobs that the wallet owns, with when they expire."""

    async def ask(chain: SuiChain) -> tuple[Sequence[BlobObject], int]:
        return await chain.blobs(), (await chain.state()).epoch

    found, epoch = access.spend(ask)
    shown = [blob for blob in found if include_expired or blob.storage.end_epoch > epoch]
    rows = [
        [
            str(blob.blob_id),
            object_text(blob.object_id),
            _state(blob, epoch),
            "deletable" if blob.deletable else "permanent",
            size_text(blob.size),
            str(blob.storage.end_epoch),
        ]
        for blob in shown
    ]
    header = ["blob ID", "object", "state", "kind", "size", "ends"]
    hidden = len(found) - len(shown)
    remarks = [f"{count_text(hidden, 'expired blob')} not shown; see --include-expired"]
    return Report(
        {"epoch": epoch, "blobs": [blob_values(blob) for blob in shown]},
        table=Table(header, rows, 4) if rows else None,
        remarks=([] if rows else ["no blobs"]) + (remarks if hidden else []),
    )


@click.command("extend", cls=ChainCommand, official=["--blob-obj-id", "--shared"])
@BLOB
@click.option(
    "--epochs", "--epochs-extended", type=click.IntRange(1, 1000), required=True, metavar="N"
)
@with_money
def extend(blob: str, epochs: int, access: Access) -> Report:
    """Store a blob for N more epochs.

    BLOB is an object id (0x...) or the blob ID of a blob that the wallet owns. A shared blob pays
    for itself.
    """

    async def act(chain: SuiChain) -> Done:
        object_id = await blob_object(chain, blob)
        return object_id, await chain.extend(object_id, epochs)

    object_id, receipt = access.spend(act)
    values: Values = {"objectId": object_text(object_id), "epochs": epochs}
    return receipt_report(f"extended by {epochs_text(epochs)}", receipt, values)


@click.command("delete", cls=ChainCommand, official=["--blob-ids", "--object-ids", "--yes"])
@click.argument("blobs", metavar="BLOB...", nargs=-1, required=True)
@click.option(
    "--yes", is_flag=True, hidden=True, help="As scripts for the official client have it."
)
@with_money
def delete(blobs: tuple[str, ...], yes: bool, access: Access) -> Report:  # noqa: ARG001
    """Delete blobs that were registered as deletable.

    The storage of each, if any time is left, becomes the wallet's, to be used again.
    """

    async def act(chain: SuiChain) -> list[Done]:
        ids = [await blob_object(chain, blob) for blob in blobs]
        return [(object_id, await chain.delete(object_id)) for object_id in ids]

    done = access.spend(act)
    if len(done) == 1:
        [(object_id, receipt)] = done
        return receipt_report("deleted", receipt, {"objectId": object_text(object_id)})
    values = [{"objectId": object_text(i)} | receipt_values(receipt) for i, receipt in done]
    return Report({"deleted": values}, headline=f"{count_text(len(done), 'blob')} deleted")


@click.command("burn", cls=ChainCommand, official=["--object-ids"])
@click.argument("blobs", metavar="[BLOB]...", nargs=-1)
@click.option("--all", "every", is_flag=True, help="All blobs that the wallet owns.")
@click.option("--all-expired", is_flag=True, help="Those of them that have expired.")
@click.option("--yes", is_flag=True, help="Needed with --all: nothing brings them back.")
@with_money
def burn(
    blobs: tuple[str, ...], every: bool, all_expired: bool, yes: bool, access: Access
) -> Report:
    """Destroy blob objects, for good.

    That does not delete the blobs: they stay stored until they expire, and nobody can extend or
    delete them any more.
    """
    if bool(blobs) + every + all_expired != 1:
        raise click.UsageError("give either BLOBs, or --all, or --all-expired")
    if every and not (yes or access.dry_run):
        raise click.UsageError("--all burns every blob object of the wallet; confirm with --yes")

    async def act(chain: SuiChain) -> tuple[list[bytes], Receipt]:
        if blobs:
            ids = [await blob_object(chain, blob) for blob in blobs]
        else:
            epoch = (await chain.state()).epoch
            ids = [
                blob.object_id
                for blob in await chain.blobs()
                if every or blob.storage.end_epoch <= epoch
            ]
        if not ids:
            raise InvalidArgumentError("the wallet owns no such blob; nothing to burn")
        return ids, await chain.owned.burn(ids)

    ids, receipt = access.spend(act)
    values: Values = {"objectIds": [object_text(object_id) for object_id in ids]}
    return receipt_report(f"{count_text(len(ids), 'blob object')} burned", receipt, values)


@click.command("share", cls=ChainCommand, official=["--blob-obj-id"])
@BLOB
@click.option("--amount", callback=wal_amount, metavar="WAL", help="Fund its extension with this.")
@with_money
def share(blob: str, amount: int | None, access: Access) -> Report:
    """Make a blob shared, for good, so that everybody can extend it.

    Nobody can delete it any more; it pays for its extension from funds, which everybody can add to.
    """

    async def act(chain: SuiChain) -> Done:
        object_id = await blob_object(chain, blob)
        return object_id, await chain.owned.share(object_id, amount or 0)

    object_id, receipt = access.spend(act)
    values: Values = {"objectId": object_text(object_id), "amountFrost": amount or 0}
    return receipt_report("shared", receipt, values)


@click.command("fund", cls=ChainCommand, official=["--shared-blob-obj-id"])
@click.argument("blob", metavar="SHARED_BLOB")
@click.option("--amount", callback=wal_amount, required=True, metavar="WAL")
@with_money
def fund(blob: str, amount: int, access: Access) -> Report:
    """Give a shared blob WAL for its extension.

    SHARED_BLOB is its object id.
    """

    async def act(chain: SuiChain) -> Done:
        object_id = await blob_object(chain, blob)
        return object_id, await chain.owned.fund(object_id, amount)

    object_id, receipt = access.spend(act)
    values: Values = {"objectId": object_text(object_id), "amountFrost": amount}
    return receipt_report(f"funded with {wal_text(amount)}", receipt, values)


def blob_values(blob: BlobObject) -> Values:
    """A blob object, for scripts."""
    return {
        "blobId": str(blob.blob_id),
        "objectId": object_text(blob.object_id),
        "unencodedLength": blob.size,
        "registeredEpoch": blob.registered_epoch,
        "certifiedEpoch": blob.certified_epoch,
        "startEpoch": blob.storage.start_epoch,
        "endEpoch": blob.storage.end_epoch,
        "storageId": object_text(blob.storage.object_id),
        "storageSize": blob.storage.size,
        "deletable": blob.deletable,
    }


def _state(blob: BlobObject, epoch: int) -> str:
    if blob.storage.end_epoch <= epoch:
        return "expired"
    return "registered" if blob.certified_epoch is None else "certified"
