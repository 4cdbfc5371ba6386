"""The state of the System and what the rest builds on: money in, capacity out, the epoch change
(contract.md, sections 12 and 13).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from walrus_core.localnet.ledger import accounting
from walrus_core.localnet.ledger.accounting import Ring, Slot, new_ring
from walrus_core.localnet.ledger.bls_committee import BlsCommittee, new_bls_committee
from walrus_core.localnet.ledger.containers import Table, VecMap
from walrus_core.localnet.ledger.encoding import storage_units
from walrus_core.localnet.ledger.events import PricesUpdated
from walrus_core.localnet.ledger.integers import u32, u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Coin, Storage
from walrus_core.localnet.ledger.storage_resource import new_storage
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort

__all__ = [
    "SystemState",
    "add_subsidies",
    "advance_epoch",
    "extend_capacity",
    "extract_burn",
    "new_system_state",
    "pay_for_epochs",
    "pay_write_fee",
    "reserve_for_epochs",
    "reserve_space",
    "set_prices",
    "spend",
    "use_capacity",
    "use_for_event_blob",
]

MAX_MAX_EPOCHS_AHEAD = 1000


@dataclass(slots=True, eq=False)
class SystemState(Record):
    """Sizes in encoded bytes, prices in FROST per unit (and epoch). `certified_event_blob` is the
    latest (checkpoint, blob id); `event_blob_weights` counts attestations of (blob id, checkpoint).
    """

    version: int
    committee: BlsCommittee
    total_capacity: int
    used_capacity: int
    storage_price: int
    write_price: int
    ring: Ring
    deny_list_sizes: Table[bytes, int]
    certified_event_blob: tuple[int, int] | None
    event_blob_weights: VecMap[tuple[int, int], int]

    @property
    def epoch(self) -> int:
        return self.committee.epoch

    @property
    def n_shards(self) -> int:
        """Of the committee: 0 in epoch 0, which has none."""
        return self.committee.n_shards

    def require_member(self, node_id: bytes) -> int:
        """The weight of a node of the committee."""
        weight = self.committee.weight_of(node_id)
        if weight is None:
            raise abort("system_state_inner", "ENotCommitteeMember")
        return weight


def new_system_state(max_epochs_ahead: int, version: int) -> SystemState:
    """The System of epoch 0: nobody in it, nothing to sell."""
    if max_epochs_ahead > MAX_MAX_EPOCHS_AHEAD:
        raise abort("system_state_inner", "EInvalidMaxEpochsAhead")
    return SystemState(
        version=version,
        committee=new_bls_committee(0, ()),
        total_capacity=0,
        used_capacity=0,
        storage_price=0,
        write_price=0,
        ring=new_ring(max_epochs_ahead),
        deny_list_sizes=Table(),
        certified_event_blob=None,
        event_blob_weights=VecMap(),
    )


def spend(payment: Coin, amount: int) -> int:
    """Take `amount` FROST out of a coin; returns it."""
    if payment.value < amount:
        raise abort("balance", "ENotEnough")
    payment.value -= amount
    return amount


def reserve_space(
    system: SystemState, size: int, epochs_ahead: int, payment: Coin, tx: Transaction
) -> Storage:
    """Buy storage for this epoch and the `epochs_ahead - 1` after it."""
    if not 0 < epochs_ahead <= len(system.ring):
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    return _reserve(system, size, system.epoch, system.epoch + epochs_ahead, payment, tx)


def reserve_for_epochs(
    system: SystemState, size: int, start: int, end: int, payment: Coin, tx: Transaction
) -> Storage:
    """Buy storage for start <= epoch < end; epochs that are over are left out."""
    start = max(start, system.epoch)
    if end <= start or end - system.epoch > len(system.ring):
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    return _reserve(system, size, start, end, payment, tx)


def _reserve(
    system: SystemState, size: int, start: int, end: int, payment: Coin, tx: Transaction
) -> Storage:
    slots = system.ring.span(start - system.epoch, end - system.epoch)
    pay_for_epochs(system, slots, size, payment)
    if size == 0:
        raise abort("system_state_inner", "EInvalidResourceSize")
    use_capacity(system, slots, size)
    return new_storage(start, end, size, tx)


def pay_for_epochs(system: SystemState, slots: list[Slot], size: int, payment: Coin) -> None:
    """The storage price of `size` bytes, into each of the slots."""
    due = u64(system.storage_price * storage_units(size))
    for slot in slots:
        slot.add_rewards(spend(payment, due))


def use_capacity(system: SystemState, slots: list[Slot], size: int) -> None:
    """Sell `size` bytes in each slot; the present capacity is the limit of later epochs too."""
    for slot in slots:
        if slot.add_used(size) > system.total_capacity:
            raise abort("system_state_inner", "EStorageExceeded")
    _follow_present_slot(system)


def use_for_event_blob(system: SystemState, size: int) -> None:
    """Use `size` bytes in every slot, whatever the capacity."""
    for slot in system.ring.slots:
        slot.add_used(size)
    _follow_present_slot(system)


def _follow_present_slot(system: SystemState) -> None:
    used = system.ring[0].used_capacity
    if system.used_capacity != used:
        system.used_capacity = used


def pay_write_fee(system: SystemState, encoded_length: int, payment: Coin) -> None:
    """The price of writing a blob, into the present epoch's rewards."""
    due = u64(system.write_price * storage_units(encoded_length))
    system.ring[0].add_rewards(spend(payment, due))


def extend_capacity(system: SystemState, storage: Storage, epochs: int, payment: Coin) -> None:
    """Buy `epochs` more for storage that is valid now; its own size counts, whatever is in it."""
    offset = u32(storage.end_epoch - system.epoch)
    end = u32(offset + epochs)
    if epochs == 0 or end > len(system.ring):
        raise abort("system_state_inner", "EInvalidEpochsAhead")
    slots = system.ring.span(offset, end)
    pay_for_epochs(system, slots, storage.storage_size, payment)
    use_capacity(system, slots, storage.storage_size)
    storage.end_epoch = u32(storage.end_epoch + epochs)


def set_prices(system: SystemState, storage_price: int, write_price: int, tx: Transaction) -> None:
    """Prices that the committee voted for, in force at once."""
    system.storage_price = storage_price
    system.write_price = write_price
    tx.emit(PricesUpdated(system.epoch, storage_price, write_price))


def extract_burn(system: SystemState) -> int:
    """The first step of an epoch change: FROST taken from the closing epoch, to be burned."""
    return accounting.extract_burn(system.ring)


def advance_epoch(
    system: SystemState, committee: BlsCommittee, capacity: int
) -> list[tuple[bytes, int]]:
    """Begin the epoch of `committee` with the voted capacity.

    Returns (node id, FROST) for each member of the closing committee, in its order.
    """
    if committee.epoch != system.epoch + 1:
        raise abort("system_state_inner", "EIncorrectCommittee")
    closing, system.committee = system.committee, committee
    closed = system.ring.advance()
    if closed.epoch != closing.epoch:
        raise abort("system_state_inner", "EInvalidAccountingEpoch")
    system.event_blob_weights.clear()
    system.used_capacity = system.ring[0].used_capacity
    system.total_capacity = max(capacity, system.used_capacity)
    return _distribute(system, closing, closed)


def _distribute(
    system: SystemState, closing: BlsCommittee, closed: Slot
) -> list[tuple[bytes, int]]:
    """Split what the closed epoch brought in; what floors leave over goes to the new one."""
    ids = [member.node_id for member in closing.members]
    rewards = accounting.shares(
        [member.weight for member in closing.members],
        [system.deny_list_sizes.get(node_id) or 0 for node_id in ids],
        closed.used_capacity,
        closed.rewards,
    )
    system.ring[0].add_rewards(u64(closed.rewards - sum(rewards)))
    return list(zip(ids, rewards, strict=True))


def add_subsidies(system: SystemState, amounts: Iterable[int]) -> None:
    """Add the i-th amount to the rewards of the i-th coming epoch."""
    for offset, amount in enumerate(amounts):
        system.ring[offset].add_rewards(amount)
