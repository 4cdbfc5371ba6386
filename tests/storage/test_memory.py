"""The store in memory does what every store must."""

from collections.abc import Callable

import pytest
from storage.store_suite import StoreSuite

from walrus_core.storage import Damage, IndexedStore, SliverKey, SliverStore, memory_store
from walrus_core.storage.entries import CONTENT, Head, file_name, sliver_key, unsealed


class TestMemoryStore(StoreSuite):
    """The suite on `memory_store`, "reopened" over the same memory."""

    @pytest.fixture
    def make(self, damages: list[Damage]) -> Callable[..., SliverStore]:
        return lambda limit=None: memory_store(limit, damages.append)

    @pytest.fixture
    def reopen(self) -> Callable[[IndexedStore], SliverStore]:
        return lambda store: IndexedStore(store._index, store._files, "memory")

    @pytest.fixture
    def spoil(self) -> Callable[[IndexedStore, SliverKey], None]:
        def spoil(store: IndexedStore, key: SliverKey) -> None:
            item = sliver_key(key)
            entries, contents = store._index.entries, store._files.contents
            head = Head.from_bytes(unsealed(item, entries[item]))
            if head.file is None:
                entries[CONTENT + item] = flipped(entries[CONTENT + item])
            else:
                contents[file_name(item, head.file)] = flipped(contents[file_name(item, head.file)])

        return spoil


def flipped(content: bytes) -> bytes:
    return content[:-1] + bytes([content[-1] ^ 1])
