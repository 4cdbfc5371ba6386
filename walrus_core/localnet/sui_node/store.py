"""The objects of the chain in their present versions, found by id, by owner and by type."""

from __future__ import annotations

import heapq
import itertools
from bisect import bisect_left, bisect_right, insort
from collections import defaultdict
from collections.abc import Iterable, Iterator

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.move_types import (
    FRAMEWORK,
    MoveType,
    Struct,
    encode_struct,
    encode_type,
)
from walrus_core.localnet.sui_node.values import Change, ObjectRecord, Owner, OwnerKind

__all__ = ["ObjectStore", "make_record", "owner_bytes"]


def owner_bytes(owner: Owner) -> bytes:
    """Sui's BCS of an owner."""
    if owner.kind is OwnerKind.SHARED:
        return bcs.variant(owner.kind) + bcs.u64(owner.initial_shared_version or 0)
    return bcs.variant(owner.kind) + (owner.address or b"")


def _move_object_type(type_: Struct) -> bytes:
    """Sui abbreviates the types of coins."""
    if (type_.address, type_.module, type_.name) == (FRAMEWORK, "coin", "Coin"):
        of = type_.parameters[0]
        if isinstance(of, Struct) and (of.address, of.module, of.name) == (
            FRAMEWORK,
            "sui",
            "SUI",
        ):
            return bcs.variant(1)
        return bcs.variant(3) + encode_type(of)
    return bcs.variant(0) + encode_struct(type_)


def make_record(
    object_id: bytes,
    version: int,
    owner: Owner,
    type_: Struct,
    contents: bytes,
    *,
    transaction: bytes,
    storage_rebate: int,
    public_transfer: bool,
) -> ObjectRecord:
    """An object with the digest that Sui gives it: over all that it is but the digest."""
    content = b"".join(
        [
            bcs.variant(0),
            _move_object_type(type_),
            bcs.boolean(public_transfer),
            bcs.u64(version),
            bcs.byte_vector(contents),
            owner_bytes(owner),
            bcs.byte_vector(transaction),
            bcs.u64(storage_rebate),
        ]
    )
    return ObjectRecord(
        object_id,
        version,
        digest_of("Object", content),
        owner,
        type_,
        contents,
        transaction,
        storage_rebate,
        public_transfer,
    )


class ObjectStore:
    """Objects by id. What an address or an object owns is kept sorted by type and id."""

    def __init__(self, records: Iterable[ObjectRecord] = ()) -> None:
        self._objects: dict[bytes, ObjectRecord] = {}
        self._owned: defaultdict[bytes, dict[Struct, list[bytes]]] = defaultdict(dict)
        self._balances: defaultdict[tuple[bytes, MoveType], int] = defaultdict(int)
        for record in records:
            self._objects[record.id] = record
            self._index(record)
        for types in self._owned.values():
            for ids in types.values():
                ids.sort()

    def __len__(self) -> int:
        return len(self._objects)

    def __iter__(self) -> Iterator[ObjectRecord]:
        return iter(self._objects.values())

    def get(self, object_id: bytes) -> ObjectRecord | None:
        return self._objects.get(object_id)

    def __getitem__(self, object_id: bytes) -> ObjectRecord:
        return self._objects[object_id]

    def apply(self, changes: Iterable[Change]) -> None:
        """Put the objects in their new versions."""
        for change in changes:
            old = self._objects.get(change.id)
            if old is not None:
                self._unindex(old)
                del self._objects[change.id]
            if change.after is not None:
                self._objects[change.id] = change.after
                self._index(change.after, in_order=True)

    def owned(
        self, owner: bytes, type_: MoveType | None, after: bytes | None, limit: int
    ) -> list[ObjectRecord]:
        """At most `limit` objects of an address or parent, by ascending id from behind `after`.

        A struct without parameters stands for any parameters.
        """
        lists = [ids for kind, ids in self._owned.get(owner, {}).items() if _matches(kind, type_)]
        start = b"" if after is None else after
        tails = [
            ids[at : at + limit] for ids in lists if (at := bisect_right(ids, start)) < len(ids)
        ]
        merged = heapq.merge(*tails)
        return [self._objects[object_id] for object_id in itertools.islice(merged, limit)]

    def balance(self, owner: bytes, coin_type: MoveType) -> int:
        return self._balances.get((owner, coin_type), 0)

    def balances(self, owner: bytes) -> dict[MoveType, int]:
        """Of each kind of coin that the address has any object of."""
        kinds = [kind.parameters[0] for kind in self._owned.get(owner, {}) if _is_coin(kind)]
        return {kind: self.balance(owner, kind) for kind in kinds}

    def _index(self, record: ObjectRecord, *, in_order: bool = False) -> None:
        owner, kind = record.owner.address, record.type
        if owner is None or kind is None:
            return
        ids = self._owned[owner].setdefault(kind, [])
        if in_order:
            insort(ids, record.id)
        else:
            ids.append(record.id)
        if _is_coin(kind):
            self._balances[owner, kind.parameters[0]] += record.balance or 0

    def _unindex(self, record: ObjectRecord) -> None:
        owner, kind = record.owner.address, record.type
        if owner is None or kind is None:
            return
        ids = self._owned[owner][kind]
        del ids[bisect_left(ids, record.id)]
        if not ids:
            del self._owned[owner][kind]
        if _is_coin(kind):
            self._balances[owner, kind.parameters[0]] -= record.balance or 0


def _is_coin(kind: Struct) -> bool:
    return (kind.address, kind.module, kind.name) == (FRAMEWORK, "coin", "Coin")


def _matches(kind: Struct, wanted: MoveType | None) -> bool:
    if wanted is None or kind == wanted:
        return True
    return (
        isinstance(wanted, Struct)
        and not wanted.parameters
        and (kind.address, kind.module, kind.name) == (wanted.address, wanted.module, wanted.name)
    )
