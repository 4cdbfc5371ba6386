"""What an upload is: what was ordered, how far it is, and what became of it.

It is written down as lines of JSON, one for each thing that happened; what they say together is the
upload. A line that was cut off never happened.
"""

from __future__ import annotations

import base64
import enum
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from walrus_core.errors import InvalidEncodingError, WalrusCoreError
from walrus_core.types import BlobId

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.services.uploader import StoreOutcome
    from walrus_core.storage.blob_record import EventId

__all__ = ["Order", "StoredBlob", "Upload", "UploadState", "failed", "replayed", "stored"]

VERSION = 1
LONGEST_REASON = 500


class UploadState(enum.StrEnum):
    """RECEIVING until all bytes are durable, STORING until the network has them or will not."""

    RECEIVING = "receiving"
    STORING = "storing"
    STORED = "stored"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Order:
    """What a caller wants stored: `size` bytes, for `epochs` epochs, or as many as can be."""

    size: int
    epochs: int | None = None
    deletable: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class StoredBlob:
    """What became of it. `cost` in FROST, `gas` in MIST; the certificate is absent if the blob
    was certified before. `was_stored_before`: for as long as it is wanted; `object_id`: None if
    that was by somebody else; `event`: by which nodes know that, if it is permanent.
    """

    blob_id: BlobId
    object_id: bytes | None
    size: int
    encoded_size: int
    end_epoch: int
    certified_epoch: int
    deletable: bool
    was_stored_before: bool
    cost: int
    gas: int
    certificate: Certificate | None = None
    event: EventId | None = None

    @classmethod
    def of(cls, outcome: StoreOutcome) -> Self:
        return cls(
            blob_id=outcome.blob_id,
            object_id=outcome.object_id,
            size=outcome.size,
            encoded_size=outcome.encoded_size,
            end_epoch=outcome.end_epoch,
            certified_epoch=outcome.certified_epoch or 0,
            deletable=outcome.deletable,
            was_stored_before=outcome.already_certified,
            cost=outcome.cost.total,
            gas=outcome.gas,
            certificate=outcome.certificate,
            event=outcome.event,
        )

    def to_json(self) -> dict[str, Any]:
        certificate, event = self.certificate, self.event
        return {
            "blobId": str(self.blob_id),
            "objectId": self.object_id and self.object_id.hex(),
            "size": self.size,
            "encodedSize": self.encoded_size,
            "endEpoch": self.end_epoch,
            "certifiedEpoch": self.certified_epoch,
            "deletable": self.deletable,
            "wasStoredBefore": self.was_stored_before,
            "cost": self.cost,
            "gas": self.gas,
            "certificate": certificate and base64.b64encode(certificate.to_bcs()).decode("ascii"),
            "event": event and {"transaction": event.transaction.hex(), "sequence": event.sequence},
        }

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        return cls(
            blob_id=BlobId.from_str(value["blobId"]),
            object_id=_bytes(value["objectId"]),
            size=value["size"],
            encoded_size=value["encodedSize"],
            end_epoch=value["endEpoch"],
            certified_epoch=value["certifiedEpoch"],
            deletable=value["deletable"],
            was_stored_before=value["wasStoredBefore"],
            cost=value["cost"],
            gas=value["gas"],
            certificate=_certificate(value["certificate"]),
            event=_event(value.get("event")),
        )


@dataclass(frozen=True, slots=True)
class Upload:
    """`committed`: bytes that are durable. `reason`: why it failed. `blob`: once it is stored."""

    upload_id: str
    caller: str
    order: Order
    state: UploadState = UploadState.RECEIVING
    committed: int = 0
    blob: StoredBlob | None = None
    reason: str = ""

    @property
    def is_complete(self) -> bool:
        """Whether all bytes are here."""
        return self.committed == self.order.size

    def after(self, event: Mapping[str, Any]) -> Upload:
        """The upload when this has happened, too."""
        match event:
            case {"committed": int(committed)} if committed <= self.order.size:
                return replace(self, committed=committed)
            case {"state": "stored", "blob": blob}:
                blob = StoredBlob.from_json(blob)
                return replace(self, state=UploadState.STORED, blob=blob, reason="")
            case {"state": "failed", "reason": str(reason)}:
                return replace(self, state=UploadState.FAILED, reason=reason)
            case {"state": "storing"}:
                return replace(self, state=UploadState.STORING, reason="")
        raise InvalidEncodingError(f"{event!r} is nothing that happens to an upload")


BEGUN: Mapping[str, Any] = {"state": "storing"}


def committed(offset: int) -> Mapping[str, Any]:
    return {"committed": offset}


def stored(blob: StoredBlob) -> Mapping[str, Any]:
    return {"state": "stored", "blob": blob.to_json()}


def failed(error: Exception) -> Mapping[str, Any]:
    """In words for the caller: not where on this machine something is, nor what went wrong inside,
    which the log says.
    """
    reason = "an internal error, which the log of the server explains"
    if isinstance(error, WalrusCoreError):
        path = getattr(error, "path", None)
        reason = str(error).replace(path, "the store") if path else str(error)
    return {"state": "failed", "reason": reason[:LONGEST_REASON]}


def opening(caller: str, order: Order) -> Mapping[str, Any]:
    """The first line."""
    return {
        "version": VERSION,
        "caller": caller,
        "size": order.size,
        "epochs": order.epochs,
        "deletable": order.deletable,
        "attributes": dict(order.attributes),
    }


def line(event: Mapping[str, Any]) -> bytes:
    return json.dumps(event).encode("ascii") + b"\n"


def replayed(upload_id: str, log: bytes) -> tuple[Upload, int]:
    """The upload that these lines tell of, and how many bytes of them happened.

    InvalidEncodingError if not even the first one did.
    """
    first, *rest = log.split(b"\n")[:-1] or [b""]
    try:
        upload = _opened(upload_id, json.loads(first))
    except (ValueError, TypeError, KeyError) as error:
        raise InvalidEncodingError(f"no log of an upload: {error}") from error
    length = len(first) + 1
    for each in rest:
        try:
            upload = upload.after(json.loads(each))
        except (ValueError, TypeError, KeyError):
            break
        length += len(each) + 1
    return upload, length


def _opened(upload_id: str, value: Mapping[str, Any]) -> Upload:
    if value["version"] != VERSION:
        raise InvalidEncodingError(f"of version {value['version']} != {VERSION}")
    order = Order(value["size"], value["epochs"], value["deletable"], value["attributes"])
    return Upload(upload_id, value["caller"], order)


def _bytes(text: str | None) -> bytes | None:
    return None if text is None else bytes.fromhex(text)


def _event(value: Mapping[str, Any] | None) -> EventId | None:
    from walrus_core.storage.blob_record import EventId

    if value is None:
        return None
    return EventId(bytes.fromhex(value["transaction"]), value["sequence"])


def _certificate(text: str | None) -> Certificate | None:
    from walrus_core.protocol.certificate import Certificate

    return None if text is None else Certificate.from_bcs(base64.b64decode(text))
