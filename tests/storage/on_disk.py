"""Where a store keeps things, and how to spoil them behind its back."""

from pathlib import Path

from walrus_core.storage import SliverKey
from walrus_core.storage.entries import CONTENT, file_name, metadata_key, sliver_key
from walrus_core.storage.local import LocalStore
from walrus_core.types import BlobId


def file_of(store: LocalStore, key: SliverKey) -> Path:
    """The file of a large sliver."""
    item = sliver_key(key)
    (head,) = store._catalogue.heads([item])
    name = file_name(item, head.file)
    return store.path / "slivers" / name[:2] / name


def flip_last_byte(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


def spoil(store: LocalStore, thing: SliverKey | BlobId) -> None:
    """Flip a byte of a sliver, or of a blob's metadata."""
    item = metadata_key(thing) if isinstance(thing, BlobId) else sliver_key(thing)
    (content,) = store._catalogue.content([item])
    if content is None:
        flip_last_byte(file_of(store, thing))
    else:
        store._index.apply({CONTENT + item: content[:-1] + bytes([content[-1] ^ 1])})
