"""Certificates: one message with the sum of the signatures of enough of a committee.

Which is enough depends on the message (`Message.THRESHOLD`).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from walrus_core.errors import (
    InvalidArgumentError,
    InvalidEncodingError,
    NotEnoughWeightError,
    SignatureError,
)
from walrus_core.protocol.committee import Committee
from walrus_core.protocol.keys import Signature
from walrus_core.protocol.messages import Message, parse_message
from walrus_core.protocol.signed_message import SignedMessage, decode_base64, json_field
from walrus_core.protocol.signers import bitmap_to_signers, signers_to_bitmap
from walrus_core.protocol.wire import Reader, byte_vector, uint, vector_length
from walrus_core.types import U16_MAX, checked_bytes, checked_instance, checked_int

__all__ = ["Certificate", "CertificateBuilder"]

SIGNER_SIZE = 2


@dataclass(frozen=True, slots=True)
class Certificate:
    """Who signed which bytes, and the sum of their signatures; not verified yet.

    `signers`: distinct positions in the committee, u16, in any order.
    """

    signers: tuple[int, ...]
    serialized_message: bytes
    signature: Signature

    def __post_init__(self) -> None:
        signers = tuple(checked_int("signer", signer, 0, U16_MAX) for signer in self.signers)
        if len(set(signers)) < len(signers):
            raise InvalidArgumentError("signers must be distinct")
        data = checked_bytes("serialized_message", self.serialized_message)
        object.__setattr__(self, "signers", signers)
        object.__setattr__(self, "serialized_message", data)
        checked_instance("signature", self.signature, Signature)

    def verify(self, committee: Committee) -> Message:
        """The message, which enough of this committee signed in its epoch.

        Raises InvalidEncodingError if what was signed is no message, SignatureError if it is of
        another epoch, a signer is unknown or the signature wrong, and NotEnoughWeightError.
        """
        message = parse_message(self.serialized_message)
        if message.epoch != committee.epoch:
            raise SignatureError(
                f"signed in epoch {message.epoch}, not in the committee's epoch {committee.epoch}"
            )
        if max(self.signers, default=0) >= len(committee):
            raise SignatureError(
                f"signer {max(self.signers)} >= {len(committee)} members of the committee"
            )
        _require_weight(committee, self.signers, message)
        if not committee.keys.verifies(self.signers, self.serialized_message, self.signature.data):
            raise SignatureError(
                f"the signature is not the sum of those of the {len(self.signers)} signers"
            )
        return message

    def bitmap(self, n_members: int) -> bytes:
        """The signers as the chain wants them, for a committee of so many members."""
        return signers_to_bitmap(self.signers, n_members)

    @classmethod
    def from_bitmap(
        cls, bitmap: bytes, n_members: int, serialized_message: bytes, signature: Signature
    ) -> Certificate:
        """From the arguments of a call on chain; InvalidEncodingError for a bitmap that is none."""
        return cls(bitmap_to_signers(bitmap, n_members), serialized_message, signature)

    def to_bcs(self) -> bytes:
        """The signers and the message, each with its length in front, and 96 bytes."""
        signers = b"".join(uint(signer, SIGNER_SIZE) for signer in self.signers)
        message = byte_vector(self.serialized_message)
        return vector_length(len(self.signers)) + signers + message + self.signature.data

    @classmethod
    def from_bcs(cls, data: bytes) -> Certificate:
        """The inverse of `to_bcs`; InvalidEncodingError for anything else."""
        reader = Reader("certificate", data)
        count = reader.vector_length(SIGNER_SIZE)
        signers = [reader.uint(SIGNER_SIZE) for _ in range(count)]
        message, signature = reader.byte_vector(), reader.take(Signature.SIZE)
        reader.finish()
        return _of_parts(signers, message, signature)

    def to_json(self) -> dict[str, object]:
        """For `json.dumps`, as upload relays answer: the message is a list of integers, the
        signature base64.
        """
        return {
            "signers": list(self.signers),
            "serialized_message": list(self.serialized_message),
            "signature": str(self.signature),
        }

    @classmethod
    def from_json(cls, value: object) -> Certificate:
        """From what `json.loads` made; InvalidEncodingError unless it is as `to_json` has it.

        Further members are ignored.
        """
        signers = _integers(json_field(value, "signers"), U16_MAX)
        message = bytes(_integers(json_field(value, "serialized_message"), 255))
        return _of_parts(signers, message, decode_base64(json_field(value, "signature")))


class CertificateBuilder:
    """Gathers signatures of one message, one node after the other, until they make a certificate.

    Adding costs next to nothing: signatures are verified all at once when the certificate is made,
    and one by one only if their sum is wrong. Those that are wrong are taken out again and
    reported in `refused`.
    """

    def __init__(self, committee: Committee, message: Message) -> None:
        if message.epoch != committee.epoch:
            raise InvalidArgumentError(
                f"the message is of epoch {message.epoch}, the committee of {committee.epoch}"
            )
        self.committee = committee
        self.message = message
        self.refused: dict[int, str] = {}
        """Why, by signer; until the signer sends another."""
        self._serialized = bytes(message)
        self._signatures: dict[int, Signature] = {}

    def add(self, signer: int, signed: SignedMessage) -> None:
        """What the member at position `signer` sent.

        Raises SignatureError if it signed another message, as nodes do that are in another epoch.
        """
        checked_int("signer", signer, 0, len(self.committee) - 1)
        if signed.serialized_message != self._serialized:
            raise SignatureError(
                f"member {signer} signed {signed.serialized_message.hex()},"
                f" not {self._serialized.hex()}"
            )
        self._signatures[signer] = signed.signature
        self.refused.pop(signer, None)

    @property
    def signers(self) -> tuple[int, ...]:
        """Whose signatures are here, in order; `certificate` may refuse some."""
        return tuple(sorted(self._signatures))

    @property
    def weight(self) -> int:
        """The shards that these hold."""
        return self.committee.weight_of(self._signatures)

    @property
    def is_enough(self) -> bool:
        """Whether `certificate` can succeed, which it does unless signatures are wrong."""
        return self.message.THRESHOLD.reached(self.weight, self.committee.n_shards)

    def certificate(self) -> Certificate:
        """One that is verified, of all signatures so far that are right.

        Raises NotEnoughWeightError if these are too few; more can be added then.
        """
        _require_weight(self.committee, self._signatures, self.message)
        certificate = self._sum()
        if certificate is None:
            self._refuse_wrong_ones()
            _require_weight(self.committee, self._signatures, self.message)
            certificate = self._sum()
        if certificate is None:  # each right, but the sum is not: keys that cancel out
            raise SignatureError("the keys of the signers cancel each other out")
        return certificate

    def _sum(self) -> Certificate | None:
        signers = self.signers
        try:
            signature = Signature.aggregate(self._signatures[signer] for signer in signers)
        except InvalidEncodingError:  # wrong ones can cancel out
            return None
        if not self.committee.keys.verifies(signers, self._serialized, signature.data):
            return None
        return Certificate(signers, self._serialized, signature)

    def _refuse_wrong_ones(self) -> None:
        for signer in self.signers:
            try:
                key = self.committee.members[signer].public_key
                key.verify(self._serialized, self._signatures[signer])
            except SignatureError as error:
                del self._signatures[signer]
                self.refused[signer] = str(error)


def _require_weight(committee: Committee, signers: Iterable[int], message: Message) -> None:
    needed, weight = message.THRESHOLD.least(committee.n_shards), committee.weight_of(signers)
    if weight < needed:
        raise NotEnoughWeightError(needed, weight)


def _of_parts(signers: list[int], message: bytes, signature: bytes) -> Certificate:
    """Of what was read, which is no argument but an encoding."""
    if len(set(signers)) < len(signers):
        raise InvalidEncodingError("certificate: a signer is listed twice")
    return Certificate(tuple(signers), message, Signature(signature))


def _integers(value: object, most: int) -> list[int]:
    """A JSON array of integers in 0..most, or InvalidEncodingError."""
    if isinstance(value, list) and all(type(one) is int and 0 <= one <= most for one in value):
        return value
    raise InvalidEncodingError(f"JSON: an array of integers in 0..{most} is expected")
