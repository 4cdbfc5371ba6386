"""How a network is: what its chain says, and each node of itself."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.errors import NodeError, NodeUnavailableError, WalrusCoreError
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.node_api import NodeHealth, Peers, ShardStatus
from walrus_core.services.ports import ChainState
from walrus_core.sui.node_chain import LightChain

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.sui.networks import Network

__all__ = ["NetworkStatus", "NodeStatus", "network_status"]

ANSWER_SECONDS = 5.0
AT_ONCE = 32
"""Nodes that are asked at the same time."""


@dataclass(frozen=True, slots=True)
class NodeStatus:
    """A member of the committee, and what it says of itself: `health`, or in words why nothing."""

    member: Member
    health: NodeHealth | None
    reason: str = ""

    @property
    def ready(self) -> int:
        """Of its shards, those that are all there."""
        if self.health is None:
            return 0
        statuses = self.health.shards
        return sum(statuses.get(shard) is ShardStatus.READY for shard in self.member.shards)


@dataclass(frozen=True, slots=True)
class NetworkStatus:
    """`nodes` in the committee's order."""

    chain: ChainState
    nodes: tuple[NodeStatus, ...]

    @property
    def faulty(self) -> int:
        """Shards that nobody answers for."""
        return sum(node.member.weight for node in self.nodes if node.health is None)

    @property
    def tolerated(self) -> int:
        """Shards that may be lost or lie: f, of n_shards >= 3f + 1."""
        return (self.chain.n_shards - 1) // 3


async def network_status(network: Network) -> NetworkStatus:
    """Ask the chain, then all nodes of the present committee. ChainUnavailableError."""
    async with LightChain(network) as chain:
        state, committees = await asyncio.gather(chain.state(), chain.committees())
    peers = RpcPeers(committees.current.n_shards)
    places = asyncio.Semaphore(AT_ONCE)
    try:
        members = committees.current.members
        nodes = await asyncio.gather(*[_asked(peers, member, places) for member in members])
    finally:
        await peers.close()
    return NetworkStatus(state, tuple(nodes))


async def _asked(peers: Peers, member: Member, places: asyncio.Semaphore) -> NodeStatus:
    try:
        async with places, asyncio.timeout(ANSWER_SECONDS):
            return NodeStatus(member, await peers.node(member).health())
    except TimeoutError:
        return NodeStatus(member, None, f"does not answer within {ANSWER_SECONDS:g} s")
    except NodeUnavailableError as error:
        return NodeStatus(member, None, error.reason)
    except (NodeError, WalrusCoreError) as error:
        return NodeStatus(member, None, str(error))
