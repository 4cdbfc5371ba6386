"""Move calls carried out: most are a call of the ledger's face of that module, the others are in
`native_calls`.
"""

from __future__ import annotations

from typing import Any

from walrus_core.errors import InvalidArgumentError, InvalidEncodingError, UnknownObjectError
from walrus_core.localnet.ledger import Abort, Transaction
from walrus_core.localnet.ledger.objects import (
    Blob,
    SharedBlob,
    StakedWal,
    StorageNodeCap,
    StoragePool,
)
from walrus_core.localnet.sui_node import native_calls
from walrus_core.localnet.sui_node.failures import aborted, failed
from walrus_core.localnet.sui_node.functions import Function, substitute
from walrus_core.localnet.sui_node.move_types import FRAMEWORK, MoveType, Struct
from walrus_core.localnet.sui_node.slots import Live
from walrus_core.localnet.sui_node.world import World

__all__ = ["Calls", "wrapped_ids"]

_FACES = frozenset(
    {
        "auth",
        "blob",
        "shared_blob",
        "slashing",
        "staked_wal",
        "staking",
        "storage_pool",
        "storage_resource",
        "system",
        "upgrade",
        "wal",
        "walrus_subsidies",
    }
)
"""The modules that are a face of the ledger, under the same name."""

_ALL_POOLS = frozenset(
    {
        "voting_end",
        "initiate_epoch_change_v2",
        "add_commission_to_pools",
        "execute_slashing",
        "process_subsidies",
    }
)
"""Functions that may change the pools of nodes that no argument names."""

_FRAMEWORK_ABORTS = frozenset({"balance", "bcs", "dynamic_field", "package", "vec_map"})
_VERSIONED = frozenset({"system", "staking"})


class Calls:
    """The calls of one transaction, and what they touched besides their arguments."""

    def __init__(self, world: World, tx: Transaction) -> None:
        self.world = world
        self.tx = tx
        self.released: list[Live] = []
        self.nodes: set[bytes] = set()
        self.pooled_blobs: set[tuple[bytes, int]] = set()
        self._shared = frozenset(world.shared_types.values())

    def call(
        self,
        package: bytes,
        function: Function,
        type_arguments: tuple[MoveType, ...],
        payloads: list[Any],
    ) -> list[tuple[MoveType, Any]]:
        """The results with their types; CommandError if the call aborts."""
        try:
            self._check_version(package, function)
            results = self._results(function, type_arguments, payloads)
        except Abort as error:
            raise aborted(error, self._package_of(error, function), function) from None
        except (InvalidArgumentError, InvalidEncodingError) as error:
            raise failed("VM_INVARIANT_VIOLATION", str(error)) from None
        except UnknownObjectError as error:
            raise failed("INVARIANT_VIOLATION", str(error)) from None
        self._note_touched(function, [*payloads, *results])
        types = [substitute(each.type, type_arguments) for each in function.returns]
        return list(zip(types, results, strict=True))

    def _results(
        self, function: Function, type_arguments: tuple[MoveType, ...], payloads: list[Any]
    ) -> list[Any]:
        native = native_calls.NATIVE.get((function.module, function.name))
        if native is not None:
            result = native(self, type_arguments, *payloads)
        elif function.module in _FACES:
            face = getattr(self.world.ledger, function.module)
            inner = [
                payload
                for parameter, payload in zip(function.parameters, payloads, strict=True)
                if parameter.type not in self._shared
            ]
            result = getattr(face, function.name)(*inner)
        else:
            raise failed("FUNCTION_NOT_FOUND", f"{function.module}::{function.name} does nothing")
        if len(function.returns) == 1:
            return [result]
        return list(result) if function.returns else []

    def _check_version(self, package: bytes, function: Function) -> None:
        """An old package calls into a state that has moved on, and aborts."""
        ids = self.world.ids
        if package == ids.walrus_package or function.package != ids.walrus_original:
            return
        for parameter in function.parameters[:2]:
            kind = parameter.type
            if isinstance(kind, Struct) and kind.module in _VERSIONED and kind in self._shared:
                raise Abort(kind.module, 1, "EWrongVersion")

    def _package_of(self, error: Abort, function: Function) -> bytes:
        """Where the module is that aborted."""
        if error.module in _FRAMEWORK_ABORTS:
            return FRAMEWORK
        if error.module == function.module or error.module == "arithmetic":
            return function.package
        return self.world.ids.walrus_original

    def _note_touched(self, function: Function, values: list[Any]) -> None:
        """Which pools and pooled blobs may have changed."""
        pools = self.world.ledger.state.staking.pools
        if function.name in _ALL_POOLS:
            self.nodes.update(pools)
        for position, value in enumerate(values):
            match value:
                case StorageNodeCap() | StakedWal():
                    self.nodes.add(value.node_id)
                case bytes() if function.module == "staking" and value in pools:
                    self.nodes.add(value)
                case StoragePool():
                    following = [each for each in values[position + 1 :] if type(each) is int]
                    self.pooled_blobs.update((value.id, number) for number in following[:1])


def wrapped_ids(payload: Any) -> list[bytes]:
    """The ids of the objects that one holds inside."""
    match payload:
        case Blob() | StoragePool():
            return [payload.storage.id]
        case SharedBlob():
            return [payload.blob.id, payload.blob.storage.id]
    return []
