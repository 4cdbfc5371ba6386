"""Committees: every shard has one holder, and everybody can be looked up."""

import dataclasses
import pickle
import random

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc

Sets = list[list[int]]


def committee_of(shards: Sets, keys: list[wc.KeyPair], n_shards: int) -> wc.Committee:
    members = [
        wc.Member(bytes(31) + bytes([number]), keys[number].public_key, "host:1", tuple(held))
        for number, held in enumerate(shards)
    ]
    return wc.Committee(3, n_shards, tuple(reversed(members)))


@st.composite
def partitions(draw: st.DrawFn) -> Sets:
    """Of 0..n-1, into at most ten sets that are not empty, each in any order."""
    n_shards = draw(st.integers(1, 60))
    n_sets = draw(st.integers(1, min(10, n_shards)))
    shards = list(range(n_shards))
    random.Random(draw(st.integers(0, 2**32))).shuffle(shards)
    return [shards[start::n_sets] for start in range(n_sets)]


@given(partitions(), st.binary(min_size=32, max_size=32))
def test_who_holds_what(key_pairs: list[wc.KeyPair], shards: Sets, blob_id_bytes: bytes) -> None:
    n_shards, blob_id = sum(map(len, shards)), wc.BlobId(blob_id_bytes)
    committee = committee_of(shards, key_pairs, n_shards)
    assert len(committee) == len(shards)
    assert [list(member.shards) for member in committee.members] == shards
    assert [member.weight for member in committee.members] == [len(held) for held in shards]
    pairs = []
    for position, member in enumerate(committee.members):
        assert committee.position(member.node_id) == position
        assert committee.member(member.node_id) is member
        assert committee.members_with_key(member.public_key) == (member,)
        for shard, pair in zip(member.shards, committee.pairs_of(member, blob_id), strict=True):
            assert committee.holder_of_shard(shard) is member
            assert committee.holder_of_pair(blob_id, pair) is member
            assert wc.pair_to_shard(blob_id, pair, n_shards) == shard
            pairs.append(pair)
    assert sorted(pairs) == list(range(n_shards))
    assert committee.weight_of(range(len(shards))) == n_shards


@given(partitions(), st.data())
def test_what_is_no_partition(
    key_pairs: list[wc.KeyPair], shards: Sets, data: st.DataObject
) -> None:
    n_shards = sum(map(len, shards))
    held = data.draw(st.sampled_from(shards))
    with pytest.raises(wc.InvalidArgumentError, match=r"nobody holds|n_shards"):
        committee_of(shards, key_pairs, n_shards + 1)
    with pytest.raises(wc.InvalidArgumentError, match=r"shard|n_shards"):
        committee_of(shards, key_pairs, n_shards - 1)
    held.append(data.draw(st.integers(0, n_shards - 1)))
    with pytest.raises(wc.InvalidArgumentError, match="held twice"):
        committee_of(shards, key_pairs, n_shards)


def test_rotation_of_the_worked_example(committee: wc.Committee) -> None:
    """The offset of this blob is 8, so pair 0 is in shard 8."""
    blob_id = wc.BlobId.from_str("RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY")
    assert committee.holder_of_pair(blob_id, 0) is committee.members[1]
    assert committee.pairs_of(committee.members[0], blob_id) == (2, 3, 4, 1)


def test_committees_are_values(committee: wc.Committee) -> None:
    copy = pickle.loads(pickle.dumps(committee))
    assert copy == committee
    assert copy.holder_of_shard(7) == committee.members[3]
    assert dataclasses.replace(committee, epoch=22) != committee


def test_members_are_in_the_order_of_their_ids(committee: wc.Committee) -> None:
    backwards = wc.Committee(21, 10, committee.members[::-1])
    assert backwards == committee
    assert [member.node_id[-1] for member in backwards.members] == [0, 1, 2, 3]


def test_two_nodes_may_use_one_key(committee: wc.Committee) -> None:
    first, *others = committee.members
    twins = [first, *(dataclasses.replace(one, public_key=first.public_key) for one in others)]
    assert len(wc.Committee(21, 10, twins).members_with_key(first.public_key)) == 4


def test_bad_members(committee: wc.Committee) -> None:
    member = committee.members[0]
    for wrong, reason in (
        ({"shards": ()}, "at least one shard"),
        ({"shards": (-1,)}, "shard"),
        ({"shards": (2**16,)}, "shard"),
        ({"node_id": bytes(31)}, "node_id has 31 bytes; it must have 32"),
        ({"public_key": bytes(48)}, "public_key must be a PublicKey"),
        ({"network_address": None}, "network_address must be a str"),
    ):
        with pytest.raises(wc.InvalidArgumentError, match=reason):
            dataclasses.replace(member, **wrong)


def test_bad_committees(committee: wc.Committee) -> None:
    for arguments, reason in (
        ((21, 0, ()), "n_shards"),
        ((21, 10, ()), "0 < 10 shards"),
        ((-1, 10, committee.members), "epoch"),
        ((2**32, 10, committee.members), "epoch"),
        ((21, 10, (*committee.members, committee.members[0])), "same node ID"),
    ):
        with pytest.raises(wc.InvalidArgumentError, match=reason):
            wc.Committee(*arguments)


def test_who_is_unknown(committee: wc.Committee) -> None:
    with pytest.raises(wc.InvalidArgumentError, match=r"is not in the committee of epoch 21"):
        committee.member(bytes([1]) * 32)
    for call, bad in (
        (committee.member, b"short"),
        (committee.holder_of_shard, 10),
        (committee.holder_of_shard, -1),
        (committee.weight_of, [4]),
    ):
        with pytest.raises(wc.InvalidArgumentError):
            call(bad)
    assert committee.members_with_key(wc.KeyPair(bytes(31) + b"\x63").public_key) == ()
    assert committee.weight_of([0, 0, 1]) == 7
