"""The scenario that a YAML or JSON document describes; the help of `simulate` explains the form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from walrus_core.cli.simulate_document import U64_MAX, Place, nearest, read_document
from walrus_core.localnet.scenario import (
    Event,
    NodePlan,
    ReserveStorage,
    Scenario,
    Stake,
    StoreBlobs,
    Unstake,
    Vote,
)

MOST_SHARDS = 65_535
MOST_NODES = 10_000
MOST_EPOCHS = 1_000
MOST_BLOBS = 100_000
MOST_EPOCHS_AHEAD = 1_000
U32_MAX = 2**32 - 1

LEAST_STAKE = 1_000_000_000
"""1 WAL: the contract takes no smaller stake."""

ALL = "all"

Events = tuple[Event, ...]


def read_scenario(file: str, contract_version: int, n_epochs: int | None) -> Scenario:
    """The scenario in a file, for `n_epochs` if given: cut, or continued with its last usage."""
    fields = read_document(file).fields(["n_shards", "nodes"], ["epochs", "max_epochs_ahead"])
    nodes = _nodes(fields["nodes"])
    epochs = _epochs(fields["epochs"], [node.name for node in nodes]) if "epochs" in fields else []
    scenario = Scenario(
        n_shards=fields["n_shards"].integer(1, MOST_SHARDS),
        nodes=nodes,
        epochs=_continued(epochs, n_epochs or max(len(epochs), 1)),
        contract_version=contract_version,
    )
    if "max_epochs_ahead" in fields:
        ahead = fields["max_epochs_ahead"].integer(1, MOST_EPOCHS_AHEAD)
        return replace(scenario, max_epochs_ahead=ahead)
    return scenario


def _continued(epochs: Sequence[Events], n_epochs: int) -> tuple[Events, ...]:
    """The first `n_epochs`; where there are too few, what is used in the last goes on."""
    last = epochs[-1] if epochs else ()
    usage = tuple(event for event in last if isinstance(event, (StoreBlobs, ReserveStorage)))
    return (*epochs[:n_epochs], *[usage] * (n_epochs - len(epochs)))


def _nodes(place: Place) -> tuple[NodePlan, ...]:
    places = place.items()
    if not 1 <= len(places) <= MOST_NODES:
        raise place.error(f"must have from 1 to {MOST_NODES:,} nodes, not {len(places):,}")
    nodes: dict[str, NodePlan] = {}
    for item in places:
        node = _node(item)
        if node.name in nodes:
            raise item.error(f"is a second node named {node.name!r}; give it another name")
        nodes[node.name] = node
    return tuple(nodes.values())


def _node(place: Place) -> NodePlan:
    votes = ["storage_price", "write_price", "capacity"]
    fields = place.fields(["name", "stake", *votes], ["commission"])
    stake = fields["stake"].wal()
    if 0 < stake < LEAST_STAKE:
        raise fields["stake"].error("must be 0 (no stake) or 1 WAL at least")
    return NodePlan(
        name=fields["name"].text(),
        stake=stake,
        storage_price=fields["storage_price"].integer(0, U64_MAX),
        write_price=fields["write_price"].integer(0, U64_MAX),
        capacity=fields["capacity"].size(0),
        commission_rate=fields["commission"].percent() if "commission" in fields else 0,
    )


def _epochs(place: Place, nodes: Sequence[str]) -> list[Events]:
    epochs: list[Events] = []
    for item in place.items():
        events, times = _epoch(item, nodes)
        epochs += [events] * times
        if len(epochs) > MOST_EPOCHS:
            raise item.error(f"is beyond epoch {MOST_EPOCHS:,}; leave out some, or repeat less")
    blobs = sum(e.count for events in epochs for e in events if isinstance(e, StoreBlobs))
    if blobs > MOST_BLOBS:
        raise place.error(f"store {blobs:,} > {MOST_BLOBS:,} blobs; use `storage` for bulk")
    return epochs


def _epoch(place: Place, nodes: Sequence[str]) -> tuple[Events, int]:
    """The events of an epoch, in their order, and how many epochs have them."""
    if place.value is None:  # an item without content: nothing happens
        return (), 1
    fields = place.fields([], [*_EVENTS, "repeat"])
    times = fields.pop("repeat").integer(1, MOST_EPOCHS) if "repeat" in fields else 1
    events = (
        _EVENTS[kind](item, nodes) for kind, items in fields.items() for item in items.one_or_more()
    )
    return tuple(events), times


def _stake(place: Place, nodes: Sequence[str]) -> Event:
    fields = place.fields(["node", "amount"], [])
    return Stake(place.path, _name(fields["node"], nodes), fields["amount"].wal())


def _unstake(place: Place, nodes: Sequence[str]) -> Event:
    fields = place.fields(["node", "amount"], [])
    amount = None if fields["amount"].value == ALL else fields["amount"].wal()
    return Unstake(place.path, _name(fields["node"], nodes), amount)


def _vote(place: Place, nodes: Sequence[str]) -> Event:
    fields = place.fields(["node"], ["storage_price", "write_price", "capacity"])
    if len(fields) == 1:
        raise place.error("votes for nothing; add storage_price, write_price or capacity")
    return Vote(
        place.path,
        _name(fields["node"], nodes),
        fields["storage_price"].integer(0, U64_MAX) if "storage_price" in fields else None,
        fields["write_price"].integer(0, U64_MAX) if "write_price" in fields else None,
        fields["capacity"].size(0) if "capacity" in fields else None,
    )


def _usage(place: Place, nodes: Sequence[str]) -> Event:  # noqa: ARG001 - the form of an event
    if isinstance(place.value, dict) and "storage" in place.value:
        fields = place.fields(["storage", "epochs"], [])
        size = fields["storage"].size(1)
        return ReserveStorage(place.path, size, fields["epochs"].integer(1, U32_MAX))
    fields = place.fields(["size", "epochs"], ["count"])
    count = fields["count"].integer(1, MOST_BLOBS) if "count" in fields else 1
    size, epochs = fields["size"].size(0), fields["epochs"].integer(1, U32_MAX)
    return StoreBlobs(place.path, size, epochs, count)


_EVENTS = {"stake": _stake, "unstake": _unstake, "vote": _vote, "usage": _usage}
"""What may happen in an epoch, by the field that says it."""


def _name(place: Place, nodes: Sequence[str]) -> str:
    name = place.text()
    if name not in nodes:
        raise place.error(f"names no node; {nearest(name, nodes)}")
    return name
