"""Attributes of blobs and of pooled blobs: one set of rules, two sets of codes."""

from dataclasses import dataclass
from typing import Any

import pytest
from localnet.ledger.network import Network, refused

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.objects import Blob, PooledBlob

ROOT, SIZE, ENCODED = 0xABC, 1, 6940
BLOB_ID = derive_blob_id(ROOT, RS2, SIZE)


@dataclass
class Attributes:
    """The calls on one blob's attributes, wherever it is."""

    face: Any
    target: tuple[Any, ...]
    blob: Blob | PooledBlob
    module: str
    duplicate: int
    missing: int

    def call(self, name: str, *arguments: Any) -> Any:
        return getattr(self.face, name)(*self.target, *arguments)

    def items(self) -> list[tuple[str, str]]:
        assert self.blob.metadata is not None
        return self.blob.metadata.items()


@pytest.fixture(params=["blob", "pooled"])
def attributes(request: pytest.FixtureRequest) -> Attributes:
    network = Network.of([10, 20])
    network.next_epoch()
    ledger, coin = network.ledger, network.ledger.wal.genesis_coin
    facts = BLOB_ID, ROOT, SIZE, RS2, True, coin
    if request.param == "blob":
        storage = ledger.system.reserve_space(ENCODED, 1, coin)
        blob = ledger.system.register_blob(storage, *facts)
        return Attributes(ledger.blob, (blob,), blob, "blob", 7, 8)
    pool = ledger.system.create_storage_pool(ENCODED, 1, coin)
    ledger.system.register_pooled_blob(pool, *facts)
    pooled = pool.blobs[BLOB_ID]
    return Attributes(ledger.storage_pool, (pool, BLOB_ID), pooled, "storage_pool", 12, 13)


def test_maps_are_added_replaced_and_taken(attributes: Attributes) -> None:
    with refused(attributes.module, attributes.missing):
        attributes.call("take_metadata")
    attributes.call("add_metadata", {"b": "1", "a": "2"})
    assert attributes.items() == [("b", "1"), ("a", "2")]
    with refused(attributes.module, attributes.duplicate):
        attributes.call("add_metadata", {})
    assert attributes.call("add_or_replace_metadata", {"c": "3"}) == {"b": "1", "a": "2"}
    assert attributes.call("take_metadata") == {"c": "3"}
    assert attributes.blob.metadata is None
    assert attributes.call("add_or_replace_metadata", {}) is None


def test_an_updated_pair_moves_to_the_end(attributes: Attributes) -> None:
    for key in "abc":
        attributes.call("insert_or_update_metadata_pair", key, "old")
    attributes.call("insert_or_update_metadata_pair", "a", "new")
    assert attributes.items() == [("b", "old"), ("c", "old"), ("a", "new")]


def test_pairs_are_removed(attributes: Attributes) -> None:
    assert attributes.call("remove_metadata_pair_if_exists", "a") is None
    with refused(attributes.module, attributes.missing):
        attributes.call("remove_metadata_pair", "a")
    attributes.call("add_metadata", {"a": "1", "b": "2", "c": "3"})
    assert attributes.call("remove_metadata_pair", "b") == ("b", "2")
    with refused("vec_map", 1):
        attributes.call("remove_metadata_pair", "b")
    assert attributes.call("remove_metadata_pair_if_exists", "a") == ("a", "1")
    assert attributes.call("remove_metadata_pair_if_exists", "a") is None
    assert attributes.items() == [("c", "3")]


def test_attributes_are_text(attributes: Attributes) -> None:
    with pytest.raises(InvalidArgumentError):
        attributes.call("add_metadata", {"a": 1})
    with pytest.raises(InvalidArgumentError):
        attributes.call("insert_or_update_metadata_pair", "a", b"1")
    for text in ("\ud800", "a\udfff"):
        with pytest.raises(InvalidArgumentError, match="UTF-8"):
            attributes.call("insert_or_update_metadata_pair", "a", text)
        with pytest.raises(InvalidArgumentError, match="UTF-8"):
            attributes.call("add_metadata", {text: "1"})
    with pytest.raises(InvalidArgumentError, match="mapping"):
        attributes.call("add_metadata", [("a", "1")])
