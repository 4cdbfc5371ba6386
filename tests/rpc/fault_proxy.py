"""A link between a client and a server that splits, delays and cuts what goes over it."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field

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
    _links: set[asyncio.Future[None]] = field(default_factory=set)

    async def connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        link = asyncio.ensure_future(self._join(reader, writer))
        self._links.add(link)
        try:
            await link
        finally:
            self._links.discard(link)

    async def _join(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends, tasks = [writer], list[asyncio.Future[None]]()
        try:
            there, back = await asyncio.open_connection(HOST, self.port)
            ends.append(back)
            limit = self.cut_after
            budget = [limit if limit is None else self.chance.randrange(limit)]
            ways = [self._pump(reader, back, budget), self._pump(there, writer, budget)]
            tasks += [asyncio.ensure_future(way) for way in ways]
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        except OSError:
            pass
        finally:
            for task in tasks:
                task.cancel()
            for end in ends:
                end.transport.abort()

    async def close(self) -> None:
        """End all connections, and see them end."""
        for link in list(self._links):
            link.cancel()
        await asyncio.gather(*self._links, return_exceptions=True)
        await asyncio.sleep(0)  # in which aborted transports are closed

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
        await proxy.close()
