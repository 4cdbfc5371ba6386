"""What a node knows of a blob from the chain's events (spec, chapters 7 and 11).

A blob may be registered many times, by Blob objects that end, are deleted and are certified each on
its own; the blob is worth its space while one of them lives. One record holds them all, so that it
changes at once; nearly every blob has a single registration.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass, replace

from walrus_core.errors import InvalidEncodingError
from walrus_core.types import Epoch, checked_bytes, checked_int

_U32_MAX = 2**32 - 1
_NEVER = _U32_MAX
"""Stands for the certified epoch of what is not certified."""

_HEAD = struct.Struct("<BI")
_EVENT = struct.Struct("<32sQ")
_REGISTRATION = struct.Struct("<32sIIB")
_HAS_EVENT, _IS_INVALID = 1, 2


@dataclass(frozen=True, slots=True)
class EventId:
    """Names an event on chain: the digest of its transaction (32 bytes), its number in it (u64)."""

    transaction: bytes
    sequence: int

    def __post_init__(self) -> None:
        checked_bytes("transaction digest", self.transaction, 32)
        checked_int("event sequence number", self.sequence, 0, 2**64 - 1)


@dataclass(frozen=True, slots=True)
class Registration:
    """One Blob object on chain, named by its 32 bytes; it lives in epochs below `end_epoch`."""

    object_id: bytes
    end_epoch: Epoch
    deletable: bool
    certified_epoch: Epoch | None = None

    def __post_init__(self) -> None:
        checked_bytes("object ID", self.object_id, 32)
        checked_int("end epoch", self.end_epoch, 0, _U32_MAX)
        if self.certified_epoch is not None:
            checked_int("certified epoch", self.certified_epoch, 0, _NEVER - 1)

    def is_live(self, epoch: int) -> bool:
        """Whether it has not ended by `epoch`; it ends as its end epoch begins."""
        return epoch < self.end_epoch


@dataclass(frozen=True, slots=True)
class BlobRecord:
    """The registrations of one blob, and the event that last changed its status.

    An `is_invalid` blob was proven inconsistent, by that event: it never becomes valid again.
    """

    registrations: tuple[Registration, ...] = ()
    event: EventId | None = None
    is_invalid: bool = False

    @property
    def is_kept(self) -> bool:
        """Whether slivers of the blob may be stored."""
        return bool(self.registrations) and not self.is_invalid

    def live(self, epoch: int) -> BlobRecord:
        """Without the registrations that have ended by `epoch`."""
        left = tuple(each for each in self.registrations if each.is_live(epoch))
        return self if len(left) == len(self.registrations) else replace(self, registrations=left)

    def with_registration(self, registration: Registration) -> BlobRecord:
        """With this registration, in place of the same object's if there is one."""
        others = self.without_registration(registration.object_id).registrations
        return replace(self, registrations=(*others, registration))

    def without_registration(self, object_id: bytes) -> BlobRecord:
        """Without the registration of an object that was deleted."""
        left = tuple(each for each in self.registrations if each.object_id != object_id)
        return replace(self, registrations=left)

    def to_bytes(self) -> bytes:
        """Little-endian: flags u8, count u32, the event if there is one, the registrations."""
        flags = (_HAS_EVENT if self.event else 0) | (_IS_INVALID if self.is_invalid else 0)
        parts = [_HEAD.pack(flags, len(self.registrations))]
        if self.event:
            parts.append(_EVENT.pack(self.event.transaction, self.event.sequence))
        for each in self.registrations:
            certified = _NEVER if each.certified_epoch is None else each.certified_epoch
            parts.append(
                _REGISTRATION.pack(each.object_id, each.end_epoch, certified, each.deletable)
            )
        return b"".join(parts)

    @classmethod
    def from_bytes(cls, data: bytes) -> BlobRecord:
        """The inverse of `to_bytes`. InvalidEncodingError."""
        try:
            flags, count = _HEAD.unpack_from(data)
            offset, event = _HEAD.size, None
            if flags & _HAS_EVENT:
                event = EventId(*_EVENT.unpack_from(data, offset))
                offset += _EVENT.size
            if len(data) != offset + count * _REGISTRATION.size:
                raise InvalidEncodingError(f"a blob record of {len(data):,} bytes is cut")
            registrations = tuple(
                Registration(
                    object_id, end, bool(deletable), None if certified == _NEVER else certified
                )
                for object_id, end, certified, deletable in _REGISTRATION.iter_unpack(data[offset:])
            )
        except struct.error as error:
            raise InvalidEncodingError(f"a blob record is cut: {error}") from None
        return cls(registrations, event, bool(flags & _IS_INVALID))
