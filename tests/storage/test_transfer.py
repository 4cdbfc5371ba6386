"""Export and import: everything comes over, and nothing that is not what it says."""

import io
from pathlib import Path

import pytest
from storage.material import registration

import walrus_core as wc
from walrus_core.errors import InvalidEncodingError, VerificationError
from walrus_core.storage import BlobRecord, Changes, SliverKey, SliverStore, memory_store
from walrus_core.storage.local import open_store
from walrus_core.storage.transfer import HEADER, SLIVER, export_store, import_store
from walrus_core.types import Axis, ShardIndex, pair_to_shard

N_SHARDS = 7
BLOBS = {name: wc.encode(data, N_SHARDS) for name, data in {"a": b"a", "b": b"b" * 900_000}.items()}


def filled() -> SliverStore:
    """Two true blobs on three shards, one invalid one, notes and a cursor."""
    store = memory_store()
    for number, encoded in enumerate(BLOBS.values()):
        blob_id = encoded.metadata.blob_id
        store.commit(Changes({blob_id: BlobRecord((registration(7 + number),))}))
        store.put_metadata(encoded.metadata)
        for pair in encoded.sliver_pairs():
            if (shard := pair_to_shard(blob_id, pair.index, N_SHARDS)) < 3:
                store.put_slivers([(shard, pair.primary), (shard, pair.secondary)])
    invalid = {wc.BlobId(bytes(32)): BlobRecord((registration(),), is_invalid=True)}
    store.commit(Changes(invalid, {"shard/1": b"ready", "node": b""}, b"cursor"))
    return store


def content(store: SliverStore) -> list[object]:
    """All that a store holds."""
    records = list(store.records())
    keys = [
        SliverKey(ShardIndex(shard), axis, blob_id)
        for shard in range(N_SHARDS)
        for axis in Axis
        for blob_id, _ in records
    ]
    metadata = [store.metadata(blob_id) for blob_id, _ in records]
    notes = list(store.notes())
    return [records, metadata, notes, store.cursor(), store.slivers(keys), store.usage().shards]


@pytest.fixture
def exported() -> bytes:
    stream = io.BytesIO()
    assert export_store(filled(), stream).frames == 2 + 3 + 2 + 2 * 3 * 2 + 1
    return stream.getvalue()


def test_everything_comes_over(tmp_path: Path, exported: bytes) -> None:
    store = open_store(tmp_path, reserve=0)
    for _ in range(2):  # the second time changes nothing
        assert import_store(io.BytesIO(exported), store).left_out == 0
        assert content(store) == content(filled())
    again = io.BytesIO()
    export_store(store, again)
    assert again.getvalue() == exported
    store.close()


def test_a_cut_or_damaged_stream_is_refused(exported: bytes) -> None:
    for size in [0, 5, len(HEADER), len(HEADER) + 3, 1000, len(exported) - 1]:
        with pytest.raises(InvalidEncodingError):
            import_store(io.BytesIO(exported[:size]), memory_store())
    for place in [3, len(HEADER), len(HEADER) + 4, 500, len(exported) - 9]:
        damaged = bytearray(exported)
        damaged[place] ^= 4
        with pytest.raises(InvalidEncodingError):
            import_store(io.BytesIO(damaged), memory_store())


def test_what_is_no_export_is_called_that() -> None:
    with pytest.raises(InvalidEncodingError, match="this is no export of a node") as error:
        import_store(io.BytesIO(b"name: node-0\nstorage_path: store\n"), memory_store())
    assert "b'" not in str(error.value)


def test_slivers_are_verified(monkeypatch: pytest.MonkeyPatch) -> None:
    """A node that exports other slivers than the blob's, with true checksums."""
    store = filled()
    true = store.sliver

    def false(key: SliverKey) -> object:
        found = true(key)
        return found and wc.Sliver(
            found.axis, found.index, found.symbol_size, bytes(len(found.data))
        )

    monkeypatch.setattr(store, "sliver", false)
    stream = io.BytesIO()
    export_store(store, stream)
    assert SLIVER in stream.getvalue()
    stream.seek(0)
    with pytest.raises(VerificationError):
        import_store(stream, memory_store())
