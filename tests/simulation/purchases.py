"""What a wallet buys for a blob: a transaction as bytes, which another process can send, too."""

from __future__ import annotations

import pickle
from dataclasses import dataclass

from simulation.contract import Purse, Signed

from walrus_core.localnet.ledger import Ledger
from walrus_core.localnet.ledger.encoding import RS2
from walrus_core.localnet.ledger.objects import Storage
from walrus_core.protocol.certificate import Certificate
from walrus_core.services.ports import Cost, NewBlob, Place

Parts = tuple[Signed, "Purchase", Cost]


@dataclass(frozen=True)
class Registering:
    """Of a blob, on storage that is bought with it."""

    blob: NewBlob
    epochs: int

    def __call__(self, ledger: Ledger, purse: Purse) -> bytes:
        storage = ledger.system.reserve_space(self.blob.encoded_size, self.epochs, purse.coin)
        return _put_on(ledger, purse, storage, self.blob)


@dataclass(frozen=True)
class RegisteringOn:
    """Of a blob, on storage that is the wallet's."""

    blob: NewBlob
    place: Place

    def __call__(self, ledger: Ledger, purse: Purse) -> bytes:
        storage, resource = purse.storages[self.place.storage_id], ledger.storage_resource
        rests = []
        if storage.end_epoch > self.place.end_epoch:
            rests.append(resource.split_by_epoch(storage, self.place.end_epoch))
        if storage.storage_size - self.blob.encoded_size >= self.place.least_rest:
            rests.append(resource.split_by_size(storage, self.blob.encoded_size))
        made = _put_on(ledger, purse, storage, self.blob)
        del purse.storages[storage.id]
        purse.storages |= {rest.id: rest for rest in rests}
        return made


@dataclass(frozen=True)
class Prolonging:
    """Of a blob, which a certificate certifies before."""

    object_id: bytes
    epochs: int
    certificate: Certificate | None

    def __call__(self, ledger: Ledger, purse: Purse) -> bytes:
        blob = purse.blobs[self.object_id]
        if self.certificate is not None:
            ledger.system.certify_blob(blob, *attested(ledger, self.certificate))
        if self.epochs:
            ledger.system.extend_blob(blob, self.epochs, purse.coin)
        return self.object_id


Purchase = Registering | RegisteringOn | Prolonging


def write(signed: Signed, purchase: Purchase, cost: Cost) -> bytes:
    return pickle.dumps((signed, purchase, cost))


def read(data: bytes) -> Parts:
    parts: Parts = pickle.loads(data)
    return parts


def attested(ledger: Ledger, certificate: Certificate) -> tuple[bytes, bytes, bytes]:
    """A certificate as the contract's calls take it."""
    n_members = len(ledger.state.system.committee.members)
    bitmap = certificate.bitmap(n_members)
    return certificate.signature.data, bitmap, certificate.serialized_message


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
