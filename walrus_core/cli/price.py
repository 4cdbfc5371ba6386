"""`walrus-core price`: what storing a blob takes, to the FROST."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command, size_in_bytes
from walrus_core.cli.money import epochs_text
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import size_text, wal_text
from walrus_core.codec.config import EncodingConfig

if TYPE_CHECKING:
    from walrus_core.services.ports import ChainState
    from walrus_core.sui.chain import SuiChain


@click.command("price", cls=Command)
@click.argument("size", callback=size_in_bytes, metavar="SIZE")
@click.option(
    "--epochs",
    type=click.IntRange(1, 1000),
    default=1,
    show_default=True,
    metavar="N",
    help="How many to pay for, the present one included.",
)
@on_network
def command(size: int, epochs: int, access: Access) -> Report:
    """Say what storing a blob takes.

    SIZE is that of the blob, as 17 or 32MiB. The price is for its encoded size, in units of 1 MiB
    begun: for storage in each epoch, and once for writing. The chain takes exactly this, unless
    its prices change before.
    """

    async def ask(chain: SuiChain) -> ChainState:
        return await chain.state()

    state = access.run(ask)
    encoded = EncodingConfig(state.n_shards).encoded_size(size)
    cost = state.prices.cost(encoded, epochs)
    values: Values = {
        "unencodedLength": size,
        "encodedLength": encoded,
        "nShards": state.n_shards,
        "epoch": state.epoch,
        "epochs": epochs,
        "storageFrost": cost.storage,
        "writeFrost": cost.write,
        "totalFrost": cost.total,
    }
    facts = {
        "size": f"{size_text(size)}, {size_text(encoded)} encoded",
        "storage": f"{cost.storage:,} FROST for {epochs_text(epochs)}",
        "write": f"{cost.write:,} FROST",
        "total": f"{cost.total:,} FROST ({wal_text(cost.total)})",
    }
    return Report(values, facts=facts)
