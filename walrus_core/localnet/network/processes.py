"""A process of the network: started, waited for, stopped, killed, paused; its words in a log."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from walrus_core.errors import ProcessFailedError

__all__ = ["READY_SECONDS", "Process"]

READY_SECONDS = 60.0
"""Far more than any process takes, for machines that have much else to do."""

STOP_SECONDS = 15.0
LONGEST_LINE = 1 << 20
TOLD = 500
"""Characters of its log that a failed process is quoted with."""


class Process:
    """`python -m MODULE ARGUMENTS`, as often as it is started, but once at a time.

    It tells that it is ready by one JSON object on its standard output: what it has to say, or
    {"error": {"message": ...}}. It does not outlive this process.
    """

    def __init__(self, name: str, log: Path, environment: Mapping[str, str] | None = None) -> None:
        self.name = name
        self.log = log
        self._environment = {**os.environ, **(environment or {})}
        self._process: asyncio.subprocess.Process | None = None
        self._is_ending = False

    @property
    def pid(self) -> int | None:
        """None if it does not run."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(
        self, module: str, *arguments: str, timeout: float = READY_SECONDS
    ) -> dict[str, Any]:
        """Start it and wait until it is ready; what it said then.

        ProcessFailedError if it ended instead, or took longer than `timeout` seconds.
        """
        if self.pid is not None:
            raise self._failed("runs already")
        await self._spawn([module, *arguments])
        try:
            async with asyncio.timeout(timeout):
                return await self._ready()
        except TimeoutError:
            await self.kill()
            raise self._failed(f"was not ready within {timeout:g} s") from None
        except BaseException:
            await self.kill()
            raise

    async def watch(self, lament: Callable[[ProcessFailedError], object]) -> None:
        """Wait for its end; call `lament` unless it was ended from here."""
        process = self._process
        if process is not None:
            status = await process.wait()
            if process is self._process and not self._is_ending:
                lament(self._failed(f"ended with status {status}{self._last_words()}"))

    async def stop(self, timeout: float = STOP_SECONDS) -> int | None:
        """As an operator stops it (SIGTERM), by force after `timeout` seconds; its exit status,
        None if it did not run.
        """
        process = self._process
        if process is None:
            return None
        self._is_ending = True
        self.resume()
        self._send(signal.SIGTERM)
        try:
            async with asyncio.timeout(timeout):
                await process.wait()
        except TimeoutError:
            pass
        await self.kill()
        return process.returncode

    async def kill(self) -> None:
        """As a crash ends it (SIGKILL); nothing of it is left when this returns."""
        self._is_ending = True
        self._send(signal.SIGKILL)
        if self._process is not None:
            await self._process.wait()
            if self._process.stdin is not None:
                self._process.stdin.close()
            self._process = None

    def pause(self) -> None:
        """Let it hang: it keeps its connections and answers nothing (SIGSTOP)."""
        self._send(signal.SIGSTOP)

    def resume(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, reason: signal.Signals) -> None:
        if self.pid is not None and self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(reason)

    async def _spawn(self, arguments: Sequence[str]) -> None:
        self._process, self._is_ending = None, False
        with self.log.open("ab") as log:
            self._process = await asyncio.create_subprocess_exec(
                sys.executable,
                "-m",
                "walrus_core.localnet.network.child",
                *arguments,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
                env=self._environment,
                limit=LONGEST_LINE,
                start_new_session=True,  # Ctrl-C is for who started it, who then stops it in order
            )

    async def _ready(self) -> dict[str, Any]:
        assert self._process is not None
        assert self._process.stdout is not None
        line = await self._process.stdout.readline()
        try:
            values = json.loads(line)
        except ValueError:
            status = await self._process.wait()
            raise self._failed(f"ended with status {status}{self._last_words()}") from None
        if "error" in values:
            raise self._failed(str(values["error"]["message"]))
        return dict(values)

    def _last_words(self) -> str:
        with self.log.open("rb") as log:
            log.seek(0, os.SEEK_END)
            log.seek(max(log.tell() - TOLD, 0))
            words = log.read().decode("utf-8", "replace").strip()
        return f" ({words.splitlines()[-1]})" if words else ""

    def _failed(self, reason: str) -> ProcessFailedError:
        return ProcessFailedError(self.name, reason, str(self.log))
