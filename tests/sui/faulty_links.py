"""A link between client and chain that can fail: a TCP proxy on a real socket."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from urllib.parse import urlsplit

from sui.listeners import listener


class FaultyLink:
    """Passes bytes on, both ways, until told to fail.

    `losing`: once a request with these bytes in it was passed on, the answer is swallowed and the
    connection cut; so are the next `cuts` connections, or, if `dead_after_loss`, all is silent from
    then on. `silent`: answers never come. `garbage`: they are replaced.
    """

    def __init__(self, target: str) -> None:
        parts = urlsplit(target)
        self._target = parts.hostname, parts.port
        self.losing = b""
        self.lost = 0
        self.cuts = 0
        self.dead_after_loss = False
        self.silent = False
        self.garbage = b""
        self.url = ""

    @contextlib.asynccontextmanager
    async def up(self) -> AsyncIterator["FaultyLink"]:
        """While inside, the link listens at `url`."""
        async with listener(self._serve) as self.url:
            yield self

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self.lost and self.cuts:
            self.cuts -= 1
            return
        there, back = await asyncio.open_connection(*self._target)
        state = {"lose": False}
        pumps = [
            asyncio.create_task(self._requests(reader, back, state)),
            asyncio.create_task(self._answers(there, writer, state)),
        ]
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            await asyncio.gather(*pumps, return_exceptions=True)
            back.close()
            await back.wait_closed()

    async def _requests(
        self, reader: asyncio.StreamReader, back: asyncio.StreamWriter, state: dict[str, bool]
    ) -> None:
        seen = b""
        while data := await reader.read(65_536):
            seen = (seen + data)[-200_000:]
            if self.losing and self.losing in seen and not self.lost:
                state["lose"] = True
            back.write(data)
            await back.drain()

    async def _answers(
        self, there: asyncio.StreamReader, writer: asyncio.StreamWriter, state: dict[str, bool]
    ) -> None:
        while data := await there.read(65_536):
            if state["lose"]:
                if len(data) < 60:  # window updates and pings come before the answer
                    continue
                self.lost += 1
                self.silent = self.silent or self.dead_after_loss
                return
            if self.silent:
                continue
            writer.write(self.garbage or data)
            await writer.drain()
