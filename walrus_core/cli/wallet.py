"""`walrus-core wallet`: keys and money."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command, json_option
from walrus_core.cli.money import receipt_report, sui_amount, sui_text, wal_amount
from walrus_core.cli.network import Access, require_pysui, with_money, with_wallet
from walrus_core.cli.objects import object_id, object_text
from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import wal_text
from walrus_core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from walrus_core.services.ports import Receipt
    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.wallet import Balance


@click.group("wallet")
def command() -> None:
    """Make keys, and see, get and exchange money.

    A wallet is a keystore file as the official client has it. $WALRUS_CORE_SUI_KEY, a key as
    suiprivkey1..., comes before it.
    """


command.params.append(json_option())


@command.command("new", cls=Command)
@with_wallet
def new(access: Access) -> Report:
    """Make a key and add it to the wallet, whose file only you can read."""
    require_pysui()
    from walrus_core.sui.keys import Key, add_to_keystore

    path, key = access.keystore(), Key.generate()
    add_to_keystore(path, key)
    address = object_text(key.address)
    values: Values = {"address": address, "wallet": str(path)}
    return Report(values, headline="key made", facts={"address": address, "wallet": str(path)})


@command.command("address", cls=Command)
@with_wallet
def address(access: Access) -> Report:
    """Print the address that the other commands use."""
    text = object_text(access.key().address)
    return Report({"address": text}, remarks=[text])


@command.command("balance", cls=Command)
@click.argument("owner", callback=object_id, required=False, metavar="[ADDRESS]")
@with_wallet
def balance(owner: bytes | None, access: Access) -> Report:
    """Show the SUI and WAL of an address, by default the wallet's."""
    owner = owner or access.key().address

    async def ask(chain: SuiChain) -> Balance:
        return await chain.wallet.balance(owner)

    found = access.run(ask)
    values: Values = {
        "address": object_text(owner),
        "suiMist": found.sui,
        "walFrost": found.wal,
    }
    facts = {
        "address": object_text(owner),
        "SUI": f"{sui_text(found.sui)} ({found.sui:,} MIST)",
        "WAL": f"{wal_text(found.wal)} ({found.wal:,} FROST)",
    }
    return Report(values, facts=facts)


@command.command("faucet", cls=Command)
@click.option(
    "--to", "recipient", callback=object_id, metavar="0x...", help="[default: the wallet]"
)
@click.option(
    "--sui", "mist", callback=sui_amount, default="10SUI", show_default=True, metavar="SUI"
)
@click.option(
    "--wal", "frost", callback=wal_amount, default="100WAL", show_default=True, metavar="WAL"
)
@with_money
def faucet(recipient: bytes | None, mist: int, frost: int, access: Access) -> Report:
    """Get SUI and WAL on a local network."""
    network = access.described()
    if network.faucet is None:
        raise InvalidArgumentError(
            f"{network.name} has no faucet of ours; see https://faucet.sui.io for SUI of testnet,"
            " then `wallet exchange`"
        )
    recipient = recipient or access.key().address

    async def act(chain: SuiChain) -> Receipt:
        return await chain.wallet.give(recipient, mist=mist, frost=frost)

    giver = Access(access.network, network.faucet, None, access.dry_run)
    receipt = giver.spend(act)
    values: Values = {
        "recipient": object_text(recipient),
        "suiMist": mist,
        "walFrost": frost,
        "transaction": receipt.transaction,
        "dryRun": receipt.dry_run,
    }
    facts = {"to": object_text(recipient), "SUI": sui_text(mist), "WAL": wal_text(frost)}
    return Report(values, headline="money from the faucet", facts=facts)


@command.command("exchange", cls=Command)
@click.argument("mist", callback=sui_amount, metavar="[AMOUNT]", required=False)
@click.option("--amount", "amount", callback=sui_amount, hidden=True)
@click.option("--exchange-id", callback=object_id, metavar="0x...", help="[default: the network's]")
@with_money
def exchange(
    mist: int | None, amount: int | None, exchange_id: bytes | None, access: Access
) -> Report:
    """Give AMOUNT of SUI for WAL; there are exchanges on testnet and local networks.

    AMOUNT is in SUI (0.5SUI, which is the default) or MIST.
    """
    given = mist or amount or 500_000_000

    async def act(chain: SuiChain) -> Receipt:
        return await chain.wallet.exchange(given, exchange_id)

    receipt = access.spend(act)
    return receipt_report(f"{sui_text(given)} exchanged", receipt, {"amountMist": given})
