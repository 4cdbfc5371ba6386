"""What holds after any sequence of calls.

WAL is conserved; what is sold fits the capacity; a committee's shards are a partition; a call that
aborts leaves no trace (`Recorded` looks); the same calls make the same ledger, and so does a
snapshot, unless it was cut or edited.
"""

import pytest
from hypothesis.stateful import invariant
from localnet.ledger.any_calls import CONFIG, N_SHARDS, AnyCalls
from localnet.ledger.network import Network, wal_in

from walrus_core.localnet.ledger import Ledger, SnapshotError


class Properties(AnyCalls):
    """Random calls, looked at after each."""

    @invariant()
    def wal_is_conserved(self) -> None:
        assert wal_in(self.ledger) == self.ledger.wal.total_supply()

    @invariant()
    def what_is_sold_fits(self) -> None:
        system = self.ledger.state.system
        assert system.used_capacity == system.ring[0].used_capacity
        if system.certified_event_blob is None:  # those are stored above all capacity
            assert system.used_capacity <= system.total_capacity

    @invariant()
    def shards_are_a_partition(self) -> None:
        committee = dict(self.ledger.state.staking.committee.members.items())
        shards = sorted(shard for held in committee.values() for shard in held)
        assert shards == list(range(N_SHARDS))
        members = self.ledger.state.system.committee.members
        assert [(one.node_id, one.weight) for one in members] == [
            (node, len(held)) for node, held in committee.items()
        ]

    def teardown(self) -> None:
        """At the end: replayed, and restored."""
        digest = self.ledger.digest()
        assert self.recorded.replay(CONFIG).digest() == digest
        snapshot = self.ledger.snapshot()
        copy = Ledger.restore(snapshot)
        assert copy.snapshot() == snapshot
        assert copy.config == CONFIG


test_any_calls = Properties.TestCase


def test_snapshot_cut_or_edited_anywhere() -> None:
    network = Network.of([10, 20])
    network.next_epoch()
    snapshot = network.ledger.snapshot()
    for length in range(len(snapshot)):
        with pytest.raises(SnapshotError):
            Ledger.restore(snapshot[:length])
    for place in range(len(snapshot)):
        edited = bytearray(snapshot)
        edited[place] ^= 1 << place % 8
        with pytest.raises(SnapshotError):
            Ledger.restore(bytes(edited))
    with pytest.raises(SnapshotError):
        Ledger.restore(snapshot + b"\0")
