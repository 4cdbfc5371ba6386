"""Certificates: enough members, each of them once, all over the same bytes."""

import itertools
import json
from dataclasses import replace

import pytest
from hypothesis import given, strategies as st
from protocol import points

import walrus_core as wc
from walrus_core.protocol.curve import ORDER
from walrus_core.protocol.messages import InvalidBlobId
from walrus_core.types import Epoch

BLOB_ID = wc.BlobId(bytes([7]) * 32)
MESSAGE = wc.Confirmation(21, BLOB_ID)
SUBSETS = [signers for size in range(5) for signers in itertools.combinations(range(4), size)]

Keys = list[wc.KeyPair]


def certificate_of(keys: Keys, signers: tuple[int, ...], message: object) -> wc.Certificate:
    """Whether it is enough or not."""
    data = bytes(message)
    return wc.Certificate(
        signers, data, wc.Signature.aggregate(keys[signer].sign(data) for signer in signers)
    )


@pytest.fixture(scope="module")
def certificate(key_pairs: Keys) -> wc.Certificate:
    return certificate_of(key_pairs, (0, 1, 3), MESSAGE)


@pytest.mark.parametrize("signers", SUBSETS[1:], ids=str)
@pytest.mark.parametrize("message", [MESSAGE, InvalidBlobId(21, BLOB_ID)])
def test_shards_count_not_nodes(
    committee: wc.Committee, key_pairs: Keys, signers: tuple[int, ...], message: wc.Confirmation
) -> None:
    """Nodes hold 4, 3, 2 and 1 of ten shards: 7 confirm a blob, 4 say that one is invalid."""
    weight = sum((4, 3, 2, 1)[signer] for signer in signers)
    needed = 7 if message is MESSAGE else 4
    certificate = certificate_of(key_pairs, signers, message)
    if weight >= needed:
        assert certificate.verify(committee) == message
    else:
        with pytest.raises(wc.NotEnoughWeightError, match=f"{weight} < {needed} shards") as error:
            certificate.verify(committee)
        assert (error.value.got, error.value.needed) == (weight, needed)


@pytest.mark.parametrize("claimed", SUBSETS, ids=str)
def test_only_those_who_signed_count(
    committee: wc.Committee, certificate: wc.Certificate, claimed: tuple[int, ...]
) -> None:
    right = claimed == certificate.signers
    assert (
        committee.keys.verifies(claimed, certificate.serialized_message, certificate.signature.data)
        == right
    )
    if not right:
        with pytest.raises((wc.SignatureError, wc.NotEnoughWeightError)):
            replace(certificate, signers=claimed).verify(committee)


def test_every_byte_counts(committee: wc.Committee, certificate: wc.Certificate) -> None:
    data = certificate.to_bcs()
    refusals = (wc.InvalidEncodingError, wc.SignatureError, wc.NotEnoughWeightError)
    for place in range(len(data)):
        changed = bytearray(data)
        changed[place] ^= 1 << place % 8
        with pytest.raises(refusals):
            wc.Certificate.from_bcs(changed).verify(committee)


def test_forms(committee: wc.Committee, certificate: wc.Certificate) -> None:
    assert wc.Certificate.from_bcs(certificate.to_bcs()) == certificate
    assert wc.Certificate.from_json(json.loads(json.dumps(certificate.to_json()))) == certificate
    assert certificate.bitmap(len(committee)) == b"\x0b"
    rebuilt = wc.Certificate.from_bitmap(
        b"\x0b", 4, certificate.serialized_message, certificate.signature
    )
    assert rebuilt == certificate


@given(st.permutations([0, 1, 3]))
def test_signers_in_any_order(
    committee: wc.Committee, certificate: wc.Certificate, order: list[int]
) -> None:
    other = replace(certificate, signers=tuple(order))
    assert other.verify(committee) == MESSAGE
    assert other.bitmap(4) == certificate.bitmap(4)
    assert wc.Certificate.from_bcs(other.to_bcs()) == other


def test_of_another_epoch(committee: wc.Committee, certificate: wc.Certificate) -> None:
    later = replace(committee, epoch=Epoch(22))
    with pytest.raises(wc.SignatureError, match=r"signed in epoch 21, not in .* epoch 22"):
        certificate.verify(later)
    with pytest.raises(wc.InvalidArgumentError, match="epoch"):
        wc.CertificateBuilder(later, MESSAGE)


def test_signers_who_are_unknown(committee: wc.Committee, certificate: wc.Certificate) -> None:
    with pytest.raises(wc.SignatureError, match="signer 4 >= 4 members"):
        replace(certificate, signers=(0, 1, 4)).verify(committee)


def test_signers_twice(certificate: wc.Certificate) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="distinct"):
        replace(certificate, signers=(0, 0, 1))
    data = bytearray(certificate.to_bcs())
    data[3] = 0
    with pytest.raises(wc.InvalidEncodingError, match="twice"):
        wc.Certificate.from_bcs(data)


def test_over_what_is_no_message(committee: wc.Committee, key_pairs: Keys) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        certificate_of(key_pairs, (0, 1), b"hello").verify(committee)


@given(st.binary(max_size=300))
def test_any_bytes_are_refused(data: bytes) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.Certificate.from_bcs(data)


@given(st.data())
def test_cut_and_continued(certificate: wc.Certificate, data: st.DataObject) -> None:
    received = certificate.to_bcs()
    cut = data.draw(st.integers(0, len(received) - 1))
    for wrong in (received[:cut], received + b"\0"):
        with pytest.raises(wc.InvalidEncodingError):
            wc.Certificate.from_bcs(wrong)


@pytest.mark.parametrize(
    "change",
    [
        {"signers": None},
        {"signers": [0, 0]},
        {"signers": [-1]},
        {"signers": [65536]},
        {"signers": [True]},
        {"signers": [1.0]},
        {"serialized_message": "AQ=="},
        {"serialized_message": [256]},
        {"signature": [1]},
        {"signature": "AQ=="},
    ],
)
def test_bad_json(certificate: wc.Certificate, change: dict[str, object]) -> None:
    with pytest.raises(wc.InvalidEncodingError):
        wc.Certificate.from_json(certificate.to_json() | change)


def test_opposite_keys_do_not_sign_for_anything(committee: wc.Committee) -> None:
    """The sum of their keys is the identity, whose signature is the identity, of any message."""
    secret = 12345
    keys = [
        wc.KeyPair(number.to_bytes(32, "big")).public_key for number in (secret, ORDER - secret)
    ]
    first, second = (
        replace(committee.members[0], public_key=keys[0], shards=tuple(range(5))),
        replace(committee.members[1], public_key=keys[1], shards=tuple(range(5, 10))),
    )
    rogues = replace(committee, members=(first, second))
    assert not rogues.keys.verifies((0, 1), bytes(MESSAGE), points.IDENTITY_G2)
    assert not committee.keys.verifies((), bytes(MESSAGE), points.IDENTITY_G2)


@pytest.mark.parametrize(
    "signature", [b"", bytes(96), b"\xff" * 96, *itertools.islice(points.points_outside_g2(), 3)]
)
def test_bytes_that_are_no_signature_verify_nothing(
    committee: wc.Committee, signature: bytes
) -> None:
    assert not committee.keys.verifies((0, 1, 2, 3), bytes(MESSAGE), signature)
