"""`walrus-core stake`, `unstake`, `withdraw`, `stakes`: WAL staked with storage nodes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.money import receipt_report, wal_amount
from walrus_core.cli.network import Access, with_money, with_wallet
from walrus_core.cli.objects import ChainCommand, object_id, object_text
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.quantities import wal_text

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt, Stake
    from walrus_core.sui.chain import SuiChain

STAKE = click.argument("stake_id", callback=object_id, metavar="STAKE")


@click.command("stake", cls=ChainCommand, official=["--node-ids", "--amounts"])
@click.argument("node", callback=object_id, metavar="NODE")
@click.argument("amount", callback=wal_amount, default="1WAL", metavar="[AMOUNT]")
@with_money
def command(node: bytes, amount: int, access: Access) -> Report:
    """Stake AMOUNT with a node.

    NODE is its id. AMOUNT is in WAL (1.5WAL) or FROST, at least, and by default, 1 WAL. The stake
    counts from a later epoch on.
    """

    async def act(chain: SuiChain) -> Receipt:
        return await chain.stakes.stake(node, amount)

    values: Values = {"nodeId": object_text(node), "amountFrost": amount}
    return receipt_report(f"{wal_text(amount)} staked", access.spend(act), values)


@click.command("unstake", cls=Command)
@STAKE
@with_money
def unstake(stake_id: bytes, access: Access) -> Report:
    """Ask for a stake back, which takes until a later epoch.

    STAKE is its object id, as `stakes` lists it, with when it can be withdrawn.
    """

    async def act(chain: SuiChain) -> Receipt:
        return await chain.stakes.request_withdrawal(stake_id)

    values: Values = {"objectId": object_text(stake_id)}
    return receipt_report("withdrawal requested", access.spend(act), values)


@click.command("withdraw", cls=Command)
@STAKE
@with_money
def withdraw(stake_id: bytes, access: Access) -> Report:
    """Take a stake and what it earned back.

    STAKE is its object id. One that does not count yet can be withdrawn at once.
    """

    async def act(chain: SuiChain) -> Receipt:
        return await chain.stakes.withdraw(stake_id)

    values: Values = {"objectId": object_text(stake_id)}
    return receipt_report("withdrawn", access.spend(act), values)


@click.command("stakes", cls=Command)
@with_wallet
def stakes(access: Access) -> Report:
    """List the stakes that the wallet owns."""

    async def ask(chain: SuiChain) -> list[Stake]:
        return await chain.stakes.list()

    found = access.spend(ask)
    rows = [
        [
            object_text(it.object_id),
            object_text(it.node_id),
            wal_text(it.principal),
            str(it.activation_epoch),
            "" if it.withdraw_epoch is None else str(it.withdraw_epoch),
        ]
        for it in found
    ]
    header = ["stake", "node", "principal", "active from", "withdrawable from"]
    return Report(
        {"stakes": [_values(it) for it in found]},
        table=Table(header, rows, 2) if rows else None,
        remarks=() if rows else ["no stakes"],
    )


def _values(stake: Stake) -> Values:
    return {
        "objectId": object_text(stake.object_id),
        "nodeId": object_text(stake.node_id),
        "principalFrost": stake.principal,
        "activationEpoch": stake.activation_epoch,
        "withdrawEpoch": stake.withdraw_epoch,
    }
