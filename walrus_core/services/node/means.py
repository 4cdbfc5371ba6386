"""What a node works with, which all of its parts share."""

from __future__ import annotations

import random
from dataclasses import dataclass

from walrus_core.protocol.keys import KeyPair
from walrus_core.services.node.limits import NodeLimits
from walrus_core.services.node_api import Peers
from walrus_core.services.ports import NodeChain, Workers
from walrus_core.storage.store import SliverStore

__all__ = ["Means"]


@dataclass(frozen=True, slots=True)
class Means:
    """Who the node is (`node_id`, 32 bytes, and the BLS `key_pair`), and its ways to the world.

    `chance` is the only source of randomness.
    """

    node_id: bytes
    key_pair: KeyPair
    store: SliverStore
    chain: NodeChain
    peers: Peers
    workers: Workers
    chance: random.Random
    limits: NodeLimits
