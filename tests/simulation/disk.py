"""A disk that outlives its node: its power fails, it fills up, bits rot on it, it is replaced."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterable

from storage.power import CuttableFiles, CuttableIndex, Power

from walrus_core.storage import entries
from walrus_core.storage.indexed import IndexedStore
from walrus_core.storage.store import SliverKey
from walrus_core.types import Axis, BlobId, ShardIndex

INLINE_BELOW = 200
"""Bytes of a sliver from which it has a file: small blobs have both kinds."""

NEVER = 1 << 62


class Supply(Power):
    """Power that fails when it is told to, or some steps later; `on_cut` hears of it."""

    def __init__(self, draw: random.Random, on_cut: Callable[[], None]) -> None:
        super().__init__(NEVER, draw)
        self._on_cut = on_cut

    def fail_after(self, steps: int) -> None:
        self._left = steps

    def cut(self) -> None:
        self.is_on = False

    def check(self) -> None:
        if not self.is_on:
            self._on_cut()
        super().check()


class Disk:
    """`open` gives a store over what survived the last time; one at a time."""

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self.wipe()

    def wipe(self) -> None:
        """An empty disk in place of this one."""
        self._supply = Supply(self._chance, lambda: None)
        self._supply.cut()
        self._index = CuttableIndex(self._supply)
        self._files = CuttableFiles(self._supply)

    def open(self, on_cut: Callable[[], None]) -> IndexedStore:
        """The store; what it finds may have been torn. StorageError."""
        survivors = self._index.survivor().entries, self._files.survivor().contents
        self._supply = Supply(self._chance, on_cut)
        self._index = CuttableIndex(self._supply, survivors[0])
        self._files = CuttableFiles(self._supply, survivors[1])
        return IndexedStore(self._index, self._files, "disk", inline_below=INLINE_BELOW)

    def cut(self) -> None:
        """The power fails now."""
        self._supply.cut()

    def cut_after(self, steps: int) -> None:
        """The power fails when so many more things were waited for."""
        self._supply.fail_after(steps)

    def calm(self) -> None:
        """The power stays on, and there is room."""
        self._supply.fail_after(NEVER)
        self.fill(False)

    def fill(self, is_full: bool) -> None:
        """Have no room left, or room again."""
        self._files.room = 0 if is_full else NEVER

    def rot(self) -> BlobId | None:
        """Flip a bit of the content of a sliver, or of metadata; tell of which blob."""
        inline = [key for key in self._index.durable if key.startswith(entries.CONTENT)]
        candidates: list[bytes | str] = [*sorted(inline), *sorted(self._files.contents, key=_place)]
        if not candidates:
            return None
        chosen = self._chance.choice(candidates)
        if isinstance(chosen, str):
            self._files.contents[chosen] = self._flipped(self._files.contents[chosen])
            return BlobId(bytes.fromhex(chosen.partition("-")[0]))
        self._index.rot(chosen, self._flipped(self._index.durable[chosen]))
        return entries.blob_of(chosen)

    def keeps(self, blob_id: BlobId, shards: Iterable[ShardIndex], *, whole: bool = False) -> bool:
        """Whether both slivers of each shard would be there if the power failed now.

        What rotted counts as kept, as it was on disk, unless it has to be `whole`.
        """
        keys = (SliverKey(shard, axis, blob_id) for shard in shards for axis in Axis)
        return all(self._has(entries.sliver_key(key), whole) for key in keys)

    def blobs(self) -> set[BlobId]:
        """The blobs of which there is anything: metadata or slivers."""
        letters = entries.METADATA, entries.SLIVER
        return {entries.blob_of(key) for key in self._index.durable if key.startswith(letters)}

    def _has(self, item: bytes, whole: bool) -> bool:
        sealed = self._index.durable.get(item)
        if sealed is None:
            return not whole and entries.DAMAGE + item in self._index.durable
        head = entries.Head.from_bytes(entries.unsealed(item, sealed))
        if head.file is None:
            content = self._index.durable.get(entries.CONTENT + item)
        else:
            content = self._files.contents.get(entries.file_name(item, head.file))
        return content is not None and not (whole and head.fault(0, content, head.size))

    def _flipped(self, content: bytes) -> bytes:
        place = self._chance.randrange(8 * len(content))
        changed = bytearray(content)
        changed[place // 8] ^= 1 << place % 8
        return bytes(changed)


def _place(name: str) -> str:
    """A file's name without the random number at its end."""
    return name.rpartition("-")[0]
