"""The parent of a server's processes: starts them, replaces those that die, passes signals on.

They share the port (SO_REUSEPORT): the system gives each connection to one of them. The parent
never loads gRPC, which must not be forked, and serves nothing itself.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import dataclasses
import logging
import os
import pickle
import signal
import socket
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from walrus_core.daemon.gateway.config import GatewayConfig, require_sense
from walrus_core.daemon.gateway.ready import Ready, Serving, tell_systemd
from walrus_core.daemon.logs import log_to
from walrus_core.daemon.settings import Address
from walrus_core.errors import ConfigurationError, ProcessFailedError

__all__ = ["serve"]

FIRST_PAUSE, LONGEST_PAUSE = 0.1, 30.0
"""Seconds before a worker that died is replaced; twice as long each time ..."""

LIVED = 30.0
"""... unless it had lived for so long."""

PATIENCE = 10.0
"""Seconds more than it may drain that a worker has to end, before it is killed."""

LARGEST_ANSWER = 1 << 20

_log = logging.getLogger(__name__)

OnServing = Callable[[Serving], object]


def serve(config: GatewayConfig, on_serving: OnServing) -> None:
    """Serve until SIGINT or SIGTERM, in the main thread: in this process, or in several.

    ConfigurationError and StorageError for what its configuration, files and addresses are not.
    """
    require_sense(config)

    def tell(ready: list[Ready]) -> None:
        metrics = [each.metrics for each in ready if each.metrics]
        tell_systemd("READY=1")
        on_serving(Serving(config, ready[0], metrics))

    if config.workers > 1:
        asyncio.run(Workers(config, tell).run())
    else:
        from walrus_core.daemon.gateway.process import run_gateway  # loads gRPC

        run_gateway(config, lambda ready: tell([ready]))


class Workers:
    """`on_ready` is told once, when all of them serve."""

    def __init__(self, config: GatewayConfig, on_ready: Callable[[list[Ready]], object]) -> None:
        self._config = config
        self._on_ready = on_ready
        self._ready: dict[int, Ready] = {}
        self._processes: dict[int, Process] = {}

    async def run(self) -> None:
        """Until a signal comes; raises what keeps a worker from starting at first."""
        log_to(sys.stderr, self._config.log_level, worker="parent")
        told = asyncio.Event()
        for reason in (signal.SIGINT, signal.SIGTERM):
            asyncio.get_running_loop().add_signal_handler(reason, told.set)
        with _reserved(self._config.listen) as listen:
            self._config = dataclasses.replace(self._config, listen=listen)
            lives = [asyncio.create_task(self._keep(n)) for n in range(self._config.workers)]
            end = asyncio.create_task(told.wait())
            await asyncio.wait([end, *lives], return_when=asyncio.FIRST_COMPLETED)
            end.cancel()
            tell_systemd("STOPPING=1")
            for life in lives:
                life.cancel()
            await asyncio.gather(*(self._stop(n) for n in list(self._processes)))
            ends = await asyncio.gather(*lives, return_exceptions=True)
        for error in ends:
            if isinstance(error, Exception):
                raise error

    async def _keep(self, number: int) -> None:
        """One worker, and the next when it has died."""
        loop, pause = asyncio.get_running_loop(), FIRST_PAUSE
        while True:
            begun = loop.time()
            error = await self._live(number)
            if number not in self._ready:
                raise error
            if loop.time() - begun > LIVED:
                pause = FIRST_PAUSE
            if self._processes[number].returncode == 0:
                _log.info("worker %d was told to end; the next one starts in %g s", number, pause)
            else:
                _log.error("%s; the next one starts in %g s", error, pause)
            await asyncio.sleep(pause)
            pause = min(2 * pause, LONGEST_PAUSE)

    async def _live(self, number: int) -> Exception:
        """One worker from its start to its end, and why it ended."""
        process = self._processes[number] = await self._start(number)
        assert process.stdout is not None
        answer = await process.stdout.readline()
        said = pickle.loads(base64.b64decode(answer)) if answer else None
        if isinstance(said, Ready):
            self._note(number, said)
        status = await process.wait()
        if isinstance(said, Exception):
            return said
        return ProcessFailedError(f"worker {number}", f"ended with status {status}", "stderr")

    async def _start(self, number: int) -> Process:
        environment = {key: value for key, value in os.environ.items() if key != "NOTIFY_SOCKET"}
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            "-m",
            "walrus_core.daemon.gateway.worker",
            str(number),
            stdin=PIPE,  # stays open: see worker.py
            stdout=PIPE,
            env=environment,
            limit=LARGEST_ANSWER,
            process_group=0,  # Ctrl-C is for the parent, which passes it on
        )
        assert process.stdin is not None
        process.stdin.write(base64.b64encode(pickle.dumps(self._config)) + b"\n")
        with contextlib.suppress(ConnectionError):  # it has ended: its status says more
            await process.stdin.drain()
        return process

    def _note(self, number: int, ready: Ready) -> None:
        is_first = len(self._ready) < self._config.workers
        self._ready[number] = ready
        _log.info("worker %d serves", number, extra={"pid": self._processes[number].pid})
        if is_first and len(self._ready) == self._config.workers:
            self._on_ready([self._ready[n] for n in sorted(self._ready)])

    async def _stop(self, number: int) -> None:
        """Let a worker drain; kill it if that takes longer than it may."""
        process = self._processes[number]
        with contextlib.suppress(ProcessLookupError):
            process.terminate()
        try:
            async with asyncio.timeout(self._config.notice + self._config.grace + PATIENCE):
                await process.wait()
        except TimeoutError:
            _log.error("worker %d does not end; it is killed", number)
            process.kill()
            await process.wait()


@contextmanager
def _reserved(address: Address | None) -> Iterator[Address | None]:
    """The address, with a port for all workers, which nobody else can take meanwhile.

    ConfigurationError if somebody has it. Nothing is accepted here.
    """
    if address is None:
        yield None
        return
    host, port = address
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as reserved:
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        reserved.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        try:
            reserved.bind((host, port))
        except OSError as error:
            reason = f"cannot listen there ({error.strerror}); choose another address"
            raise ConfigurationError(f"{host}:{port}", reason) from error
        yield host, reserved.getsockname()[1]
