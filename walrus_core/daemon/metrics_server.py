"""The page that Prometheus reads, over HTTP: GET /metrics, and nothing else."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

from walrus_core.errors import StorageError

__all__ = ["MetricsServer"]

LARGEST_REQUEST = 16 << 10
REQUEST_SECONDS = 5.0
MOST_CONNECTIONS = 16
_TEXT = "text/plain; version=1.0.0; charset=utf-8"


class MetricsServer:
    """Serves what `page` returns, made anew for each request."""

    def __init__(self, page: Callable[[], Awaitable[bytes]]) -> None:
        self._page = page
        self._server: asyncio.Server | None = None
        self._open = 0

    async def start(self, host: str, port: int) -> int:
        """The port, any free one if `port` is 0. StorageError if the address cannot be had."""
        try:
            self._server = await asyncio.start_server(
                self._answer, host, port, limit=LARGEST_REQUEST
            )
        except OSError as error:
            reason = f"{error.strerror}; choose another metrics_address"
            raise StorageError(f"{host}:{port}", reason) from None
        bound: int = self._server.sockets[0].getsockname()[1]
        return bound

    async def stop(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            async with asyncio.timeout(REQUEST_SECONDS):
                if self._open <= MOST_CONNECTIONS:
                    head = await reader.readuntil(b"\r\n\r\n")
                    writer.write(await self._response(head.split(b"\r\n", 1)[0]))
                    await writer.drain()
        except (TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, OSError):
            pass  # no request, or nobody who waits for the answer
        finally:
            self._open -= 1
            with contextlib.suppress(OSError):
                writer.close()

    async def _response(self, request_line: bytes) -> bytes:
        method, _, rest = request_line.partition(b" ")
        path = rest.partition(b" ")[0].partition(b"?")[0]
        if path != b"/metrics":
            return _message("404 Not Found", b"only /metrics is here\n")
        if method not in (b"GET", b"HEAD"):
            return _message("405 Method Not Allowed", b"GET it\n")
        return _message("200 OK", await self._page(), with_body=method == b"GET")


def _message(status: str, body: bytes, *, with_body: bool = True) -> bytes:
    head = (
        f"HTTP/1.1 {status}\r\nContent-Type: {_TEXT}\r\nContent-Length: {len(body)}\r\n"
        "Connection: close\r\n\r\n"
    )
    return head.encode("ascii") + (body if with_body else b"")
