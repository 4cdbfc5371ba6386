"""HTTP/2 by hand: a client of gRPC that does only what it is told to."""

import asyncio
import struct
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from enum import IntEnum
from typing import NamedTuple

from rpc.serving import HOST


class Kind(IntEnum):
    """Of frames."""

    DATA = 0
    HEADERS = 1
    SETTINGS = 4
    PING = 6
    GOAWAY = 7


END_STREAM, ACK, END_HEADERS = 1, 1, 4
FIRST_WINDOW = 4
"""A setting: how much of each stream may come before more is asked for."""


class Frame(NamedTuple):
    """What came: of a `Kind`, or of one that is of no interest."""

    kind: int
    flags: int
    payload: bytes


class BareConnection:
    """To a server on this machine; it has one call, on stream 1."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    def send(self, kind: Kind, flags: int = 0, payload: bytes = b"", stream: int = 0) -> None:
        head = struct.pack(">IBI", len(payload) << 8 | kind, flags, stream)
        self._writer.write(head + payload)

    def call(self, method: str) -> None:
        fields = {
            ":method": "POST",
            ":scheme": "http",
            ":path": method,
            ":authority": HOST,
            "te": "trailers",
            "content-type": "application/grpc",
        }
        block = b"".join(b"\0" + _plain(key) + _plain(value) for key, value in fields.items())
        self.send(Kind.HEADERS, END_HEADERS, block, 1)

    def say(self, *messages: bytes) -> None:
        """All that the call has to say."""
        data = b"".join(struct.pack(">BI", 0, len(each)) + each for each in messages)
        self.send(Kind.DATA, END_STREAM, data, 1)

    async def frame(self) -> Frame | None:
        """The next one; None when the server has closed the connection."""
        try:
            head = await self._reader.readexactly(9)
            size, flags, _ = struct.unpack(">IBI", head)
            return Frame(size & 0xFF, flags, await self._reader.readexactly(size >> 8))
        except (asyncio.IncompleteReadError, ConnectionError):
            return None


def _plain(text: str) -> bytes:
    return bytes([len(text)]) + text.encode()


@asynccontextmanager
async def bare_connection(port: int, first_window: int = 65_535) -> AsyncIterator[BareConnection]:
    reader, writer = await asyncio.open_connection(HOST, port)
    try:
        connection = BareConnection(reader, writer)
        writer.write(b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n")
        connection.send(Kind.SETTINGS, payload=struct.pack(">HI", FIRST_WINDOW, first_window))
        yield connection
    finally:
        writer.close()
