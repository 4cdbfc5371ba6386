"""Transactions and structs, byte for byte those of the official SDK, for random scenes."""

import base64
from dataclasses import replace
from typing import Any

import pytest
from sui import official_sdk
from sui.scenes import Artist, Scene, drafts, raw

from walrus_core.services.ports import Prices
from walrus_core.sui import move
from walrus_core.sui.addresses import BYTE_VECTOR_TAG, U64_TAG, field_id
from walrus_core.sui.committees import committees_of, member_ids

PRICES = Prices(storage=100_000, write=20_000)


def scenes() -> dict[str, Scene]:
    artist = Artist(seed=6)
    found = {f"random-{i}": artist.scene(prices=PRICES, n_coins=i % 5 + 1) for i in range(12)}
    for name, prices in {
        "free": Prices(0, 0),
        "free storage": Prices(0, 20_000),
        "free writing": Prices(100_000, 0),
    }.items():
        found[name] = artist.scene(prices=prices, n_coins=2)
    for n_coins in (1, 4, 1002):
        found[f"exact-{n_coins}"] = artist.scene(prices=PRICES, n_coins=n_coins, exact=True)
    return found


SCENES = scenes()


@pytest.fixture(scope="module")
def official() -> dict[str, dict[str, Any]]:
    """The official SDK's answers, by the name of the scene."""
    found = official_sdk.answers([scene.json for scene in SCENES.values()])
    return dict(zip(SCENES, found, strict=True))


@pytest.mark.parametrize("name", SCENES)
def test_transactions_are_the_official_ones(name: str, official: dict[str, dict[str, Any]]) -> None:
    scene = SCENES[name]
    expected = [base64.b64decode(text) for text in official[name]["transactions"]]
    ours = [draft.finish(scene.sender, scene.gas) for draft in drafts(scene)]
    kinds = [transaction["kind"] for transaction in scene.json["transactions"]]
    assert dict(zip(kinds, ours, strict=True)) == dict(zip(kinds, expected, strict=True))
    assert ours == expected


@pytest.mark.parametrize("name", ["random-0", "random-1"])
def test_structs_are_read_as_the_official_client_writes_them(
    name: str, official: dict[str, dict[str, Any]]
) -> None:
    scene, answer = SCENES[name], official[name]
    json, structs = scene.json, {k: base64.b64decode(v) for k, v in answer["structs"].items()}
    members = [(raw(m["nodeId"]), tuple(m["shards"])) for m in json["system"]["members"]]

    assert move.read_shell(structs["shell"]) == move.Shell(
        scene.contract.system.object_id, 3, scene.contract.package
    )
    assert move.read_system_inner(structs["systemInner"]) == move.SystemInner(
        100, 8, 12, 5_000_000_000_000, 123_456_789, PRICES, 3
    )
    staking = move.read_staking_inner(structs["stakingInner"])
    previous = ((b"z" * 32, (3, 4)),)
    assert staking == move.StakingInner(100, 86_400_000, 8, tuple(members), previous, "selected")
    node = move.read_node(structs["pool"])
    assert (node.node_id, node.name, node.commission) == (members[0][0], "näme", 9)
    assert node.receiver == scene.sender
    assert node.network_address == "localhost:9185"
    assert node.public_key.hex() == json["system"]["members"][0]["publicKey"]
    _check_blob(move.read_blob(structs["blob"]), json["blobs"][0])
    assert move.read_attributes(structs["attributes"]) == json["blobs"][0]["attributes"]


def _check_blob(blob: move.BlobObject, expected: dict[str, Any]) -> None:
    assert blob.object_id == raw(expected["id"])
    assert blob.blob_id.to_u256() == int(expected["blobId"])
    assert (blob.size, blob.storage.size) == (int(expected["size"]), int(expected["storageSize"]))
    assert (blob.storage.start_epoch, blob.storage.end_epoch) == (5, 12)
    assert blob.certified_epoch == expected["certifiedEpoch"]
    assert blob.deletable == expected["deletable"]


def test_committees_of_the_structs(official: dict[str, dict[str, Any]]) -> None:
    """The node of the epoch before is gone, and with it that committee."""
    json, structs = SCENES["random-0"].json, official["random-0"]["structs"]
    staking = move.read_staking_inner(base64.b64decode(structs["stakingInner"]))
    pool = move.read_node(base64.b64decode(structs["pool"]))
    nodes = {
        raw(member["nodeId"]): replace(
            pool, node_id=raw(member["nodeId"]), public_key=bytes.fromhex(member["publicKey"])
        )
        for member in json["system"]["members"]
    }
    assert member_ids(staking) == [*nodes, b"z" * 32]
    committees = committees_of(staking, nodes)
    assert (committees.epoch, committees.previous, committees.phase) == (8, None, "selected")
    committee = committees.current
    assert (committee.epoch, committee.n_shards, len(committee)) == (8, 100, 12)
    for member in json["system"]["members"]:
        assert list(committee.member(raw(member["nodeId"])).shards) == member["shards"]


def test_ids_of_fields(official: dict[str, dict[str, Any]]) -> None:
    scene, fields = SCENES["random-0"], official["random-0"]["fields"]
    key = (3).to_bytes(8, "little")
    system = field_id(scene.contract.system.object_id, key, U64_TAG)
    assert system == raw(fields["system"])
    blob = raw(scene.json["blobs"][0]["id"])
    assert field_id(blob, b"\x08metadata", BYTE_VECTOR_TAG) == raw(fields["attributes"])
