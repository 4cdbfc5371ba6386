"""Signatures of people: what Sui accepts over a transaction.

A signature is flag || signature (64 bytes) || public key; what is signed is Blake2b-256 of the
intent 0, 0, 0 (a transaction, version 0, for Sui) and the transaction's BCS. The two ECDSA schemes
hash that once more (SHA-256) and accept the lower of the two possible `s` alone.
"""

from __future__ import annotations

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from walrus_core.localnet.sui_node.ids import address_of_key, address_text, blake2b
from walrus_core.localnet.sui_node.refusals import invalid

__all__ = ["SIGNATURE_SIZE", "signer_of", "signing_digest", "verify_signatures"]

_INTENT = bytes(3)
SIGNATURE_SIZE = 64
ED25519, SECP256K1, SECP256R1 = 0, 1, 2
_KEY_SIZES = {ED25519: 32, SECP256K1: 33, SECP256R1: 33}
_CURVES: dict[int, tuple[ec.EllipticCurve, int]] = {
    SECP256K1: (
        ec.SECP256K1(),
        0xFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFFEBAAEDCE6AF48A03BBFD25E8CD0364141,
    ),
    SECP256R1: (
        ec.SECP256R1(),
        0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551,
    ),
}
"""Flag -> curve and the order of its group."""


def signing_digest(transaction: bytes) -> bytes:
    """What a key signs, for the BCS of a TransactionData."""
    return blake2b(_INTENT + transaction)


def signer_of(signature: bytes) -> bytes:
    """The address of whoever could have made it."""
    flag = signature[0] if signature else -1
    size = _KEY_SIZES.get(flag)
    if size is None:
        raise invalid(f"signature scheme {flag} is not one of ed25519, secp256k1, secp256r1 (0..2)")
    if len(signature) != 1 + SIGNATURE_SIZE + size:
        wanted = 1 + SIGNATURE_SIZE + size
        raise invalid(f"a signature of {len(signature)} bytes; scheme {flag} has {wanted}")
    return address_of_key(flag, signature[1 + SIGNATURE_SIZE :])


def verify_signatures(
    transaction: bytes, signatures: tuple[bytes, ...], required: set[bytes]
) -> None:
    """Refuse unless exactly the addresses required have signed, once each."""
    if len(signatures) != len(required):
        raise invalid(f"{len(signatures)} signatures, {len(required)} required")
    signers = {signer_of(signature): signature for signature in signatures}
    for address in required:
        if address not in signers:
            raise invalid(f"the signature of {address_text(address)} is missing")
    digest = signing_digest(transaction)
    for address, signature in signers.items():
        if not _verifies(signature, digest):
            raise invalid(f"the signature of {address_text(address)} is not over this transaction")


def _verifies(signature: bytes, digest: bytes) -> bool:
    flag, body = signature[0], signature[1 : 1 + SIGNATURE_SIZE]
    key = signature[1 + SIGNATURE_SIZE :]
    try:
        if flag == ED25519:
            ed25519.Ed25519PublicKey.from_public_bytes(key).verify(body, digest)
            return True
        return _ecdsa_verifies(flag, key, body, digest)
    except (InvalidSignature, ValueError):
        return False


def _ecdsa_verifies(flag: int, key: bytes, body: bytes, digest: bytes) -> bool:
    curve, order = _CURVES[flag]
    r, s = int.from_bytes(body[:32], "big"), int.from_bytes(body[32:], "big")
    if s > order // 2:
        return False
    public = ec.EllipticCurvePublicKey.from_encoded_point(curve, key)
    public.verify(encode_dss_signature(r, s), digest, ec.ECDSA(hashes.SHA256()))
    return True
