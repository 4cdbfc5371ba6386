"""The node with which a local chain begins: it votes for the prices, and holds all shards at first.

It is a registered node like others, staked with the faucet's money, but nothing answers at its
address. Whoever has its key can certify blobs; nodes that register take shards over from it as they
get stake.
"""

from __future__ import annotations

import os
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.localnet.sui_node.genesis import Founder
from walrus_core.protocol.keys import KeyPair

__all__ = ["founder"]

NAME = "founder"
ADDRESS = "127.0.0.1:9185"


def founder(key_file: Path, owner: bytes) -> Founder:
    """The node that has the BLS key in this file, which is made if it is not there."""
    key = _key(key_file)
    network_key = ec.generate_private_key(ec.SECP256R1()).public_key()  # nobody will listen with it
    return Founder(
        name=NAME,
        network_address=ADDRESS,
        public_key=bytes(key.public_key),
        proof_of_possession=bytes(key.prove_possession(0, owner)),
        network_public_key=network_key.public_bytes(Encoding.X962, PublicFormat.CompressedPoint),
        owner=owner,
    )


def _key(path: Path) -> KeyPair:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        try:
            return KeyPair.from_base64(path.read_text(encoding="ascii").strip())
        except (InvalidEncodingError, UnicodeDecodeError):
            raise StorageError(
                str(path), "holds no key; delete it, and a new one is made"
            ) from None
    key = KeyPair.generate()
    with os.fdopen(descriptor, "w", encoding="ascii") as file:
        file.write(key.to_base64() + "\n")
        file.flush()
        os.fsync(file.fileno())
    return key
