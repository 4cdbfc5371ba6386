"""`walrus-core status`: what a network knows of a blob."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.convert_blob_id import parse_blob_id
from walrus_core.cli.event_ids import event_values
from walrus_core.cli.files import blob_source
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.objects import ChainCommand
from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import count_text
from walrus_core.codec.encoder import compute_metadata

if TYPE_CHECKING:
    from walrus_core.client import AsyncClient
    from walrus_core.services.node_api import BlobStatus
    from walrus_core.types import BlobId


@click.command("status", cls=ChainCommand, official=["--blob-id"])
@click.argument("blob_id", metavar="BLOB_ID", required=False)
@click.option("--file", type=click.Path(), metavar="FILE", help="The blob that is in FILE.")
@on_network
def command(blob_id: str | None, file: str | None, access: Access) -> Report:
    """Say what a network knows of a blob.

    That is what storage nodes which hold more than a third of the shards agree on. A blob that is
    deletable may be gone at any time; a permanent one stays until its end epoch begins.
    """
    if (blob_id is None) == (file is None):
        raise click.UsageError("give either a BLOB_ID or --file")
    named = parse_blob_id(blob_id) if blob_id else None

    from walrus_core.sui.node_chain import LightChain  # it brings gRPC

    async def ask(client: AsyncClient) -> tuple[BlobId, BlobStatus]:
        name = named
        if name is None:
            async with LightChain(client.network) as chain:
                n_shards = (await chain.state()).n_shards
            name = compute_metadata(blob_source(file or ""), n_shards).blob_id
        return name, await client.status(name)

    name, status = access.run_client(ask)
    values: Values = {"blobId": str(name), "status": _values(status)}
    if file:
        values["file"] = file
    return Report(values, facts={"blob ID": str(name), "status": _text(status)} | _facts(status))


def _values(status: BlobStatus) -> Values | str:
    """As the official interface has it (spec, chapter 7)."""
    event = status.event and event_values(status.event)
    counts = {
        "count_deletable_total": status.deletable_total,
        "count_deletable_certified": status.deletable_certified,
    }
    if status.kind == "nonexistent":
        return "nonexistent"
    if status.kind == "invalid":
        return {"invalid": {"event": event}}
    common: Values = {
        "initialCertifiedEpoch": status.initial_certified_epoch,
        "deletableCounts": counts,
    }
    if status.kind == "deletable":
        return {"deletable": common}
    told: Values = {
        "endEpoch": status.end_epoch,
        "isCertified": status.is_certified,
        "statusEvent": event,
    }
    return {"permanent": told | common}


def _text(status: BlobStatus) -> str:
    if status.kind == "nonexistent":
        return "not stored here: never registered, expired, or deleted"
    if status.kind == "invalid":
        return "invalid for good: its author encoded it inconsistently"
    if status.kind == "permanent":
        state = "certified" if status.is_certified else "registered, not certified"
        return f"permanent until epoch {status.end_epoch} begins, {state}"
    return "deletable, " + ("certified" if status.deletable_certified else "not certified")


def _facts(status: BlobStatus) -> dict[str, str]:
    facts = {}
    if status.initial_certified_epoch is not None:
        facts["since"] = f"certified in epoch {status.initial_certified_epoch}"
    if status.deletable_total:
        objects = count_text(status.deletable_total, "deletable object")
        facts["objects"] = f"{objects}, {status.deletable_certified:,} certified"
    return facts
