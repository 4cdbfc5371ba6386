"""A storage node in the simulation: what outlives its process, and the process."""

from __future__ import annotations

import random
from dataclasses import dataclass

from simulation.chain import SimNodeChain, Weather
from simulation.contract import Contract
from simulation.disk import Disk
from simulation.links import Network, SimPeers
from simulation.processes import Process
from simulation.trace import Trace
from simulation.workers import InlineWorkers

from walrus_core.errors import StorageError, WalrusCoreError
from walrus_core.localnet.network.lies import Liar, Lie
from walrus_core.protocol.keys import KeyPair
from walrus_core.services.node.healing_limits import HealingLimits
from walrus_core.services.node.limits import NodeLimits
from walrus_core.services.node.node import StorageNode
from walrus_core.services.node_api import NodeApi

LIMITS = NodeLimits(
    poll_interval=5.0,
    chain_retry=1.0,
    longest_chain_retry=8.0,
    scrub_interval=20.0,
    collect_interval=40.0,
    read_only_seconds=30.0,
    heal_delay=5.0,
    healing=HealingLimits(
        blobs_at_once=2,
        longest_retry=30.0,
        transfer_patience=60.0,
        settle_seconds=10.0,
        liar_seconds=100.0,
    ),
)
"""Slower to look and quicker to act than a real node: virtual seconds are few, looks cost."""


@dataclass
class Everything:
    """What all nodes of one simulation share."""

    contract: Contract
    network: Network
    trace: Trace
    seed: str

    def chance(self, name: str) -> random.Random:
        """Randomness of its own for whoever has this name."""
        return random.Random(f"{self.seed} {name}")


class SimNode:
    """One node. It is up between `boot` and `crash`, which its disk may cause, too.

    With a `lie`, others see a liar in front of it.
    """

    def __init__(
        self,
        shared: Everything,
        key_pair: KeyPair,
        address: str,
        node_id: bytes,
        lie: Lie | None = None,
    ) -> None:
        self._shared = shared
        self._key_pair = key_pair
        self.lie = lie
        self._boots = 0
        self.address = address
        self.node_id = node_id
        self.is_honest = lie is None
        self.disk = Disk(shared.chance(f"disk of {address}"))
        self.weather = Weather(shared.chance(f"weather of {address}"), longest=0.05)
        self.process = Process(address)
        self.process.is_alive = False
        self.node: StorageNode | None = None
        self.api: NodeApi | None = None

    @property
    def is_up(self) -> bool:
        return self.process.is_alive

    def boot(self) -> None:
        """A new process over the same disk."""
        assert not self.is_up
        self._boots += 1
        self.process = Process(self.address)
        self.process.start(self._live(), "main")

    def crash(self, reason: str = "killed") -> None:
        """The power fails; what was not waited for may be lost."""
        if self.is_up:
            self._shared.trace.note(f"{self.address} goes down: {reason}")
            self.api = self.node = None
            self.disk.cut()
            self.process.kill()

    async def _live(self) -> None:
        try:
            store = self.disk.open(lambda: self.crash("the power failed"))
            chance = self._shared.chance(f"{self.address} {self._boots}")
            node = StorageNode(
                self.node_id,
                self._key_pair,
                store,
                SimNodeChain(self._shared.contract, self.node_id, self.weather),
                SimPeers(self._shared.network),
                InlineWorkers(chance),
                chance,
                LIMITS,
            )
            await node.start()
            self.node = node
            self.api = node
            if self.lie is not None:
                self.api = Liar(node, self.lie, chance, self._key_pair)
            self._shared.trace.note(f"{self.address} is up")
            await node.run()
        except (WalrusCoreError, StorageError) as error:
            self.crash(f"it failed: {error!r}")
        except Exception as error:
            if self.is_up:
                self._shared.network.on_bug(error)
                self.crash(f"it failed: {error!r}")
