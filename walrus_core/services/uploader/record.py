"""What a `store` writes down before it pays, so that the next run goes on instead of paying again.

A record is JSON with a version. It is there from before the first transaction is sent until the
blob is certified.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self

from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.services.ports import Cost, Journal, Registration
from walrus_core.services.uploader.outcome import Operation
from walrus_core.types import BlobId

if TYPE_CHECKING:  # the curve is loaded by those who have one
    from walrus_core.protocol.certificate import Certificate

__all__ = ["StoreRecord", "record_name", "unfinished"]

VERSION = 1
PREFIX = "store-"


def record_name(address: bytes, blob_id: BlobId, *, deletable: bool) -> str:
    """Under which name a wallet's record of a blob is kept; file systems may ignore case."""
    return (
        f"{PREFIX}{address[:8].hex()}-{blob_id.hex()}-{'deletable' if deletable else 'permanent'}"
    )


@dataclass(frozen=True, slots=True)
class StoreRecord:
    """`signed`: what pays, as `Chain.settle` takes it: a registration, or, by its `operation`, the
    extension of one by `extended` epochs. The others are known once it was executed: the object's
    id, and what it took in FROST and MIST; and, before it is put on chain, what a quorum signed.
    """

    blob_id: BlobId
    deletable: bool
    epochs: int
    signed: bytes
    object_id: bytes | None = None
    cost: Cost = Cost(0, 0)  # noqa: RUF009 - it is frozen
    gas: int = 0
    certificate: Certificate | None = None
    operation: Operation = Operation.REGISTERED
    extended: int = 0

    def executed(self, registration: Registration) -> Self:
        """The record, now that it is paid."""
        return replace(
            self,
            object_id=registration.object_id,
            cost=registration.cost,
            gas=registration.receipt.gas,
        )

    def to_bytes(self) -> bytes:
        value = {
            "version": VERSION,
            "blobId": str(self.blob_id),
            "deletable": self.deletable,
            "epochs": self.epochs,
            "signed": base64.b64encode(self.signed).decode("ascii"),
            "objectId": self.object_id and self.object_id.hex(),
            "cost": {"storage": self.cost.storage, "write": self.cost.write},
            "gas": self.gas,
            "certificate": self.certificate and self.certificate.to_json(),
            "operation": str(self.operation),
            "extended": self.extended,
        }
        return json.dumps(value, indent=1).encode("ascii")

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """The inverse of `to_bytes`; InvalidEncodingError."""
        try:
            value = json.loads(data)
            if value["version"] != VERSION:
                raise InvalidEncodingError(f"a record of version {value['version']} != {VERSION}")
            object_id, cost = value["objectId"], value["cost"]
            return cls(
                blob_id=BlobId.from_str(value["blobId"]),
                deletable=_of_type(bool, value["deletable"]),
                epochs=_of_type(int, value["epochs"]),
                signed=base64.b64decode(value["signed"], validate=True),
                object_id=None if object_id is None else bytes.fromhex(object_id),
                cost=Cost(_of_type(int, cost["storage"]), _of_type(int, cost["write"])),
                gas=_of_type(int, value["gas"]),
                certificate=_certificate(value.get("certificate")),
                operation=Operation(value.get("operation", Operation.REGISTERED)),
                extended=_of_type(int, value.get("extended", 0)),
            )
        except (ValueError, TypeError, KeyError, binascii.Error) as error:
            raise InvalidEncodingError(f"no record of a store: {error}") from error


async def load_record(journal: Journal, name: str) -> StoreRecord | None:
    """StorageError for a record that cannot be read: money may hang on it."""
    data = await journal.load(name)
    if data is None:
        return None
    try:
        return StoreRecord.from_bytes(data)
    except InvalidEncodingError as error:
        reason = f"{error}; look the wallet's blobs up, then remove the record"
        raise StorageError(name, reason) from error


async def unfinished(journal: Journal) -> list[StoreRecord]:
    """What was begun and not finished: `store` the same content again to go on with it."""
    names = [name for name in journal.names() if name.startswith(PREFIX)]
    found = [await load_record(journal, name) for name in sorted(names)]
    return [record for record in found if record is not None]


def _certificate(value: object) -> Certificate | None:
    if value is None:
        return None
    from walrus_core.protocol.certificate import Certificate

    return Certificate.from_json(value)


def _of_type(kind: type, value: Any) -> Any:
    if type(value) is not kind:
        raise TypeError(f"{value!r} is no {kind.__name__}")
    return value
