"""One simulation, from a seed: a network, clients that use it, and what goes wrong meanwhile.

At the end all faults cease but the lies: then what was begun is brought to its end, the nodes heal,
and everything is read again, once more with as many nodes dead as may be.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable
from typing import Any

from simulation.clients import SimClient
from simulation.contract import Contract
from simulation.faults import Faults
from simulation.invariants import Confirmations, Payments, Violation
from simulation.links import Conditions, Network
from simulation.loop import EPOCH, run
from simulation.nodes import LIMITS, Everything, SimNode
from simulation.plan import Plan
from simulation.trace import Trace
from simulation.work import Work
from storage.power import PowerCutError

from walrus_core.localnet.network.lies import Lie
from walrus_core.protocol.keys import KeyPair
from walrus_core.types import BlobId

LATEST = 20_000.0
"""Virtual seconds after which a simulation has run for too long."""

PATIENCE = 3000.0
"""Virtual seconds in which, once all faults have ceased, nodes heal and clients finish."""

KEYS: dict[int, KeyPair] = {}


def key_pair(number: int) -> KeyPair:
    """Of a node; the same in each simulation, as they take time to make."""
    if number not in KEYS:
        KEYS[number] = KeyPair((number + 1).to_bytes(KeyPair.SECRET_SIZE, "big"))
    return KEYS[number]


class Simulation:
    """`await run()` raises what it finds: a Violation, StuckError, or whatever a service raised."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.trace = Trace()
        self.bugs: list[BaseException] = []
        self._proven: set[BlobId] = set()
        self._chance = random.Random(f"scenario {plan.seed}")
        self.contract = Contract(plan.n_shards, epoch_seconds=plan.epoch_seconds)
        self.conditions = Conditions(random.Random(f"links {plan.seed}"))
        self._network = Network(self.conditions)
        self._shared = Everything(self.contract, self._network, self.trace, str(plan.seed))
        self.nodes: list[SimNode] = []
        self._found()
        self.clients = [SimClient(self._shared, f"client{n}") for n in range(plan.n_clients)]
        self._payments = Payments(self.contract)
        of_all = self.trace, self._chance
        self.work = Work(
            self.contract, self.clients, self._payments, *of_all, self.bugs, self._may_reads_fail
        )
        self.faults = Faults(
            plan,
            self.contract,
            self.nodes,
            self.clients,
            self.conditions,
            self.work,
            self._join,
            *of_all,
        )
        self.confirmations = Confirmations(self.contract, self.nodes, self.bugs)
        self._network.on_bug = self.bugs.append
        self._network.on_answer = self.confirmations.heard

    async def run(self) -> None:
        """See the module's docstring."""
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        self.trace.note(str(self.plan))
        for node in self.nodes:
            node.boot()
        turning = asyncio.create_task(self.contract.turn_epochs(), name="epochs")
        await asyncio.sleep(3)
        self.faults.begin()
        for _ in range(self.plan.n_steps):
            self._step()
            await asyncio.sleep(self._chance.expovariate(1 / self.plan.mean_pause))
            self.check()
        turning.cancel()
        self.trace.note("the faults cease")
        self.faults.cease()
        await self._until(self.work.go_on, "clients to finish")
        await self._until(self._is_healed, "nodes to heal")
        self._proven = self.contract.invalid
        await asyncio.sleep(2 * LIMITS.poll_interval)  # all of them have heard of all
        await self._read_all("at the end")
        await self._ask_for_all()
        await self._until(self._is_swept, "nodes to let go of what is over")
        self.faults.kill_as_many_as_may_be()
        await self._read_all("with f shards gone")

    def check(self) -> None:
        """What must hold at every moment."""
        if self.bugs:
            raise self.bugs[0]
        self._payments.check()
        self.faults.watch()

    def stop(self) -> None:
        """End what is left running."""
        for process in (each.process for each in [*self.nodes, *self.clients]):
            process.kill()

    # -- how ----------------------------------------------------------------------------------

    def _found(self) -> None:
        """The nodes of the first committee; which of them lie, and how."""
        ids = [self._register(number, stake) for number, stake in enumerate(self.plan.stakes)]
        self.contract.begin()
        liars = self._choose_liars()
        for number, node_id in enumerate(ids):
            self._add(number, node_id, liars.get(node_id))

    def _join(self, stake: int) -> None:
        """One more node, which gets shards when the epoch after this one begins, or the next."""
        number = len(self.nodes)
        node = self._add(number, self._register(number, stake))
        self.trace.note(f"{node.address} joins")
        node.boot()

    def _register(self, number: int, stake: int) -> bytes:
        return self.contract.add_node(key_pair(number), _address(number), stake)

    def _add(self, number: int, node_id: bytes, lie: Lie | None = None) -> SimNode:
        node = SimNode(self._shared, key_pair(number), _address(number), node_id, lie)
        self.nodes.append(node)
        self._network.hosts[node.address] = node
        return node

    def _choose_liars(self) -> dict[bytes, Lie]:
        """Up to f shards' worth, or up to half of it."""
        if "lies" not in self.plan.faults:
            return {}
        liars: dict[bytes, Lie] = {}
        members = list(self.contract.committees().current.members)
        left = self.plan.n_faulty * self._chance.choice([0.5, 1.0])
        for member in self._chance.sample(members, len(members)):
            if member.weight <= left:
                liars[member.node_id] = self._chance.choice(list(Lie))
                left -= member.weight
        return liars

    def _step(self) -> None:
        work = self.work
        steps = [(work.store, 8), (work.read, 5), (work.extend, 1), (work.delete, 2)]
        if "cheats" in self.plan.faults:
            steps.append((work.cheat, 2))
        steps += [(s, 2) for name, s in self.faults.steps().items() if name in self.plan.faults]
        [step] = self._chance.choices([s for s, _ in steps], [weight for _, weight in steps])
        step()

    def _may_reads_fail(self) -> bool:
        """Whether reads may fail for a while, with the faults that this plan has."""
        return bool(self.plan.faults & {"lossy", "partitions", "chain", "slow", "blackouts"})

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it is so; a Violation if that takes too long."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not condition():
            self.check()
            if asyncio.get_running_loop().time() > deadline:
                raise Violation(f"waited {PATIENCE} seconds in vain for {what}")
            await asyncio.sleep(5)
        self.check()

    def _is_healed(self) -> bool:
        """Whether all honest nodes have what they should, and the others' cheats are found out."""
        is_whole = all(self.faults.is_whole(node) for node in self.nodes if node.is_honest)
        return is_whole and self.contract.invalid.issuperset(self.work.live_cheats())

    def _is_swept(self) -> bool:
        """Whether no honest node keeps anything of blobs that are not registered any more."""
        registered = self.work.registered()
        return all(node.disk.blobs() <= registered for node in self.nodes if node.is_honest)

    async def _ask_for_all(self) -> None:
        for blob_id in sorted(self.work.contents):
            await self.work.ask_status(self.clients[0], blob_id)
        self.check()

    async def _read_all(self, when: str) -> None:
        self.trace.note(f"everything is read, {when}")
        client = self.clients[0]
        for blob_id in self.work.live():
            await self.work.read_one(client, blob_id, must=True)
        for blob_id in sorted(self._proven.intersection(self.work.live_cheats())):
            await self.work.read_cheated(client, blob_id)
        self.check()

    def _unhandled(self, _: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is not None and not isinstance(error, PowerCutError):
            self.bugs.append(error)


def _address(number: int) -> str:
    return f"node{number}:9185"


def simulate(seed: int) -> Simulation:
    """Run the simulation of a seed. What it raises has the trace's end as a note."""
    simulation = Simulation(Plan.of(seed))

    async def main() -> None:
        try:
            await simulation.run()
        finally:
            simulation.stop()

    try:
        run(main(), EPOCH + LATEST)
    except BaseException as error:
        error.add_note(f"{simulation.plan}\n{simulation.trace.tail()}")
        raise
    return simulation
