"""What the chain says of itself: objects, executed transactions with their effects and events,
checkpoints, balances. Plain values; ids, addresses and digests are 32 bytes, money is in MIST or
FROST, time in ms since 1970.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from walrus_core.localnet.sui_node.move_types import COIN_MODULE, FRAMEWORK, MoveType, Struct
from walrus_core.localnet.sui_node.transaction_data import TransactionData

__all__ = [
    "BalanceChange",
    "Change",
    "Checkpoint",
    "CoinInfo",
    "CommandOutput",
    "Effects",
    "Event",
    "ExecutedTransaction",
    "Failure",
    "FieldInfo",
    "GasUsed",
    "IdOperation",
    "ObjectRecord",
    "Owner",
    "OwnerKind",
    "PackageRecord",
    "ReturnedValue",
    "ServiceInfo",
    "Simulated",
    "SuiEpoch",
    "UnchangedShared",
]


class OwnerKind(enum.IntEnum):
    """Who may use an object; numbered as Sui's BCS does."""

    ADDRESS = 0
    OBJECT = 1
    SHARED = 2
    IMMUTABLE = 3


@dataclass(frozen=True, slots=True)
class Owner:
    """`address` is the owning address or parent object; a shared object has the version at which it
    was shared.
    """

    kind: OwnerKind
    address: bytes | None = None
    initial_shared_version: int | None = None


IMMUTABLE = Owner(OwnerKind.IMMUTABLE)


@dataclass(frozen=True, slots=True)
class ObjectRecord:
    """One version of an object. `contents` is the BCS of its Move struct, empty for a package,
    which has no `type`.
    """

    id: bytes
    version: int
    digest: bytes
    owner: Owner
    type: Struct | None
    contents: bytes
    previous_transaction: bytes
    storage_rebate: int
    public_transfer: bool = True

    @property
    def coin_type(self) -> MoveType | None:
        """Of what a coin is; None of anything else."""
        kind = self.type
        if kind is None or (kind.address, kind.module, kind.name) != (
            FRAMEWORK,
            COIN_MODULE,
            "Coin",
        ):
            return None
        return kind.parameters[0]

    @property
    def balance(self) -> int | None:
        """Of a coin; None of anything else."""
        if self.coin_type is None:
            return None
        return int.from_bytes(self.contents[32:40], "little")


@dataclass(frozen=True, slots=True)
class PackageRecord:
    """A published package: types are named after the original, calls go to the latest version."""

    id: bytes
    original_id: bytes
    version: int
    modules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class GasUsed:
    """In MIST. What is paid: computation + storage - rebate."""

    computation: int
    storage: int
    rebate: int
    non_refundable: int

    @property
    def net(self) -> int:
        return self.computation + self.storage - self.rebate


class IdOperation(enum.IntEnum):
    """What a transaction did to an object's id; numbered as in the effects' BCS."""

    NONE = 0
    CREATED = 1
    DELETED = 2


@dataclass(frozen=True, slots=True)
class Change:
    """What became of one object. `before` is None if it did not exist (or was wrapped), `after`
    None if it is gone (or wrapped).
    """

    id: bytes
    before: ObjectRecord | None
    after: ObjectRecord | None
    operation: IdOperation

    @property
    def type(self) -> Struct | None:
        known = self.after or self.before
        return None if known is None else known.type


@dataclass(frozen=True, slots=True)
class UnchangedShared:
    """A shared object that was only read, in this version."""

    id: bytes
    version: int
    digest: bytes
    type: Struct | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a transaction was executed without success: `kind` is a name of the proto's
    ExecutionErrorKind, `command` the index of the command.

    The last five are said of a Move abort alone: of these `abort_name` is the constant's name in
    the contract, "" for a checked integer operation. `argument_index`, `nested_index` and
    `argument_kind` (a name of CommandArgumentErrorKind) say which argument or result was wrong.
    """

    kind: str
    description: str
    command: int | None = None
    argument_index: int | None = None
    argument_kind: str | None = None
    nested_index: int | None = None
    abort_package: bytes | None = None
    abort_module: str | None = None
    abort_function: str | None = None
    abort_code: int | None = None
    abort_name: str | None = None


@dataclass(frozen=True, slots=True)
class Effects:
    """What a transaction did. `changes` are sorted by id; `gas_object` is the id of the coin that
    paid. `bcs` is Sui's TransactionEffects, version 2, and `digest` its digest.
    """

    failure: Failure | None
    sui_epoch: int
    gas_used: GasUsed
    transaction_digest: bytes
    gas_object: bytes | None
    events_digest: bytes | None
    dependencies: tuple[bytes, ...]
    lamport_version: int
    changes: tuple[Change, ...]
    unchanged_shared: tuple[UnchangedShared, ...]
    bcs: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class Event:
    """`contents` is the BCS of the struct `type`; emitted by a call into `package`::`module`."""

    package: bytes
    module: str
    sender: bytes
    type: Struct
    contents: bytes


@dataclass(frozen=True, slots=True)
class BalanceChange:
    """What an address has more (or less) of a coin."""

    address: bytes
    coin_type: MoveType
    amount: int


@dataclass(frozen=True, slots=True)
class ExecutedTransaction:
    """A transaction with what came of it. There is a checkpoint for each: `checkpoint` is also its
    number in the chain, None if it was only simulated.
    """

    digest: bytes
    data: TransactionData
    bcs: bytes
    signatures: tuple[bytes, ...]
    effects: Effects
    events: tuple[Event, ...]
    balance_changes: tuple[BalanceChange, ...]
    timestamp_ms: int
    checkpoint: int | None


@dataclass(frozen=True, slots=True)
class ReturnedValue:
    """A value that a command gave back: `contents` is its BCS."""

    type: MoveType
    contents: bytes


@dataclass(frozen=True, slots=True)
class CommandOutput:
    """Of one command."""

    returned: tuple[ReturnedValue, ...]


@dataclass(frozen=True, slots=True)
class Simulated:
    """A transaction as it would be: `executed.data` is resolved, `suggested_gas_price` in MIST."""

    executed: ExecutedTransaction
    outputs: tuple[CommandOutput, ...]
    suggested_gas_price: int


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """One is made for each transaction; 0 is genesis. `rolling_gas` sums up the epoch's gas."""

    sequence_number: int
    digest: bytes
    previous_digest: bytes | None
    content_digest: bytes
    sui_epoch: int
    timestamp_ms: int
    total_transactions: int
    rolling_gas: GasUsed
    transactions: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class FieldInfo:
    """A dynamic field: name and value as types and BCS. `child` is the id of the object that the
    field holds, for dynamic object fields, whose value that is.
    """

    parent: bytes
    field_id: bytes
    name_type: MoveType
    name: bytes
    value_type: MoveType
    value: bytes
    child: bytes | None = None


@dataclass(frozen=True, slots=True)
class CoinInfo:
    """What is known of a kind of coin."""

    coin_type: MoveType
    decimals: int
    name: str
    symbol: str
    description: str
    icon_url: str
    total_supply: int
    metadata_id: bytes | None = None
    treasury_cap_id: bytes | None = None


@dataclass(frozen=True, slots=True)
class ServiceInfo:
    """Of the node: `chain_id` is the digest of checkpoint 0."""

    chain_id: bytes
    chain: str
    sui_epoch: int
    checkpoint: int
    timestamp_ms: int
    lowest_checkpoint: int
    server: str


@dataclass(frozen=True, slots=True)
class SuiEpoch:
    """The epoch of Sui, which has nothing to do with those of Walrus; it stands still here."""

    epoch: int
    reference_gas_price: int
    first_checkpoint: int
    start_ms: int
    protocol_version: int
