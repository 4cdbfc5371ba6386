"""Keys that sign transactions: from the official keystore file, or from the environment.

Secrets are written to nothing but keystores that only their owner can read, and shown nowhere: no
message and no `repr` quotes them.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
import secrets
from hashlib import blake2b
from pathlib import Path

from pysui.sui.sui_crypto import SuiKeyPair, keypair_from_keystring

from walrus_core.codec.durable_files import write_durably
from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.sui.addresses import ADDRESS_SIZE, address_text

__all__ = ["KEY_VARIABLE", "Key", "add_to_keystore", "key_from_environment", "read_keystore"]

KEY_VARIABLE = "WALRUS_CORE_SUI_KEY"
"""Holds one key: `suiprivkey1...`, or base64 as in keystores. It comes before every file."""

ED25519 = b"\x00"
SECRET_SIZE = 32


class Key:
    """A key pair of any of Sui's schemes (ed25519, secp256k1, secp256r1) and its address."""

    __slots__ = ("_pair", "address")

    def __init__(self, pair: SuiKeyPair) -> None:
        self._pair = pair
        public_key = bytes(pair.public_key.scheme_and_key())
        self.address = blake2b(public_key, digest_size=ADDRESS_SIZE).digest()

    @classmethod
    def generate(cls) -> Key:
        """A new ed25519 key."""
        secret = ED25519 + secrets.token_bytes(SECRET_SIZE)
        return cls.from_text(base64.b64encode(secret).decode())

    @classmethod
    def from_text(cls, text: str) -> Key:
        """From `suiprivkey1...` or base64 of the scheme's number and the secret.

        Raises InvalidEncodingError, which does not quote the text.
        """
        try:
            return cls(keypair_from_keystring(text.strip()))
        except Exception:  # whatever pysui raises may quote the key
            raise InvalidEncodingError(
                "the key is neither suiprivkey1... nor base64 as in sui.keystore"
            ) from None

    def to_keystore(self) -> str:
        """The secret as keystores hold it."""
        return base64.b64encode(self._pair.serialize_to_bytes()).decode()

    def sign(self, transaction: bytes) -> bytes:
        """The scheme's number, the signature and the public key, for TransactionData in BCS."""
        text = self._pair.new_sign_secure(base64.b64encode(transaction).decode())
        return base64.b64decode(text)

    def __repr__(self) -> str:
        return f"Key of {address_text(self.address)}"


def key_from_environment() -> Key | None:
    """The key in $WALRUS_CORE_SUI_KEY, if it is set."""
    text = os.environ.get(KEY_VARIABLE)
    return Key.from_text(text) if text else None


def read_keystore(path: Path) -> list[Key]:
    """The keys of a keystore, in its order; StorageError if it is missing or damaged."""
    return [_key(path, text) for text in _texts(path)]


def add_to_keystore(path: Path, key: Key) -> None:
    """Write a key behind those of a keystore, which is made if need be; mode 0600."""
    texts = _texts(path) if path.exists() else []
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    text = json.dumps([*texts, key.to_keystore()], indent=2)
    write_durably(path, text.encode())


def _texts(path: Path) -> list[str]:
    try:
        texts = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise StorageError(
            str(path), "there is no such keystore; make one with `walrus-core wallet new`"
        ) from None
    except ValueError:
        texts = None
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise StorageError(str(path), "not a keystore: a JSON list of keys in base64")
    return texts


def _key(path: Path, text: str) -> Key:
    try:
        base64.b64decode(text, validate=True)
        return Key.from_text(text)
    except (InvalidEncodingError, binascii.Error):
        raise StorageError(str(path), "holds a text that is no key") from None
