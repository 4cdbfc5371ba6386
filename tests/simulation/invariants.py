"""What must hold at every moment; a `Violation` ends the simulation.

* A certificate is accepted only if, when they signed, the honest ones of its signers had both
  slivers of each of their shards on disk.
* WAL is conserved, and a wallet has paid for exactly the registrations that it asked for, and for
  no blob for longer than it wanted.
* What is read is what was stored.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from localnet.ledger.network import wal_in
from simulation.contract import Contract, blob_of
from simulation.nodes import SimNode

from walrus_core.errors import WalrusCoreError
from walrus_core.protocol.messages import Confirmation, parse_message
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.ports import ChainEvent
from walrus_core.types import BlobId


class Violation(AssertionError):  # noqa: N818 - it is what it says
    """Something that must never be."""


@dataclass
class Confirmations:
    """Watches what nodes sign: for `Network.on_answer`."""

    contract: Contract
    nodes: Sequence[SimNode]
    bugs: list[BaseException]
    signed: int = 0

    def heard(self, address: str, method: str, arguments: Sequence[Any], answer: Any) -> None:
        if method != "confirmation":
            return
        node = next(node for node in self.nodes if node.address == address)
        if not node.is_honest:
            return
        assert isinstance(answer, SignedMessage)
        message = parse_message(answer.serialized_message)
        assert isinstance(message, Confirmation)
        self.signed += 1
        committee = self.contract.committee_of(message.epoch)  # the chain may be further already
        shards = committee.member(node.node_id).shards
        if message.blob_id != arguments[0] or message.object_id != arguments[1]:
            self.bugs.append(Violation(f"{address} confirmed what it was not asked"))
        if not node.disk.keeps(message.blob_id, shards):
            self.bugs.append(Violation(f"{address} confirmed {message.blob_id} without having it"))


@dataclass
class Payments:
    """What each wallet meant to pay for, by wallet and blob: `allowed` registrations at most, until
    `longest` epochs from then, and what they were extended by beside that.
    """

    contract: Contract
    allowed: dict[tuple[bytes, BlobId], int] = field(default_factory=dict)
    longest: dict[tuple[bytes, BlobId], int] = field(default_factory=dict)
    _ends: dict[Any, tuple[bytes, BlobId, Any]] = field(default_factory=dict)
    _checked: int = 0

    def allow(self, wallet: bytes, blob_id: BlobId, epochs: int) -> None:
        """One more registration of this blob is wanted, for so many epochs."""
        key = wallet, blob_id
        self.allowed[key] = self.allowed.get(key, 0) + 1
        self.longest[key] = max(self.longest.get(key, 0), epochs)

    def allow_extension(self, wallet: bytes, blob_id: BlobId, epochs: int) -> None:
        """It may last so much longer."""
        self.longest[wallet, blob_id] = self.longest.get((wallet, blob_id), 0) + epochs

    def check(self) -> None:
        ledger = self.contract.ledger
        if wal_in(ledger) != ledger.wal.total_supply():
            raise Violation(f"{wal_in(ledger)} FROST of {ledger.wal.total_supply()} are left")
        for executed in list(self.contract.executed.values())[self._checked :]:
            self._checked += 1
            for event in executed.events:
                self._follow(executed.sender, event)

    def _follow(self, wallet: bytes, event: ChainEvent) -> None:
        """Registrations that have ended, or were deleted, may be bought anew."""
        object_id, end = event.fields.get("object_id"), event.fields.get("end_epoch")
        if event.name == "BlobDeleted":
            self._ends.pop(object_id, None)
        elif event.name == "BlobCertified" and object_id in self._ends:
            wallet, blob_id, _ = self._ends[object_id]
            self._ends[object_id] = wallet, blob_id, end
            latest = self.contract.ledger.state.system.epoch + self.longest[wallet, blob_id]
            if end > latest:
                raise Violation(f"{blob_id} is paid for until epoch {end} > {latest}")
        elif event.name == "BlobRegistered":
            blob_id, epoch = blob_of(event), event.fields["epoch"]
            self._ends[object_id] = wallet, blob_id, end
            same = [each[2] for each in self._ends.values() if each[:2] == (wallet, blob_id)]
            count = sum(1 for end in same if end > epoch)
            if count > self.allowed.get((wallet, blob_id), 0):
                raise Violation(f"{blob_id} is paid for {count} times at once")


def is_refusal(error: BaseException) -> bool:
    """Whether a service may answer with this, however bad the world is."""
    return isinstance(error, (WalrusCoreError, TimeoutError))
