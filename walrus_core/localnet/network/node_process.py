"""One storage node of a local network, as a process."""

from __future__ import annotations

import shutil
from typing import Any

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.network.founding import Founded
from walrus_core.localnet.network.processes import READY_SECONDS, Process

__all__ = ["NodeProcess"]


class NodeProcess:
    """The node `number` of the network in these files. It serves when `start` returns."""

    def __init__(self, files: Founded, number: int) -> None:
        self.number = number
        self.name = f"node-{number}"
        self.config = files.config(number)
        self.store = files.store(number)
        self.address = files.addresses[number]
        self.process = Process(self.name, files.logs / self.name)
        self.values: dict[str, Any] = {}
        """What it said when it was ready last: see `daemon.process.Ready`."""

    @property
    def is_up(self) -> bool:
        return self.process.pid is not None

    async def start(self, lie: str | None = None, timeout: float = READY_SECONDS) -> None:
        """Start it, as one that tells lies of this kind (`network.lies`) if wanted.

        ProcessFailedError if it is not ready within `timeout` seconds.
        """
        config = ["--config", str(self.config)]
        if lie is None:
            command = ["walrus_core", "node", "serve", "--json", *config]
        else:
            command = ["walrus_core.localnet.network.lying_node", *config, "--lie", lie]
        self.values = await self.process.start(*command, timeout=timeout)

    async def stop(self) -> int | None:
        """As an operator stops it, in order; its exit status, None if it was not up."""
        return await self.process.stop()

    async def kill(self) -> None:
        """As a crash ends it (`kill -9`)."""
        await self.process.kill()

    def pause(self) -> None:
        """Let it hang: connections stay, answers do not come; until `resume`."""
        self.process.pause()

    def resume(self) -> None:
        self.process.resume()

    def wipe(self) -> None:
        """Lose its disk, but not its keys; it must not be up. InvalidArgumentError."""
        if self.is_up:
            raise InvalidArgumentError(f"{self.name} is up; kill or stop it before its disk goes")
        shutil.rmtree(self.store, ignore_errors=True)
