"""BLS12-381 as Walrus signs with it: keys in G1, signatures in G2, the basic scheme.

The one module that knows the library, py_arkworks_bls12381. Its pairing check takes the identity
for a key and a signature of everything, and its parser takes several spellings of the identity, so
both are refused here. It checks itself that points are on the curve, in the group, and below the
modulus. It does not promise that signing takes the same time for every secret.

Times below are of one core, about.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from walrus_core.errors import InvalidEncodingError, MissingDependencyError

try:
    from py_arkworks_bls12381 import GT, G1Point, G2Point, Scalar
except ImportError as error:
    raise MissingDependencyError("py_arkworks_bls12381", "protocol", str(error)) from None

__all__ = [
    "DOMAIN",
    "ORDER",
    "PUBLIC_KEY_SIZE",
    "SIGNATURE_SIZE",
    "G1Point",
    "G2Point",
    "Scalar",
    "message_point",
    "public_key_of",
    "public_key_point",
    "signature_point",
    "sum_of_signatures",
    "uncompressed_public_key_point",
    "verifies",
]

DOMAIN = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_NUL_"
"""Domain separation of the basic scheme (no augmentation; possession is proven apart)."""

ORDER = 0x73EDA753299D7D483339D80809A1D80553BDA402FFFE5BFEFFFFFFFF00000001
"""Of both groups: secret keys are 1..ORDER-1."""

PUBLIC_KEY_SIZE = 48
SIGNATURE_SIZE = 96

_NO_KEY = G1Point.identity()
_NO_SIGNATURE = G2Point.identity()
_GENERATOR = G1Point()
_MINUS_GENERATOR = -_GENERATOR

# Parsing costs 60 us for a key, 150 us for a signature. Keys are few and come in each certificate,
# signatures are parsed when they arrive and added up later, many nodes sign the same message.
_KEYS, _SIGNATURES, _MESSAGES = 4096, 1024, 16


@lru_cache(_KEYS)
def public_key_point(data: bytes) -> G1Point:
    """The point of a compressed public key; InvalidEncodingError if it is none, or the identity."""
    try:
        point = G1Point.from_compressed_bytes(data)
    except ValueError as error:
        raise InvalidEncodingError(f"not a BLS12-381 public key: {error}") from None
    return _proper_key(point)


def uncompressed_public_key_point(data: bytes) -> G1Point:
    """The same of x and y, 48 bytes each, big-endian: as the System object on chain holds keys."""
    try:
        point = G1Point.from_xy_bytes_be(data)
    except ValueError as error:
        raise InvalidEncodingError(f"not an uncompressed BLS12-381 public key: {error}") from None
    return _proper_key(point)


def _proper_key(point: G1Point) -> G1Point:
    if point == _NO_KEY:
        raise InvalidEncodingError("the identity of G1 is no public key: it verifies anything")
    return point


@lru_cache(_SIGNATURES)
def signature_point(data: bytes) -> G2Point:
    """The point of a compressed signature; InvalidEncodingError if it is none, or the identity."""
    try:
        point = G2Point.from_compressed_bytes(data)
    except ValueError as error:
        raise InvalidEncodingError(f"not a BLS12-381 signature: {error}") from None
    if point == _NO_SIGNATURE:
        raise InvalidEncodingError("the identity of G2 is no signature")
    return point


@lru_cache(_MESSAGES)
def message_point(message: bytes) -> G2Point:
    """What a secret key multiplies to sign: the message hashed to G2 (0.5 ms)."""
    return G2Point.hash_to_curve(message, DOMAIN)


def public_key_of(secret: Scalar) -> bytes:
    """Compressed."""
    return (_GENERATOR * secret).to_compressed_bytes()


def sum_of_signatures(signatures: Iterable[G2Point]) -> bytes:
    """Compressed; of none, or of some that cancel out, the identity, which is no signature."""
    return sum(signatures, start=_NO_SIGNATURE).to_compressed_bytes()


def verifies(key: G1Point, message: bytes, signature: G2Point) -> bool:
    """Whether e(key, H(message)) = e(generator, signature), both not the identity (1.5 ms).

    Sums of keys of several signers can be the identity though none of the keys is.
    """
    if key == _NO_KEY or signature == _NO_SIGNATURE:
        return False
    return GT.pairing_check([key, _MINUS_GENERATOR], [message_point(message), signature])
