"""Blob IDs, axes, and the conversions between indices."""

import pickle

import pytest

import walrus_core as wc
from walrus_core.types import checked_bytes, checked_instance, checked_int

EXAMPLE = bytes.fromhex("45c53cd8cc1ff82164bf52da23fdaa72900dc29194b86dd33309d5cd9c43da46")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "A" * 43),
        (1, "AQ" + "A" * 41),
        (12345, "OTA" + "A" * 40),
        (0xDEADBEEF, "776t3g" + "A" * 37),
        (2**256 - 1, "_" * 42 + "8"),
        (
            32047538705383907710745794627166216794695117628018721399077707816295890470213,
            "RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY",
        ),
    ],
)
def test_blob_id_forms(value: int, text: str) -> None:
    blob_id = wc.BlobId.from_u256(value)
    assert str(blob_id) == text
    assert wc.BlobId.from_str(text) == blob_id
    assert blob_id.to_u256() == value
    assert bytes(blob_id) == value.to_bytes(32, "little")
    assert wc.BlobId(bytes(blob_id)) == blob_id


def test_a_blob_id_is_a_value() -> None:
    blob_id = wc.BlobId(EXAMPLE)
    assert pickle.loads(pickle.dumps(blob_id)) == blob_id
    assert {blob_id: 1}[wc.BlobId(bytearray(EXAMPLE))] == 1
    assert repr(blob_id) == "BlobId(RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY)"
    assert blob_id.hex() == EXAMPLE.hex()
    assert wc.BlobId(bytes(32)) < blob_id
    with pytest.raises(AttributeError):
        blob_id.digest = bytes(32)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "A" * 42,
        "A" * 44,
        "A" * 43 + "=",
        "A" * 42 + "B",  # bits past the 256th
        "+" * 43,
        "/" * 42 + "8",
        " " + "A" * 42,
        "A" * 42 + "\n",
        "é" * 43,
        "A" * 42 + "=",
    ],
)
def test_bad_texts(text: str) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.BlobId.from_str(text)


def test_bad_blob_ids() -> None:
    for data in (b"", bytes(31), bytes(33)):
        with pytest.raises(wc.InvalidEncodingError, match="32 bytes"):
            wc.BlobId(data)
    for data in ("A" * 43, 5, None):
        with pytest.raises(wc.InvalidArgumentError, match="made of bytes"):
            wc.BlobId(data)
    for value in (-1, 2**256, True, 1.0, "1"):
        with pytest.raises(wc.InvalidArgumentError, match="u256"):
            wc.BlobId.from_u256(value)
    with pytest.raises(wc.InvalidArgumentError, match="is a str"):
        wc.BlobId.from_str(bytes(32))


def test_axes() -> None:
    assert wc.Axis("primary") is wc.Axis.PRIMARY == "primary"
    assert [axis.orthogonal for axis in wc.Axis] == [wc.Axis.SECONDARY, wc.Axis.PRIMARY]
    assert [axis.number for axis in wc.Axis] == [0, 1]
    assert [str(axis) for axis in wc.Axis] == ["primary", "secondary"]
    for bad in ("Primary", "", 0, None):
        with pytest.raises(wc.InvalidArgumentError, match="'primary' or 'secondary'"):
            wc.Axis(bad)


def test_slivers_and_pairs() -> None:
    assert [wc.pair_to_sliver("primary", pair, 4) for pair in range(4)] == [0, 1, 2, 3]
    assert [wc.pair_to_sliver("secondary", pair, 4) for pair in range(4)] == [3, 2, 1, 0]
    for axis in wc.Axis:
        for pair in range(4):
            assert wc.sliver_to_pair(axis, wc.pair_to_sliver(axis, pair, 4), 4) == pair


@pytest.mark.parametrize(("value", "pairs"), [(15, {0: 1, 5: 6, 6: 0}), (16, {5: 0, 6: 1, 4: 6})])
def test_rotation(value: int, pairs: dict[int, int]) -> None:
    """Read big-endian, unlike the u256 form."""
    blob_id = wc.BlobId(value.to_bytes(32, "big"))
    for pair, shard in pairs.items():
        assert wc.pair_to_shard(blob_id, pair, 7) == shard
        assert wc.shard_to_pair(blob_id, shard, 7) == pair


def test_rotation_of_the_worked_example() -> None:
    assert wc.shard_to_pair(wc.BlobId(EXAMPLE), 0, 10) == 2


@pytest.mark.parametrize("index", [-1, 4, True, 1.0, None])
def test_bad_indices(index: object) -> None:
    blob_id = wc.BlobId(bytes(32))
    for convert, first in (
        (wc.pair_to_sliver, "primary"),
        (wc.sliver_to_pair, "secondary"),
        (wc.pair_to_shard, blob_id),
        (wc.shard_to_pair, blob_id),
    ):
        with pytest.raises(wc.InvalidArgumentError, match="index"):
            convert(first, index, 4)


class Seven:
    """What numpy's integers are to Python."""

    def __index__(self) -> int:
        return 7


def test_checked_int() -> None:
    assert checked_int("n", 7, 7, 7) == 7
    checked = checked_int("n", Seven(), 0, 10)
    assert (type(checked), checked) == (int, 7)
    with pytest.raises(wc.InvalidArgumentError, match="n = 11 is outside 0 <= n <= 10"):
        checked_int("n", 11, 0, 10)
    with pytest.raises(wc.InvalidArgumentError, match="an integer of 33,220 bits"):
        checked_int("n", 10**10_000, 0, 10)
    with pytest.raises(wc.InvalidArgumentError, match="must be an integer, not bool"):
        checked_int("n", False, 0, 10)


def test_checked_bytes() -> None:
    for data in (b"ab", bytearray(b"ab"), memoryview(b"ab")):
        checked = checked_bytes("data", data, 2)
        assert (type(checked), checked) == (bytes, b"ab")
    assert checked_bytes("data", b"") == b""
    with pytest.raises(wc.InvalidArgumentError, match=r"data has 2 bytes; it must have 3"):
        checked_bytes("data", b"ab", 3)
    for wrong in (None, 2, "ab", [1, 2]):
        with pytest.raises(wc.InvalidArgumentError, match=r"data must be bytes, not"):
            checked_bytes("data", wrong)


def test_checked_instance() -> None:
    blob_id = wc.BlobId(bytes(32))
    assert checked_instance("blob", blob_id, wc.BlobId) is blob_id
    with pytest.raises(wc.InvalidArgumentError, match="blob must be a BlobId, not bytes"):
        checked_instance("blob", bytes(32), wc.BlobId)
