"""Signatures: what a node makes for each blob, what a client does with those of 100 nodes, and what
the chain does with the certificate.

The rival, pysui-fastcrypto, wraps the official Rust library; it verifies and adds up, but does not
sign. It parses keys and signatures each time; ours remembers those it has seen, so that it is timed
twice: all new, and with the keys known, as those of a committee are.
"""

from collections.abc import Callable

import pysui_fastcrypto as rival
import pytest
from harness import OURS, RIVAL
from pytest_benchmark.fixture import BenchmarkFixture

import walrus_core as wc
from walrus_core.protocol import curve

N_MEMBERS = 100
ROUNDS = 30
KEYS_KNOWN = f"{OURS}, keys known"

Run = Callable[[], object]

MESSAGE = wc.Confirmation(21, wc.BlobId(bytes([7]) * 32))
DATA = bytes(MESSAGE)
KEY_PAIRS = [wc.KeyPair((10**9 + i).to_bytes(32, "big")) for i in range(N_MEMBERS)]
KEYS = [bytes(key_pair.public_key) for key_pair in KEY_PAIRS]
SIGNED = [wc.SignedMessage.sign(key_pair, MESSAGE).to_bcs() for key_pair in KEY_PAIRS]
SIGNATURES = [data[-wc.Signature.SIZE :] for data in SIGNED]
TOTAL = rival.bls_aggregate(SIGNATURES)
CERTIFICATE = wc.Certificate(tuple(range(N_MEMBERS)), DATA, wc.Signature(TOTAL)).to_bcs()


def committee() -> wc.Committee:
    """A hundred nodes with ten shards each."""
    members = [
        wc.Member(i.to_bytes(32, "big"), wc.PublicKey(key), "", range(10 * i, 10 * i + 10))
        for i, key in enumerate(KEYS)
    ]
    return wc.Committee(MESSAGE.epoch, 10 * N_MEMBERS, members)


COMMITTEE = committee()


def sign() -> object:
    """A confirmation."""
    return KEY_PAIRS[0].sign(DATA)


def verify() -> object:
    """A confirmation, from its bytes."""
    return wc.SignedMessage.from_bcs(SIGNED[0]).verify(wc.PublicKey(KEYS[0]))


def rival_verify() -> object:
    return rival.bls_verify(KEYS[0], SIGNATURES[0], DATA)


def aggregate() -> object:
    """A hundred signatures, from their bytes."""
    return wc.Signature.aggregate(wc.Signature(data) for data in SIGNATURES)


def rival_aggregate() -> object:
    return rival.bls_aggregate(SIGNATURES)


def combine() -> object:
    """A hundred confirmations, from their bytes, into a certificate that is verified."""
    builder = wc.CertificateBuilder(COMMITTEE, MESSAGE)
    for signer, data in enumerate(SIGNED):
        builder.add(signer, wc.SignedMessage.from_bcs(data))
    return builder.certificate()


def rival_combine() -> object:
    return rival.bls_aggregate_verify(rival.bls_aggregate(SIGNATURES), KEYS, DATA)


def verify_certificate_and_keys() -> object:
    """Of a hundred signers, from its bytes, with a committee from its bytes."""
    return wc.Certificate.from_bcs(CERTIFICATE).verify(committee())


def verify_certificate() -> object:
    """The same, with the committee at hand."""
    return wc.Certificate.from_bcs(CERTIFICATE).verify(COMMITTEE)


def rival_verify_certificate() -> object:
    return rival.bls_aggregate_verify(TOTAL, KEYS, DATA)


def forget_all() -> None:
    """Nothing was seen before."""
    curve.public_key_point.cache_clear()
    forget_signatures()


def forget_signatures() -> None:
    """Nothing but the keys was seen before."""
    curve.signature_point.cache_clear()
    curve.message_point.cache_clear()


@pytest.mark.parametrize(
    ("group", "name", "run", "forget"),
    [
        ("sign", OURS, sign, forget_all),
        ("verify one", OURS, verify, forget_all),
        ("verify one", KEYS_KNOWN, verify, forget_signatures),
        ("verify one", RIVAL, rival_verify, forget_all),
        ("aggregate 100", OURS, aggregate, forget_all),
        ("aggregate 100", RIVAL, rival_aggregate, forget_all),
        ("100 confirmations to a certificate", KEYS_KNOWN, combine, forget_signatures),
        ("100 confirmations to a certificate", RIVAL, rival_combine, forget_all),
        ("verify a certificate", OURS, verify_certificate_and_keys, forget_all),
        ("verify a certificate", KEYS_KNOWN, verify_certificate, forget_signatures),
        ("verify a certificate", RIVAL, rival_verify_certificate, forget_all),
    ],
)
def test_signatures(
    benchmark: BenchmarkFixture, group: str, name: str, run: Run, forget: Callable[[], None]
) -> None:
    benchmark.group, benchmark.name = group, name
    assert benchmark.pedantic(run, setup=forget, rounds=ROUNDS, warmup_rounds=1)
