"""The public keys of a whole committee, to verify what many of its members signed together."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from walrus_core.errors import InvalidEncodingError
from walrus_core.protocol import curve
from walrus_core.protocol.keys import PublicKey
from walrus_core.types import checked_bytes, checked_int

__all__ = ["MemberKeys"]


class MemberKeys:
    """Public keys in the committee's order, and their sum.

    Adding keys is safe only if each one's owner has proven possession of its secret, as nodes do
    when they register.
    """

    __slots__ = ("_total", "keys")

    def __init__(self, keys: Iterable[PublicKey]) -> None:
        self.keys = tuple(keys)
        self._total = _sum(range(len(self.keys)), self.keys)

    def verifies(self, signers: Collection[int], message: bytes, signature: bytes) -> bool:
        """Whether `signature` is the sum of those of exactly these signers over the message.

        `signers`: distinct positions; none at all never verify, nor do bytes that are no signature.
        """
        try:
            point = curve.signature_point(checked_bytes("signature", signature))
        except InvalidEncodingError:
            return False
        return curve.verifies(self._sum_of(signers), checked_bytes("message", message), point)

    def __reduce__(self) -> tuple[type[MemberKeys], tuple[tuple[PublicKey, ...]]]:
        return MemberKeys, (self.keys,)  # the library's points do not pickle

    def _sum_of(self, signers: Collection[int]) -> curve.G1Point:
        """Added up, or all but the others, whichever is less work."""
        chosen = {checked_int("signer", one, 0, len(self.keys) - 1) for one in signers}
        if 2 * len(chosen) <= len(self.keys):
            return _sum(chosen, self.keys)
        return self._total - _sum(set(range(len(self.keys))) - chosen, self.keys)


def _sum(members: Iterable[int], keys: tuple[PublicKey, ...]) -> curve.G1Point:
    return sum((keys[member].point for member in members), start=curve.G1Point.identity())
