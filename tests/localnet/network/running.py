"""The network of processes that the tests here share."""

from dataclasses import dataclass

from walrus_core.client.loop_thread import LoopThread
from walrus_core.localnet.network.local_network import LocalNetwork

NODES, N_SHARDS = 4, 10


@dataclass(frozen=True)
class Running:
    """The network, and the loop that it lives in."""

    network: LocalNetwork
    loop: LoopThread
