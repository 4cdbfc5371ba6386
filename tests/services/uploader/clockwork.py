"""Every step that an uploader takes in the world, so that it can be killed at any of them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from walrus_core.services.uploader import Uploader

CHAIN = (
    "register",
    "register_on",
    "prolong",
    "settle",
    "certify",
    "blob",
    "blobs",
    "storages",
    "state",
    "committees",
)
JOURNAL = ("load", "save", "remove")
NODE = ("status", "put_metadata", "holdings", "put_slivers", "confirmation")


class Clockwork:
    """Counts what an uploader does to the world, and kills it before or after step `stop`.

    The dead do nothing more, whatever they clean up.
    """

    def __init__(self, stop: int, *, after: bool) -> None:
        self.stop = stop
        self.after = after
        self.steps: list[str] = []
        self.is_dead = False
        self.victim: asyncio.Task[Any] | None = None

    def around(self, thing: Any, names: tuple[str, ...]) -> Any:
        """`thing`, with these methods of it counted."""
        return _Counted(self, thing, names)

    async def step(self, name: str, call: Callable[[], Awaitable[Any]]) -> Any:
        if self.is_dead:
            raise asyncio.CancelledError
        self.steps.append(name)
        is_it = len(self.steps) - 1 == self.stop
        if is_it and not self.after:
            await self.kill()
        result = await call()
        if is_it:
            await self.kill()
        return result

    async def kill(self) -> None:
        assert self.victim is not None
        self.is_dead = True
        self.victim.cancel()
        await asyncio.Event().wait()


def counted(uploader: Uploader, clockwork: Clockwork) -> Uploader:
    """The uploader, all of whose effects are steps now."""
    peers = uploader.peers
    uploader.chain = clockwork.around(uploader.chain, CHAIN)
    uploader.journal = clockwork.around(uploader.journal, JOURNAL)

    class Peers:
        def node(self, member: Any) -> Any:
            return clockwork.around(peers.node(member), NODE)

    uploader.peers = Peers()
    return uploader


class _Counted:
    def __init__(self, clockwork: Clockwork, thing: Any, names: tuple[str, ...]) -> None:
        self._clockwork = clockwork
        self._thing = thing
        self._names = names

    def __getattr__(self, name: str) -> Any:
        found = getattr(self._thing, name)
        if name not in self._names:
            return found

        async def counted(*arguments: Any, **options: Any) -> Any:
            return await self._clockwork.step(name, lambda: found(*arguments, **options))

        return counted
