"""Registrations of the wallet that serve a blob: found, finished or bought, and paid once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from walrus_core.errors import Abort, TransactionFailedError, UnknownObjectError
from walrus_core.services.ports import BlobObject, Cost, NewBlob
from walrus_core.services.uploader.outcome import Operation
from walrus_core.services.uploader.record import StoreRecord, load_record, record_name

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.services.ports import Chain, Journal
    from walrus_core.types import Epoch

__all__ = ["Claim", "Claims"]


@dataclass(frozen=True, slots=True)
class Claim:
    """A registration that serves. `cost` and `gas`: what it took, and `certificate`: what it was
    certified with, if this or a run that was cut off did that.
    """

    object_id: bytes
    operation: Operation
    is_certified: bool
    resumed: bool
    cost: Cost
    gas: int
    certificate: Certificate | None = None


class Claims:
    """The wallet's registrations of one blob for so many epochs."""

    def __init__(self, chain: Chain, journal: Journal, wanted: NewBlob, epochs: int) -> None:
        self._chain = chain
        self._journal = journal
        self._wanted = wanted
        self._epochs = epochs
        self._name = record_name(chain.address, wanted.blob_id, deletable=wanted.deletable)
        self._record: StoreRecord | None = None

    async def find(self, *, reuse: bool = True) -> Claim | None:
        """What a run before this one began, or, with `reuse`, any registration that serves."""
        epoch = (await self._chain.state()).epoch
        if claim := await self._resumed(epoch):
            return claim
        if not reuse:
            return None
        blobs = [blob for blob in await self._chain.blobs() if self._is_ours(blob)]
        serving = [blob for blob in blobs if blob.storage.end_epoch >= epoch + self._epochs]
        if not serving:
            return None
        best = max(serving, key=lambda blob: (blob.certified_epoch is not None, _end(blob)))
        certified = best.certified_epoch is not None
        operation = Operation.CERTIFIED if certified else Operation.REUSED
        return Claim(best.object_id, operation, certified, False, Cost(0, 0), 0)

    async def buy(self) -> Claim:
        """Register the blob; what may have been paid is on record before it is."""

        async def keep(signed: bytes) -> None:
            wanted = self._wanted
            await self._save(StoreRecord(wanted.blob_id, wanted.deletable, self._epochs, signed))

        try:
            registration = await self._chain.register(self._wanted, self._epochs, keep)
        except (
            Abort,
            TransactionFailedError,
        ):  # it was executed, or never sent, and bought nothing
            await self.close()
            raise
        if self._record is not None:
            await self._save(self._record.executed(registration))
        cost, gas = registration.cost, registration.receipt.gas
        return Claim(registration.object_id, Operation.REGISTERED, False, False, cost, gas)

    async def keep(self, certificate: Certificate) -> None:
        """Write down what will be put on chain, for those who ask when this run is gone."""
        if self._record is not None:
            await self._save(replace(self._record, certificate=certificate))

    async def close(self) -> None:
        """Nothing is left to be finished."""
        self._record = None
        await self._journal.remove(self._name)

    async def _save(self, record: StoreRecord) -> None:
        await self._journal.save(self._name, record.to_bytes())
        self._record = record

    async def _resumed(self, epoch: Epoch) -> Claim | None:
        """What the record leads to, if it still serves."""
        record = await load_record(self._journal, self._name)
        if record is None:
            return None
        if record.object_id is None:
            registration = await self._chain.settle(record.signed)
            if registration is None:
                await self.close()
                return None
            record = record.executed(registration)
            await self._save(record)
        blob = await self._living(record, epoch)
        if blob is None:
            await self.close()
            return None
        self._record = record
        return Claim(
            blob.object_id,
            Operation.REGISTERED,
            blob.certified_epoch is not None,
            True,
            record.cost,
            record.gas,
            record.certificate,
        )

    async def _living(self, record: StoreRecord, epoch: Epoch) -> BlobObject | None:
        """The record's blob, if it is still there for as long as it was, or now is, wanted."""
        assert record.object_id is not None
        try:
            blob = await self._chain.blob(record.object_id)
        except UnknownObjectError:
            return None
        long_enough = self._epochs <= record.epochs or _end(blob) >= epoch + self._epochs
        return blob if self._is_ours(blob) and _end(blob) > epoch and long_enough else None

    def _is_ours(self, blob: BlobObject) -> bool:
        wanted = self._wanted
        return (blob.blob_id, blob.deletable) == (wanted.blob_id, wanted.deletable)


def _end(blob: BlobObject) -> Epoch:
    return blob.storage.end_epoch
