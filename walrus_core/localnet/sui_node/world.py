"""What a transaction runs against: the ledger with the contract's rules, the objects in their
versions, and the few things that the ledger does not know (SUI, the exchange, packages).
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from walrus_core.localnet.ledger import Ledger
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Coin
from walrus_core.localnet.sui_node.functions import Catalogue
from walrus_core.localnet.sui_node.ids import blake2b
from walrus_core.localnet.sui_node.move_types import FRAMEWORK, Struct, coin_type
from walrus_core.localnet.sui_node.store import ObjectStore
from walrus_core.localnet.sui_node.values import ObjectRecord

__all__ = ["CLOCK", "SUI", "SUI_COIN", "ChainIds", "ExchangeState", "World"]

CLOCK = bytes(31) + b"\x06"

SUI = Struct(FRAMEWORK, "sui", "SUI")
SUI_COIN = coin_type(SUI)


@dataclass(frozen=True, slots=True)
class ChainIds:
    """The ids of packages and shared objects of one chain, all derived from its `seed`."""

    walrus_original: bytes
    walrus_package: bytes
    wal_package: bytes
    exchange_package: bytes
    subsidies_package: bytes
    system: bytes
    staking: bytes
    treasury: bytes
    upgrade_manager: bytes
    slashing_manager: bytes
    subsidies: bytes
    exchange: bytes
    clock: bytes = CLOCK

    @classmethod
    def of(cls, seed: bytes) -> ChainIds:
        names = [name for name in cls.__dataclass_fields__ if name != "clock"]
        return cls(*[blake2b(b"walrus-core chain " + name.encode() + seed) for name in names])


@dataclass(slots=True, eq=False)
class ExchangeState(Record):
    """What the exchange has: MIST, and a coin in the ledger; `wal` FROST are for `sui` MIST."""

    sui_balance: int
    wal_coin: bytes
    wal: int
    sui: int


class World:
    """The state of a chain, but for its history."""

    def __init__(
        self, seed: bytes, ledger: Ledger, store: ObjectStore, exchange: ExchangeState
    ) -> None:
        self.seed = seed
        self.ids = ChainIds.of(seed)
        self.ledger = ledger
        self.store = store
        self.exchange = exchange
        self.catalogue = Catalogue(
            {
                "walrus": self.ids.walrus_original,
                "wal": self.ids.wal_package,
                "exchange": self.ids.exchange_package,
                "subsidies": self.ids.subsidies_package,
            }
        )
        self.wal_coin_type = coin_type(self.catalogue.struct("WAL"))
        ids = self.ids
        self.shared_types = {
            ids.system: self.catalogue.struct("System"),
            ids.staking: self.catalogue.struct("Staking"),
            ids.treasury: self.catalogue.struct("ProtectedTreasury"),
            ids.upgrade_manager: self.catalogue.struct("UpgradeManager"),
            ids.slashing_manager: self.catalogue.struct("SlashingManager"),
            ids.subsidies: self.catalogue.struct("WalrusSubsidies"),
            ids.exchange: self.catalogue.struct("Exchange"),
            ids.clock: self.catalogue.struct("Clock"),
        }

    @property
    def exchange_coin(self) -> Coin:
        """The WAL of the exchange."""
        coin = self.ledger.objects[self.exchange.wal_coin]
        assert isinstance(coin, Coin)  # only genesis says which
        return coin

    def object(self, object_id: bytes, now_ms: int) -> ObjectRecord | None:
        """An object as it is now: the clock shows another time whenever one looks."""
        record = self.store.get(object_id)
        if record is None or object_id != CLOCK:
            return record
        return dataclasses.replace(record, contents=CLOCK + now_ms.to_bytes(8, "little"))

    def original_package(self, package: bytes) -> bytes | None:
        """The address of a package's types, by any of its versions; None if there is none."""
        ids = self.ids
        if package == ids.walrus_package:
            return ids.walrus_original
        known = (
            ids.walrus_original,
            ids.wal_package,
            ids.exchange_package,
            ids.subsidies_package,
            FRAMEWORK,
            bytes(31) + b"\x01",
        )
        return package if package in known else None
