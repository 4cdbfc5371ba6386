"""The node with which a local chain begins: it votes for the prices, and holds all shards at first.

It is a registered node like others, staked with the faucet's money, but nothing answers at its
address. Whoever has its key can certify blobs; nodes that register take shards over from it as they
get stake.
"""

from __future__ import annotations

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from walrus_core.daemon.node.identity import network_public_key, protocol_key
from walrus_core.localnet.sui_node.genesis import Founder

__all__ = ["founder"]

NAME = "founder"
ADDRESS = "127.0.0.1:9185"


def founder(key_file: Path, owner: bytes) -> Founder:
    """The node that has the BLS key in this file, which is made if it is not there."""
    key = protocol_key(key_file)
    network_key = ec.generate_private_key(ec.SECP256R1())  # nobody will listen with it
    return Founder(
        name=NAME,
        network_address=ADDRESS,
        public_key=bytes(key.public_key),
        proof_of_possession=bytes(key.prove_possession(0, owner)),
        network_public_key=network_public_key(network_key),
        owner=owner,
    )
