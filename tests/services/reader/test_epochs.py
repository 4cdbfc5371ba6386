"""Reads while shards move from one committee to the next (spec, chapter 5)."""

import asyncio
from dataclasses import replace

import pytest
from services.reader.network import CERTIFIED, WEIGHTS, Fault, Network, Node, committee
from simulation.loop import run

from walrus_core.errors import BlobNotFoundError
from walrus_core.services.ports import Committees
from walrus_core.types import BlobId, Epoch

BLOB = bytes(range(251)) * 8


def moving(phase: str = "sync") -> Network:
    """A network whose shards go, in epoch 2, to other nodes that do not have them yet."""
    network = Network(BLOB)
    network.answer = Committees(new_nodes(network, Fault.NO_SLIVERS), network.committee, phase)
    return network


def new_nodes(network: Network, fault: Fault):
    """The committee of epoch 2."""
    new = committee(2, WEIGHTS[::-1], first_node=100)
    for member in new.members:
        network.nodes[member.node_id] = Node(member, network.n_shards, network.blobs, fault)
    return new


def test_what_was_certified_before_comes_from_those_who_had_it() -> None:
    network = moving()
    outcome = run(network.reader().read(network.blob_id))
    assert (outcome.content, outcome.faults) == (BLOB, {})


def test_what_is_new_comes_from_the_new() -> None:
    network = moving()
    for member in network.answer.current.members:
        node = network.nodes[member.node_id]
        node.fault, node.status_now = (
            Fault.NONE,
            replace(CERTIFIED, initial_certified_epoch=Epoch(2)),
        )
    for member in network.committee.members:
        network.nodes[member.node_id].fault = Fault.NOT_FOUND
    outcome = run(network.reader().read(network.blob_id))
    assert (outcome.content, outcome.faults) == (BLOB, {})


def test_what_neither_has() -> None:
    with pytest.raises(BlobNotFoundError):
        run(moving().reader().read(BlobId(bytes(32))))


@pytest.mark.parametrize("how", ["read", "range", "stream", "open"])
def test_the_epoch_changes_under_a_reader(how: str) -> None:
    """It knows the old committee, whose nodes have gone meanwhile."""
    network = Network(BLOB)

    async def read() -> bytes:
        reader = network.reader(rounds=1)
        file = await reader.open(network.blob_id)
        await asyncio.sleep(2)
        for node in network.in_order:
            node.fault = Fault.DOWN
        network.answer = Committees(new_nodes(network, Fault.NONE), network.committee, "done")
        if how == "read":
            return (await reader.read(network.blob_id)).content
        if how == "range":
            return (await reader.read(network.blob_id, 0, len(BLOB) - 2)).content + BLOB[-1:]
        if how == "stream":
            return b"".join([piece async for piece in reader.stream(network.blob_id)])
        return await file.read()

    assert run(read()) == BLOB
    assert network.lookups == 2
