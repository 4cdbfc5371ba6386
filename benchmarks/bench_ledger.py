"""The contract's rules: blobs through registration and certification, a whole network through an
epoch change, a whole network to bytes and back. No signatures: bench_protocol.py has those.

What was asked for, on one core: 10,000 pairs of registration and certification a second (a round
here makes 1000, so 0.1 s), and an epoch change of 150 nodes, 1000 shards and 100,000 stakes in 1 s.
"""

import os
from collections.abc import Callable

import pytest
from harness import CPUS
from pytest_benchmark.fixture import BenchmarkFixture

from walrus_core.localnet.ledger import Ledger, LedgerConfig
from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id, encoded_length
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.wal import FROST_PER_WAL
from walrus_core.protocol.messages import Confirmation
from walrus_core.types import BlobId

N_SHARDS, N_NODES, N_STAKES = 1000, 150, 100_000
PAIRS = 1000
BLOB_SIZE = 1000
EPOCH_MS = 1000
ROUNDS = 9


class Network:
    """Nodes of about equal stake in epoch 1; every node has many stakers."""

    def __init__(self, n_stakes: int) -> None:
        config = LedgerConfig(
            n_shards=N_SHARDS, epoch_duration_ms=EPOCH_MS, verify_signatures=False
        )
        self.ledger = Ledger(config)
        self.caps = [self._register(number) for number in range(N_NODES)]
        for number in range(n_stakes):
            self._stake(number, self.caps[number % N_NODES])
        self.change_epoch()

    def _register(self, number: int) -> StorageNodeCap:
        names = f"node {number}", f"node{number}:9185", NodeMetadata()
        keys = bytes(48), bytes(33), b""
        votes = 5 + number, 1, 2**50
        return self.ledger.staking.register_candidate(*names, *keys, 1000, *votes)

    def _stake(self, number: int, cap: StorageNodeCap) -> None:
        amount = FROST_PER_WAL + number
        coin = self.ledger.coin.split(self.ledger.wal.genesis_coin, amount)
        self.ledger.staking.stake_with_pool(coin, cap.node_id)

    def change_epoch(self) -> None:
        """Voting ends, the epoch changes, every node reports its shards."""
        ledger = self.ledger
        ledger.advance_clock(ledger.now_ms + EPOCH_MS)
        ledger.staking.voting_end()
        ledger.staking.initiate_epoch_change_v2()
        for cap in self.caps:
            ledger.staking.epoch_sync_done(cap, ledger.staking.epoch())

    def blobs(self, first: int) -> Callable[[], None]:
        """Storage for blobs with numbers from `first` on, bought; registering and certifying them
        is left.
        """
        system, size = self.ledger.system, encoded_length(BLOB_SIZE, N_SHARDS)
        coin = self.ledger.wal.genesis_coin
        storages = [system.reserve_space(size, 1, coin) for _ in range(PAIRS)]
        roots = range(first, first + PAIRS)
        ids = [derive_blob_id(root, RS2, BLOB_SIZE) for root in roots]
        epoch, n_members = system.epoch(), len(self.ledger.state.system.committee.members)
        messages = [bytes(Confirmation(epoch, BlobId.from_u256(number))) for number in ids]
        bitmap = (2**n_members - 1).to_bytes((n_members + 7) // 8, "little")

        def register_and_certify() -> None:
            for storage, blob_id, root, message in zip(storages, ids, roots, messages, strict=True):
                blob = system.register_blob(storage, blob_id, root, BLOB_SIZE, RS2, False, coin)
                system.certify_blob(blob, b"", bitmap, message)

        return register_and_certify


@pytest.fixture(scope="module")
def network() -> Network:
    return Network(N_STAKES)


def time(benchmark: BenchmarkFixture, prepare: Callable[[], Callable[[], object]]) -> None:
    """Rounds on one core, each with something of its own to do."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, CPUS[:1])
    benchmark.pedantic(
        lambda run: run(), setup=lambda: ((prepare(),), {}), rounds=ROUNDS, warmup_rounds=1
    )


def test_register_and_certify(benchmark: BenchmarkFixture) -> None:
    network, firsts = Network(N_NODES), iter(range(0, 10**9, PAIRS))
    time(benchmark, lambda: network.blobs(next(firsts)))


def test_epoch_change(benchmark: BenchmarkFixture, network: Network) -> None:
    time(benchmark, lambda: network.change_epoch)


def test_snapshot(benchmark: BenchmarkFixture, network: Network) -> None:
    time(benchmark, lambda: network.ledger.snapshot)


def test_restore(benchmark: BenchmarkFixture, network: Network) -> None:
    snapshot = network.ledger.snapshot()
    time(benchmark, lambda: lambda: Ledger.restore(snapshot))
