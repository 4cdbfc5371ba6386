"""The contract as it stands: its packages, its state, its nodes, read afresh for each use."""

from __future__ import annotations

from dataclasses import dataclass

from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.sui import move
from walrus_core.sui.addresses import U64_TAG, field_id, parse_address
from walrus_core.sui.connection import Connection
from walrus_core.sui.draft import ObjectRef, SharedRef
from walrus_core.sui.networks import Network
from walrus_core.sui.transactions import Contract

__all__ = ["ContractReader", "View", "contents_of", "object_reference", "shared_reference"]

ATTEMPTS = 3


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
        self._versions: tuple[int, int] | None = None
        self._wal_type = ""

    async def view(self) -> View:
        view, _ = await self._read(staking=False)
        return view

    async def view_with_staking(self) -> tuple[View, move.StakingInner]:
        view, contents = await self._read(staking=True)
        return view, move.read_staking_inner(contents)

    async def _read(self, *, staking: bool) -> tuple[View, bytes]:
        """The view, and the state of Staking if wanted: all of one moment.

        The state is a field whose id depends on the version in the shell, so that the first read,
        and the one after an upgrade, takes two questions.
        """
        shells = [self._network.system, self._network.staking]
        for _ in range(ATTEMPTS):
            states = self._states()[: 2 if staking else 1]
            objects = await self._connection.objects_if_any([*shells, *states])
            system, staked, *inner = objects
            if system is None or staked is None:
                await self._connection.objects(shells)  # says which is missing
                continue
            system_shell = move.read_shell(contents_of(system))
            versions = system_shell.version, move.read_shell(contents_of(staked)).version
            if versions == self._versions and all(inner):
                contract = await self._contract(system, staked, system_shell.package)
                contents = [contents_of(state) for state in inner if state]
                return View(contract, move.read_system_inner(contents[0])), contents[-1]
            self._versions = versions
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

    def _states(self) -> list[bytes]:
        if self._versions is None:
            return []
        shells = self._network.system, self._network.staking
        return [
            field_id(shell, version.to_bytes(8, "little"), U64_TAG)
            for shell, version in zip(shells, self._versions, strict=True)
        ]


def contents_of(item: v2.Object) -> bytes:
    """The bytes of an object's struct."""
    return (item.contents and item.contents.value) or b""


def object_reference(item: v2.Object) -> ObjectRef:
    """An object as it is named in transactions."""
    return ObjectRef(parse_address(str(item.object_id)), int(item.version or 0), str(item.digest))


def shared_reference(item: v2.Object) -> SharedRef:
    """A shared object as it is named in transactions."""
    initial = item.owner.version if item.owner else None
    return SharedRef(parse_address(str(item.object_id)), int(initial or 0))


def is_shared(item: v2.Object) -> bool:
    return item.owner is not None and item.owner.kind == v2.OwnerOwnerKind.SHARED
