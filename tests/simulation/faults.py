"""What goes wrong: with nodes, links, disks, clients and the chain, and how it is put right.

Nodes that are dead, empty, cut off, full, slow or lying hold no more than f shards together, in the
committees of this epoch, the one before and the next.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from simulation.chain import Weather
from simulation.clients import SimClient
from simulation.contract import Contract
from simulation.links import Conditions
from simulation.nodes import SimNode
from simulation.plan import Plan
from simulation.trace import Trace
from simulation.work import Intent, Work

MEAN_OUTAGE = 20.0
"""Virtual seconds that most faults last."""

MOST_NODES = 40

LATE = 60.0
"""Virtual seconds in which a transaction may still be executed."""


@dataclass(eq=False, slots=True)
class Loss:
    """A disk that has lost something since `time`.

    A blob that was confirmed before, and is certified later, is not made good before that: so this
    counts until those who were storing then have ended.
    """

    node: SimNode
    time: float
    intents: list[Intent]


@dataclass
class Faults:
    """`impaired`: why a node counts as dead, by its address. `join` makes a node with a stake."""

    plan: Plan
    contract: Contract
    nodes: list[SimNode]
    clients: list[SimClient]
    conditions: Conditions
    work: Work
    join: Callable[[int], None]
    trace: Trace
    chance: random.Random
    impaired: dict[str, str] = field(default_factory=dict)
    _losses: list[Loss] = field(default_factory=list)
    _repairs: list[asyncio.Task[None]] = field(default_factory=list)

    def steps(self) -> dict[str, Callable[[], None]]:
        """By the plan's names for them."""
        return {
            "crashes": self.crash,
            "torn": self.tear,
            "wipes": self.wipe,
            "blackouts": self.black_out,
            "rot": self.rot,
            "full": self.fill,
            "slow": self.slow,
            "partitions": self.part,
            "chain": self.cut_chain,
            "client kills": self.kill_client,
            "epochs": self.move_stake,
            "changes": self.change_committee,
        }

    def begin(self) -> None:
        """What is wrong all the time."""
        faults, chance = self.plan.faults, self.chance
        self.conditions.longest = chance.choice([0.01, 0.1, 0.5])
        if "lossy" in faults:
            self.conditions.dropped = chance.choice([0.01, 0.05])
            self.conditions.cut = chance.choice([0.01, 0.05])
        if "repeated" in faults:
            self.conditions.repeated = 0.1
        if "chain" in faults:
            for weather in self._weathers():
                weather.longest = chance.choice([0.05, 0.5, 2.0])
                weather.lag = chance.choice([0.0, 1.0, 5.0])
                weather.unreachable = 0.05
                weather.lost = weather.unanswered = weather.late = 0.05

    def cease(self) -> None:
        """All of it ends but the lies."""
        for repair in self._repairs:
            repair.cancel()
        self.conditions.calm()
        for weather in self._weathers():
            weather.calm()
        for node in self.nodes:
            node.disk.calm()
            if not node.is_up:
                node.boot()

    def watch(self) -> None:
        """See whose losses are made good."""
        now = asyncio.get_running_loop().time()
        for loss in list(self._losses):
            at_rest = all(intent.is_at_rest for intent in loss.intents)
            if at_rest and now > loss.time + LATE and self.is_whole(loss.node):
                self._losses.remove(loss)
                self._recover(loss.node, "lost something")

    def is_whole(self, node: SimNode) -> bool:
        """Whether a node has, on disk and intact, all that it should have of all live blobs."""
        member = self._members().get(node.node_id)
        return member is None or (
            node.is_up
            and all(node.disk.keeps(each, member, whole=True) for each in self.work.live())
        )

    def kill_as_many_as_may_be(self) -> None:
        self.impaired.clear()
        for node in self.chance.sample(self.nodes, len(self.nodes)):
            if node.is_honest and self._may_fail([node]):
                self.impaired[node.address] = "down"
                node.crash("for the last test")

    # -- nodes --------------------------------------------------------------------------------

    def crash(self) -> None:
        if node := self._spare("down"):
            node.crash()
            self._later(self._restart, node)

    def tear(self) -> None:
        """The power fails soon, in the middle of something."""
        if node := self._spare("down"):
            node.disk.cut_after(self.chance.randint(0, 12))
            self._later(self._restart, node)

    def black_out(self) -> None:
        """All disks lose their power at once: what was acknowledged is there afterwards."""
        for node in self.nodes:
            if node.is_up:
                node.crash("blackout")
                self._later(self._restart, node)

    def wipe(self) -> None:
        if node := self._spare("lost something"):
            node.crash("its disk is lost")
            node.disk.wipe()
            self._lost_something(node)
            self._later(self._restart, node)

    def rot(self) -> None:
        if node := self._spare("lost something"):
            blob_id = node.disk.rot()
            self.trace.note(f"a bit of {blob_id} flips on {node.address}")
            self._lost_something(node)

    def fill(self) -> None:
        if node := self._spare("full"):
            self.trace.note(f"the disk of {node.address} is full")
            node.disk.fill(True)
            self._later(self._empty, node)

    def slow(self) -> None:
        if node := self._spare("slow"):
            self.trace.note(f"{node.address} is slow")
            self.conditions.slow[node.address] = self.chance.choice([10, 100, 10_000])
            self._later(self._hurry, node)

    def part(self) -> None:
        cut_off: list[SimNode] = []
        while (node := self._spare("cut off")) and self.chance.random() < 0.8:
            cut_off.append(node)
            self.conditions.sides[node.address] = 1
        self.trace.note(f"cut off: {[node.address for node in cut_off]}")
        self._later(self._join, cut_off)

    # -- the others ---------------------------------------------------------------------------

    def cut_chain(self) -> None:
        weathers = list(self._weathers())
        for weather in self.chance.sample(weathers, self.chance.randint(1, len(weathers))):
            weather.is_down = True
            self._later(self._clear, weather)

    def kill_client(self) -> None:
        """Now or in a moment, one that is storing something if there is one."""
        busy = [intent.client for intent in self.work.unfinished if not intent.is_at_rest]
        client = self.chance.choice(busy or self.clients)
        self._later(self._kill, client, self.chance.choice([0.01, 0.3, 3.0]))

    def move_stake(self) -> None:
        """Only healthy nodes get more: those that are impaired hold no more shards than before."""
        healthy = [n for n in self.nodes if n.is_honest and n.address not in self.impaired]
        if healthy:
            self.contract.stake(self.chance.choice(healthy).node_id, self.chance.randint(1, 150))

    def change_committee(self) -> None:
        """A node joins, or one leaves if no other is impaired: those would get its shards, too."""
        members = self.contract.weights()[-1]
        if self.chance.random() < 0.5 and len(self.nodes) < MOST_NODES:
            self.join(self.chance.randint(60, 140))
        elif not self.impaired and all(node.is_honest for node in self.nodes) and len(members) > 4:
            leaving = self.chance.choice([n for n in self.nodes if n.node_id in members])
            self.trace.note(f"{leaving.address} leaves")
            self.contract.unstake(leaving.node_id)

    # -- who may fail -------------------------------------------------------------------------

    def _spare(self, reason: str) -> SimNode | None:
        """A node that may fail now, if there is one; from now on it is impaired."""
        candidates = [
            node
            for node in self.nodes
            if node.is_up and node.address not in self.impaired and self._may_fail([node])
        ]
        if not candidates:
            return None
        node = self.chance.choice(candidates)
        self.impaired[node.address] = reason
        return node

    def _may_fail(self, more: list[SimNode]) -> bool:
        """Whether these nodes and those that are impaired hold no more than f shards."""
        failing = {node.node_id for node in more}
        failing |= {n.node_id for n in self.nodes if n.address in self.impaired or not n.is_honest}
        return all(
            sum(weight for node_id, weight in weights.items() if node_id in failing)
            <= self.plan.n_faulty
            for weights in self.contract.weights()
        )

    def _members(self) -> dict[bytes, Any]:
        current = self.contract.committees().current
        return {member.node_id: member.shards for member in current.members}

    def _lost_something(self, node: SimNode) -> None:
        now = asyncio.get_running_loop().time()
        self._losses.append(Loss(node, now, self.work.unfinished))

    def _weathers(self) -> Iterator[Weather]:
        for each in [*self.nodes, *self.clients]:
            yield each.weather

    # -- how it is put right ------------------------------------------------------------------

    def _later(self, repair: Callable[[Any], None], what: Any, mean: float = MEAN_OUTAGE) -> None:
        delay = self.chance.expovariate(1 / mean)

        async def wait() -> None:
            await asyncio.sleep(delay)
            repair(what)

        self._repairs.append(asyncio.create_task(wait(), name=repair.__name__))

    def _recover(self, node: SimNode, reason: str) -> None:
        if self.impaired.get(node.address) == reason:
            del self.impaired[node.address]

    def _restart(self, node: SimNode) -> None:
        if self.impaired.get(node.address) == "down":
            node.crash()  # unless it is, as the power was to fail
        if not node.is_up:
            node.boot()
        self._recover(node, "down")

    def _empty(self, node: SimNode) -> None:
        node.disk.fill(False)
        self._recover(node, "full")

    def _hurry(self, node: SimNode) -> None:
        self.conditions.slow.pop(node.address, None)
        self._recover(node, "slow")

    def _join(self, cut_off: list[SimNode]) -> None:
        for node in cut_off:
            self.conditions.sides.pop(node.address, None)
            self._recover(node, "cut off")

    def _clear(self, weather: Weather) -> None:
        weather.is_down = False

    def _kill(self, client: SimClient) -> None:
        self.trace.note(f"{client.name} is killed")
        client.kill()
        self._later(self._resume, client)

    def _resume(self, client: SimClient) -> None:
        for intent in self.work.unfinished:
            if intent.client is client and intent.is_at_rest:
                self.work.pursue(intent)
