"""Runs the scenarios of contract.json: every field of every step is used or compared.

The steps, the views that a step's `check` names, and the ways to set a ledger up are tables, one
module for each half of the contract. A name that no table has is an error, as is a step's argument
that its function does not take.
"""

import dataclasses
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest
from localnet.ledger.known_contract import Entry, as_listed, shard_list

from walrus_core.errors import Abort
from walrus_core.localnet.ledger import Ledger
from walrus_core.localnet.ledger.events import Event
from walrus_core.localnet.ledger.objects import Coin, StorageNodeCap

PLENTY = 5 * 10**18
"""What the payment coin of a step holds that does not say: all the WAL there is."""

ABOUT_A_STEP = {"do", "as", "out", "abort", "events", "check"}
"""Fields of a step that are no arguments of it."""


@dataclass
class World:
    """A ledger, and what the scenario calls the things in it."""

    ledger: Ledger
    named: dict[str, Any] = field(default_factory=dict)
    names: dict[bytes, str] = field(default_factory=dict)
    caps: dict[int, StorageNodeCap] = field(default_factory=dict)

    def coin(self, value: int) -> Coin:
        """Out of nothing."""
        with self.ledger.transaction() as tx:
            return self.ledger.objects.add(Coin(tx.fresh_id(), value))

    def id_of(self, node: int) -> bytes:
        """The object id that a node's number stands for; they have the same order."""
        return node.to_bytes(32, "big")

    def number_of(self, node_id: bytes) -> int:
        """The inverse of `id_of`."""
        return int.from_bytes(node_id, "big")

    def all_sign(self) -> bytes:
        """The bitmap of a whole committee; scenarios do without the signature."""
        members = len(self.ledger.state.system.committee.members)
        return (2**members - 1).to_bytes((members + 7) // 8, "little")

    def give_name(self, name: str, made: Any) -> None:
        self.named[name] = made
        self.names[made.id] = name


@dataclass
class Done:
    """What a step reports, and the object that it made."""

    out: Entry | None = None
    made: Any = None


Step = Callable[..., Done | None]
"""(world, arguments by name) -> what it did."""

View = Callable[[World, Any], Any]
"""(world, what is expected) -> what is there: the expectation only says how far to look."""


@dataclass
class Tables:
    """What one half of the contract adds."""

    setups: dict[str, Callable[[Entry], World]]
    steps: dict[str, Step]
    views: dict[str, View]


def run(config: Entry, steps: list[Entry], tables: Tables) -> None:
    world = _set_up(config, tables)
    for number, step in enumerate(steps):
        where = f"step {number}: {step}"
        if "abort" in step:
            _run_aborting(world, step, tables, where)
        else:
            _run_succeeding(world, step, tables, where)
        for view, expected in step.get("check", {}).items():
            assert tables.views[view](world, expected) == expected, f"{view} after {where}"


def _set_up(config: Entry, tables: Tables) -> World:
    kinds = config.keys() & tables.setups.keys()
    assert len(kinds) == 1, f"one of {list(tables.setups)} must be configured, not {config}"
    return tables.setups[kinds.pop()](config)


def _run_aborting(world: World, step: Entry, tables: Tables, where: str) -> None:
    before, events = world.ledger.digest(), world.ledger.events.end
    with pytest.raises(Abort) as caught:
        _call(world, step, tables)
    assert as_listed(caught.value) == step["abort"], where
    assert (world.ledger.digest(), world.ledger.events.end) == (before, events), where
    assert not step.keys() & {"out", "events"}, where


def _run_succeeding(world: World, step: Entry, tables: Tables, where: str) -> None:
    cursor = world.ledger.events.end
    done = _call(world, step, tables) or Done()
    if "as" in step:
        world.give_name(step["as"], done.made)
    assert done.out == step.get("out"), where
    emitted = [_as_listed(world, event) for _, event in world.ledger.events.since(cursor)]
    assert emitted == _with_numbers(step.get("events", [])), where


def _call(world: World, step: Entry, tables: Tables) -> Done | None:
    arguments = {name: value for name, value in step.items() if name not in ABOUT_A_STEP}
    with world.ledger.transaction():
        return tables.steps[step["do"]](world, **arguments)


NUMBERS = {"blob_id", "root"}
OBJECTS = {"object_id", "storage_pool_id"}


def _as_listed(world: World, event: Event) -> list[Any]:
    """An event as the file writes it, but for hexadecimal numbers."""
    assert dataclasses.is_dataclass(event)
    fields = {f.name: getattr(event, f.name) for f in dataclasses.fields(event)}
    for name, value in fields.items():
        if name in OBJECTS:
            fields[name] = world.names.get(value, "event")
        elif name == "node_id":
            fields[name] = world.number_of(value)
        elif name == "shards":
            fields[name] = shard_list(value)
    return [type(event).__name__, fields]


def _with_numbers(events: list[Any]) -> list[Any]:
    """Expected events with their hexadecimal numbers read."""
    return [
        [
            name,
            {key: int(value, 16) if key in NUMBERS else value for key, value in fields.items()},
        ]
        for name, fields in events
    ]
