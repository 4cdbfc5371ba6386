"""Where the codec gets its memory, and how it looks at the caller's."""

from __future__ import annotations

import io
import re
from typing import TYPE_CHECKING

import numpy as np

from walrus_core.errors import InvalidArgumentError, OutOfMemoryError

if TYPE_CHECKING:
    from numpy.typing import NDArray
    from typing_extensions import Buffer

    ByteArray = NDArray[np.uint8]


FIELD_NAME = re.compile(":[^:]*:")
"""In a buffer's format, which is otherwise type codes, "O" among them."""


def allocate(size: int) -> ByteArray:
    """`size` uninitialised bytes, for large outputs. OutOfMemoryError."""
    try:
        return np.empty(size, dtype=np.uint8)
    except MemoryError:
        raise OutOfMemoryError(size) from None


class BytesBuffer:
    """A writable buffer that turns into `bytes` without being copied: the inside of a BytesIO.

    Fill `view`, then call `finish`, once.
    """

    __slots__ = ("_stream", "view")

    def __init__(self, size: int) -> None:
        """Of `size` bytes; OutOfMemoryError."""
        try:
            self._stream = io.BytesIO(bytes(size))
        except MemoryError:
            raise OutOfMemoryError(size) from None
        self.view = self._stream.getbuffer()

    def finish(self, length: int | None = None) -> bytes:
        """All bytes, or the first `length`. No view of the buffer but `view` may be left."""
        self.view.release()
        if length is not None:
            self._stream.truncate(length)
        return self._stream.getvalue()


def byte_view(name: str, buffer: Buffer) -> memoryview:
    """The bytes of a C-contiguous buffer of any items and shape, without copying.

    InvalidArgumentError for anything else, and for arrays of Python objects.
    """
    try:
        view = memoryview(buffer)
    except (TypeError, ValueError, BufferError) as error:
        raise InvalidArgumentError(f"{name} must be a buffer such as bytes: {error}") from None
    if not view.c_contiguous:
        raise InvalidArgumentError(
            f"{name} must be C-contiguous; numpy.ascontiguousarray makes a copy that is"
        )
    if "O" in FIELD_NAME.sub("", view.format):
        raise InvalidArgumentError(f"{name} must hold plain data, not Python objects")
    return view.cast("B") if view.nbytes else memoryview(b"")  # cast refuses a shape with zeros


def stable_view(name: str, buffer: Buffer) -> memoryview:
    """A read-only view of what nobody can change: the `bytes` in or under `buffer`, or a copy."""
    view = byte_view(name, buffer)
    return view if type(view.obj) is bytes else memoryview(bytes_of(name, view))


def bytes_of(name: str, buffer: Buffer) -> bytes:
    """`buffer` itself if it is `bytes`, which nobody can change; else a copy of its bytes."""
    if type(buffer) is bytes:
        return buffer
    view = byte_view(name, buffer)
    try:
        return bytes(view)
    except MemoryError:
        raise OutOfMemoryError(view.nbytes) from None
