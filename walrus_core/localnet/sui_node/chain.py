"""The local chain: Sui's transactions over the Walrus contract, kept in a directory.

    chain = LocalChain.open(directory, genesis)
    executed = await chain.execute(tx_bytes, [signature])

The directory holds genesis.json (what the chain began with), `journal` (every transaction, in
order) and `state` (so that a restart is quick). A transaction is acknowledged when its record is on
disk; whatever a crash leaves behind, the chain comes up again with all whole records.

One chain runs in one process, and is called from one thread.
"""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path

from walrus_core.localnet.sui_node import genesis_file, transaction_bcs
from walrus_core.localnet.sui_node.admission import admit
from walrus_core.localnet.sui_node.chain_clock import ChainClock
from walrus_core.localnet.sui_node.durable_log import DurableLog
from walrus_core.localnet.sui_node.dynamic_fields import field_info
from walrus_core.localnet.sui_node.execution import Job, Outcome, run
from walrus_core.localnet.sui_node.functions import Datatype, Function
from walrus_core.localnet.sui_node.gas import REFERENCE_PRICE
from walrus_core.localnet.sui_node.genesis import Genesis, genesis_digest
from walrus_core.localnet.sui_node.history import genesis_checkpoint
from walrus_core.localnet.sui_node.ids import digest_of
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.packages import Packages
from walrus_core.localnet.sui_node.resolution import resolve, tried
from walrus_core.localnet.sui_node.signatures import verify_signatures
from walrus_core.localnet.sui_node.transaction_data import TransactionData
from walrus_core.localnet.sui_node.values import (
    Checkpoint,
    CoinInfo,
    Effects,
    ExecutedTransaction,
    FieldInfo,
    ObjectRecord,
    PackageRecord,
    ServiceInfo,
    Simulated,
    SuiEpoch,
)
from walrus_core.localnet.sui_node.world import ChainIds, World

__all__ = ["LocalChain"]

SUI_EPOCH = 1
_PROTOCOL_VERSION = 100
_CHAIN_NAME, _SERVER_NAME = "localnet", "walrus-core"
_ALL_FIELDS = 10**9


class LocalChain:
    """Made by `open`."""

    def __init__(self, directory: Path, genesis: Genesis) -> None:
        digest = genesis_digest(genesis)
        first = genesis_checkpoint(digest, genesis.start_ms, SUI_EPOCH)
        self._genesis = genesis
        self._chain_id = first.digest
        self._log = DurableLog(directory, genesis, first)
        self._world, last_ms = self._log.restore(_replay)
        self._packages = Packages(self._world, digest)
        self._clock = ChainClock(last_ms)

    @classmethod
    def open(cls, directory: Path, genesis: Genesis | None = None) -> LocalChain:
        """The chain in a directory; made with `genesis` if there is none in it yet.

        Raises StorageError if the files there are another version's, or damaged beyond repair.
        """
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
        return cls(directory, genesis_file.load_or_create(directory / "genesis.json", genesis))

    def close(self) -> None:
        """Put everything on disk; the chain's time stops here."""
        self._log.close(self._world, self.now_ms())

    # Transactions.

    async def execute(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """Carry out a transaction; when this returns, it is on disk.

        All that wait at the same time share one write to disk. A transaction that is known already
        is not carried out again: its outcome is returned. Raises RefusedError or
        InvalidEncodingError if it cannot be carried out, StorageError if the disk fails.
        """
        executed = self.submit(tx_bytes, signatures)
        await self._log.on_disk(executed.checkpoint or 0)
        return executed

    def execute_now(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """`execute`, for one who need not share the disk."""
        executed = self.submit(tx_bytes, signatures)
        self.flush()
        return executed

    def submit(self, tx_bytes: bytes, signatures: Sequence[bytes]) -> ExecutedTransaction:
        """Carry out a transaction; not to be acknowledged before `flush`."""
        self._log.check_usable()
        digest = digest_of("TransactionData", tx_bytes)
        known = self._log.history.entry_of(digest)
        if known is not None:
            return known.executed
        data = transaction_bcs.decode(tx_bytes)
        verify_signatures(tx_bytes, tuple(signatures), {data.sender, data.gas.owner})
        started, now_ms = time.perf_counter(), self.now_ms()
        outcome = _carry_out(self._world, data, digest, len(tx_bytes), now_ms)
        executed = ExecutedTransaction(
            digest,
            data,
            tx_bytes,
            tuple(signatures),
            outcome.effects,
            outcome.events,
            outcome.balance_changes,
            now_ms,
            self._log.history.last + 1,
        )
        self._log.append(executed, self._world, time.perf_counter() - started)
        return executed

    def flush(self) -> None:
        """Put all submitted transactions on disk; subscribers hear of them now."""
        self._log.flush()

    def simulate(
        self, data: TransactionData, *, checks: bool = True, select_gas: bool = False
    ) -> Simulated:
        """A transaction tried. What is not said in it is filled in: inputs of kind UNRESOLVED, a
        price or budget of 0, and if `select_gas`, gas coins.

        Without gas coins nobody pays. Without `checks`, what is left over at the end may be.
        """
        now_ms = self.now_ms()
        resolved = resolve(self._world, data, SUI_EPOCH, now_ms, select_gas=select_gas)
        content, digest, outcome = tried(self._world, resolved, SUI_EPOCH, now_ms, checks=checks)
        executed = ExecutedTransaction(
            digest,
            resolved,
            content,
            (),
            outcome.effects,
            outcome.events,
            outcome.balance_changes,
            now_ms,
            None,
        )
        return Simulated(executed, outcome.outputs, REFERENCE_PRICE)

    def transaction(self, digest: bytes) -> ExecutedTransaction | None:
        """One that is on disk. The contents of the objects that it changed are not kept."""
        number = self._log.history.number_of(digest)
        return None if number is None else self.transaction_at(number)

    def transaction_at(self, number: int) -> ExecutedTransaction | None:
        """By its checkpoint; the first one has number 1."""
        entry = self._log.history.entry(number) if number <= self._log.durable else None
        return None if entry is None else entry.executed

    def heads(self) -> AsyncIterator[int]:
        """The number of the last transaction on disk, whenever there are new ones."""
        return self._log.heads()

    # Objects.

    def get_object(self, object_id: bytes, version: int | None = None) -> ObjectRecord | None:
        """In its present version; None if that is not `version`. Packages are objects, too."""
        record = self._world.object(object_id, self.now_ms()) or self._packages.record(object_id)
        if record is None or version not in (None, record.version):
            return None
        return record

    def owned_objects(
        self, owner: bytes, type_: MoveType | None, after: bytes | None, limit: int
    ) -> list[ObjectRecord]:
        """By ascending id from behind `after`; a struct without parameters means any parameters."""
        return self._world.store.owned(owner, type_, after, limit)

    def balance(self, owner: bytes, coin_type: MoveType) -> int:
        return self._world.store.balance(owner, coin_type)

    def balances(self, owner: bytes) -> dict[MoveType, int]:
        return self._world.store.balances(owner)

    def coin_info(self, coin_type: MoveType) -> CoinInfo | None:
        return self._packages.coin_info(coin_type)

    def dynamic_fields(self, parent: bytes) -> list[FieldInfo]:
        """All of them, by the ids of the fields."""
        store = self._world.store
        found = [
            field_info(store, record) for record in store.owned(parent, None, None, _ALL_FIELDS)
        ]
        return [field for field in found if field is not None]

    # Packages.

    def package(self, package: bytes) -> PackageRecord | None:
        return self._packages.get(package)

    def package_versions(self, original: bytes) -> list[PackageRecord]:
        return self._packages.versions(original)

    def function(self, package: bytes, module: str, name: str) -> Function | None:
        """By any version of its package."""
        original = self._world.original_package(package) or package
        return self._world.catalogue.functions.get((original, module, name))

    def datatype(self, package: bytes, module: str, name: str) -> Datatype | None:
        """By any version of its package."""
        original = self._world.original_package(package) or package
        return self._world.catalogue.datatypes.get((original, module, name))

    # The chain itself.

    @property
    def ids(self) -> ChainIds:
        """Of the packages and shared objects."""
        return self._world.ids

    @property
    def world(self) -> World:
        """The present state, to be read."""
        return self._world

    @property
    def genesis(self) -> Genesis:
        return self._genesis

    def now_ms(self) -> int:
        """The chain's own time."""
        return self._clock.now_ms()

    def checkpoint(self, which: int | bytes) -> Checkpoint | None:
        """By its number or digest."""
        history = self._log.history
        number = history.checkpoint_number(which) if isinstance(which, bytes) else which
        if number is None or number > self._log.durable:
            return None
        return history.checkpoint(number)

    def service_info(self) -> ServiceInfo:
        return ServiceInfo(
            self._chain_id,
            _CHAIN_NAME,
            SUI_EPOCH,
            self._log.durable,
            self.now_ms(),
            0,
            _SERVER_NAME,
        )

    def sui_epoch(self) -> SuiEpoch:
        return SuiEpoch(SUI_EPOCH, REFERENCE_PRICE, 0, self._genesis.start_ms, _PROTOCOL_VERSION)


def _carry_out(
    world: World, data: TransactionData, digest: bytes, size: int, now_ms: int
) -> Outcome:
    """Run a transaction whose signatures are good."""
    admitted = admit(world, data, SUI_EPOCH)
    return run(world, Job(data, digest, size, admitted, SUI_EPOCH, now_ms))


def _replay(world: World, known: ExecutedTransaction) -> Effects:
    """Its signatures were good when it was written down."""
    size = len(known.bcs)
    return _carry_out(world, known.data, known.digest, size, known.timestamp_ms).effects
