"""The packages that genesis published, and what is known of the coins."""

from __future__ import annotations

from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.move_types import FRAMEWORK, MOVE_STDLIB, MoveType
from walrus_core.localnet.sui_node.values import (
    IMMUTABLE,
    CoinInfo,
    ObjectRecord,
    PackageRecord,
)
from walrus_core.localnet.sui_node.world import SUI, World
from walrus_core.types import FROST_PER_WAL

__all__ = ["Packages"]

_SUI_SUPPLY = 10_000_000_000_000_000_000


class Packages:
    """Of one chain. Walrus is there in two versions: types are named after the first, calls go to
    the second.
    """

    def __init__(self, world: World, genesis_digest: bytes) -> None:
        self._world = world
        self._genesis_digest = genesis_digest
        ids, original = world.ids, world.ids.walrus_original
        single = (
            ids.wal_package,
            ids.exchange_package,
            ids.subsidies_package,
            FRAMEWORK,
            MOVE_STDLIB,
        )
        found = [self._package(package, package, 1) for package in single]
        found.append(self._package(original, original, 1))
        found.append(self._package(ids.walrus_package, original, 2))
        self._packages = {package.id: package for package in found}

    def _package(self, package: bytes, original: bytes, version: int) -> PackageRecord:
        catalogue = self._world.catalogue
        named = [*catalogue.functions, *catalogue.datatypes]
        modules = {module for address, module, _ in named if address == original}
        return PackageRecord(package, original, version, tuple(sorted(modules)))

    def get(self, package: bytes) -> PackageRecord | None:
        return self._packages.get(package)

    def versions(self, original: bytes) -> list[PackageRecord]:
        """Of one package, ascending."""
        found = [each for each in self._packages.values() if each.original_id == original]
        return sorted(found, key=lambda each: each.version)

    def record(self, package: bytes) -> ObjectRecord | None:
        """A package as an object."""
        found = self._packages.get(package)
        if found is None:
            return None
        digest = digest_of("Object", package)
        version, made = found.version, self._genesis_digest
        return ObjectRecord(package, version, digest, IMMUTABLE, None, b"", made, 0, False)

    def coin_info(self, coin_type: MoveType) -> CoinInfo | None:
        """Of SUI and WAL; there are no other coins."""
        if coin_type == SUI:
            return CoinInfo(coin_type, 9, "Sui", "SUI", "", "", _SUI_SUPPLY)
        if coin_type == self._world.wal_coin_type.parameters[0]:
            supply = self._world.ledger.state.treasury.total_supply
            decimals = len(str(FROST_PER_WAL)) - 1
            return CoinInfo(coin_type, decimals, "WAL Token", "WAL", "", "", supply)
        return None
