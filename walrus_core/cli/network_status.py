"""`walrus-core network status`: the nodes of a network, one by one."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.objects import object_text
from walrus_core.cli.output import Report, Table, Values
from walrus_core.cli.quantities import size_text
from walrus_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.localnet.network.status import NetworkStatus, NodeStatus

SHORT_ID = 10
"""Characters of a node's id that tell it from others."""


@click.command("status", cls=Command)
@on_network
def command(access: Access) -> Report:
    """Show the nodes of the present committee, as each says of itself how it is.

    Healing counts blobs of which a node lacks slivers and is putting them back together, damaged
    what its disk lost.
    """
    try:
        from walrus_core.localnet.network.status import network_status
    except ImportError as error:
        raise MissingDependencyError.of(error, "client") from None
    return _report(asyncio.run(network_status(access.described())))


def _report(status: NetworkStatus) -> Report:
    chain, up = status.chain, sum(node.health is not None for node in status.nodes)
    values: Values = {
        "epoch": chain.epoch,
        "phase": chain.phase,
        "nShards": chain.n_shards,
        "shardsDown": status.faulty,
        "shardsTolerated": status.tolerated,
        "nodes": [_values(node) for node in status.nodes],
    }
    facts = {
        "epoch": f"{chain.epoch} ({chain.phase})",
        "nodes": f"{up} of {len(status.nodes)} answer",
        "shards": f"{chain.n_shards:,}; {status.faulty} are down, {status.tolerated} may be",
        "capacity": f"{size_text(chain.used_capacity)} of {size_text(chain.total_capacity)} sold",
    }
    header = ["node", "address", "state", "shards", "blobs", "stored", "free", "healing", "damaged"]
    table = Table(header, [_row(node) for node in status.nodes], n_labels=3)
    remarks = [
        f"{node.member.network_address}: {node.reason}" for node in status.nodes if node.reason
    ]
    return Report(values, facts=facts, table=table, remarks=remarks)


def _row(node: NodeStatus) -> list[str]:
    labels = [object_text(node.member.node_id)[:SHORT_ID], node.member.network_address]
    health = node.health
    if health is None:
        return [*labels, "no answer", f"{node.member.weight}", *["-"] * 5]
    weight = node.member.weight
    return [
        *labels,
        health.status,
        f"{weight}" if node.ready == weight else f"{node.ready} of {weight}",
        f"{health.blobs:,}",
        size_text(health.stored),
        size_text(health.free),
        f"{health.healing:,}",
        f"{health.damaged:,}",
    ]


def _values(node: NodeStatus) -> Values:
    values: Values = {
        "nodeId": object_text(node.member.node_id),
        "address": node.member.network_address,
        "shards": list(node.member.shards),
    }
    health = node.health
    if health is None:
        return {**values, "status": None, "reason": node.reason}
    return {
        **values,
        "status": health.status,
        "shardStatus": {str(shard): str(status) for shard, status in health.shards.items()},
        "epoch": health.epoch,
        "uptimeSeconds": health.uptime,
        "events": health.events,
        "blobs": health.blobs,
        "healing": health.healing,
        "damaged": health.damaged,
        "storedBytes": health.stored,
        "limitBytes": health.limit,
        "freeBytes": health.free,
    }
