"""Bitmaps of signers, and how many are enough."""

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc
from walrus_core.protocol.signers import bitmap_to_signers, signers_to_bitmap


@st.composite
def committees(draw: st.DrawFn) -> tuple[int, list[int]]:
    """A number of members, and some of them in any order."""
    n_members = draw(st.integers(1, 200))
    return n_members, draw(st.lists(st.integers(0, n_members - 1), unique=True))


@given(committees())
def test_round_trip(case: tuple[int, list[int]]) -> None:
    n_members, signers = case
    bitmap = signers_to_bitmap(signers, n_members)
    assert len(bitmap) == -(-n_members // 8)
    for member in range(n_members):
        assert bitmap[member // 8] >> member % 8 & 1 == (member in signers)
    assert bitmap_to_signers(bitmap, n_members) == tuple(sorted(signers))
    assert bitmap_to_signers(bitmap.rstrip(b"\0"), n_members) == tuple(sorted(signers))


@given(st.integers(0, 200), st.binary(max_size=30))
def test_any_bytes_are_a_bitmap_or_refused(n_members: int, bitmap: bytes) -> None:
    stray = len(bitmap) > -(-n_members // 8) or int.from_bytes(bitmap, "little") >> n_members
    if stray:
        with pytest.raises(wc.InvalidEncodingError, match="signer bitmap"):
            bitmap_to_signers(bitmap, n_members)
    else:
        padded = bitmap.ljust(-(-n_members // 8), b"\0")
        assert signers_to_bitmap(bitmap_to_signers(bitmap, n_members), n_members) == padded


@pytest.mark.parametrize(
    ("bitmap", "n_members", "signers"),
    [("", 0, ()), ("", 3, ()), ("05", 3, (0, 2)), ("ff01", 9, tuple(range(9))), ("80", 100, (7,))],
)
def test_examples(bitmap: str, n_members: int, signers: tuple[int, ...]) -> None:
    assert bitmap_to_signers(bytes.fromhex(bitmap), n_members) == signers


@pytest.mark.parametrize("signer", [-1, 3, 2**70, None, 1.0, True])
def test_who_is_no_member(signer: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="signer"):
        signers_to_bitmap([signer], 3)


def test_a_bitmap_is_bytes() -> None:
    with pytest.raises(wc.InvalidArgumentError, match="bitmap must be bytes"):
        bitmap_to_signers("00", 3)


@pytest.mark.parametrize(
    ("n_shards", "quorum", "validity"), [(1000, 667, 334), (100, 67, 34), (10, 7, 4), (4, 3, 2)]
)
def test_least_weights(n_shards: int, quorum: int, validity: int) -> None:
    assert wc.Threshold.QUORUM.least(n_shards) == quorum
    assert wc.Threshold("validity").least(n_shards) == validity


@pytest.mark.parametrize("n_shards", range(300))
def test_thresholds_are_the_contracts(n_shards: int) -> None:
    for weight in range(n_shards + 1):
        quorum = 3 * weight >= 2 * n_shards + 1
        assert wc.Threshold.QUORUM.reached(weight, n_shards) == quorum
        validity = 3 * weight >= n_shards + 1
        assert wc.Threshold.VALIDITY.reached(weight, n_shards) == validity
    if n_shards:  # the official client asks for n - f
        assert wc.Threshold.QUORUM.least(n_shards) == n_shards - (n_shards - 1) // 3


def test_no_other_threshold() -> None:
    with pytest.raises(wc.InvalidArgumentError, match="'quorum' or 'validity'"):
        wc.Threshold("majority")
