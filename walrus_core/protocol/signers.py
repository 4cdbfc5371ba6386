"""Who signed: a bitmap over the members of a committee (spec, chapter 4; contract, section 3)."""

from __future__ import annotations

from collections.abc import Iterable

from walrus_core.errors import InvalidEncodingError
from walrus_core.types import checked_bytes, checked_int

__all__ = ["bitmap_to_signers", "signers_to_bitmap"]


def signers_to_bitmap(signers: Iterable[int], n_members: int) -> bytes:
    """ceil(n_members / 8) bytes, in which bit i mod 8 (the least is 0) of byte i div 8 says whether
    member i signed.
    """
    bits = 0
    for signer in signers:
        bits |= 1 << checked_int("signer", signer, 0, n_members - 1)
    return bits.to_bytes((n_members + 7) // 8, "little")


def bitmap_to_signers(bitmap: bytes, n_members: int) -> tuple[int, ...]:
    """The members whose bit is set, in order; a bitmap may leave out zero bytes at its end.

    Raises InvalidEncodingError when it is longer than the members need, or has bits past the last.
    """
    bitmap = checked_bytes("bitmap", bitmap)
    most = (n_members + 7) // 8
    if len(bitmap) > most:
        raise InvalidEncodingError(
            f"signer bitmap: {len(bitmap)} > {most} bytes for {n_members} members"
        )
    bits = int.from_bytes(bitmap, "little")
    if bits >> n_members:
        raise InvalidEncodingError(
            f"signer bitmap: bit {bits.bit_length() - 1} is set, the last member is {n_members - 1}"
        )
    return tuple(member for member in range(n_members) if bits >> member & 1)
