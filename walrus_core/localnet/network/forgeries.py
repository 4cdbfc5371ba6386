"""What a liar says in place of the truth: slivers, symbols, metadata and signatures, made wrong."""

from __future__ import annotations

import dataclasses
import random

from walrus_core.codec.merkle import MerkleProof
from walrus_core.codec.metadata import BlobMetadata, UnverifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.codec.symbols import RecoverySymbol
from walrus_core.errors import InvalidArgumentError
from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.messages import parse_message
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.types import SliverIndex

__all__ = [
    "any_key",
    "flipped",
    "flipped_metadata",
    "flipped_sliver",
    "flipped_symbol",
    "other_sliver",
    "other_symbol",
    "stale",
    "wrong_proof",
]


def flipped(data: bytes, chance: random.Random) -> bytes:
    """With one bit changed."""
    content = bytearray(data)
    content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
    return bytes(content)


def flipped_sliver(sliver: Sliver, chance: random.Random) -> Sliver:
    data = flipped(bytes(sliver.data), chance)
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, data)


def other_sliver(sliver: Sliver, other: Sliver) -> Sliver:
    """The data of another sliver, which is authentic, under the name of this one."""
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, bytes(other.data))


def flipped_symbol(symbol: RecoverySymbol, chance: random.Random) -> RecoverySymbol:
    return dataclasses.replace(symbol, data=flipped(symbol.data, chance))


def other_symbol(symbol: RecoverySymbol, other: RecoverySymbol) -> RecoverySymbol:
    """Another symbol with its own proof, under the name of this one."""
    index = SliverIndex(symbol.index)
    return RecoverySymbol(symbol.axis, index, other.data, other.proof)


def wrong_proof(symbol: RecoverySymbol, chance: random.Random) -> RecoverySymbol:
    """The right data, and a path that leads elsewhere."""
    path = flipped(symbol.proof.path, chance) if symbol.proof.path else chance.randbytes(32)
    return dataclasses.replace(symbol, proof=MerkleProof(path))


def flipped_metadata(metadata: BlobMetadata, chance: random.Random) -> BlobMetadata:
    hashes = flipped(metadata.pair_hashes, chance)
    return UnverifiedMetadata(metadata.blob_id, metadata.unencoded_length, hashes)


def any_key(chance: random.Random) -> KeyPair:
    """Somebody's: of no member of a committee."""
    return KeyPair((1 + chance.getrandbits(250)).to_bytes(KeyPair.SECRET_SIZE, "big"))


def stale(signed: SignedMessage, key: KeyPair) -> SignedMessage:
    """The same message as it would have been signed an epoch ago; by `key`."""
    message = parse_message(signed.serialized_message)
    if message.epoch == 0:
        raise InvalidArgumentError("there is no epoch before 0")
    return SignedMessage.sign(key, dataclasses.replace(message, epoch=message.epoch - 1))
