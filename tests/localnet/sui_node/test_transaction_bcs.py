"""TransactionData: byte for byte as official tools write it, strict and bounded when it is read."""

import base64

import pytest
from hypothesis import given, strategies as st

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import transaction_bcs
from walrus_core.localnet.sui_node.ids import address_text, digest_of, digest_text
from walrus_core.localnet.sui_node.move_types import Struct, Vector
from walrus_core.localnet.sui_node.signatures import verify_signatures
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    GasData,
    Input,
    InputKind,
    MakeMoveVec,
    MergeCoins,
    MoveCall,
    ObjectReference,
    Place,
    Programmable,
    SplitCoins,
    TransactionData,
    TransferObjects,
)

OFFICIAL = base64.b64decode(
    "AAAMAQFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUVFRUQcAAAAAAAAAAQEAU1NTU1NTU1NTU1NTU1NTU1NTU1NTU1NT"
    "U1NTU1NTU1MMAAAAAAAAACAAAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHwAIiBMAAAAAAAAACHAXAAAAAAAAAAiA"
    "FO8DAAAAAAAEAwAAAAAgAQIDBAUGBwgJCgsMDQ4PEBESExQVFhcYGRobHB0eHyAAIAIDBAUGBwgJCgsMDQ4PEBESExQVFhcY"
    "GRobHB0eHyAhAAgAABAAAAAAAAABAQABAQAgFgF5oVZep8/yfq0j9UzH9QiTv1gVXNcoUVblevoxw6wEAgEBAAIBAgABAwAA"
    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urq6sGc3lzdGVtDXJlc2VydmVfc3BhY2UABAEAAAEEAAEFAAMAAAAAAKur"
    "q6urq6urq6urq6urq6urq6urq6urq6urq6urq6urBnN5c3RlbQ1yZWdpc3Rlcl9ibG9iAAgBAAACAQABBgABBwABCAABCQAB"
    "CgADAAABAAEDAgIAAwAAAAADAAABAAELABYBeaFWXqfP8n6tI/VMx/UIk79YFVzXKFFW5Xr6McOsAVRUVFRUVFRUVFRUVFRU"
    "VFRUVFRUVFRUVFRUVFRUVFRUAwAAAAAAAAAgAAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8WAXmhVl6nz/J+rSP1"
    "TMf1CJO/WBVc1yhRVuV6+jHDrOgDAAAAAAAAgPD6AgAAAAAA"
)
"""Built by @mysten/sui 1.45.2 (Transaction.build), and the same by pysui 1.5.1."""

SIGNATURE = base64.b64decode(
    "AJ6X57+GC+Ghx37PKd+hq2IYkcbeorMZQyWW1PZV0lsWiSViIpRgUJaWnKPsLBLucZ6eVv7DKsNHxTzMnpfgkgsDoQe/884Q"
    "vh1w3RjnS8CZZ+TWMJulDV8d3IZkElUxuA=="
)
SENDER = "0x160179a1565ea7cff27ead23f54cc7f50893bf58155cd7285156e57afa31c3ac"


def test_an_official_transaction_reads_as_what_it_is() -> None:
    data = transaction_bcs.decode(OFFICIAL)
    assert address_text(data.sender) == SENDER
    assert [type(command) for command in data.kind.commands] == [
        SplitCoins,
        MoveCall,
        MoveCall,
        TransferObjects,
    ]
    assert [each.kind.name for each in data.kind.inputs[:3]] == ["SHARED", "OWNED", "PURE"]
    assert (data.gas.price, data.gas.budget, data.expiration) == (1000, 50_000_000, None)
    reserve = data.kind.commands[1]
    assert isinstance(reserve, MoveCall)
    assert reserve.arguments[3] == Argument(Place.NESTED_RESULT, 0, 0)


def test_it_is_written_back_byte_for_byte() -> None:
    assert transaction_bcs.encode(transaction_bcs.decode(OFFICIAL)) == OFFICIAL


def test_its_signature_verifies() -> None:
    data = transaction_bcs.decode(OFFICIAL)
    verify_signatures(OFFICIAL, (SIGNATURE,), {data.sender, data.gas.owner})


def test_its_digest_is_that_of_pysui() -> None:
    bcs = pytest.importorskip("pysui.sui.sui_common.txn_base")
    expected = bcs._SuiTransactionBase.digest_from_bytes(OFFICIAL)
    assert digest_text(digest_of("TransactionData", OFFICIAL)) == expected


def test_every_truncation_is_refused() -> None:
    for size in range(len(OFFICIAL)):
        with pytest.raises(InvalidEncodingError):
            transaction_bcs.decode(OFFICIAL[:size])
    with pytest.raises(InvalidEncodingError, match="over-long"):
        transaction_bcs.decode(OFFICIAL + b"\0")


def test_every_changed_byte_is_refused_or_another_transaction() -> None:
    for place in range(len(OFFICIAL)):
        for flip in (0x01, 0x80, 0xFF):
            changed = bytearray(OFFICIAL)
            changed[place] ^= flip
            try:
                data = transaction_bcs.decode(bytes(changed))
            except InvalidEncodingError:
                continue
            assert transaction_bcs.encode(data) == changed


def test_announced_counts_are_checked_before_they_are_believed() -> None:
    huge = b"\xff\xff\xff\xff\x0f"
    for head in (b"\0\0", b"\0\0\0", b"\0\0\1\0", b"\0\0\0\1\1"):
        with pytest.raises(InvalidEncodingError):
            transaction_bcs.decode(head + huge + bytes(100))


def test_limits() -> None:
    with pytest.raises(InvalidEncodingError, match="131,072"):
        transaction_bcs.decode(bytes(128 * 1024 + 1))
    inputs = (Input(InputKind.PURE, b""),) * 2049
    data = transaction_bcs.decode(OFFICIAL)
    many = TransactionData(Programmable(inputs, ()), data.sender, data.gas)
    with pytest.raises(InvalidEncodingError, match="2,048"):
        transaction_bcs.decode(transaction_bcs.encode(many))
    large = Programmable((Input(InputKind.PURE, bytes(16 * 1024 + 1)),), ())
    with pytest.raises(InvalidEncodingError, match="16,384"):
        transaction_bcs.decode(
            transaction_bcs.encode(TransactionData(large, data.sender, data.gas))
        )


@pytest.mark.parametrize("tag", [4, 6])
def test_packages_are_not_published(tag: int) -> None:
    with pytest.raises(InvalidEncodingError, match="published"):
        transaction_bcs.decode(b"\0\0\0\1" + bytes([tag]) + bytes(80))


@pytest.mark.parametrize("kind", range(1, 12))
def test_other_kinds_are_not_for_people(kind: int) -> None:
    with pytest.raises(InvalidEncodingError):
        transaction_bcs.decode(b"\0" + bytes([kind]) + bytes(200))


ids = st.binary(min_size=32, max_size=32)
u16 = st.integers(0, 2**16 - 1)
u64 = st.integers(0, 2**64 - 1)
names = st.from_regex(r"[a-z][a-z0-9_]{0,12}", fullmatch=True)
references = st.builds(ObjectReference, ids, u64, ids)
inputs = st.one_of(
    st.builds(Input, st.just(InputKind.PURE), st.binary(max_size=80)),
    st.builds(Input, st.just(InputKind.OWNED), st.just(b""), ids, u64, ids),
    st.builds(Input, st.just(InputKind.RECEIVING), st.just(b""), ids, u64, ids),
    st.builds(
        Input, st.just(InputKind.SHARED), st.just(b""), ids, u64, st.just(b""), st.booleans()
    ),
)
arguments = st.one_of(
    st.just(Argument(Place.GAS)),
    st.builds(Argument, st.sampled_from([Place.INPUT, Place.RESULT]), u16),
    st.builds(Argument, st.just(Place.NESTED_RESULT), u16, u16),
)
some = st.lists(arguments, max_size=4).map(tuple)
types = st.recursive(
    st.sampled_from(["bool", "u8", "u16", "u32", "u64", "u128", "u256", "address", "signer"]),
    lambda inner: st.one_of(
        st.builds(Vector, inner),
        st.builds(Struct, ids, names, names, st.lists(inner, max_size=2).map(tuple)),
    ),
    max_leaves=4,
)
commands = st.one_of(
    st.builds(MoveCall, ids, names, names, st.lists(types, max_size=2).map(tuple), some),
    st.builds(TransferObjects, some, arguments),
    st.builds(SplitCoins, arguments, some),
    st.builds(MergeCoins, arguments, some),
    st.builds(MakeMoveVec, st.none() | types, some),
)
transactions = st.builds(
    TransactionData,
    st.builds(
        Programmable,
        st.lists(inputs, max_size=5).map(tuple),
        st.lists(commands, max_size=5).map(tuple),
    ),
    ids,
    st.builds(GasData, st.lists(references, max_size=3).map(tuple), ids, u64, u64),
    st.none() | u64,
)


@given(transactions)
def test_any_transaction_is_read_back_as_written(data: TransactionData) -> None:
    assert transaction_bcs.decode(transaction_bcs.encode(data)) == data
