"""Signatures of the three schemes, and what only looks like one."""

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import (
    decode_dss_signature,
    encode_dss_signature,
)
from localnet.sui_node.people import ALICE, BOB

from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.signatures import signer_of, signing_digest, verify_signatures

CONTENT = b"some transaction"
ORDERS = {
    1: 0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    2: 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
}
CURVES = {1: ec.SECP256K1(), 2: ec.SECP256R1()}


def ecdsa(flag: int, *, high: bool = False) -> bytes:
    """A signature over CONTENT; `high` takes the other `s`, which is as good to mathematics."""
    key = ec.derive_private_key(12345, CURVES[flag])
    public = key.public_key().public_bytes(
        serialization.Encoding.X962, serialization.PublicFormat.CompressedPoint
    )
    der = key.sign(signing_digest(CONTENT), ec.ECDSA(hashes.SHA256()))
    r, s = decode_dss_signature(der)
    if (s > ORDERS[flag] // 2) != high:
        s = ORDERS[flag] - s
    assert encode_dss_signature(r, s)
    return bytes([flag]) + r.to_bytes(32, "big") + s.to_bytes(32, "big") + public


@pytest.mark.parametrize(
    "signature",
    [ALICE.sign(CONTENT), ecdsa(1), ecdsa(2)],
    ids=["ed25519", "secp256k1", "secp256r1"],
)
def test_three_schemes(signature: bytes) -> None:
    verify_signatures(CONTENT, (signature,), {signer_of(signature)})
    with pytest.raises(RefusedError, match="not over this"):
        verify_signatures(CONTENT + b"!", (signature,), {signer_of(signature)})


@pytest.mark.parametrize("flag", [1, 2])
def test_the_higher_s_is_refused(flag: int) -> None:
    signature = ecdsa(flag, high=True)
    with pytest.raises(RefusedError, match="not over this"):
        verify_signatures(CONTENT, (signature,), {signer_of(signature)})


def test_two_signers_when_another_pays() -> None:
    both = (ALICE.sign(CONTENT), BOB.sign(CONTENT))
    verify_signatures(CONTENT, both, {ALICE.address, BOB.address})
    for wrong in (both[:1], both[1:], (both[0], both[0]), (*both, both[0]), ()):
        with pytest.raises(RefusedError):
            verify_signatures(CONTENT, wrong, {ALICE.address, BOB.address})


def test_a_swapped_key_is_another_signer() -> None:
    swapped = ALICE.sign(CONTENT)[:65] + BOB.sign(CONTENT)[65:]
    with pytest.raises(RefusedError, match="missing"):
        verify_signatures(CONTENT, (swapped,), {ALICE.address})
    with pytest.raises(RefusedError, match="not over this"):
        verify_signatures(CONTENT, (swapped,), {BOB.address})


@pytest.mark.parametrize("flag", [3, 4, 5, 6, 255])
def test_other_schemes_are_refused(flag: int) -> None:
    with pytest.raises(RefusedError, match="scheme"):
        signer_of(bytes([flag]) + bytes(96))


@pytest.mark.parametrize("size", [0, 1, 64, 96, 98, 10_000])
def test_other_sizes_are_refused(size: int) -> None:
    with pytest.raises(RefusedError):
        signer_of(bytes(size))


@pytest.mark.parametrize("flag", [0, 1, 2])
def test_a_key_that_is_no_point_verifies_nothing(flag: int) -> None:
    size = 32 if flag == 0 else 33
    signature = bytes([flag]) + bytes(64) + b"\xff" * size
    with pytest.raises(RefusedError, match="not over this"):
        verify_signatures(CONTENT, (signature,), {signer_of(signature)})
