"""A message with the signature of one node, as nodes send it."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from walrus_core.errors import InvalidEncodingError
from walrus_core.protocol.keys import KeyPair, PublicKey, Signature
from walrus_core.protocol.messages import Message, parse_message
from walrus_core.protocol.wire import Reader, byte_vector
from walrus_core.types import checked_bytes, checked_instance

__all__ = ["SignedMessage", "decode_base64", "json_field"]


@dataclass(frozen=True, slots=True)
class SignedMessage:
    """The bytes of a message as they were signed, and the signature; not verified yet."""

    serialized_message: bytes
    signature: Signature

    def __post_init__(self) -> None:
        data = checked_bytes("serialized_message", self.serialized_message)
        object.__setattr__(self, "serialized_message", data)
        checked_instance("signature", self.signature, Signature)

    @classmethod
    def sign(cls, key_pair: KeyPair, message: Message) -> SignedMessage:
        data = bytes(message)
        return cls(data, key_pair.sign(data))

    def verify(self, public_key: PublicKey) -> Message:
        """The message that this key's owner signed.

        Raises SignatureError if that is not so; InvalidEncodingError if what was signed is none.
        """
        public_key.verify(self.serialized_message, self.signature)
        return parse_message(self.serialized_message)

    def to_bcs(self) -> bytes:
        """The message with its length in front, and 96 bytes."""
        return byte_vector(self.serialized_message) + self.signature.data

    @classmethod
    def from_bcs(cls, data: bytes) -> SignedMessage:
        """The inverse of `to_bcs`; InvalidEncodingError for anything else."""
        reader = Reader("signed message", data)
        message, signature = reader.byte_vector(), reader.take(Signature.SIZE)
        reader.finish()
        return cls(message, Signature(signature))

    def to_json(self) -> dict[str, str]:
        """For `json.dumps`: {"serializedMessage": base64, "signature": base64}."""
        return {
            "serializedMessage": base64.b64encode(self.serialized_message).decode("ascii"),
            "signature": str(self.signature),
        }

    @classmethod
    def from_json(cls, value: object) -> SignedMessage:
        """From what `json.loads` made; InvalidEncodingError unless it is as `to_json` has it.

        Further members are ignored.
        """
        message = decode_base64(json_field(value, "serializedMessage"))
        return cls(message, Signature(decode_base64(json_field(value, "signature"))))

    def to_storage_confirmation_json(self) -> dict[str, dict[str, str]]:
        """What a node answers when asked to confirm that it holds a blob."""
        return {"signed": self.to_json()}

    @classmethod
    def from_storage_confirmation_json(cls, value: object) -> SignedMessage:
        """The inverse of `to_storage_confirmation_json`, in the manner of `from_json`."""
        return cls.from_json(json_field(value, "signed"))


def json_field(value: object, name: str) -> Any:
    """A member of a JSON object, or InvalidEncodingError."""
    if not isinstance(value, Mapping) or name not in value:
        raise InvalidEncodingError(f"JSON: an object with the member {name!r} is expected")
    return value[name]


def decode_base64(text: object) -> bytes:
    """The bytes of standard base64 with padding, in its one canonical form; or
    InvalidEncodingError.
    """
    try:
        if isinstance(text, str):
            data = binascii.a2b_base64(text, strict_mode=True)
            if base64.b64encode(data).decode("ascii") == text:
                return data
    except (binascii.Error, ValueError):
        pass
    raise InvalidEncodingError("JSON: a string of canonical standard base64 is expected")
