"""One confirmation after the other, until they make a certificate."""

import dataclasses

import pytest
from hypothesis import given, strategies as st

import walrus_core as wc

BLOB_ID = wc.BlobId(bytes([7]) * 32)
MESSAGE = wc.Confirmation(21, BLOB_ID)

Keys = list[wc.KeyPair]


@pytest.fixture
def builder(committee: wc.Committee) -> wc.CertificateBuilder:
    return wc.CertificateBuilder(committee, MESSAGE)


@pytest.fixture(scope="module")
def confirmations(key_pairs: Keys) -> list[wc.SignedMessage]:
    return [wc.SignedMessage.sign(key_pair, MESSAGE) for key_pair in key_pairs[:4]]


@given(st.permutations(range(4)))
def test_in_any_order(
    committee: wc.Committee, confirmations: list[wc.SignedMessage], order: list[int]
) -> None:
    builder = wc.CertificateBuilder(committee, MESSAGE)
    for count, signer in enumerate(order, 1):
        builder.add(signer, confirmations[signer])
        assert builder.signers == tuple(sorted(order[:count]))
        assert builder.weight == committee.weight_of(order[:count])
        if builder.is_enough:
            certificate = builder.certificate()
            assert certificate.signers == builder.signers
            assert certificate.verify(committee) == MESSAGE
        else:
            with pytest.raises(wc.NotEnoughWeightError):
                builder.certificate()


def test_twice_counts_once(
    builder: wc.CertificateBuilder, confirmations: list[wc.SignedMessage]
) -> None:
    for _ in range(3):
        builder.add(0, confirmations[0])
    assert builder.weight == 4


def test_another_message_is_refused_at_once(
    builder: wc.CertificateBuilder, key_pairs: Keys
) -> None:
    """The next epoch's, above all."""
    later = wc.SignedMessage.sign(key_pairs[0], dataclasses.replace(MESSAGE, epoch=22))
    with pytest.raises(wc.SignatureError, match="member 0 signed 01000316"):
        builder.add(0, later)
    assert builder.signers == ()


def test_wrong_signatures_are_found_and_replaced(
    builder: wc.CertificateBuilder, confirmations: list[wc.SignedMessage]
) -> None:
    builder.add(0, confirmations[1])  # what another one signed
    builder.add(1, confirmations[1])
    builder.add(2, confirmations[2])
    assert builder.is_enough
    with pytest.raises(wc.NotEnoughWeightError, match="5 < 7 shards"):
        builder.certificate()
    assert builder.refused.keys() == {0}
    assert "not that of key" in builder.refused[0]
    assert builder.signers == (1, 2)
    builder.add(0, confirmations[0])
    assert builder.refused == {}
    assert builder.certificate().signers == (0, 1, 2)


def test_wrong_ones_do_not_keep_the_others_from_being_enough(
    builder: wc.CertificateBuilder, confirmations: list[wc.SignedMessage]
) -> None:
    for signer, signed in ((0, 0), (1, 1), (2, 3), (3, 2)):
        builder.add(signer, confirmations[signed])
    # The two were swapped, so the sum is that of the right ones.
    assert builder.certificate().signers == (0, 1, 2, 3)
    builder.add(2, confirmations[0])
    assert builder.certificate().signers == (0, 1)
    assert builder.refused.keys() == {2, 3}


@pytest.mark.parametrize("signer", [-1, 4, None, True])
def test_who_is_no_member(
    builder: wc.CertificateBuilder, confirmations: list[wc.SignedMessage], signer: object
) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="signer"):
        builder.add(signer, confirmations[0])
