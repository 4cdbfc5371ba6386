"""How the codec looks at its callers' memory."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from walrus_core import kernel
from walrus_core.errors import InvalidArgumentError, OutOfMemoryError

if TYPE_CHECKING:
    from typing_extensions import Buffer

FIELD_NAME = re.compile(":[^:]*:")
"""In a buffer's format, which is otherwise type codes, "O" among them."""

LASTING = (bytes, kernel.FileMapping)
"""What is referenced, not copied: nobody can change `bytes`; that nobody changes the file of a
mapping is what those promise who map it."""


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
    """A read-only view of what does not change: the `bytes` or file in or under `buffer`, or a
    copy.
    """
    view = byte_view(name, buffer)
    return view if type(view.obj) in LASTING else memoryview(bytes_of(name, view))


def bytes_of(name: str, buffer: Buffer) -> bytes:
    """`buffer` itself if it is `bytes`, which nobody can change; else a copy of its bytes."""
    if type(buffer) is bytes:
        return buffer
    view = byte_view(name, buffer)
    try:
        return bytes(view)
    except MemoryError:
        raise OutOfMemoryError(view.nbytes) from None
