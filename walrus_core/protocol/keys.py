"""The keys that storage nodes sign with, and their signatures (spec, chapter 3, "Keys").

Public keys and signatures are values made of their compressed bytes. Whoever has one has a point of
the right group that is not the identity: anything else was refused when it was made.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Iterable
from dataclasses import dataclass

from walrus_core.errors import InvalidEncodingError, SignatureError
from walrus_core.protocol import curve
from walrus_core.protocol.messages import ProofOfPossession
from walrus_core.types import checked_bytes, checked_instance

__all__ = ["KeyPair", "PublicKey", "Signature"]

KEY_FILE_FLAG = 0x04
"""First byte of a key file that holds a BLS key."""


@dataclass(frozen=True, slots=True, order=True, repr=False)
class PublicKey:
    """48 bytes, a compressed point of G1; InvalidEncodingError if they are none.

    Parsed keys are remembered, so that making the same key again costs little.
    """

    data: bytes

    SIZE = curve.PUBLIC_KEY_SIZE

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", checked_bytes("public key", self.data))
        curve.public_key_point(self.data)

    @classmethod
    def from_uncompressed(cls, data: bytes) -> PublicKey:
        """From 96 bytes, x and y big-endian: the form in the committee on chain."""
        point = curve.uncompressed_public_key_point(checked_bytes("public key", data))
        return cls(point.to_compressed_bytes())

    def to_uncompressed(self) -> bytes:
        """The inverse of `from_uncompressed`."""
        return self.point.to_xy_bytes_be()

    @property
    def point(self) -> curve.G1Point:
        """For `curve`."""
        return curve.public_key_point(self.data)

    def verify(self, message: bytes, signature: Signature) -> None:
        """SignatureError unless this key's owner signed the message."""
        if not self.verifies(message, signature):
            raise SignatureError(f"the signature is not that of key {self} over this message")

    def verifies(self, message: bytes, signature: Signature) -> bool:
        """Whether this key's owner signed the message (about 2 ms)."""
        point = checked_instance("signature", signature, Signature).point
        return curve.verifies(self.point, checked_bytes("message", message), point)

    def verify_possession(self, epoch: int, sui_address: bytes, proof: Signature) -> None:
        """SignatureError unless the key's owner proved, in this epoch, to act for this address.

        Only keys with proof may be added up: else one made from others' keys could sign for all.
        """
        self.verify(bytes(ProofOfPossession(epoch, sui_address, self.data)), proof)

    def hex(self) -> str:
        """96 lower-case hexadecimal digits."""
        return self.data.hex()

    def __bytes__(self) -> bytes:
        return self.data

    def __str__(self) -> str:
        return base64.b64encode(self.data).decode("ascii")

    def __repr__(self) -> str:
        return f"PublicKey({self})"


@dataclass(frozen=True, slots=True, repr=False)
class Signature:
    """96 bytes, a compressed point of G2, by one key or the sum of many; InvalidEncodingError if
    they are none.
    """

    data: bytes

    SIZE = curve.SIGNATURE_SIZE

    def __post_init__(self) -> None:
        object.__setattr__(self, "data", checked_bytes("signature", self.data))
        curve.signature_point(self.data)

    @classmethod
    def aggregate(cls, signatures: Iterable[Signature]) -> Signature:
        """The sum, which the sum of the signers' keys verifies if all signed the same message.

        Raises InvalidEncodingError when there are none, or when they cancel out.
        """
        return cls(curve.sum_of_signatures(signature.point for signature in signatures))

    @property
    def point(self) -> curve.G2Point:
        """For `curve`."""
        return curve.signature_point(self.data)

    def hex(self) -> str:
        """192 lower-case hexadecimal digits."""
        return self.data.hex()

    def __bytes__(self) -> bytes:
        return self.data

    def __str__(self) -> str:
        return base64.b64encode(self.data).decode("ascii")

    def __repr__(self) -> str:
        return f"Signature({self})"


class KeyPair:
    """A secret key, a number in 1..order-1, with its public key. Does not print the secret."""

    __slots__ = ("_scalar", "public_key")

    SECRET_SIZE = 32

    public_key: PublicKey

    def __init__(self, secret: bytes) -> None:
        """`secret`: the number as 32 bytes, big-endian; InvalidEncodingError if it is no key."""
        secret = checked_bytes("secret key", secret)
        try:
            self._scalar = curve.Scalar.from_be_bytes(secret)
        except ValueError as error:
            raise InvalidEncodingError(f"not a secret key: {error}") from None
        if self._scalar.is_zero():
            raise InvalidEncodingError("not a secret key: zero")
        self.public_key = PublicKey(curve.public_key_of(self._scalar))

    @classmethod
    def generate(cls) -> KeyPair:
        """A new one, from the operating system's randomness."""
        number = 1 + secrets.randbelow(curve.ORDER - 1)
        return cls(number.to_bytes(cls.SECRET_SIZE, "big"))

    @classmethod
    def from_base64(cls, text: str) -> KeyPair:
        """From a key file's text: base64 of the flag 0x04 and the secret; white space around it is
        ignored.
        """
        text = checked_instance("text", text, str).strip()
        try:
            data = base64.b64decode(text, validate=True)
        except ValueError:
            raise InvalidEncodingError("key file: not base64") from None
        if len(data) != 1 + cls.SECRET_SIZE or data[0] != KEY_FILE_FLAG:
            raise InvalidEncodingError(
                f"key file: {len(data)} bytes that start with {data[:1].hex() or 'nothing'}; a BLS"
                f" key has {1 + cls.SECRET_SIZE} that start with {KEY_FILE_FLAG:02x}"
            )
        return cls(data[1:])

    def to_base64(self) -> str:
        """The inverse of `from_base64`: the text of a key file. Keep it secret."""
        return base64.b64encode(bytes([KEY_FILE_FLAG]) + self.secret()).decode("ascii")

    def secret(self) -> bytes:
        """The number as 32 bytes, big-endian. Keep it secret."""
        return self._scalar.to_be_bytes()

    def sign(self, message: bytes) -> Signature:
        """The one signature of the message by this key (about 0.7 ms)."""
        point = curve.message_point(checked_bytes("message", message)) * self._scalar
        return Signature(point.to_compressed_bytes())

    def prove_possession(self, epoch: int, sui_address: bytes) -> Signature:
        """What the chain asks of a node that registers this key from this address (32 bytes)."""
        return self.sign(bytes(ProofOfPossession(epoch, sui_address, self.public_key.data)))

    def __repr__(self) -> str:
        return f"KeyPair({self.public_key})"
