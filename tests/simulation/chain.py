"""The chain's ports on a simulated contract: `SimReader`, `SimNodeChain`, `SimChain`.

Between a client and the contract lies a `Weather`, which delays questions and answers, and loses
some: of a transaction before or after it was executed, or so that it is executed much later.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from simulation.contract import PLENTY, Action, Contract, Executed, OutdatedError, Purse, Signed
from simulation.purchases import (
    Prolonging,
    Purchase,
    Registering,
    RegisteringOn,
    attested,
    read,
    write,
)

from walrus_core.errors import (
    Abort,
    ChainUnavailableError,
    InsufficientFundsError,
    InvalidArgumentError,
    TransactionUnknownError,
    UnknownObjectError,
)
from walrus_core.localnet.ledger import Ledger
from walrus_core.localnet.ledger.objects import Blob, Storage, StorageNodeCap
from walrus_core.localnet.sui_node.ids import digest_text
from walrus_core.protocol.certificate import Certificate
from walrus_core.services.ports import (
    BlobObject,
    ChainEvent,
    ChainState,
    Committees,
    Cost,
    NewBlob,
    OnSigned,
    Place,
    Prices,
    Receipt,
    Registration,
    StorageResource,
)
from walrus_core.types import BlobId, Epoch

ATTEMPTS = 6
"""Times that a transaction is planned before its refusal is passed on."""

POLL_SECONDS = 0.4

GAS = 1_000_000
"""MIST that a transaction takes."""


class Fate(Enum):
    """Of a transaction that is sent."""

    EXECUTED = "executed, and answered"
    UNREACHABLE = "refused at the door: not executed"
    LOST = "lost on its way: not executed, and nobody can say so"
    UNANSWERED = "executed, the answer lost"
    LATE = "executed later, and nobody can say so"


@dataclass
class Weather:
    """How well the chain can be reached: delays in seconds, chances of what goes wrong.

    `lag`: how much later than others this client hears of events. While `is_down` nothing works.
    """

    chance: random.Random = field(default_factory=lambda: random.Random(0))
    longest: float = 0.0
    unreachable: float = 0.0
    lost: float = 0.0
    unanswered: float = 0.0
    late: float = 0.0
    latest: float = 30.0
    lag: float = 0.0
    is_down: bool = False

    def calm(self) -> None:
        """From now on all goes well."""
        self.is_down, self.lag = False, 0.0
        self.unreachable = self.lost = self.unanswered = self.late = 0.0

    async def pass_through(self) -> None:
        """One way, of a question or an answer."""
        await asyncio.sleep(self.chance.random() * self.longest)

    async def ask(self) -> None:
        """There and back; ChainUnavailableError."""
        await self.pass_through()
        if self.is_down or self.chance.random() < self.unreachable:
            raise ChainUnavailableError("simulated:", "it cannot be reached")

    def fate(self) -> Fate:
        if self.is_down:
            return Fate.UNREACHABLE
        draw = self.chance.random()
        for fate in (Fate.UNREACHABLE, Fate.LOST, Fate.UNANSWERED, Fate.LATE):
            draw -= getattr(self, fate.name.lower())
            if draw < 0:
                return fate
        return Fate.EXECUTED


class SimReader:
    """Implements `ChainReader`."""

    def __init__(self, contract: Contract, weather: Weather | None = None) -> None:
        self.contract = contract
        self.weather = weather or Weather()

    async def state(self) -> ChainState:
        await self.weather.ask()
        system, staking = self.contract.ledger.state.system, self.contract.ledger.state.staking
        return ChainState(
            epoch=Epoch(staking.epoch),
            phase=staking.epoch_state[0],
            epoch_duration=staking.epoch_duration_ms / 1000,
            n_shards=staking.n_shards,
            n_members=len(staking.committee),
            prices=self.prices(),
            total_capacity=system.total_capacity,
            used_capacity=system.used_capacity,
            max_epochs_ahead=len(system.ring),
        )

    async def committees(self) -> Committees:
        await self.weather.ask()
        return self.contract.committees()

    async def events(
        self, cursor: bytes = b"", *, follow: bool = False
    ) -> AsyncIterator[ChainEvent]:
        while True:
            await self.weather.ask()
            for event in self.contract.events(int.from_bytes(cursor, "big"), self.weather.lag):
                cursor = event.cursor
                yield event
            if not follow:
                return
            await asyncio.sleep(POLL_SECONDS)

    def prices(self) -> Prices:
        system = self.contract.ledger.state.system
        return Prices(system.storage_price, system.write_price)


class SimNodeChain(SimReader):
    """Implements `NodeChain` for the node with this id."""

    def __init__(self, contract: Contract, node_id: bytes, weather: Weather | None = None) -> None:
        super().__init__(contract, weather)
        self._node_id = node_id

    async def report_shards(self, epoch: Epoch) -> None:
        def report(ledger: Ledger, cap: StorageNodeCap) -> None:
            if cap.last_epoch_sync_done < epoch:
                ledger.staking.epoch_sync_done(cap, epoch)

        await self.weather.ask()
        self.contract.by_node(self._node_id, report)
        await self.weather.ask()

    async def invalidate(self, certificate: Certificate) -> None:
        def invalidate(ledger: Ledger, cap: StorageNodeCap) -> None:  # noqa: ARG001
            ledger.system.invalidate_blob_id(*attested(ledger, certificate))

        await self.weather.ask()
        self.contract.by_node(self._node_id, invalidate)
        await self.weather.ask()


class SimChain(SimReader):
    """Implements `Chain` for the wallet at `address` (32 bytes), which gets `funds` if new."""

    def __init__(
        self,
        contract: Contract,
        address: bytes,
        weather: Weather | None = None,
        funds: int = PLENTY,
    ) -> None:
        super().__init__(contract, weather)
        self._purse = contract.open_purse(address, funds)
        self._lock = asyncio.Lock()

    @property
    def address(self) -> bytes:
        return self._purse.address

    async def price(self, encoded_size: int, epochs: int) -> Cost:
        await self.weather.ask()
        return self.prices().cost(encoded_size, epochs)

    async def register(
        self, blob: NewBlob, epochs: int, on_signed: OnSigned | None = None
    ) -> Registration:
        def plan() -> tuple[Purchase, Cost]:
            return Registering(blob, epochs), self.prices().cost(blob.encoded_size, epochs)

        return await self._buy(plan, on_signed)

    async def settle(self, signed: bytes) -> Registration | None:
        await self.weather.ask()
        transaction, purchase, cost = read(signed)
        try:
            executed = await self._send(transaction, purchase)
        except (OutdatedError, Abort):
            return None
        return _registration(executed, cost)

    async def register_on(
        self, blob: NewBlob, place: Place, on_signed: OnSigned | None = None
    ) -> Registration:
        def plan() -> tuple[Purchase, Cost]:
            storage = self._purse.storages.get(place.storage_id)
            if (
                storage is None
                or storage.storage_size < blob.encoded_size
                or storage.end_epoch < place.end_epoch
            ):
                raise UnknownObjectError("Storage", place.storage_id)
            return RegisteringOn(blob, place), Cost(0, self.prices().write_cost(blob.encoded_size))

        return await self._buy(plan, on_signed)

    async def certify(self, object_id: bytes, certificate: Certificate) -> Receipt:
        def certify(ledger: Ledger, purse: Purse) -> None:
            ledger.system.certify_blob(purse.blobs[object_id], *attested(ledger, certificate))

        return await self._on_blob(object_id, certify)

    async def extend(self, object_id: bytes, epochs: int) -> Receipt:
        def extend(ledger: Ledger, purse: Purse) -> None:
            ledger.system.extend_blob(purse.blobs[object_id], epochs, purse.coin)

        return await self._on_blob(object_id, extend)

    async def prolong(
        self,
        object_id: bytes,
        end_epoch: Epoch,
        certificate: Certificate | None = None,
        on_signed: OnSigned | None = None,
    ) -> Registration:
        def plan() -> tuple[Purchase, Cost]:
            blob = self._owned(object_id)
            epochs = max(end_epoch - blob.storage.end_epoch, 0)
            missing = None if blob.certified_epoch is not None else certificate
            if missing is None and not epochs:
                raise InvalidArgumentError("it lasts long enough")
            cost = self.prices().storage_cost(blob.storage.storage_size, epochs)
            return Prolonging(object_id, epochs, missing), Cost(cost, 0)

        return await self._buy(plan, on_signed)

    async def delete(self, object_id: bytes) -> Receipt:
        def delete(ledger: Ledger, purse: Purse) -> None:
            storage = ledger.system.delete_blob(purse.blobs[object_id])
            del purse.blobs[object_id]
            purse.storages[storage.id] = storage

        return await self._on_blob(object_id, delete)

    async def blob(self, object_id: bytes) -> BlobObject:
        await self.weather.ask()
        return _blob_object(self.contract.find_blob(object_id))

    async def blobs(self) -> Sequence[BlobObject]:
        await self.weather.ask()
        return [_blob_object(blob) for blob in self._purse.blobs.values()]

    async def storages(self) -> Sequence[StorageResource]:
        await self.weather.ask()
        return [_storage_resource(storage) for storage in self._purse.storages.values()]

    async def attributes(self, object_id: bytes) -> Mapping[str, str]:
        await self.weather.ask()
        metadata = self.contract.find_blob(object_id).metadata
        return {} if metadata is None else dict(metadata.items())

    async def set_attributes(self, object_id: bytes, values: Mapping[str, str | None]) -> Receipt:
        def set_each(ledger: Ledger, purse: Purse) -> None:
            blob = purse.blobs[object_id]
            for name, value in values.items():
                if value is None:
                    ledger.blob.remove_metadata_pair(blob, name)
                else:
                    ledger.blob.insert_or_update_metadata_pair(blob, name, value)

        return await self._on_blob(object_id, set_each)

    # -- how a transaction fares --------------------------------------------------------------

    def _owned(self, object_id: bytes) -> Blob:
        if object_id not in self._purse.blobs:
            raise UnknownObjectError("Blob", object_id)
        return self._purse.blobs[object_id]

    async def _on_blob(self, object_id: bytes, action: Action) -> Receipt:
        """Run an action on a blob that the wallet owns."""

        async def plan(signed: Signed) -> Action:  # noqa: ARG001 - nobody keeps it
            self._owned(object_id)
            return action

        return _receipt(await self._run(plan))

    async def _buy(
        self, plan: Callable[[], tuple[Purchase, Cost]], on_signed: OnSigned | None
    ) -> Registration:
        """Run what pays, with what `plan` finds right at that moment."""
        cost = Cost(0, 0)

        async def planned(signed: Signed) -> Action:
            nonlocal cost
            purchase, cost = plan()
            if cost.total > self._purse.coin.value:
                raise InsufficientFundsError("WAL", cost.total, self._purse.coin.value)
            if on_signed is not None:
                await on_signed(write(signed, purchase, cost))
            return purchase

        return _registration(await self._run(planned), cost)

    async def _run(self, plan: Callable[[Signed], Awaitable[Action]]) -> Executed:
        """Plan, sign and send; again if others of the same wallet came between."""
        async with self._lock:
            for _ in range(ATTEMPTS):
                await self.weather.ask()
                signed = self.contract.sign(self.address)
                action = await plan(signed)
                try:
                    return await self._send(signed, action)
                except OutdatedError:
                    await asyncio.sleep(self.weather.chance.random() * 0.05)
        raise ChainUnavailableError("simulated:", "others spend the same coins")

    async def _send(self, signed: Signed, action: Action) -> Executed:
        """Have a transaction executed, unless the weather has it otherwise."""
        fate = self.weather.fate()
        if fate is Fate.UNREACHABLE:
            raise ChainUnavailableError("simulated:", "it cannot be reached")
        await self.weather.pass_through()
        if fate is Fate.LATE:
            delay = self.weather.chance.random() * self.weather.latest
            asyncio.get_running_loop().call_later(delay, self._execute_late, signed, action)
        elif fate is not Fate.LOST:
            executed = self.contract.execute(signed, action)
            await self.weather.pass_through()
        if fate is not Fate.EXECUTED:
            raise TransactionUnknownError(digest_text(signed.digest), fate.value)
        if executed.abort is not None:
            raise executed.abort
        return executed

    def _execute_late(self, signed: Signed, action: Action) -> None:
        with contextlib.suppress(OutdatedError, KeyError):
            self.contract.execute(signed, action)


def _registration(executed: Executed, cost: Cost) -> Registration:
    object_id = executed.result
    assert isinstance(object_id, bytes)
    ends = [e.fields["end_epoch"] for e in executed.events if "end_epoch" in e.fields]
    assert isinstance(ends[-1], int)
    return Registration(object_id, Epoch(ends[-1]), cost, _receipt(executed))


def _receipt(executed: Executed) -> Receipt:
    created = {executed.result: "Blob"} if isinstance(executed.result, bytes) else {}
    return Receipt(executed.digest, GAS, executed.wal, -GAS, created, executed.events, False)


def _blob_object(blob: Blob) -> BlobObject:
    return BlobObject(
        object_id=blob.id,
        blob_id=BlobId(blob.blob_id.to_bytes(32, "little")),
        size=blob.size,
        encoding_type=blob.encoding_type,
        registered_epoch=Epoch(blob.registered_epoch),
        certified_epoch=None if blob.certified_epoch is None else Epoch(blob.certified_epoch),
        storage=_storage_resource(blob.storage),
        deletable=blob.deletable,
    )


def _storage_resource(storage: Storage) -> StorageResource:
    start, end = Epoch(storage.start_epoch), Epoch(storage.end_epoch)
    return StorageResource(storage.id, start, end, storage.storage_size)
