"""Every value has one encoding; the reader accepts no other."""

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc
from walrus_core.codec import bcs


@given(st.integers(0, bcs.U32_MAX))
def test_uleb128_round_trip(value: int) -> None:
    reader = bcs.Reader("number", bcs.uleb128(value))
    assert reader.uleb128() == value
    reader.finish()


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        ("", "truncated"),
        ("80", "truncated"),
        ("8000", "superfluous zero group"),
        ("ff8000", "superfluous zero group"),
        ("ffffffff10", "> 4,294,967,295"),
        ("ffffffff7f", "> 4,294,967,295"),
        ("808080808001", "longer than 5 bytes"),
        ("8080808080808080808001", "longer than 5 bytes"),
    ],
)
def test_bad_uleb128(data: str, reason: str) -> None:
    with pytest.raises(wc.InvalidEncodingError, match=reason):
        bcs.Reader("number", bytes.fromhex(data)).uleb128()


def test_fields_in_order() -> None:
    data = bcs.u16(0x0102) + bcs.u64(3) + bcs.byte_vector(b"data") + bcs.uleb128(300)
    reader = bcs.Reader("thing", bytearray(data))
    assert reader.left == len(data)
    assert (reader.u16(), reader.u64(), bytes(reader.byte_vector())) == (0x0102, 3, b"data")
    assert bytes(reader.rest) == bcs.uleb128(300)
    assert reader.uleb128() == 300
    reader.finish()


@pytest.mark.parametrize("count", [5, 2**20, 2**32 - 1])
def test_a_vector_cannot_announce_more_than_is_there(count: int) -> None:
    reader = bcs.Reader("vector", bcs.uleb128(count) + b"1234")
    with pytest.raises(wc.InvalidEncodingError, match="announces"):
        reader.byte_vector()


def test_errors_name_type_and_place() -> None:
    reader = bcs.Reader("thing", b"abcd")
    reader.take(3)
    with pytest.raises(wc.InvalidEncodingError, match=r"thing: over-long: 1 .* byte 3 of 4"):
        reader.finish()
    with pytest.raises(
        wc.InvalidEncodingError, match=r"thing: truncated: 2 bytes expected, 1 left"
    ):
        reader.u16()


def test_no_buffer_at_all() -> None:
    with pytest.raises(wc.InvalidArgumentError, match="thing must be a buffer"):
        bcs.Reader("thing", "text")


def test_a_refused_argument_is_a_bad_encoding() -> None:
    with pytest.raises(wc.InvalidEncodingError, match="n_shards"):
        bcs.Reader("config", b"").construct(wc.EncodingConfig, 3)
