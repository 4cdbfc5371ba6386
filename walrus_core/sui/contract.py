"""The contract as it stands: its packages, its state, its nodes, read afresh for each use."""

from __future__ import annotations

from dataclasses import dataclass

from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.sui import move
from walrus_core.sui.addresses import parse_address
from walrus_core.sui.connection import Connection
from walrus_core.sui.draft import ObjectRef, SharedRef
from walrus_core.sui.networks import Network
from walrus_core.sui.state_fields import ATTEMPTS, StateFields
from walrus_core.sui.transactions import Contract

__all__ = ["ContractReader", "View", "contents_of", "object_reference", "shared_reference"]


@dataclass(frozen=True, slots=True)
class View:
    """Where to call, and the state of System at that moment."""

    contract: Contract
    system: move.SystemInner

    def is_like(self, other: View) -> bool:
        """Whether a transaction drafted for the one is right for the other."""
        ours, theirs = self.system, other.system
        same_terms = (ours.epoch, ours.prices) == (theirs.epoch, theirs.prices)
        return same_terms and self.contract == other.contract


class ContractReader:
    """Reads the contract of one network; what never changes is asked for once."""

    def __init__(self, connection: Connection, network: Network) -> None:
        self._connection = connection
        self._network = network
        self._fields = StateFields(network)
        self._wal_type = ""

    async def view(self) -> View:
        view, _ = await self._read(staking=False)
        return view

    async def view_with_staking(self) -> tuple[View, move.StakingInner]:
        view, contents = await self._read(staking=True)
        return view, move.read_staking_inner(contents)

    async def _read(self, *, staking: bool) -> tuple[View, bytes]:
        """The view, and the state of Staking if wanted: all of one moment."""
        for _ in range(ATTEMPTS):
            ids = self._fields.ids(staking=staking)
            objects = await self._connection.objects_if_any(ids)
            system, staked = objects[:2]
            if system is None or staked is None:
                # says which is missing
                await self._connection.objects([self._network.system, self._network.staking])
                continue
            states = self._fields.found(ids, [contents_of(item) for item in objects])
            if states:
                contract = await self._contract(system, staked, states.package)
                return View(contract, move.read_system_inner(states.system)), states.staking
        raise self._connection.nonsense("the state of System or Staking is not where it should be")

    async def _contract(self, system: v2.Object, staking: v2.Object, package: bytes) -> Contract:
        original = parse_address(str(system.object_type).partition("::")[0])
        if not self._wal_type:
            # As the official client finds it out: nothing else names the type.
            self._wal_type = await self._connection.parameter_type(
                original, "staking::stake_with_pool", 1
            )
        return Contract(
            package,
            original,
            shared_reference(system),
            shared_reference(staking),
            self._wal_type,
        )


def contents_of(item: v2.Object | v2.Event | None) -> bytes:
    """The bytes of its struct; none of what is not there."""
    return (item and item.contents and item.contents.value) or b""


def object_reference(item: v2.Object) -> ObjectRef:
    """An object as it is named in transactions."""
    return ObjectRef(parse_address(str(item.object_id)), int(item.version or 0), str(item.digest))


def shared_reference(item: v2.Object) -> SharedRef:
    """A shared object as it is named in transactions."""
    initial = item.owner.version if item.owner else None
    return SharedRef(parse_address(str(item.object_id)), int(initial or 0))


def is_shared(item: v2.Object) -> bool:
    return item.owner is not None and item.owner.kind == v2.OwnerOwnerKind.SHARED
