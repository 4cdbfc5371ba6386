"""A transaction carried out: admitted, run, paid for, and told as effects.

What fails while it runs is undone but for its gas; the objects that it could have changed get their
new version all the same, as on Sui. A simulation is the same, undone at its end.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from walrus_core.localnet.ledger import Transaction
from walrus_core.localnet.sui_node import gas
from walrus_core.localnet.sui_node.admission import Admitted
from walrus_core.localnet.sui_node.changes import Changes
from walrus_core.localnet.sui_node.effects_bcs import encode_effects, events_digest
from walrus_core.localnet.sui_node.event_layout import encode_event
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.machine import Machine
from walrus_core.localnet.sui_node.move_calls import Calls
from walrus_core.localnet.sui_node.move_types import MoveType, Struct
from walrus_core.localnet.sui_node.slots import Live, Opaque, Origin, Shared, Slot, SuiCoin
from walrus_core.localnet.sui_node.transaction_data import TransactionData
from walrus_core.localnet.sui_node.values import (
    BalanceChange,
    Change,
    CommandOutput,
    Effects,
    Event,
    Failure,
    GasUsed,
    ObjectRecord,
    OwnerKind,
    UnchangedShared,
)
from walrus_core.localnet.sui_node.world import SUI_COIN, World
from walrus_core.protocol.event_fields import EVENTS_MODULE

__all__ = ["Job", "Outcome", "run"]

_CHANGEABLE = {Origin.OWNED, Origin.SHARED}
_NO_COIN = bytes(32)


@dataclass(frozen=True, slots=True)
class Job:
    """A transaction to run. `size` is that of its BCS; without `commit` nothing of it stays."""

    data: TransactionData
    digest: bytes
    size: int
    admitted: Admitted
    sui_epoch: int
    now_ms: int
    commit: bool = True
    check_usage: bool = True
    keep_outputs: bool = False

    @property
    def records(self) -> list[tuple[Origin, ObjectRecord]]:
        """The objects among the inputs."""
        return [(origin, record) for origin, record in self.admitted.inputs if record is not None]

    @property
    def version(self) -> int:
        """Of all that it writes: above that of everything it was given."""
        records = [record for _, record in self.records] + list(self.admitted.payment)
        return 1 + max([record.version for record in records], default=0)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it."""

    effects: Effects
    events: tuple[Event, ...]
    balance_changes: tuple[BalanceChange, ...]
    outputs: tuple[CommandOutput, ...]


class _UndoError(Exception):
    """Leaves the ledger's transaction so that nothing of it stays."""


def run(world: World, job: Job) -> Outcome:
    """Run a transaction, and with `commit` put what it changed into the world."""
    attempt = _Attempt(world, job)
    ledger, outcome = world.ledger, None
    now_ms = max(job.now_ms, ledger.now_ms)
    try:
        with ledger.transaction(sender=job.data.sender, now_ms=now_ms, digest=job.digest) as tx:
            attempt.run(tx)
            if attempt.failure is None:
                outcome = attempt.outcome()
            if outcome is None or not job.commit:
                raise _UndoError
    except _UndoError:
        pass
    if outcome is None:
        attempt.charge_only()
        outcome = attempt.outcome()
    if job.commit:
        world.store.apply(outcome.effects.changes)
        ledger.events.forget(ledger.events.end)
        if ledger.now_ms < now_ms:  # a failure has undone the clock's step, too
            ledger.advance_clock(now_ms)
    return outcome


class _Attempt:
    """One run, from the inputs to the changes."""

    def __init__(self, world: World, job: Job) -> None:
        self._world = world
        self._job = job
        self._changes: tuple[Change, ...] = ()
        self._events: tuple[Event, ...] = ()
        self._outputs: tuple[CommandOutput, ...] = ()
        self._computation = gas.computation_cost(
            job.size, job.data.kind.commands, job.data.gas.price
        )
        self._used = GasUsed(0, 0, 0, 0)
        self.failure: Failure | None = None

    def run(self, tx: Transaction) -> None:
        """Run the commands and see what they changed; or `failure` says why not."""
        job, world = self._job, self._world
        live, gas_slot, inputs = self._loaded()
        before = set(live)
        calls = Calls(world, tx)
        machine = Machine(calls, inputs, gas_slot, live, check_usage=job.check_usage)
        self.failure = machine.run(job.data.kind.commands, keep_outputs=job.keep_outputs)
        self._outputs = tuple(machine.outputs)
        if self.failure is not None:
            return
        changes = Changes(world, job.version, job.digest)
        changes.of_success(tx, calls, before, live)
        self._settle(changes, live, gas_slot)
        self._events = self._told(tx, machine.event_places)

    def charge_only(self) -> None:
        """What a failure costs: computation, and a new version of what could have changed."""
        job = self._job
        self._events = ()
        changes = Changes(self._world, job.version, job.digest)
        for origin, record in job.records:
            if origin in _CHANGEABLE:
                changes.keep(record)
        live, gas_slot, _ = self._loaded()
        if job.admitted.payment:
            coin = job.admitted.payment[0].id
            changes.write(coin, live[coin], created=False)
        self._settle(changes, live, gas_slot, failed=True)

    def _loaded(self) -> tuple[dict[bytes, Live], Slot, list[Slot]]:
        """The objects that may change, the gas coin's slot, and those of the inputs."""
        job, live, inputs = self._job, {}, []
        for value, (origin, record) in zip(job.data.kind.inputs, job.admitted.inputs, strict=True):
            if record is None:
                inputs.append(Slot(Origin.PURE, None, value.pure))
                continue
            payload = self._payload(record)
            inputs.append(Slot(origin, record.type, payload))
            if origin in _CHANGEABLE and record.type is not None:
                live[record.id] = Live(record.type, payload, record.owner)
        gas_slot = self._gas_slot()
        if job.admitted.payment:
            coin = job.admitted.payment[0]
            live[coin.id] = Live(SUI_COIN, gas_slot.payload, coin.owner)
        return live, gas_slot, inputs

    def _gas_slot(self) -> Slot:
        """The gas coins as one, less the budget, which is set aside while commands run."""
        payment, budget = self._job.admitted.payment, self._job.data.gas.budget
        if not payment:
            return Slot(Origin.GAS, SUI_COIN, SuiCoin(_NO_COIN, gas.MAX_BUDGET))
        total = self._job.admitted.gas_balance
        return Slot(Origin.GAS, SUI_COIN, SuiCoin(payment[0].id, max(total - budget, 0)))

    def _payload(self, record: ObjectRecord) -> object:
        if record.type == SUI_COIN:
            return SuiCoin(record.id, record.balance or 0)
        if record.id in self._world.shared_types:
            return Shared(record.id)
        return self._world.ledger.objects.get(record.id) or Opaque(record.id, record.contents)

    def _settle(
        self, changes: Changes, live: dict[bytes, Live], gas_slot: Slot, *, failed: bool = False
    ) -> None:
        """Pay: the first gas coin takes in the others, and what was used is taken from it."""
        payment, budget = self._job.admitted.payment, self._job.data.gas.budget
        for coin in payment[1:]:
            changes.remove(coin.id)
        used = gas.storage_gas(self._computation, changes.sorted())
        if payment and used.net > budget:
            if not failed:
                words = f"gas of {used.net:,} MIST > {budget:,}, the budget"
                self.failure = Failure("INSUFFICIENT_GAS", words)
                return
            used = GasUsed(budget, 0, 0, 0)
        if payment:
            coin_id = payment[0].id
            gas_slot.payload.value = (
                self._job.admitted.gas_balance - used.net
                if failed
                else gas_slot.payload.value + budget - used.net
            )
            changes.write(coin_id, live[coin_id], created=False)
        self._used, self._changes = used, changes.sorted()

    def _told(self, tx: Transaction, places: Sequence[tuple[bytes, str]]) -> tuple[Event, ...]:
        original = self._world.ids.walrus_original
        return tuple(
            [
                Event(
                    package,
                    module,
                    tx.sender,
                    Struct(original, EVENTS_MODULE, type(event).__name__),
                    encode_event(event),
                )
                for event, (package, module) in zip(tx.events, places, strict=True)
            ]
        )

    def outcome(self) -> Outcome:
        job = self._job
        unchanged = tuple(
            [
                UnchangedShared(record.id, record.version, record.digest, record.type)
                for origin, record in job.records
                if origin is Origin.SHARED_READ_ONLY
            ]
        )
        given = [record for _, record in job.records] + list(job.admitted.payment)
        dependencies = tuple(sorted({record.previous_transaction for record in given}))
        gas_object = job.admitted.payment[0].id if job.admitted.payment else None
        told = events_digest(self._events)
        facts = (
            self.failure,
            job.sui_epoch,
            self._used,
            job.digest,
            gas_object,
            told,
            dependencies,
            job.version,
            self._changes,
            unchanged,
        )
        content = encode_effects(*facts)
        effects = Effects(*facts, content, digest_of("TransactionEffects", content))
        return Outcome(effects, self._events, balance_changes(self._changes), self._outputs)


def balance_changes(changes: Sequence[Change]) -> tuple[BalanceChange, ...]:
    """What each address has more or less, from the coins that changed; sorted."""
    sums: defaultdict[tuple[bytes, MoveType], int] = defaultdict(int)
    for change in changes:
        for record, sign in ((change.before, -1), (change.after, 1)):
            if record is None or record.owner.kind is not OwnerKind.ADDRESS:
                continue
            kind, owner = record.coin_type, record.owner.address
            if kind is not None and owner is not None:
                sums[owner, kind] += sign * (record.balance or 0)
    found = [BalanceChange(*key, amount) for key, amount in sums.items() if amount]
    return tuple(sorted(found, key=lambda each: (each.address, str(each.coin_type))))
