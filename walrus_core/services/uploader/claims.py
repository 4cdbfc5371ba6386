"""Registrations of the wallet that serve a blob: found, finished, extended or bought; paid once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from walrus_core.errors import (
    Abort,
    InvalidArgumentError,
    TransactionFailedError,
    UnknownObjectError,
)
from walrus_core.services.ports import BlobObject, Cost, NewBlob, Place, Registration
from walrus_core.services.uploader.outcome import Operation
from walrus_core.services.uploader.record import StoreRecord, load_record, record_name
from walrus_core.types import Epoch

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Iterable

    from walrus_core.protocol.certificate import Certificate
    from walrus_core.services.ports import Chain, Journal, OnSigned, StorageResource
    from walrus_core.services.uploader.belongings import Belongings

__all__ = ["Claim", "Claims"]

STORAGES_TRIED = 3
"""Before storage is bought: other processes may take what was chosen."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A registration that serves. `cost` and `gas`: what it took, and `certificate`: what it was
    certified with, if this or a run that was cut off did that.

    `extended`: the epochs that it gets on top of its own. `until`: the epoch until which it is
    still to be extended.
    """

    object_id: bytes
    operation: Operation
    is_certified: bool
    resumed: bool = False
    cost: Cost = Cost(0, 0)  # noqa: RUF009 - it is frozen
    gas: int = 0
    certificate: Certificate | None = None
    extended: int = 0
    until: Epoch | None = None


class Claims:
    """The wallet's registrations of one blob for so many epochs.

    `least_rest`: bytes of storage that are worth to be split off.
    """

    def __init__(
        self,
        chain: Chain,
        journal: Journal,
        belongings: Belongings,
        wanted: NewBlob,
        epochs: int,
        least_rest: int,
    ) -> None:
        self._chain = chain
        self._journal = journal
        self._belongings = belongings
        self._wanted = wanted
        self._epochs = epochs
        self._least_rest = least_rest
        self._name = record_name(chain.address, wanted.blob_id, deletable=wanted.deletable)
        self._record: StoreRecord | None = None

    def choose(
        self, blobs: Iterable[BlobObject], epoch: Epoch, *, certified: bool = True
    ) -> Claim | None:
        """The one of the wallet's blobs that takes least to serve until the end that is wanted in
        this epoch; without `certified`, one that is not certified yet.
        """
        end = self._end(epoch)
        serving = [
            blob
            for blob in blobs
            if self._is_ours(blob)
            and _end(blob) > epoch
            and (certified or blob.certified_epoch is None)
        ]
        if not serving:
            return None
        best = max(
            serving, key=lambda blob: (min(_end(blob), end), _is_certified(blob), _end(blob))
        )
        extended = max(end - _end(best), 0)
        return Claim(
            best.object_id,
            _operation(_is_certified(best), extended > 0),
            _is_certified(best),
            extended=extended,
            until=end if extended else None,
        )

    async def resume(self, epoch: Epoch) -> Claim | None:
        """What a run before this one began, if it still serves."""
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
            record.operation,
            _is_certified(blob),
            True,
            record.cost,
            record.gas,
            record.certificate,
            record.extended,
        )

    async def buy(self, epoch: Epoch, *, reuse: bool) -> Claim:
        """Register the blob; what may have been paid is on record before it is.

        With `reuse` on storage that the wallet has, if any serves.
        """
        for _ in range(STORAGES_TRIED if reuse else 0):
            storage = await self._belongings.take_storage(
                self._chain, self._wanted.encoded_size, epoch, self._end(epoch)
            )
            if storage is None:
                break
            try:
                return await self._buy_on(storage, epoch)
            except UnknownObjectError:  # another process was faster
                continue
            finally:
                self._belongings.give_back(storage)
        return await self._pay(
            self._new_record(Operation.REGISTERED),
            lambda keep: self._chain.register(self._wanted, self._epochs, keep),
        )

    async def _buy_on(self, storage: StorageResource, epoch: Epoch) -> Claim:
        """Register on storage of the wallet; what is left of that stays the wallet's."""
        place = Place(storage.object_id, self._end(epoch), self._least_rest)
        return await self._pay(
            self._new_record(Operation.ON_STORAGE),
            lambda keep: self._chain.register_on(self._wanted, place, keep),
        )

    async def prolong(self, claim: Claim, certificate: Certificate | None = None) -> Claim:
        """Extend a claim as far as it is to be, and pay as `buy` does; with a certificate, certify
        it first.
        """
        assert claim.until is not None
        end = claim.until
        new = self._new_record(claim.operation)
        new = replace(new, extended=claim.extended, certificate=certificate)
        paid = await self._pay(
            new, lambda keep: self._chain.prolong(claim.object_id, end, certificate, keep)
        )
        return replace(paid, is_certified=True)

    async def keep(self, certificate: Certificate) -> None:
        """Write down what will be put on chain, for those who ask when this run is gone."""
        if self._record is not None:
            await self._save(replace(self._record, certificate=certificate))

    async def close(self) -> None:
        """Nothing is left to be finished."""
        self._record = None
        await self._journal.remove(self._name)

    async def _pay(
        self, new: StoreRecord, send: Callable[[OnSigned], Awaitable[Registration]]
    ) -> Claim:
        """Send a transaction that is on record before; and what came of it, once that is known."""

        async def keep(signed: bytes) -> None:
            await self._save(replace(new, signed=signed))

        try:
            registration = await send(keep)
        except (Abort, TransactionFailedError, UnknownObjectError, InvalidArgumentError):
            await self.close()  # it was executed, or never sent, and bought nothing
            raise
        if self._record is not None:
            await self._save(self._record.executed(registration))
        return Claim(
            registration.object_id,
            new.operation,
            False,
            cost=registration.cost,
            gas=registration.receipt.gas,
            certificate=new.certificate,
            extended=new.extended,
        )

    def _end(self, epoch: Epoch) -> Epoch:
        """How long the blob is to be stored from this epoch on."""
        return Epoch(epoch + self._epochs)

    def _new_record(self, operation: Operation) -> StoreRecord:
        wanted = self._wanted
        return StoreRecord(wanted.blob_id, wanted.deletable, self._epochs, b"", operation=operation)

    async def _save(self, record: StoreRecord) -> None:
        await self._journal.save(self._name, record.to_bytes())
        self._record = record

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


def _is_certified(blob: BlobObject) -> bool:
    return blob.certified_epoch is not None


def _operation(is_certified: bool, is_short: bool) -> Operation:
    """What is done with a registration that is there."""
    if is_short:
        return Operation.CERTIFIED_EXTENDED if not is_certified else Operation.EXTENDED
    return Operation.CERTIFIED if is_certified else Operation.REUSED
