"""A gRPC server that tells what it serves (reflection) and whether it does (health)."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import grpc

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.interceptor import CallInterceptor

__all__ = ["DescribedServer"]

_OPTIONS = [
    ("grpc.max_concurrent_streams", 1000),
    # So much of a request may be here before it is read. gRPC would let it grow with the speed of
    # the connection, to more than all buffers of the server together.
    ("grpc.http2.bdp_probe", 0),
    ("grpc.http2.lookahead_bytes", 1 << 20),
    # Who is silent for a minute is asked whether it is there, and may ask us every ten seconds.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_idle_ms", 600_000),
    ("grpc.server_handshake_timeout_ms", 10_000),
]

CALL_TASK = "HandleExceptions["
"""Beginning of the name that gRPC gives the task of a call."""

TAIL_SECONDS = 1.0
PARTING_SECONDS = 0.05
"""In which connections hear that they are to end."""


class DescribedServer:
    """Serves what was added from `start` to `stop`, at the addresses where it was told to listen.

    `share_port`: with other processes that say so, too; else the second server on a port fails,
    where it would get half of the calls.
    """

    def __init__(self, interceptor: CallInterceptor, *, share_port: bool = False) -> None:
        options = [*_OPTIONS, ("grpc.so_reuseport", int(share_port))]
        self._server: Any = grpc.aio.server(interceptors=[interceptor], options=options)
        self._doors = interceptor.doors
        self._names: dict[str, bool] = {}
        self._public: Any = None

    def add(
        self, name: str, add: Callable[[Any, Any], None], servicer: Any, *, ready: bool = True
    ) -> None:
        """A service by its full name, as `add(servicer, server)` adds it; see `ready`."""
        add(servicer, self._server)
        self._names[name] = ready

    def refuse(self, add: Callable[[Any, Any], None], servicer: Any) -> None:
        """A service that is not served: `servicer` says so, and nobody is told that there is it."""
        add(servicer, self._server)

    def listen(self, address: str, credentials: Any = None) -> int:
        """The port, which is any free one if the address' is 0; without credentials in plain text.

        ConfigurationError if the address cannot be had.
        """
        with _explained(address):
            if credentials is None:
                bound: int = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, credentials)
        return bound

    async def start(self) -> None:
        """Accept calls, and say so."""
        # Loaded here: a client does not need it.
        from walrus_core.rpc.public_services import PublicServices

        self._public = PublicServices(self._names)
        self._public.add_to(self._server)
        await self._server.start()

    def ready(self, name: str) -> None:
        """Say that this service is served from now on, though it was not at the start."""
        self._names[name] = True
        if self._public is not None:
            self._public.ready(name)

    def retire(self) -> None:
        """Say that nothing is served any more, and go on serving it."""
        if self._public is not None:
            self._public.retire()

    async def drain(self, grace: float) -> None:
        """Say so, refuse new calls, let those in progress end for `grace` seconds, then `stop`.

        gRPC alone would lose some. What comes between its stop and the moment in which the caller
        hears of it is dropped (CANCELLED, without a trailer): its server ends new calls as soon as
        it is shut down (`CallData::KillZombie` in gRPC's server.cc), and says only then that
        connections end. So who was there a moment ago, answered or refused, is expected back, and
        answered once the connection is to end; who comes in just that moment after a longer pause
        cannot be helped. And gRPC closes a connection with its last call, when the system may not
        have delivered yet what was said last, and throws it away if the caller sends anything. A
        connection without calls it asks first whether all has arrived; so it stops when there are
        none.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                await self._emptied()
                self._doors.hold()
                await self._doors.quiet()
        stopping = asyncio.create_task(self.stop(max(0.0, end - loop.time())))
        await asyncio.sleep(PARTING_SECONDS)
        self._doors.answer()
        await stopping

    async def finish(self, grace: float) -> None:
        """As `drain`, for callers to whom it is all one who refuses them, the server or gRPC:
        nobody is waited for who is not there.
        """
        loop = asyncio.get_running_loop()
        end = loop.time() + grace
        with suppress(TimeoutError):
            async with asyncio.timeout_at(end):
                await self._emptied()
        await self.stop(max(0.0, end - loop.time()))

    async def _emptied(self) -> None:
        """Say that nothing is served any more, and wait until what was accepted has ended."""
        self.retire()
        self._doors.close()
        await self._doors.emptied()

    async def stop(self, grace: float) -> None:
        """Say so, accept no more calls, let those in progress end for `grace` seconds, then cancel
        them.
        """
        self.retire()
        await self._server.stop(grace)
        # gRPC's tasks end a little after their calls; a loop that ends before makes noise of them.
        tails = [task for task in asyncio.all_tasks() if task.get_name().startswith(CALL_TASK)]
        if tails and asyncio.current_task() not in tails:
            await asyncio.wait(tails, timeout=TAIL_SECONDS)
            await asyncio.sleep(0)


@contextmanager
def _explained(address: str) -> Iterator[None]:
    try:
        yield
    except RuntimeError as error:
        reason = "cannot listen there; choose another address, or stop who has it"
        raise ConfigurationError(address, reason) from error
