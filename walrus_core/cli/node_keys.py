"""The key files of a storage node: base64 of the scheme's number and the secret, as officially."""

from __future__ import annotations

import base64
import binascii
import os
from collections.abc import Callable
from pathlib import Path

from walrus_core.errors import InvalidEncodingError, MissingDependencyError, StorageError
from walrus_core.protocol.keys import KeyPair

SECP256R1 = b"\x02"
SECRET_SIZE = 32


def protocol_key(path: Path) -> KeyPair:
    """The BLS key in a file, which is made if it does not exist; StorageError."""
    text = _text(path, lambda: KeyPair.generate().to_base64())
    try:
        return KeyPair.from_base64(text)
    except InvalidEncodingError as error:
        raise StorageError(str(path), f"holds no protocol key: {error}") from None


def network_public_key(path: Path) -> bytes:
    """33 bytes: the public half of the secp256r1 key in a file, which is made if it is not there.

    The key is that of the node's TLS certificate.
    """
    try:
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
    except ImportError as error:
        raise MissingDependencyError("cryptography", "sui", str(error)) from None

    def generate() -> str:
        number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
        return base64.b64encode(SECP256R1 + number.to_bytes(SECRET_SIZE, "big")).decode()

    try:
        secret = base64.b64decode(_text(path, generate), validate=True)
    except binascii.Error:
        secret = b""
    if secret[:1] != SECP256R1 or len(secret) != 1 + SECRET_SIZE:
        raise StorageError(str(path), "holds no network key: base64 of 02 and 32 bytes")
    key = ec.derive_private_key(int.from_bytes(secret[1:], "big"), ec.SECP256R1())
    return key.public_key().public_bytes(Encoding.X962, PublicFormat.CompressedPoint)


def _text(path: Path, generate: Callable[[], str]) -> str:
    """The file's text; a new file is for its owner only."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text(encoding="ascii", errors="replace").strip()
    text = generate()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(text + "\n")
    return text
