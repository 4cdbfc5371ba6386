"""The Walrus contract's rules as a state machine that gives the contract's own answers.

    ledger = Ledger(LedgerConfig(n_shards=1000))

Its faces (`ledger.system`, `ledger.staking`, ...) hold the public functions of the contract's
modules, under their names; what the contract refuses is an `Abort`, and has changed nothing.

Where to find what:

    integers (and protocol.aborts)                   Move's arithmetic, the contract's refusals
    journal containers objects snapshots             the state: undone, found, written down
    calls transaction events config ledger           the boundary, and what is behind it

    system (its face)  system_state accounting encoding storage_resource
    blob shared_blob attributes storage_pool pooled_blob event_blob
    bls_committee certificates certified_messages    what a committee attests

    staking (its face)  staking_state staking_pool exchange_rate pending_values commission
    staked_wal stake_lifecycle active_set apportionment committee votes epochs
    candidates node_info auth                        who nodes are, and who may act for them
    ballot slashing upgrade subsidies wal            governance and money
"""

from walrus_core.errors import Abort, SnapshotError, UnknownObjectError
from walrus_core.localnet.ledger.config import LedgerConfig
from walrus_core.localnet.ledger.events import Event, EventLog
from walrus_core.localnet.ledger.ledger import Ledger
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.transaction import Transaction

__all__ = [
    "Abort",
    "Event",
    "EventLog",
    "Ledger",
    "LedgerConfig",
    "NodeMetadata",
    "SnapshotError",
    "Transaction",
    "UnknownObjectError",
]
