"""The Walrus contract's rules as a state machine that gives the contract's own answers.

    ledger = Ledger(LedgerConfig(n_shards=1000))

Its faces (`ledger.system`, `ledger.staking`, ...) hold the public functions of the contract's
modules, under their names; what the contract refuses is an `Abort`.
"""

from walrus_core.errors import Abort, SnapshotError, UnknownObjectError
from walrus_core.localnet.ledger.config import LedgerConfig
from walrus_core.localnet.ledger.events import Event, EventLog
from walrus_core.localnet.ledger.ledger import Ledger
from walrus_core.localnet.ledger.transaction import Transaction

__all__ = [
    "Abort",
    "Event",
    "EventLog",
    "Ledger",
    "LedgerConfig",
    "SnapshotError",
    "Transaction",
    "UnknownObjectError",
]
