"""One simulation, from a seed: a network, clients that use it, and what goes wrong meanwhile.

Nodes that are dead, empty, cut off, full or lying hold no more than f shards together, in the
present committee and in the one before; so every blob that is certified must stay readable. At the
end all faults cease but the lies: then what was begun is brought to its end, the nodes heal, and
everything is read again, once more with as many nodes dead as may be.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from simulation.chain import Weather
from simulation.clients import SimClient
from simulation.contract import Contract
from simulation.invariants import Confirmations, Payments, Violation, is_refusal
from simulation.links import Conditions, Network
from simulation.loop import EPOCH, run
from simulation.nodes import Everything, SimNode
from simulation.plan import Plan
from simulation.trace import Trace
from storage.power import PowerCutError

from walrus_core.codec.encoder import compute_metadata
from walrus_core.localnet.ledger.objects import Blob
from walrus_core.localnet.network.lies import Lie
from walrus_core.protocol.keys import KeyPair
from walrus_core.types import BlobId

LATEST = 20_000.0
"""Virtual seconds after which a simulation has run for too long."""

PATIENCE = 3000.0
"""Virtual seconds in which, once all faults have ceased, nodes heal and clients finish."""

MEAN_PAUSE = 6.0
"""Virtual seconds between two steps."""

KEYS: dict[int, KeyPair] = {}


def key_pair(number: int) -> KeyPair:
    """Of a node; the same in each simulation, as they take time to make."""
    if number not in KEYS:
        KEYS[number] = KeyPair((number + 1).to_bytes(KeyPair.SECRET_SIZE, "big"))
    return KEYS[number]


@dataclass(eq=False, slots=True)
class Intent:
    """A blob that a client means to store, until it is `done`."""

    client: SimClient
    content: bytes
    blob_id: BlobId
    epochs: int
    deletable: bool
    task: asyncio.Task[Any] | None = None
    done: bool = False


class Simulation:
    """`await run()` raises what it finds: a Violation, StuckError, or whatever a service raised."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.trace = Trace()
        self.chance = random.Random(f"scenario {plan.seed}")
        self.contract = Contract(plan.n_shards, epoch_seconds=plan.epoch_seconds)
        self.conditions = Conditions(random.Random(f"links {plan.seed}"))
        self.network = Network(self.conditions)
        self.shared = Everything(self.contract, self.network, self.trace, str(plan.seed))
        self.bugs: list[BaseException] = []
        self.impaired: dict[str, str] = {}
        self.contents: dict[BlobId, bytes] = {}
        self.intents: list[Intent] = []
        self.reads = self.refused_reads = 0
        self.nodes = self._found()
        self.clients = [SimClient(self.shared, f"client{n}") for n in range(plan.n_clients)]
        by_address = {node.address: node for node in self.nodes}
        self.network.hosts.update(by_address)
        self.network.on_bug = self.bugs.append
        self.payments = Payments(self.contract)
        self.confirmations = Confirmations(self.contract, by_address)
        self.network.on_answer = self._heard
        self._background: list[asyncio.Task[Any]] = []

    # -- the whole of it ----------------------------------------------------------------------

    async def run(self) -> None:
        asyncio.get_running_loop().set_exception_handler(self._unhandled)
        self.trace.note(str(self.plan))
        for node in self.nodes:
            node.boot()
        turning = asyncio.create_task(self.contract.turn_epochs(), name="epochs")
        await asyncio.sleep(3)
        self._set_weather()
        for _ in range(self.plan.n_steps):
            self._step()
            await asyncio.sleep(self.chance.expovariate(1 / MEAN_PAUSE))
            self.check()
        turning.cancel()
        self._cease()
        await self._until(self._finish_intents, "clients to finish")
        await self._until(self._is_healed, "nodes to heal")
        await self._read_all("at the end")
        self._kill_as_many_as_may_be()
        await self._read_all("with f shards gone")
        self.check()

    def check(self) -> None:
        """What must hold at every moment."""
        if self.bugs:
            raise self.bugs[0]
        self.payments.check()

    def stop(self) -> None:
        """End what is left running."""
        for process in (each.process for each in [*self.nodes, *self.clients]):
            process.kill()

    # -- how it begins ------------------------------------------------------------------------

    def _found(self) -> list[SimNode]:
        stakes = self.plan.stakes
        ids = [
            self.contract.add_node(key_pair(number), f"node{number}:9185", stake)
            for number, stake in enumerate(stakes)
        ]
        self.contract.begin()
        liars = self._choose_liars()
        return [
            SimNode(self.shared, key_pair(number), f"node{number}:9185", id_, liars.get(id_))
            for number, id_ in enumerate(ids)
        ]

    def _choose_liars(self) -> dict[bytes, Lie]:
        """Which nodes lie, and how: some f shards' worth, in half of the plans all of it."""
        if "lies" not in self.plan.faults:
            return {}
        liars: dict[bytes, Lie] = {}
        members = list(self.contract.committees().current.members)
        left = self.plan.n_faulty * self.chance.choice([0.5, 1.0])
        for member in self.chance.sample(members, len(members)):
            if member.weight <= left:
                liars[member.node_id] = self.chance.choice(list(Lie))
                left -= member.weight
        return liars

    def _set_weather(self) -> None:
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

    def _weathers(self) -> Iterator[Weather]:
        for each in [*self.nodes, *self.clients]:
            yield each.weather

    # -- what happens -------------------------------------------------------------------------

    def _step(self) -> None:
        steps: list[tuple[Callable[[], None], int]] = [
            (self._store, 6),
            (self._read, 4),
            (self._extend, 1),
            (self._delete, 1),
        ]
        faults: dict[str, Callable[[], None]] = {
            "crashes": self._crash,
            "torn": self._tear,
            "wipes": self._wipe,
            "rot": self._rot,
            "full": self._fill,
            "slow": self._slow,
            "partitions": self._part,
            "chain": self._cut_chain,
            "client kills": self._kill_client,
            "blackouts": self._black_out,
            "epochs": self._move_stake,
        }
        steps += [(step, 2) for name, step in faults.items() if name in self.plan.faults]
        [step] = self.chance.choices([s for s, _ in steps], [weight for _, weight in steps])
        step()

    def _store(self) -> None:
        client, chance = self.chance.choice(self.clients), self.chance
        if self.contents and chance.random() < 0.15:
            content = chance.choice(list(self.contents.values()))
        else:
            content = chance.randbytes(
                chance.choice([1, 20, 300, 1000, 4000, chance.randint(1, 20_000)])
            )
        blob_id = compute_metadata(content, self.plan.n_shards).blob_id
        if any(i.blob_id == blob_id and i.client is client and not i.done for i in self.intents):
            return
        self.contents[blob_id] = content
        intent = Intent(client, content, blob_id, chance.randint(1, 5), chance.random() < 0.6)
        self.payments.allow(client.address, blob_id)
        self.intents.append(intent)
        self._pursue(intent)

    def _pursue(self, intent: Intent) -> None:
        """Store it, or go on storing it."""
        name = f"{intent.client.name} stores {intent.blob_id}"
        self.trace.note(f"{name}, {len(intent.content)} bytes, {intent.epochs} epochs")

        async def store() -> None:
            try:
                outcome = await intent.client.store(
                    intent.content, intent.epochs, deletable=intent.deletable
                )
            except Exception as error:
                self.trace.note(f"{name}: {error!r}")
                if not is_refusal(error):
                    self.bugs.append(error)
            else:
                intent.done = True
                self.trace.note(f"{name}: {outcome.operation}")
                if outcome.blob_id != intent.blob_id or outcome.certified_epoch is None:
                    self.bugs.append(Violation(f"{name}: {outcome}"))

        intent.task = intent.client.process.start(store(), "store")

    def _read(self) -> None:
        live = self._live()
        if live:
            blob_id = self.chance.choice(live)
            client = self.chance.choice(self.clients)
            self._background.append(client.process.start(self._read_one(client, blob_id), "read"))

    async def _read_one(self, client: SimClient, blob_id: BlobId, *, must: bool = False) -> None:
        """Read a blob that is certified now, and compare; whether it `must` be there."""
        self.reads += 1
        try:
            content = await client.read(blob_id)
        except Exception as error:
            self.refused_reads += 1
            self.trace.note(f"{client.name} cannot read {blob_id}: {error!r}")
            if not is_refusal(error):
                self.bugs.append(error)
            elif (must or self._is_fair()) and blob_id in self._live():
                self.bugs.append(Violation(f"{blob_id} cannot be read: {error!r}"))
        else:
            self.trace.note(f"{client.name} reads {blob_id}, {len(content)} bytes")
            if content != self.contents[blob_id]:
                self.bugs.append(Violation(f"{blob_id} was read wrongly"))

    def _is_fair(self) -> bool:
        """Whether no read may fail, with the faults that this plan has."""
        return not self.plan.faults & {"lossy", "partitions", "chain", "slow", "blackouts"}

    def _extend(self) -> None:
        self._with_some_blob("extends", lambda chain, blob: chain.extend(blob.id, 2))

    def _delete(self) -> None:
        self._with_some_blob("deletes", lambda chain, blob: chain.delete(blob.id))

    def _with_some_blob(self, word: str, act: Callable[[Any, Blob], Any]) -> None:
        client = self.chance.choice(self.clients)
        purse = self.contract.purses.get(client.address)
        if purse is None or not purse.blobs:
            return
        blob = self.chance.choice(list(purse.blobs.values()))
        blob_id = _blob_id(blob)
        if any(i.blob_id == blob_id and i.client is client and not i.done for i in self.intents):
            return

        async def change() -> None:
            try:
                await act(client.chain(), blob)
                self.trace.note(f"{client.name} {word} {blob_id}")
            except Exception as error:
                self.trace.note(f"{client.name} {word} {blob_id}: {error!r}")
                if not is_refusal(error):
                    self.bugs.append(error)

        self._background.append(client.process.start(change(), word))

    # -- what goes wrong ----------------------------------------------------------------------

    def _spare(self) -> SimNode | None:
        """A node that may fail now, if there is one."""
        candidates = [
            node
            for node in self.nodes
            if node.is_up and node.address not in self.impaired and self._may_fail([node])
        ]
        return self.chance.choice(candidates) if candidates else None

    def _may_fail(self, more: list[SimNode]) -> bool:
        """Whether these nodes and those that are impaired hold no more than f shards."""
        names = {node.node_id for node in self.nodes if node.address in self.impaired}
        names |= {node.node_id for node in more} | {
            n.node_id for n in self.nodes if not n.is_honest
        }
        committees = self.contract.committees()
        return all(
            sum(member.weight for member in committee.members if member.node_id in names)
            <= self.plan.n_faulty
            for committee in (committees.current, committees.previous)
            if committee is not None
        )

    def _crash(self) -> None:
        if node := self._spare():
            self.impaired[node.address] = "down"
            node.crash()
            self._later(self._restart, node)

    def _tear(self) -> None:
        """The power fails soon, in the middle of something."""
        if node := self._spare():
            self.impaired[node.address] = "down"
            node.disk.cut_after(self.chance.randint(0, 12))
            self._later(self._restart, node)

    def _wipe(self) -> None:
        if node := self._spare():
            self.impaired[node.address] = "empty"
            node.crash("its disk is lost")
            node.disk.wipe()
            self._later(self._restart, node)

    def _black_out(self) -> None:
        """All disks lose their power at once: what was acknowledged is there afterwards."""
        for node in self.nodes:
            if node.is_up:
                node.crash("blackout")
                self._later(self._restart, node)

    def _rot(self) -> None:
        if node := self._spare():
            blob_id = node.disk.rot()
            if blob_id is not None:
                self.trace.note(f"a bit of {blob_id} flips on {node.address}")
                self.impaired[node.address] = "rotten"

    def _fill(self) -> None:
        if node := self._spare():
            self.impaired[node.address] = "full"
            self.trace.note(f"the disk of {node.address} is full")
            node.disk.fill(True)
            self._later(self._empty, node)

    def _slow(self) -> None:
        if node := self._spare():
            self.impaired[node.address] = "slow"
            self.trace.note(f"{node.address} is slow")
            self.conditions.slow[node.address] = self.chance.choice([10, 100, 10_000])
            self._later(self._hurry, node)

    def _part(self) -> None:
        cut_off: list[SimNode] = []
        for node in self.chance.sample(self.nodes, len(self.nodes)):
            if (
                node.is_up
                and node.address not in self.impaired
                and self._may_fail([*cut_off, node])
            ):
                cut_off.append(node)
        for node in cut_off:
            self.impaired[node.address] = "cut off"
            self.conditions.sides[node.address] = 1
        self.trace.note(f"cut off: {[node.address for node in cut_off]}")
        self._later(self._join, cut_off)

    def _cut_chain(self) -> None:
        weathers = list(self._weathers())
        for weather in self.chance.sample(weathers, self.chance.randint(1, len(weathers))):
            weather.is_down = True
            self._later(self._clear, weather)

    def _kill_client(self) -> None:
        client = self.chance.choice(self.clients)
        self.trace.note(f"{client.name} is killed")
        client.kill()
        unfinished = [i for i in self.intents if i.client is client and not i.done]
        self._later(self._resume, unfinished)

    def _move_stake(self) -> None:
        """Only healthy nodes get more: those that are impaired hold no more shards than before."""
        healthy = [n for n in self.nodes if n.is_honest and n.address not in self.impaired]
        if healthy:
            self.contract.stake(self.chance.choice(healthy).node_id, self.chance.randint(1, 80))

    def _later(self, repair: Callable[[Any], None], what: Any) -> None:
        delay = self.chance.expovariate(1 / 20)

        async def wait() -> None:
            await asyncio.sleep(delay)
            repair(what)

        self._background.append(asyncio.create_task(wait(), name=repair.__name__))

    # -- what is repaired ---------------------------------------------------------------------

    def _restart(self, node: SimNode) -> None:
        if node.is_up:
            if self.impaired.get(node.address) != "down":
                return
            node.crash()
        node.boot()
        if self.impaired.get(node.address) == "down":
            del self.impaired[node.address]

    def _empty(self, node: SimNode) -> None:
        node.disk.fill(False)
        self._recovered(node, "full")

    def _hurry(self, node: SimNode) -> None:
        self.conditions.slow.pop(node.address, None)
        self._recovered(node, "slow")

    def _join(self, cut_off: list[SimNode]) -> None:
        for node in cut_off:
            self.conditions.sides.pop(node.address, None)
            self._recovered(node, "cut off")

    def _recovered(self, node: SimNode, reason: str) -> None:
        if self.impaired.get(node.address) == reason:
            del self.impaired[node.address]

    def _clear(self, weather: Weather) -> None:
        weather.is_down = False

    def _resume(self, intents: list[Intent]) -> None:
        for intent in intents:
            if not intent.done and (intent.task is None or intent.task.done()):
                self._pursue(intent)

    def _cease(self) -> None:
        """All faults but the lies end."""
        self.trace.note("the faults cease")
        for task in self._background:
            if task.get_name().startswith("_"):
                task.cancel()
        self.conditions.calm()
        for weather in self._weathers():
            weather.is_down, weather.lag = False, 0.0
            weather.unreachable = weather.lost = weather.unanswered = weather.late = 0.0
        for node in self.nodes:
            node.disk.calm()
            if not node.is_up:
                node.boot()

    # -- how it ends --------------------------------------------------------------------------

    async def _until(self, condition: Callable[[], bool], what: str) -> None:
        """Wait until it is so; a Violation if that takes too long."""
        deadline = asyncio.get_running_loop().time() + PATIENCE
        while not condition():
            self.check()
            if asyncio.get_running_loop().time() > deadline:
                raise Violation(f"waited {PATIENCE} seconds in vain for {what}")
            await asyncio.sleep(5)

    def _finish_intents(self) -> bool:
        """Whether all clients have stored what they meant to; those that failed try again."""
        for intent in self.intents:
            if not intent.done and (intent.task is None or intent.task.done()):
                self._pursue(intent)
        return all(intent.done for intent in self.intents)

    def _is_healed(self) -> bool:
        """Whether each honest node has, on disk, all that it should have of all live blobs."""
        committee = self.contract.committees().current
        live = self._live()
        honest = {node.node_id: node for node in self.nodes if node.is_honest}
        return all(
            honest[member.node_id].is_up
            and honest[member.node_id].disk.keeps(blob_id, member.shards, whole=True)
            for member in committee.members
            if member.node_id in honest
            for blob_id in live
        )

    async def _read_all(self, when: str) -> None:
        self.trace.note(f"everything is read, {when}")
        for blob_id in self._live():
            await self._read_one(self.clients[0], blob_id, must=True)
            self.check()

    def _kill_as_many_as_may_be(self) -> None:
        self.impaired.clear()
        for node in self.chance.sample(self.nodes, len(self.nodes)):
            if node.is_honest and self._may_fail([node]):
                self.impaired[node.address] = "down"
                node.crash("for the last test")

    def _live(self) -> list[BlobId]:
        """The blobs that are certified and have not ended, by the ledger, in order."""
        epoch = self.contract.ledger.state.system.epoch
        found = {
            _blob_id(blob)
            for blob in self.contract.ledger.objects.values()
            if isinstance(blob, Blob)
            and blob.certified_epoch is not None
            and blob.storage.end_epoch > epoch
        }
        return sorted(found)

    def _heard(self, address: str, method: str, arguments: Any, answer: Any) -> None:
        try:
            self.confirmations.heard(address, method, arguments, answer)
        except Violation as violation:
            self.bugs.append(violation)

    def _unhandled(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:  # noqa: ARG002
        error = context.get("exception")
        if error is not None and not isinstance(error, PowerCutError):
            self.bugs.append(error)


def _blob_id(blob: Blob) -> BlobId:
    return BlobId(blob.blob_id.to_bytes(32, "little"))


def simulate(seed: int) -> Trace:
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
    return simulation.trace
