"""`walrus-core node`: what those who run a storage node do.

Here is what they do on chain; the other commands have modules of their own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walrus_core.cli.arguments import Command, size_in_bytes
from walrus_core.cli.lazy_group import LazyGroup
from walrus_core.cli.money import receipt_report, wal_amount
from walrus_core.cli.network import Access, require_pysui, with_money
from walrus_core.cli.objects import object_id, object_text
from walrus_core.cli.output import Report, Values
from walrus_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt
    from walrus_core.sui.chain import SuiChain

NODE = click.option(
    "--node-id", callback=object_id, metavar="0x...", help="[default: the one that the wallet runs]"
)
RATE = click.IntRange(0, 10_000)


def _vote(name: str, callback: Callable[..., Any], default: str, metavar: str) -> Any:
    """An option for what a node votes for first."""
    return click.option(
        name, callback=callback, default=default, show_default=True, metavar=metavar
    )


command = LazyGroup(
    "node",
    {
        "init": "Make the keys and the configuration file of a storage node.",
        "serve": "Run a storage node until Ctrl-C.",
        "check": "Examine the disk of a stopped node.",
        "export": "Write all that a stopped node holds to one file.",
        "import": "Put an export into a stopped node's store.",
    },
    "Run a storage node, register it, vote, and collect its commission.",
)


@command.command("register", cls=Command)
@click.option("--name", required=True, metavar="TEXT")
@click.option("--public-address", required=True, metavar="HOST:PORT", help="Where clients find it.")
@click.option(
    "--protocol-key",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The BLS key that signs confirmations; made if it does not exist.",
)
@click.option(
    "--network-key",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The key of its TLS certificate; made if it does not exist.",
)
@click.option(
    "--commission-rate",
    type=RATE,
    default=6000,
    show_default=True,
    metavar="N",
    help="Hundredths of a percent of the rewards.",
)
@click.option(
    "--storage-price", callback=wal_amount, default="100000", show_default=True, metavar="FROST"
)
@click.option(
    "--write-price", callback=wal_amount, default="20000", show_default=True, metavar="FROST"
)
@click.option("--node-capacity", callback=size_in_bytes, default="250GiB", metavar="SIZE")
@with_money
def register(
    name: str,
    public_address: str,
    protocol_key: Path,
    network_key: Path,
    commission_rate: int,
    storage_price: int,
    write_price: int,
    node_capacity: int,
    access: Access,
) -> Report:
    """Register a storage node; it takes part as soon as enough is staked with it.

    Prices and capacity are its first votes.
    """
    require_pysui()
    try:
        from walrus_core.daemon.node import identity
    except ImportError as error:
        raise MissingDependencyError(error.name or "", "node", str(error)) from None
    from walrus_core.sui.node_transactions import Candidate

    candidate = Candidate(
        name=name,
        network_address=public_address,
        network_public_key=identity.network_public_key(identity.network_key(network_key)),
        commission_rate=commission_rate,
        storage_price=storage_price,
        write_price=write_price,
        node_capacity=node_capacity,
    )
    key_pair = identity.protocol_key(protocol_key)

    async def act(chain: SuiChain) -> tuple[Receipt, list[bytes]]:
        before = set(await chain.nodes.capabilities())
        receipt = await chain.nodes.register(candidate, key_pair)
        return receipt, [node for node in await chain.nodes.capabilities() if node not in before]

    receipt, nodes = access.spend(act)
    ids = [object_text(node) for node in nodes]
    values: Values = {"nodeId": ids[0] if ids else None}
    facts = {"node": ids[0]} if ids else {}
    return receipt_report("node registered", receipt, values, facts)


@command.command("vote", cls=Command)
@click.option("--storage-price", callback=wal_amount, metavar="FROST", help="Of a MiB in an epoch.")
@click.option("--write-price", callback=wal_amount, metavar="FROST", help="Of a MiB written.")
@click.option("--node-capacity", callback=size_in_bytes, metavar="SIZE", help="As 250GiB.")
@click.option("--update", is_flag=True, help="Put the prices voted for in force, at once.")
@NODE
@with_money
def vote(
    storage_price: int | None,
    write_price: int | None,
    node_capacity: int | None,
    update: bool,
    node_id: bytes | None,
    access: Access,
) -> Report:
    """Vote for the network's prices and capacity.

    A price counts when a quorum of the nodes voted for it or less, and somebody updates; a capacity
    with the next committee.
    """
    given = {
        "storage_price": storage_price,
        "write_price": write_price,
        "node_capacity": node_capacity,
    }
    values = {name: value for name, value in given.items() if value is not None}
    if not values:
        raise click.UsageError("give a price or a capacity to vote for")

    async def act(chain: SuiChain) -> Receipt:
        receipt = await chain.nodes.vote(values, node_id)
        return await chain.nodes.update_prices() if update else receipt

    return receipt_report("voted", access.spend(act))


@command.command("commission", cls=Command)
@click.argument("rate", type=RATE, metavar="RATE")
@NODE
@with_money
def commission(rate: int, node_id: bytes | None, access: Access) -> Report:
    """Set the commission of the epoch after the next.

    RATE is in hundredths of a percent: 500 is 5 % of the rewards.
    """

    async def act(chain: SuiChain) -> Receipt:
        return await chain.nodes.set_commission(rate, node_id)

    return receipt_report("commission set", access.spend(act), {"rate": rate})


@command.command("collect", cls=Command)
@NODE
@with_money
def collect(node_id: bytes | None, access: Access) -> Report:
    """Take the commission that the node earned."""

    async def act(chain: SuiChain) -> Receipt:
        return await chain.nodes.collect_commission(node_id)

    return receipt_report("commission collected", access.spend(act))


official = copy.copy(collect)
"""The same under the official client's name, which the help need not list."""
official.hidden = True
command.add_command(official, "collect-commission")
