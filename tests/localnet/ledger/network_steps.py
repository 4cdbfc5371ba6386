"""The steps of scenarios with Staking and System together that concern Staking, as contract.json's
`about` describes them. The storage and blob steps are the System's.
"""

import hashlib
from collections.abc import Iterable
from typing import Any

from pool_steps import pool_view

from walrus_core.localnet.ledger.committee import Committee
from walrus_core.localnet.ledger.ledger import Ledger
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import Coin, Object, StakedWal, StorageNodeCap
from walrus_core.localnet.ledger.wal import FROST_PER_WAL

Out = dict[str, Any]

MINTED = 5_000_000_000 * FROST_PER_WAL


def shard_text(shards: Iterable[int]) -> str:
    """'0-24,40,39': ascending runs are joined, the order is kept."""
    runs: list[list[int]] = []
    for shard in shards:
        if runs and shard == runs[-1][1] + 1:
            runs[-1][1] = shard
        else:
            runs.append([shard, shard])
    return ",".join(str(first) if first == last else f"{first}-{last}" for first, last in runs)


def ordered_digests(numbers: Iterable[int]) -> dict[int, bytes]:
    """A transaction digest for each number, such that the first id made in each transaction sorts
    as the numbers do: node ids of a scenario are numbers with the order of real ids.
    """
    numbers = sorted(set(numbers))
    digests = [hashlib.blake2b(n.to_bytes(4, "big"), digest_size=32).digest() for n in numbers]
    by_id = sorted(digests, key=_first_id)
    return dict(zip(numbers, by_id, strict=True))


def _first_id(digest: bytes) -> bytes:
    return hashlib.blake2b(b"\xf1" + digest + bytes(8), digest_size=32).digest()


class StakingSteps:
    """What needs `ledger`, and `held`: the objects by the names that steps gave them."""

    ledger: Ledger
    held: dict[str, Object]

    def prepare_nodes(self, steps: list[Out]) -> None:
        """Choose the ids of the nodes that the scenario will register."""
        registered = [step["node"] for step in steps if step["do"] == "register_node"]
        self._digests = ordered_digests(registered)
        self.caps: dict[int, StorageNodeCap] = {}
        self.numbers: dict[bytes, int] = {}

    def node_id(self, node: int) -> bytes:
        return self.caps[node].node_id

    # Steps: named as in the file, arguments as in the file; what they return is `out`.

    def do_time(self, at: int) -> None:
        self.ledger.advance_clock(at)

    def do_register_node(
        self, node: int, commission_rate: int, storage_price: int, write_price: int, capacity: int
    ) -> None:
        with self.ledger.transaction(sender=_address(node), digest=self._digests[node]):
            self.caps[node] = cap = self.ledger.staking.register_candidate(
                name=f"node {node}",
                network_address=f"node{node}:9185",
                metadata=NodeMetadata(),
                public_key=bytes(48),
                network_public_key=bytes(33),
                proof_of_possession=b"",
                commission_rate=commission_rate,
                storage_price=storage_price,
                write_price=write_price,
                node_capacity=capacity,
            )
        self.numbers[cap.node_id] = node

    def do_stake(self, node: int, amount: int, name: str) -> Out:
        staked = self.ledger.staking.stake_with_pool(self._coin(amount), self.node_id(node))
        self.held[name] = staked
        return {"activation": staked.activation_epoch}

    def do_request_withdraw(self, stake: str) -> Out:
        self.ledger.staking.request_withdraw_stake(self._stake(stake))
        return {"withdraw": self._stake(stake).withdraw_epoch}

    def do_withdraw(self, stake: str) -> Out:
        coin = self.ledger.staking.withdraw_stake(self._stake(stake))
        del self.held[stake]
        return {"amount": coin.value}

    def do_split_stake(self, stake: str, amount: int, name: str) -> Out:
        first = self._stake(stake)
        self.held[name] = second = self.ledger.staked_wal.split(first, amount)
        return {"first": first.principal, "second": second.principal}

    def do_join_stake(self, stake: str, other: str) -> Out:
        self.ledger.staked_wal.join(self._stake(stake), self._stake(other))
        del self.held[other]
        return {"principal": self._stake(stake).principal}

    def do_set_commission(self, node: int, rate: int) -> None:
        self.ledger.staking.set_next_commission(self.caps[node], rate)

    def do_collect_commission(self, node: int) -> Out:
        with self.ledger.transaction():
            held = self.ledger.auth.authenticate_with_object(self.caps[node])
            coin = self.ledger.staking.collect_commission(self.node_id(node), held)
        return {"amount": coin.value}

    def do_add_commission(self, node: int, amount: int) -> None:
        coin = self._coin(amount)
        self.ledger.staking.add_commission_to_pools([self.node_id(node)], [coin])

    def do_vote_storage_price(self, node: int, price: int) -> None:
        self.ledger.staking.set_storage_price_vote(self.caps[node], price)

    def do_vote_write_price(self, node: int, price: int) -> None:
        self.ledger.staking.set_write_price_vote(self.caps[node], price)

    def do_vote_capacity(self, node: int, capacity: int) -> None:
        self.ledger.staking.set_node_capacity_vote(self.caps[node], capacity)

    def do_update_prices(self) -> Out:
        self.ledger.staking.update_prices()
        system = self.ledger.state.system
        return {"storage_price": system.storage_price, "write_price": system.write_price}

    def do_try_join(self, node: int) -> None:
        self.ledger.staking.try_join_active_set(self.caps[node])

    def do_rewards_for(self, node: int, principal: int, start: int, end: int) -> Out:
        node_id = self.node_id(node)
        return {"rewards": self.ledger.staking.calculate_rewards(node_id, principal, start, end)}

    def do_voting_end(self) -> None:
        self.ledger.staking.voting_end()

    def do_epoch_change(self) -> Out:
        members = list(self.ledger.state.staking.committee)
        supply, earned = self.ledger.wal.total_supply(), self._earned(members)
        self.ledger.staking.initiate_epoch_change_v2()
        return {
            "burned": supply - self.ledger.wal.total_supply(),
            "rewards": [
                [self.numbers[node], after - before]
                for node, before, after in zip(members, earned, self._earned(members), strict=True)
            ],
        }

    def do_sync_done(self, node: int, epoch: int | None = None) -> None:
        now = self.ledger.staking.epoch() if epoch is None else epoch
        self.ledger.staking.epoch_sync_done(self.caps[node], now)

    def do_vote_slash(self, voter: int, candidate: int) -> None:
        with self.ledger.transaction(sender=_address(voter)):
            sender = self.ledger.auth.authenticate_sender()
            voter_id, candidate_id = self.node_id(voter), self.node_id(candidate)
            self.ledger.slashing.vote_for_slashing(sender, voter_id, candidate_id)

    def do_execute_slash(self, candidate: int) -> Out:
        supply = self.ledger.wal.total_supply()
        self.ledger.slashing.execute_slashing(self.node_id(candidate))
        return {"burned": supply - self.ledger.wal.total_supply()}

    # Views: what `check` names.

    def view_pools(self) -> Out:
        staking = self.ledger.state.staking
        return {
            str(node): pool_view(staking.pools[cap.node_id], staking.epoch)
            for node, cap in self.caps.items()
        }

    def view_committee(self) -> list[list[Any]]:
        return self._committee_view(self.ledger.state.staking.committee)

    def view_next(self) -> list[list[Any]] | None:
        chosen = self.ledger.state.staking.next_committee
        return None if chosen is None else self._committee_view(chosen)

    def view_active_set(self) -> list[list[int]]:
        nodes = self.ledger.state.staking.active_set.nodes
        return [[self.numbers[node], stake] for node, stake in nodes]

    def view_state(self) -> list[Any]:
        return list(self.ledger.state.staking.epoch_state)

    def view_burned(self) -> int:
        return MINTED - self.ledger.wal.total_supply()

    def _committee_view(self, committee: Committee) -> list[list[Any]]:
        members = committee.members.items()
        return [[self.numbers[node], shard_text(shards)] for node, shards in members]

    def _earned(self, nodes: list[bytes]) -> list[int]:
        """All that ever went to each pool and is still there."""
        pools = [self.ledger.state.staking.pools[node] for node in nodes]
        return [pool.rewards_pool + pool.commission.balance for pool in pools]

    def _stake(self, name: str) -> StakedWal:
        held = self.held[name]
        assert isinstance(held, StakedWal)
        return held

    def _coin(self, amount: int) -> Coin:
        return self.ledger.coin.split(self.ledger.wal.genesis_coin, amount)


def _address(node: int) -> bytes:
    return b"operator" + node.to_bytes(24, "big")
