"""Digests, ids and types in Sui's spelling."""

import pytest
from hypothesis import given, strategies as st

from walrus_core.errors import InvalidEncodingError
from walrus_core.localnet.sui_node import bcs, ids
from walrus_core.localnet.sui_node.move_types import (
    Struct,
    Vector,
    coin_type,
    decode_type,
    encode_type,
    parse_type,
)

SUI = "0x2::sui::SUI"


@given(st.binary(min_size=32, max_size=32))
def test_digests_are_read_back_as_written(digest: bytes) -> None:
    assert ids.parse_digest(ids.digest_text(digest)) == digest


def test_a_digest_of_leading_zeros() -> None:
    assert ids.digest_text(bytes(range(32))) == "1thX6LZfHDZZKUs92febYZhYRcXddmzfzF2NvTkPNE"
    assert ids.digest_text(bytes(32)) == "1" * 32


@pytest.mark.parametrize("text", ["", "0OIl", "1" * 31, "1" * 33, "z" * 44, "é", "1" * 10_000])
def test_other_texts_are_no_digests(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        ids.parse_digest(text)


@pytest.mark.parametrize("text", ["", "0x", "0xg", "0x" + "1" * 65, "-1", "0x 1", "٣"])
def test_other_texts_are_no_addresses(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        ids.parse_address(text)


def test_spellings_of_an_address() -> None:
    assert ids.parse_address("0x2") == ids.parse_address("2") == bytes(31) + b"\2"
    assert ids.address_text(ids.parse_address("0xA")) == "0x" + "0" * 63 + "a"


def test_the_id_of_a_dynamic_field() -> None:
    """By hand: Blake2b-256 of 0xf0, the parent, the key's length, the key, its type."""
    source = b"\xf0" + bytes([7]) * 32 + b"\10" + bytes(7) + b"\1" + bytes(7) + b"\2"
    found = ids.dynamic_field_id(bytes([7]) * 32, encode_type("u64"), bcs.u64(1))
    assert found == ids.blake2b(source)


def test_two_spellings_are_one_type() -> None:
    long = f"0x{'0' * 63}2::coin::Coin<0x{'0' * 63}2::sui::SUI>"
    assert parse_type(long) == parse_type(f"0x2::coin::Coin< {SUI} >") == coin_type(parse_type(SUI))
    assert str(parse_type(f"0x2::coin::Coin<{SUI}>")) == long


@pytest.mark.parametrize(
    ("text", "tag"),
    [
        ("bool", b"\0"),
        ("u64", b"\2"),
        ("address", b"\4"),
        ("vector<u8>", b"\6\1"),
        ("u16", b"\10"),
        ("u256", b"\12"),
        (SUI, b"\7" + bytes(31) + b"\2\3sui\3SUI\0"),
    ],
)
def test_types_as_tags(text: str, tag: bytes) -> None:
    assert encode_type(parse_type(text)) == tag
    assert decode_type(bcs.Reader("a type", tag)) == parse_type(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "u7",
        "vector",
        "vector<u8",
        "0x2::coin",
        "0x2::coin::Coin<>",
        "0x2::coin::Coin<u8>>",
        "0x2::coin::Coin<u8,>",
        "0x2::1a::B",
        "coin::Coin::x",
        "vector<" * 40 + "u8" + ">" * 40,
        "0x2::a::" + "b" * 200,
    ],
)
def test_other_texts_are_no_types(text: str) -> None:
    with pytest.raises(InvalidEncodingError):
        parse_type(text)


def test_a_type_nested_without_end_is_refused() -> None:
    with pytest.raises(InvalidEncodingError, match="deeper"):
        decode_type(bcs.Reader("a type", b"\6" * 10_000 + b"\1"))


types = st.recursive(
    st.sampled_from(["bool", "u8", "u64", "address"]),
    lambda inner: st.one_of(
        st.builds(Vector, inner),
        st.builds(
            Struct,
            st.binary(min_size=32, max_size=32),
            st.just("module"),
            st.just("Name"),
            st.lists(inner, max_size=3).map(tuple),
        ),
    ),
    max_leaves=5,
)


@given(types)
def test_types_are_read_back_as_written(type_: Struct) -> None:
    assert parse_type(str(type_)) == type_
    assert decode_type(bcs.Reader("a type", encode_type(type_))) == type_
