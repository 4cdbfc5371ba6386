"""What must hold at every moment; a `Violation` ends the simulation.

* A certificate is accepted only if, when they signed, the honest ones of its signers had both
  slivers of each of their shards on disk.
* WAL is conserved, and a wallet has paid for exactly the registrations that it asked for.
* What is read is what was stored.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from localnet.ledger.network import wal_in
from simulation.contract import Contract
from simulation.nodes import SimNode

from walrus_core.errors import WalrusCoreError
from walrus_core.protocol.messages import Confirmation, parse_message
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.ports import ChainEvent
from walrus_core.types import BlobId, ShardIndex


class Violation(AssertionError):  # noqa: N818 - it is what it says
    """Something that must never be."""


@dataclass
class Confirmations:
    """Watches what nodes sign: for `Network.on_answer`."""

    contract: Contract
    nodes: Mapping[str, SimNode]
    signed: int = 0

    def heard(self, address: str, method: str, arguments: Sequence[Any], answer: Any) -> None:
        node = self.nodes.get(address)
        if method != "confirmation" or node is None or not node.is_honest:
            return
        assert isinstance(answer, SignedMessage)
        message = parse_message(answer.serialized_message)
        assert isinstance(message, Confirmation)
        self.signed += 1
        shards = self._shards(node.node_id, message.epoch)
        if message.blob_id != arguments[0] or message.object_id != arguments[1]:
            raise Violation(f"{address} confirmed what it was not asked")
        if not node.keeps(message.blob_id, shards):
            raise Violation(f"{address} confirmed {message.blob_id}, which is not on its disk")

    def _shards(self, node_id: bytes, epoch: int) -> tuple[ShardIndex, ...]:
        committees = self.contract.committees()
        for committee in (committees.current, committees.previous):
            if committee is not None and committee.epoch == epoch:
                return tuple(committee.member(node_id).shards)
        raise Violation(f"a node signed in epoch {epoch}, which is long over or still to come")


@dataclass
class Payments:
    """What each wallet meant to pay for: `allowed` registrations at most, by wallet and blob."""

    contract: Contract
    allowed: dict[tuple[bytes, BlobId], int] = field(default_factory=dict)

    def allow(self, wallet: bytes, blob_id: BlobId) -> None:
        """One more registration of this blob is wanted."""
        self.allowed[wallet, blob_id] = self.allowed.get((wallet, blob_id), 0) + 1

    def check(self) -> None:
        ledger = self.contract.ledger
        if wal_in(ledger) != ledger.wal.total_supply():
            raise Violation(f"{wal_in(ledger)} FROST of {ledger.wal.total_supply()} are left")
        counts: dict[tuple[bytes, BlobId], int] = {}
        for executed in self.contract.executed.values():
            for event in executed.events:
                if event.name == "BlobRegistered":
                    key = executed.sender, blob_of(event)
                    counts[key] = counts.get(key, 0) + 1
        for key, count in counts.items():
            if count > self.allowed.get(key, 0):
                raise Violation(f"{key[1]} was paid for {count} times")


def blob_of(event: ChainEvent) -> BlobId:
    """The blob that an event is about."""
    number = event.fields["blob_id"]
    assert isinstance(number, int)
    return BlobId(number.to_bytes(32, "little"))


def is_refusal(error: BaseException) -> bool:
    """Whether a service may answer with this, however bad the world is."""
    return isinstance(error, (WalrusCoreError, TimeoutError))
