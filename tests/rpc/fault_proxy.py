"""A link between a client and a server that splits, delays and cuts what goes over it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass

from rpc.serving import HOST


@dataclass
class FaultProxy:
    """`split`: at most so many bytes go at once, each after up to `delay` seconds; `cut_after`
    bytes in both directions a connection breaks, and with it all that was on its way. None is
    without end.
    """

    port: int
    chance: random.Random
    split: int = 1 << 16
    delay: float = 0.0
    cut_after: int | None = None
    cuts: int = 0
    address: str = ""

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, back = await asyncio.open_connection(HOST, self.port)
        except OSError:
            writer.close()
            return
        left = self.cut_after if self.cut_after is None else self.chance.randrange(self.cut_after)
        budget = [left]
        ways = [self._pump(reader, back, budget), self._pump(there, writer, budget)]
        tasks = [asyncio.ensure_future(way) for way in ways]
        await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        for task in tasks:
            task.cancel()
        for end in (writer, back):
            end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, budget: list[int | None]
    ) -> None:
        with suppress(ConnectionError):
            while data := await reader.read(self.chance.randint(1, self.split)):
                if budget[0] is not None:
                    budget[0] -= len(data)
                    if budget[0] < 0:
                        self.cuts += 1
                        return
                if self.delay:
                    await asyncio.sleep(self.chance.uniform(0, self.delay))
                writer.write(data)
                await writer.drain()


@asynccontextmanager
async def between(port: int, seed: int) -> AsyncIterator[FaultProxy]:
    """In front of the server at `port`."""
    proxy = FaultProxy(port, random.Random(seed))
    server = await asyncio.start_server(proxy.connect, HOST, 0)
    proxy.address = f"{HOST}:{server.sockets[0].getsockname()[1]}"
    try:
        yield proxy
    finally:
        server.close()
