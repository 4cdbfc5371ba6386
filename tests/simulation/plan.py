"""What a seed stands for: how large the network is, and what will go wrong."""

from __future__ import annotations

import random
from dataclasses import dataclass

FAULTS = (
    "crashes",  # a node loses its power, and comes back
    "torn",  # it loses it in the middle of a write
    "wipes",  # it comes back with an empty disk
    "blackouts",  # all nodes lose it at once
    "rot",  # bits flip on a disk
    "full",  # a disk is full for a while
    "lies",  # nodes lie all the time
    "lossy",  # messages are dropped, streams cut
    "repeated",  # calls arrive twice
    "slow",  # a node takes very long
    "partitions",  # some nodes hear nothing of the others
    "chain",  # the chain cannot be reached, answers are lost
    "client kills",  # clients are killed while they store
    "cheats",  # of them, one encodes inconsistently
    "epochs",  # shards move
    "changes",  # nodes join, and leave
)


SIZES = [4] * 6 + [5] * 6 + [6, 7, 8, 9, 10] * 3 + [13, 16, 20, 40]
"""Numbers of nodes to choose from: small networks show as much, and cost less."""


@dataclass(frozen=True, slots=True)
class Plan:
    """Which of the faults may happen in this run, and for whom.

    `stakes` in WAL, one per node; `mean_pause`: virtual seconds between two steps.
    """

    seed: int
    stakes: tuple[int, ...]
    n_shards: int
    n_clients: int
    n_steps: int
    mean_pause: float
    epoch_seconds: float
    faults: frozenset[str]

    @classmethod
    def of(cls, seed: int) -> Plan:
        """Each fault is in about every third plan: alone and with others they show other bugs."""
        chance = random.Random(f"plan {seed}")
        n_nodes = chance.choice(SIZES)
        n_shards = chance.randint(max(10, n_nodes), 40)
        if n_nodes >= 20:  # no node may have more than a tenth then
            n_shards = chance.randint(max(30, n_nodes), 40)
        faults = frozenset(fault for fault in FAULTS if chance.random() < 0.35)
        return cls(
            seed=seed,
            stakes=tuple(chance.randint(60, 140) for _ in range(n_nodes)),
            n_shards=n_shards,
            n_clients=chance.randint(1, 3),
            n_steps=chance.randint(8, 30),
            mean_pause=chance.choice([2.0, 5.0, 8.0]),
            epoch_seconds=chance.uniform(20, 80) if faults & {"epochs", "changes"} else 1e7,
            faults=faults,
        )

    @property
    def n_faulty(self) -> int:
        """f: how many shards may be dead or lie."""
        return (self.n_shards - 1) // 3

    def __str__(self) -> str:
        faults = ", ".join(sorted(self.faults)) or "nothing goes wrong"
        return f"seed {self.seed}: {len(self.stakes)} nodes, {self.n_shards} shards; {faults}"
