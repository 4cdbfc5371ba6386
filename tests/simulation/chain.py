"""The chain's ports on a simulated contract: `SimReader`, `SimNodeChain`, `SimChain`.

Between a client and the contract lies a `Weather`, which delays questions and answers, and loses
some: of a transaction before or after it was executed, or so that it is executed much later.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import random
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum

from simulation.contract import PLENTY, Action, Contract, Executed, OutdatedError, Purse, Signed

from walrus_core.errors import (
    Abort,
    ChainUnavailableError,
    InsufficientFundsError,
    TransactionUnknownError,
    UnknownObjectError,
)
from walrus_core.localnet.ledger import Ledger
from walrus_core.localnet.ledger.encoding import RS2
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
            ledger.system.invalidate_blob_id(*_attested(ledger, certificate))

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
        cost = self._affordable(self.prices().cost(blob.encoded_size, epochs))
        executed = await self._run(_register(blob, epochs), _written(blob, epochs), on_signed)
        return self._registration(executed, cost)

    async def settle(self, signed: bytes) -> Registration | None:
        await self.weather.ask()
        transaction, blob, epochs = _read(signed)
        cost = self.prices().cost(blob.encoded_size, epochs)
        try:
            executed = await self._send(transaction, _register(blob, epochs))
        except (OutdatedError, Abort):
            return None
        return self._registration(executed, cost)

    async def register_on(self, blob: NewBlob, storage_id: bytes) -> Registration:
        storage = self._purse.storages.get(storage_id)
        if storage is None:
            raise UnknownObjectError("Storage", storage_id)
        cost = self._affordable(Cost(0, self.prices().write_cost(blob.encoded_size)))

        def register(ledger: Ledger, purse: Purse) -> bytes:
            made = _put_on(ledger, purse, storage, blob)
            del purse.storages[storage_id]
            return made

        return self._registration(await self._run(register), cost)

    async def certify(self, object_id: bytes, certificate: Certificate) -> Receipt:
        def certify(ledger: Ledger, purse: Purse) -> None:
            ledger.system.certify_blob(purse.blobs[object_id], *_attested(ledger, certificate))

        return await self._on_blob(object_id, certify)

    async def extend(self, object_id: bytes, epochs: int) -> Receipt:
        def extend(ledger: Ledger, purse: Purse) -> None:
            ledger.system.extend_blob(purse.blobs[object_id], epochs, purse.coin)

        return await self._on_blob(object_id, extend)

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

    async def _on_blob(self, object_id: bytes, action: Action) -> Receipt:
        """Run an action on a blob that the wallet owns."""
        if object_id not in self._purse.blobs:
            raise UnknownObjectError("Blob", object_id)
        return _receipt(await self._run(action))

    async def _run(
        self, action: Action, content: bytes = b"", on_signed: OnSigned | None = None
    ) -> Executed:
        """Plan, sign and send; again if others of the same wallet came between."""
        async with self._lock:
            for _ in range(ATTEMPTS):
                await self.weather.ask()
                signed = self.contract.sign(self.address)
                if on_signed is not None:
                    await on_signed(_write(signed, content))
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

    def _affordable(self, cost: Cost) -> Cost:
        if cost.total > self._purse.coin.value:
            raise InsufficientFundsError("WAL", cost.total, self._purse.coin.value)
        return cost

    def _registration(self, executed: Executed, cost: Cost) -> Registration:
        object_id = executed.result
        assert isinstance(object_id, bytes)
        end = next(e.fields["end_epoch"] for e in executed.events if e.name == "BlobRegistered")
        assert isinstance(end, int)
        return Registration(object_id, Epoch(end), cost, _receipt(executed))


def _register(blob: NewBlob, epochs: int) -> Action:
    def register(ledger: Ledger, purse: Purse) -> bytes:
        storage = ledger.system.reserve_space(blob.encoded_size, epochs, purse.coin)
        return _put_on(ledger, purse, storage, blob)

    return register


def _put_on(ledger: Ledger, purse: Purse, storage: Storage, blob: NewBlob) -> bytes:
    blob_id, root = (
        int.from_bytes(each, "little") for each in (blob.blob_id.digest, blob.root_hash)
    )
    made = ledger.system.register_blob(
        storage, blob_id, root, blob.size, RS2, blob.deletable, purse.coin
    )
    for name, value in blob.attributes.items():
        ledger.blob.insert_or_update_metadata_pair(made, name, value)
    purse.blobs[made.id] = made
    return made.id


def _attested(ledger: Ledger, certificate: Certificate) -> tuple[bytes, bytes, bytes]:
    """A certificate as the contract's calls take it."""
    n_members = len(ledger.state.system.committee.members)
    bitmap = certificate.bitmap(n_members)
    return certificate.signature.data, bitmap, certificate.serialized_message


def _receipt(executed: Executed) -> Receipt:
    created = {executed.result: "Blob"} if isinstance(executed.result, bytes) else {}
    return Receipt(executed.digest, GAS, executed.wal, -GAS, created, executed.events, False)


def _blob_object(blob: Blob) -> BlobObject:
    storage = blob.storage
    return BlobObject(
        object_id=blob.id,
        blob_id=BlobId(blob.blob_id.to_bytes(32, "little")),
        size=blob.size,
        encoding_type=blob.encoding_type,
        registered_epoch=Epoch(blob.registered_epoch),
        certified_epoch=None if blob.certified_epoch is None else Epoch(blob.certified_epoch),
        storage=StorageResource(
            storage.id, Epoch(storage.start_epoch), Epoch(storage.end_epoch), storage.storage_size
        ),
        deletable=blob.deletable,
    )


def _written(blob: NewBlob, epochs: int) -> bytes:
    """What a registration says, so that another process can send it."""
    known = [blob.blob_id.digest.hex(), blob.root_hash.hex(), blob.size, blob.encoded_size]
    return json.dumps([*known, blob.deletable, dict(blob.attributes), epochs]).encode()


def _write(signed: Signed, content: bytes) -> bytes:
    return signed.digest + signed.sender + signed.version.to_bytes(8, "big") + content


def _read(data: bytes) -> tuple[Signed, NewBlob, int]:
    signed = Signed(data[:32], data[32:64], int.from_bytes(data[64:72], "big"))
    blob_id, root, size, encoded_size, deletable, attributes, epochs = json.loads(data[72:])
    known = BlobId(bytes.fromhex(blob_id)), bytes.fromhex(root), size, encoded_size
    return signed, NewBlob(*known, deletable, attributes), epochs
