"""Recovery symbols from the node's slivers, whose expansions are kept for the next who asks.

To heal one shard, a node needs one symbol of each of our slivers; to expand a sliver gives all n of
them. So whoever comes next, for another shard, finds them ready.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict

from walrus_core.codec.symbols import RecoverySymbols, recovery_symbols
from walrus_core.errors import OverloadedError
from walrus_core.services.node.means import Means
from walrus_core.storage.store import SliverKey

__all__ = ["SymbolSource"]

RETRY_AFTER = 1.0
"""Seconds after which a caller who was too many may try again."""

DIGESTS_PER_SYMBOL = 2
"""Of 32 bytes each, in a tree over the symbols."""


class SymbolSource:
    """A cache by size, in front of a bounded number of expansions at once, each sliver's once."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._cache: OrderedDict[SliverKey, RecoverySymbols] = OrderedDict()
        self._size = 0
        self._running: dict[SliverKey, asyncio.Task[RecoverySymbols | None]] = {}
        self._slots = asyncio.Semaphore(means.limits.expansions)

    async def symbols(self, key: SliverKey, n_shards: int) -> RecoverySymbols | None:
        """What the sliver contributes to others; None if it is not here. OverloadedError."""
        if (found := self._cache.get(key)) is not None:
            self._cache.move_to_end(key)
            return found
        task = self._running.get(key)
        if task is None:
            limits = self._means.limits
            if len(self._running) >= limits.expansions + limits.waiting_expansions:
                raise OverloadedError(RETRY_AFTER)
            task = asyncio.ensure_future(self._expand(key, n_shards))
            self._running[key] = task
            task.add_done_callback(lambda _: self._running.pop(key))
        return await asyncio.shield(task)

    def forget(self) -> None:
        """Slivers may be gone from the store."""
        self._cache.clear()
        self._size = 0

    async def _expand(self, key: SliverKey, n_shards: int) -> RecoverySymbols | None:
        async with self._slots:
            found = await self._means.workers.run(self._read, key, n_shards)
        if found is not None:
            self._remember(key, found)
        return found

    def _read(self, key: SliverKey, n_shards: int) -> RecoverySymbols | None:
        sliver = self._means.store.sliver(key)
        return None if sliver is None else recovery_symbols(sliver, n_shards)

    def _remember(self, key: SliverKey, symbols: RecoverySymbols) -> None:
        if _size(symbols) > self._means.limits.symbol_cache:
            return
        self._cache[key] = symbols
        self._size += _size(symbols)
        while self._size > self._means.limits.symbol_cache:
            _, oldest = self._cache.popitem(last=False)
            self._size -= _size(oldest)


def _size(symbols: RecoverySymbols) -> int:
    """Bytes in memory, nearly."""
    return len(symbols.expanded) + DIGESTS_PER_SYMBOL * 32 * len(symbols)
