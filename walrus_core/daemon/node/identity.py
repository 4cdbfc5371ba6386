"""The keys of a storage node, in files for its owner only, in the official forms.

Key files hold base64 of the scheme's number and the secret; the account that owns the node on chain
is a Sui keystore. A key that is not there is made; one that is damaged is never replaced.
"""

from __future__ import annotations

import base64
import binascii
import contextlib
import json
from collections.abc import Callable
from hashlib import blake2b
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from walrus_core.codec.durable_files import create_durably
from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.protocol.keys import KeyPair

__all__ = ["make_account", "network_key", "network_public_key", "protocol_key"]

ED25519, SECP256R1 = b"\x00", b"\x02"
SECRET_SIZE = 32


def protocol_key(path: Path, *, make: bool = True) -> KeyPair:
    """The BLS key that signs confirmations; StorageError."""
    text = _text(path, (lambda: KeyPair.generate().to_base64()) if make else None)
    try:
        return KeyPair.from_base64(text)
    except InvalidEncodingError as error:
        raise StorageError(str(path), f"holds no protocol key: {error}") from None


def network_key(path: Path, *, make: bool = True) -> ec.EllipticCurvePrivateKey:
    """The secp256r1 key of the node's TLS certificate; StorageError."""
    text = _text(path, _new_network_key if make else None)
    try:
        secret = base64.b64decode(text, validate=True)
        if secret[:1] == SECP256R1 and len(secret) == 1 + SECRET_SIZE:
            return ec.derive_private_key(int.from_bytes(secret[1:], "big"), ec.SECP256R1())
    except (binascii.Error, ValueError):
        pass
    raise StorageError(str(path), "holds no network key: base64 of 02 and 32 bytes")


def network_public_key(key: ec.EllipticCurvePrivateKey) -> bytes:
    """33 bytes, the compressed point, as it is registered on chain."""
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def make_account(keystore: Path) -> bytes:
    """Make a keystore with one new ed25519 key; the address of its account on Sui, 32 bytes.

    FileExistsError if there is one: what it owns must not be lost.
    """
    key = Ed25519PrivateKey.generate()
    text = base64.b64encode(ED25519 + key.private_bytes_raw()).decode("ascii")
    create_durably(keystore, json.dumps([text], indent=2).encode("ascii"))
    return blake2b(ED25519 + key.public_key().public_bytes_raw(), digest_size=32).digest()


def _new_network_key() -> str:
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.b64encode(SECP256R1 + number.to_bytes(SECRET_SIZE, "big")).decode("ascii")


def _text(path: Path, generate: Callable[[], str] | None) -> str:
    """The file's text; the file is made if it is not there and `generate` says what to write."""
    if generate is not None and not path.exists():
        with contextlib.suppress(FileExistsError):
            create_durably(path, f"{generate()}\n".encode("ascii"))
    try:
        return path.read_text(encoding="ascii", errors="replace").strip()
    except FileNotFoundError:
        raise StorageError(
            str(path), "there is no such key; make one with `walrus-core node init`"
        ) from None
