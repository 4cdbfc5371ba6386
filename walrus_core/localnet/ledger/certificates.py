"""What a committee attests: a signer bitmap, an aggregate signature, and a message (contract.md,
section 3; the messages in walrus.md, chapter 4).

Unlike `walrus_core.protocol`, which accepts a message's own bytes and no others, the contract reads
a message from its start and ignores what follows the body.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.localnet.ledger.bls_committee import BlsCommittee
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.messages import (
    APP_ID,
    INTENT_VERSION,
    Confirmation,
    DenyListBlobDeleted,
    DenyListUpdate,
    InvalidBlobId,
    ProtocolVersion,
)
from walrus_core.protocol.quorum import Threshold

if TYPE_CHECKING:
    from walrus_core.protocol.member_keys import MemberKeys

__all__ = ["Body", "Verifier", "read_confirmation"]

_THRESHOLDS = {
    Confirmation.TYPE: Threshold.QUORUM,
    InvalidBlobId.TYPE: Threshold.VALIDITY,
    DenyListUpdate.TYPE: Threshold.QUORUM,
    DenyListBlobDeleted.TYPE: Threshold.VALIDITY,
    ProtocolVersion.TYPE: Threshold.QUORUM,
}
"""Type of a message -> who must stand behind it."""

_U8, _U32, _U64, _U256 = 1, 4, 8, 32
_PERMANENT, _DELETABLE = 0, 1


class Body:
    """Reads a message from its start, as the framework's `bcs` does."""

    __slots__ = ("_data", "_offset")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self._offset = 0

    def take(self, size: int) -> bytes:
        """The next `size` bytes."""
        start, self._offset = self._offset, self._offset + size
        if self._offset > len(self._data):
            raise abort("bcs", "EOutOfRange")
        return self._data[start : self._offset]

    def u8(self) -> int:
        return self._uint(_U8)

    def u32(self) -> int:
        return self._uint(_U32)

    def u64(self) -> int:
        return self._uint(_U64)

    def u256(self) -> int:
        return self._uint(_U256)

    def id(self) -> bytes:
        """An object id."""
        return self.take(32)

    def _uint(self, size: int) -> int:
        return int.from_bytes(self.take(size), "little")


def read_confirmation(body: Body) -> tuple[int, bytes | None]:
    """(blob id, object id) of a confirmation; a permanent blob's names no object."""
    blob_id, persistence = body.u256(), body.u8()
    if persistence not in (_PERMANENT, _DELETABLE):
        raise abort("messages", "EInvalidBlobPersistenceType")
    return blob_id, body.id() if persistence == _DELETABLE else None


class Verifier:
    """Verifies certificates; remembers the keys of the committee that it saw last."""

    def __init__(self, verify_signatures: bool) -> None:
        self._verify_signatures = verify_signatures
        self._known: tuple[BlsCommittee, MemberKeys] | None = None

    def verify(
        self,
        committee: BlsCommittee,
        signature: bytes,
        signers_bitmap: bytes,
        message: bytes,
        message_type: int,
    ) -> Body:
        """The body of a message of the wanted type that enough of the committee signed."""
        signers = committee.signers(signers_bitmap)
        threshold = _THRESHOLDS[message_type]
        if not threshold.reached(committee.weight_of_signers(signers), committee.n_shards):
            raise abort("bls_aggregate", "ENotEnoughStake")
        if self._verify_signatures:
            self._check_signature(committee, signers, message, signature)
        return _open(message, message_type, committee.epoch)

    def _check_signature(
        self, committee: BlsCommittee, signers: tuple[int, ...], message: bytes, signature: bytes
    ) -> None:
        if not self._keys(committee).verifies(signers, message, signature):
            raise abort("bls_aggregate", "ESigVerification")

    def _keys(self, committee: BlsCommittee) -> MemberKeys:
        if self._known is None or self._known[0] is not committee:
            # Not above: who simulates without signatures needs no library for them.
            from walrus_core.protocol.keys import PublicKey
            from walrus_core.protocol.member_keys import MemberKeys

            keys = MemberKeys(PublicKey(member.public_key) for member in committee.members)
            self._known = committee, keys
        return self._known[1]


def _open(message: bytes, message_type: int, epoch: int) -> Body:
    """What follows the header, once that says: this application, epoch and type."""
    body = Body(message)
    found_type = body.u8()
    if body.u8() != INTENT_VERSION:
        raise abort("messages", "EIncorrectIntentVersion")
    if body.u8() != APP_ID:
        raise abort("messages", "EIncorrectAppId")
    if body.u32() != epoch:
        raise abort("messages", "EIncorrectEpoch")
    if found_type != message_type:
        raise abort("messages", "EInvalidMsgType")
    return body
