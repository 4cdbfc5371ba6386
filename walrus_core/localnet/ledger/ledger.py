"""The ledger: the Walrus contract as a deterministic state machine.

    ledger = Ledger(LedgerConfig(n_shards=1000))
    node = ledger.staking.register_candidate(...)
    ...
    storage = ledger.system.reserve_space(2**30, epochs_ahead=2, payment=coin)

No clock, no I/O, no randomness: time, senders and the source of ids come in through
`transaction(...)`, or are counted up. The same calls make the same state and the same digest.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from walrus_core.errors import InvalidArgumentError, SnapshotError
from walrus_core.localnet.ledger import snapshots
from walrus_core.localnet.ledger.auth import Auth
from walrus_core.localnet.ledger.blob import BlobModule
from walrus_core.localnet.ledger.config import LedgerConfig
from walrus_core.localnet.ledger.events import EventLog
from walrus_core.localnet.ledger.integers import U64_MAX
from walrus_core.localnet.ledger.journal import Note, Record, Savepoint
from walrus_core.localnet.ledger.objects import Objects
from walrus_core.localnet.ledger.pooled_blob import StoragePoolModule
from walrus_core.localnet.ledger.shared_blob import SharedBlobModule
from walrus_core.localnet.ledger.slashing import Slashing, SlashingManager
from walrus_core.localnet.ledger.staked_wal import StakedWals
from walrus_core.localnet.ledger.staking import Staking
from walrus_core.localnet.ledger.staking_state import StakingState, new_staking_state
from walrus_core.localnet.ledger.storage_resource import StorageResource
from walrus_core.localnet.ledger.subsidies import Subsidies, SubsidiesState
from walrus_core.localnet.ledger.system import System
from walrus_core.localnet.ledger.system_state import SystemState, new_system_state
from walrus_core.localnet.ledger.transaction import ANYONE, Transaction
from walrus_core.localnet.ledger.upgrade import (
    ORIGINAL_PACKAGE,
    Upgrade,
    UpgradeManager,
    emergency_upgrade_cap,
)
from walrus_core.localnet.ledger.wal import Coins, Treasury, Wal, genesis_coin
from walrus_core.types import checked_bytes, checked_int

__all__ = ["Ledger", "State"]


@dataclass(slots=True, eq=False)
class State(Record):
    """All that a snapshot holds: the root of a tree in which each record has one owner."""

    now_ms: int
    transactions: int
    objects: Objects
    treasury: Treasury
    system: SystemState
    staking: StakingState
    slashing: SlashingManager
    upgrade: UpgradeManager
    subsidies: SubsidiesState


class Ledger:
    """One copy of the contract with everything that was published in it.

    Not for several threads at once.
    """

    def __init__(self, config: LedgerConfig) -> None:
        self.config = config
        self.events = EventLog()
        self._notes: list[Note] = []
        self._open: Transaction | None = None
        self.state = State(
            now_ms=config.start_ms,
            transactions=0,
            objects=Objects((one.id, one) for one in [genesis_coin(), emergency_upgrade_cap()]),
            treasury=Treasury(),
            system=new_system_state(config.max_epochs_ahead, config.contract_version),
            staking=new_staking_state(
                n_shards=config.n_shards,
                version=config.contract_version,
                max_nodes=config.max_nodes,
                epoch_duration_ms=config.epoch_duration_ms,
                epoch_zero_duration_ms=config.epoch_zero_duration_ms,
                now_ms=config.start_ms,
            ),
            slashing=SlashingManager(),
            upgrade=UpgradeManager(ORIGINAL_PACKAGE),
            subsidies=SubsidiesState(),
        )
        self.system = System(self)
        self.blob = BlobModule(self)
        self.shared_blob = SharedBlobModule(self)
        self.storage_pool = StoragePoolModule(self)
        self.storage_resource = StorageResource(self)
        self.staking = Staking(self)
        self.staked_wal = StakedWals(self)
        self.auth = Auth(self)
        self.slashing = Slashing(self)
        self.upgrade = Upgrade(self)
        self.walrus_subsidies = Subsidies(self)
        self.wal = Wal(self)
        self.coin = Coins(self)

    @property
    def objects(self) -> Objects:
        """The objects at large: `ledger.objects[id]` finds one."""
        return self.state.objects

    @property
    def now_ms(self) -> int:
        return self.state.now_ms

    @property
    def tx(self) -> Transaction:
        """The transaction that is open: for the rules, inside of a call."""
        if self._open is None:
            raise InvalidArgumentError("no transaction is open")
        return self._open

    @contextlib.contextmanager
    def transaction(
        self,
        *,
        sender: bytes | None = None,
        now_ms: int | None = None,
        digest: bytes | None = None,
    ) -> Iterator[Transaction]:
        """Group calls: all of them happen, or none if an exception leaves the block.

        Blocks nest: an inner one belongs to the outer one's transaction and takes back nothing but
        its own changes when it fails. `now_ms` moves the clock forward; from `digest` (32 bytes)
        the ids of new objects derive, by default from the number of transactions so far.
        """
        with Savepoint(self._notes):
            if self._open is not None:
                if (sender, now_ms, digest) != (None, None, None):
                    raise InvalidArgumentError("sender, now_ms and digest are the outer block's")
                yield self._open
                return
            if now_ms is not None:
                self.advance_clock(now_ms)
            self._open = Transaction(
                self.events,
                ANYONE if sender is None else checked_bytes("sender", sender, 32),
                self.now_ms,
                self._counted_digest() if digest is None else checked_bytes("digest", digest, 32),
            )
            try:
                yield self._open
            finally:
                self._open = None
            if self._notes:  # who only looks leaves no trace
                self.state.transactions += 1

    def advance_clock(self, now_ms: int) -> None:
        """Set the time, in ms since 1970; it never goes back."""
        checked_int("now_ms", now_ms, self.now_ms, U64_MAX)
        with Savepoint(self._notes):
            self.state.now_ms = now_ms

    def snapshot(self) -> bytes:
        """All of it as bytes, but for the events, of which only the number is kept."""
        config = dataclasses.astuple(self.config)
        return snapshots.write(config, self.events.end, self.state)

    @classmethod
    def restore(cls, snapshot: bytes) -> Ledger:
        """The ledger that made the snapshot; SnapshotError if it was cut or edited."""
        values = snapshots.read(snapshot)
        if [type(value) for value in values] != [tuple, int, State]:
            raise SnapshotError("the snapshot holds something else than a ledger")
        settings, events, state = values
        names = [field.name for field in dataclasses.fields(LedgerConfig)]
        if len(settings) != len(names):
            raise SnapshotError("the snapshot is another version's: its settings are others")
        ledger = cls(LedgerConfig(**dict(zip(names, settings, strict=True))))
        ledger.state, ledger.events = state, EventLog(events)
        return ledger

    def digest(self) -> bytes:
        """Blake2b-256 of the whole state: equal ledgers, equal digests."""
        return snapshots.digest_of(self.snapshot())

    def _counted_digest(self) -> bytes:
        source = b"walrus-core transaction" + self.state.transactions.to_bytes(8, "little")
        return hashlib.blake2b(source, digest_size=32).digest()
