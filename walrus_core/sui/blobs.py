"""Blob objects, owned and shared, beyond what the port needs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.services.ports import BlobObject, Cost, OnSigned, Receipt, Registration
from walrus_core.sui import move, transactions
from walrus_core.sui.addresses import address_text
from walrus_core.sui.contract import (
    View,
    contents_of,
    is_shared,
    object_reference,
    shared_reference,
)
from walrus_core.sui.draft import Draft, ObjectRef, SharedRef

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.sui.chain import SuiChain
    from walrus_core.types import Epoch

__all__ = ["Blobs", "FoundBlob", "certificate_parts"]


@dataclass(frozen=True, slots=True)
class FoundBlob:
    """A blob, and how transactions name its object."""

    blob: BlobObject
    reference: ObjectRef | SharedRef


class Blobs:
    """The blob objects of a chain's wallet, and shared ones."""

    def __init__(self, chain: SuiChain) -> None:
        self._chain = chain

    async def list(self) -> list[BlobObject]:
        """Those that the wallet owns."""
        contract = (await self._chain.reader.view()).contract
        blob_type = f"{address_text(contract.original)}::blob::Blob"
        found = await self._chain.connection.owned(self._chain.address, blob_type)
        return [move.read_blob(contents_of(item)) for item in found]

    async def find(self, object_id: bytes) -> FoundBlob:
        """The blob with this object id; UnknownObjectError if there is none."""
        [item] = await self._chain.connection.objects_if_any([object_id])
        struct = str(item.object_type).rpartition("::")[2] if item else ""
        if item is None or struct not in ("Blob", "SharedBlob"):
            raise UnknownObjectError("Blob", object_id)
        contents = contents_of(item)
        if is_shared(item):
            return FoundBlob(move.read_shared_blob(contents), shared_reference(item))
        return FoundBlob(move.read_blob(contents), object_reference(item))

    async def reference(self, object_id: bytes) -> ObjectRef:
        """An owned blob as transactions name it; InvalidArgumentError for a shared one."""
        return _owned(await self.find(object_id))

    async def extend(self, object_id: bytes, epochs: int) -> Receipt:
        """Extend an owned blob from the wallet, a shared one from its funds."""

        async def plan(view: View) -> Draft:
            found = await self.find(object_id)
            if isinstance(found.reference, SharedRef):
                return transactions.extend_shared(view.contract, found.reference, epochs)
            cost = view.system.prices.storage_cost(found.blob.storage.size, epochs)
            coins = await self._chain.wal(view, cost)
            return transactions.extend(view.contract, found.reference, epochs, cost, coins)

        return await self._chain.execution.run(plan)

    async def prolong(
        self,
        object_id: bytes,
        end_epoch: Epoch,
        certificate: Certificate | None,
        on_signed: OnSigned | None,
    ) -> Registration:
        """See `Chain`. InvalidArgumentError if there is nothing to do: it lasts as long already."""

        async def plan(view: View) -> tuple[Draft, Cost]:
            found = await self.find(object_id)
            blob, reference = found.blob, _owned(found)
            epochs = end_epoch - blob.storage.end_epoch
            signed = None
            if certificate is not None and blob.certified_epoch is None:
                signed = certificate_parts(certificate, view.system.n_members)
            if epochs <= 0:
                if signed is None:
                    raise InvalidArgumentError(f"blob {address_text(object_id)} lasts long enough")
                return transactions.certify(view.contract, reference, signed), Cost(0, 0)
            cost = view.system.prices.storage_cost(blob.storage.size, epochs)
            coins, terms = await self._chain.wal(view, cost), (epochs, cost)
            if signed is None:
                draft = transactions.extend(view.contract, reference, *terms, coins)
            else:
                draft = transactions.certify_and_extend(
                    view.contract, reference, signed, *terms, coins
                )
            return draft, Cost(cost, 0)

        return await self._chain.purchase(plan, on_signed)

    async def burn(self, object_ids: Sequence[bytes]) -> Receipt:
        """Destroy blob objects for good; the blobs stay stored until they expire."""

        async def plan(view: View) -> Draft:
            blobs = [await self.reference(object_id) for object_id in object_ids]
            return transactions.burn(view.contract, blobs)

        return await self._chain.execution.run(plan)

    async def share(self, object_id: bytes, amount: int = 0) -> Receipt:
        """Make a blob shared for good, with `amount` FROST for its extension."""

        async def plan(view: View) -> Draft:
            blob = await self.reference(object_id)
            coins = await self._chain.wal(view, amount)
            return transactions.share(view.contract, blob, amount, coins)

        return await self._chain.execution.run(plan)

    async def fund(self, object_id: bytes, amount: int) -> Receipt:
        """Give a shared blob `amount` FROST; InvalidArgumentError for one that is not shared."""

        async def plan(view: View) -> Draft:
            reference = (await self.find(object_id)).reference
            if not isinstance(reference, SharedRef):
                raise InvalidArgumentError(f"blob {address_text(object_id)} is not shared")
            coins = await self._chain.wal(view, amount)
            return transactions.fund(view.contract, reference, amount, coins)

        return await self._chain.execution.run(plan)


def _owned(found: FoundBlob) -> ObjectRef:
    if isinstance(found.reference, SharedRef):
        name = address_text(found.blob.object_id)
        raise InvalidArgumentError(f"blob {name} is shared; it can only be extended and funded")
    return found.reference


def certificate_parts(certificate: Certificate, n_members: int) -> transactions.Signed:
    """A certificate as the contract of a committee of so many members takes it."""
    signature, message = bytes(certificate.signature), certificate.serialized_message
    return signature, certificate.bitmap(n_members), message
