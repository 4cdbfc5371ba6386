"""`walrus-core chain info`: the contract as it stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.objects import object_text
from walrus_core.cli.output import Report, Table
from walrus_core.cli.quantities import count_text, size_text

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee
    from walrus_core.services.ports import ChainState
    from walrus_core.sui.chain import SuiChain

PHASES = {
    "sync": "nodes receive their shards",
    "done": "running",
    "selected": "running, the next committee is chosen",
}


@click.command("info", cls=Command)
@click.option("--committee", "wants_committee", is_flag=True, help="List the nodes, too.")
@on_network
def command(wants_committee: bool, access: Access) -> Report:
    """Show the epoch, the prices, the capacity and the committee."""

    async def ask(chain: SuiChain) -> tuple[ChainState, Committee | None]:
        state = await chain.state()
        return state, (await chain.committees()).current if wants_committee else None

    state, committee = access.run(ask)
    return _report(state, committee, access)


def _report(state: ChainState, committee: Committee | None, access: Access) -> Report:
    network = access.described()
    values: dict[str, object] = {
        "network": network.name,
        "suiUrl": network.url,
        "systemObject": object_text(network.system),
        "stakingObject": object_text(network.staking),
        "epoch": state.epoch,
        "phase": state.phase,
        "epochSeconds": state.epoch_duration,
        "nShards": state.n_shards,
        "nMembers": state.n_members,
        "storagePriceFrost": state.prices.storage,
        "writePriceFrost": state.prices.write,
        "totalCapacity": state.total_capacity,
        "usedCapacity": state.used_capacity,
        "maxEpochsAhead": state.max_epochs_ahead,
    }
    facts = {
        "network": f"{network.name}, {network.url}",
        "epoch": f"{state.epoch}: {PHASES[state.phase]}",
        "epochs last": f"{state.epoch_duration:,.10g} s; paid for at most"
        f" {state.max_epochs_ahead} ahead",
        "committee": f"{count_text(state.n_members, 'node')} with {state.n_shards:,} shards",
        "prices": f"{state.prices.storage:,} FROST per MiB and epoch,"
        f" {state.prices.write:,} FROST per MiB written",
        "capacity": f"{size_text(state.used_capacity)} of {size_text(state.total_capacity)}",
        "System": object_text(network.system),
        "Staking": object_text(network.staking),
    }
    if committee is None:
        return Report(values, facts=facts)
    values["committee"] = [
        {
            "nodeId": object_text(member.node_id),
            "networkAddress": member.network_address,
            "shards": list(member.shards),
        }
        for member in committee.members
    ]
    rows = [
        [object_text(member.node_id), member.network_address, str(member.weight)]
        for member in committee.members
    ]
    return Report(values, facts=facts, table=Table(["node", "address", "shards"], rows, 2))
