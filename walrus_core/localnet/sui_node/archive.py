"""Executed transactions as records of the journal, and back.

A record holds the transaction, its signatures, its effects as Sui's BCS, and what those do not
tell: types, words about a failure, events, balances. The contents of objects are not kept: in a
transaction that comes out of the archive they are empty.
"""

from __future__ import annotations

import dataclasses
import json
from dataclasses import dataclass

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.effects_bcs import encode_event, status_bytes
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.move_types import Struct, decode_type, encode_type
from walrus_core.localnet.sui_node.transaction_bcs import decode
from walrus_core.localnet.sui_node.values import (
    BalanceChange,
    Change,
    Effects,
    Event,
    ExecutedTransaction,
    Failure,
    GasUsed,
    IdOperation,
    ObjectRecord,
    Owner,
    OwnerKind,
    UnchangedShared,
)

__all__ = ["Entry", "pack", "unpack"]

_MANY = 2**32


@dataclass(frozen=True, slots=True)
class Entry:
    """A transaction with its place in the chain of checkpoints."""

    executed: ExecutedTransaction
    previous_checkpoint: bytes
    rolling_gas: GasUsed


def pack(entry: Entry) -> bytes:
    """The inverse of `unpack`, but for the contents of objects."""
    executed = entry.executed
    effects = executed.effects
    return b"".join(
        [
            bcs.u64(executed.checkpoint or 0),
            bcs.u64(executed.timestamp_ms),
            entry.previous_checkpoint,
            _gas_bytes(entry.rolling_gas),
            bcs.byte_vector(executed.bcs),
            bcs.vector(map(bcs.byte_vector, executed.signatures)),
            bcs.byte_vector(effects.bcs),
            bcs.vector(_type_bytes(change.type) for change in effects.changes),
            bcs.vector(_type_bytes(each.type) for each in effects.unchanged_shared),
            bcs.option(None if effects.failure is None else _failure_bytes(effects.failure)),
            bcs.vector(map(encode_event, executed.events)),
            bcs.vector(map(_balance_bytes, executed.balance_changes)),
        ]
    )


def unpack(content: bytes) -> Entry:
    """A record of the journal; InvalidEncodingError if it is none."""
    reader = bcs.Reader("a record of the journal", content)
    checkpoint, timestamp_ms, previous = reader.u64(), reader.u64(), reader.address()
    rolling = _gas(reader)
    transaction = reader.byte_vector()
    signatures = reader.vector(reader.byte_vector, most=_MANY)
    effects_bcs = reader.byte_vector()
    types = reader.vector(lambda: _type(reader), most=_MANY)
    unchanged_types = reader.vector(lambda: _type(reader), most=_MANY)
    failure = reader.option(lambda: _failure(reader))
    events = reader.vector(lambda: _event(reader), most=_MANY)
    balances = reader.vector(lambda: _balance(reader), most=_MANY)
    reader.finish()
    effects = _effects(effects_bcs, types, unchanged_types, failure)
    executed = ExecutedTransaction(
        effects.transaction_digest,
        decode(transaction),
        transaction,
        signatures,
        effects,
        events,
        balances,
        timestamp_ms,
        checkpoint,
    )
    return Entry(executed, previous, rolling)


# What effects do not tell.


def _gas_bytes(gas: GasUsed) -> bytes:
    return b"".join(map(bcs.u64, (gas.computation, gas.storage, gas.rebate, gas.non_refundable)))


def _gas(reader: bcs.Reader) -> GasUsed:
    return GasUsed(reader.u64(), reader.u64(), reader.u64(), reader.u64())


def _type_bytes(kind: Struct | None) -> bytes:
    return bcs.option(None if kind is None else encode_type(kind))


def _type(reader: bcs.Reader) -> Struct | None:
    kind = reader.option(lambda: decode_type(reader))
    return kind if isinstance(kind, Struct) else None


def _failure_bytes(failure: Failure) -> bytes:
    values = dataclasses.asdict(failure)
    if failure.abort_package is not None:
        values["abort_package"] = failure.abort_package.hex()
    return bcs.text(json.dumps(values))


def _failure(reader: bcs.Reader) -> Failure:
    values = json.loads(reader.text())
    if values["abort_package"] is not None:
        values["abort_package"] = bytes.fromhex(values["abort_package"])
    return Failure(**values)


def _event(reader: bcs.Reader) -> Event:
    package, module, sender = reader.address(), reader.text(), reader.address()
    address, name, struct = reader.address(), reader.text(), reader.text()
    parameters = reader.vector(lambda: decode_type(reader), most=_MANY)
    kind = Struct(address, name, struct, parameters)
    return Event(package, module, sender, kind, reader.byte_vector())


def _balance_bytes(change: BalanceChange) -> bytes:
    sign = bcs.boolean(change.amount < 0)
    amount = bcs.uint(abs(change.amount), 16)
    return change.address + encode_type(change.coin_type) + sign + amount


def _balance(reader: bcs.Reader) -> BalanceChange:
    address, kind, negative = reader.address(), decode_type(reader), reader.boolean()
    amount = reader.uint(16)
    return BalanceChange(address, kind, -amount if negative else amount)


# Effects: the failure comes from the record, which says more.


def _effects(
    content: bytes,
    types: tuple[Struct | None, ...],
    unchanged_types: tuple[Struct | None, ...],
    failure: Failure | None,
) -> Effects:
    reader = _EffectsReader("TransactionEffects", content)
    return reader.effects(types, unchanged_types, failure)


class _EffectsReader(bcs.Reader):
    """Reads effects from behind their status, whose size depends on the failure."""

    __slots__ = ()

    def effects(
        self,
        types: tuple[Struct | None, ...],
        unchanged_types: tuple[Struct | None, ...],
        failure: Failure | None,
    ) -> Effects:
        content = self._data
        self._skip_status(failure)
        epoch, gas = self.u64(), _gas(self)
        transaction = self.byte_vector()
        gas_index = self.option(self.u32)
        events = self.option(self.byte_vector)
        dependencies = self.vector(self.byte_vector, most=_MANY)
        version = self.u64()
        kinds = iter(types)
        changes = self.vector(lambda: self._change(version, next(kinds)), most=_MANY)
        shared_kinds = iter(unchanged_types)
        unchanged = self.vector(lambda: self._unchanged(next(shared_kinds)), most=_MANY)
        return Effects(
            failure,
            epoch,
            gas,
            transaction,
            None if gas_index is None else changes[gas_index].id,
            events,
            dependencies,
            version,
            changes,
            unchanged,
            content,
            digest_of("TransactionEffects", content),
        )

    def _skip_status(self, failure: Failure | None) -> None:
        self.variant(2)
        self.take(len(status_bytes(failure)))

    def _change(self, version: int, kind: Struct | None) -> Change:
        object_id = self.address()
        before = after = None
        if self.variant(2):
            old, digest = self.u64(), self.byte_vector()
            before = _bare(object_id, old, digest, self._owner(), kind)
        if self.variant(2):
            digest = self.byte_vector()
            after = _bare(object_id, version, digest, self._owner(), kind)
        return Change(object_id, before, after, IdOperation(self.variant(3)))

    def _owner(self) -> Owner:
        kind = OwnerKind(self.variant(len(OwnerKind)))
        if kind is OwnerKind.SHARED:
            return Owner(kind, None, self.u64())
        return Owner(kind) if kind is OwnerKind.IMMUTABLE else Owner(kind, self.address())

    def _unchanged(self, kind: Struct | None) -> UnchangedShared:
        object_id, _ = self.address(), self.variant(1)
        return UnchangedShared(object_id, self.u64(), self.byte_vector(), kind)


def _bare(
    object_id: bytes, version: int, digest: bytes, owner: Owner, kind: Struct | None
) -> ObjectRecord:
    """A version of an object, without what was in it."""
    return ObjectRecord(object_id, version, digest, owner, kind, b"", b"", 0)
