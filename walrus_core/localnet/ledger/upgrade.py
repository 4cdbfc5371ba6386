"""New versions of the contract, by a vote of the committee (contract.md, section 20).

Authorizing gives a ticket, publishing (which is Sui's business) turns it into a receipt, and
committing that ends the upgrade. A second capability, for emergencies, needs no vote.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import cast

from walrus_core.localnet.ledger.auth import Authenticated
from walrus_core.localnet.ledger.ballot import Ballot, voter_weight
from walrus_core.localnet.ledger.calls import Face, Id, Taken, call
from walrus_core.localnet.ledger.containers import Table
from walrus_core.localnet.ledger.events import (
    ContractUpgraded,
    ContractUpgradeProposed,
    ContractUpgradeQuorumReached,
)
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.journal import Record
from walrus_core.localnet.ledger.objects import Object
from walrus_core.protocol.aborts import abort
from walrus_core.types import checked_bytes

__all__ = [
    "ORIGINAL_PACKAGE",
    "EmergencyUpgradeCap",
    "Upgrade",
    "UpgradeManager",
    "UpgradeReceipt",
    "UpgradeTicket",
    "emergency_upgrade_cap",
]

DIGEST_BYTES = 32

ORIGINAL_PACKAGE = bytes(31) + b"\x02"
"""Where the first version of the contract is published."""

_EMERGENCY_CAP = bytes(31) + b"\x03"


@dataclass(eq=False, slots=True)
class EmergencyUpgradeCap(Object):
    """Who holds it may upgrade without a vote, until it is burned."""


def emergency_upgrade_cap() -> EmergencyUpgradeCap:
    """The one that initializing the contract gives to the publisher."""
    return EmergencyUpgradeCap(_EMERGENCY_CAP)


@dataclass(frozen=True, slots=True)
class UpgradeTicket:
    """Leave to publish the package with this digest in place of `package_id`."""

    package_id: bytes
    digest: bytes


@dataclass(frozen=True, slots=True)
class UpgradeReceipt:
    """What publishing a ticket's package gives: where the package is now."""

    ticket: UpgradeTicket
    package_id: bytes


@dataclass(eq=False, slots=True)
class UpgradeManager(Record):
    """Holds Sui's UpgradeCap: the package and its `version`, a count of upgrades that begins at 1.

    `authorized` is the digest on the ticket that is out, while one is.
    """

    package_id: bytes
    version: int = 1
    authorized: bytes | None = None
    proposals: Table[bytes, Ballot] = field(default_factory=Table)


class Upgrade(Face):
    """Module `upgrade`."""

    @property
    def emergency_upgrade_cap(self) -> EmergencyUpgradeCap:
        """The publisher's, as long as it is not burned."""
        return cast(EmergencyUpgradeCap, self._ledger.objects[_EMERGENCY_CAP])

    @call
    def vote_for_upgrade(self, authenticated: Authenticated, node_id: Id, digest: bytes) -> None:
        """Vote in the name of a committee member for the package with this digest.

        The first vote of an epoch, and the first after another upgrade, proposes.
        """
        staking, manager = self._ledger.state.staking, self._ledger.state.upgrade
        weight = voter_weight(staking, authenticated, node_id, "upgrade")
        if len(digest) != DIGEST_BYTES:
            raise abort("upgrade", "EInvalidPackageDigest")
        ballot = manager.proposals.get(digest)
        if ballot is None or not self._is_current(ballot):
            manager.proposals[digest] = ballot = Ballot(staking.epoch, manager.version + 1)
            self._ledger.tx.emit(ContractUpgradeProposed(staking.epoch, digest))
        ballot.cast(node_id, weight, "upgrade")
        if ballot.is_quorum(staking.n_shards):
            self._ledger.tx.emit(ContractUpgradeQuorumReached(staking.epoch, digest))

    @call
    def authorize_upgrade(self, digest: bytes) -> UpgradeTicket:
        """Leave to publish what two thirds have voted for in this epoch."""
        staking, manager = self._ledger.state.staking, self._ledger.state.upgrade
        ballot = manager.proposals.get(digest)
        if ballot is None:
            raise abort("upgrade", "ENoProposalForDigest")
        if ballot.epoch != staking.epoch:
            raise abort("upgrade", "EWrongEpoch")
        if ballot.version != manager.version + 1:
            raise abort("upgrade", "EWrongVersion")
        if not ballot.is_quorum(staking.n_shards):
            raise abort("upgrade", "ENotEnoughVotes")
        return self._authorize(digest)

    @call
    def authorize_emergency_upgrade(
        self,
        cap: EmergencyUpgradeCap,  # noqa: ARG002 - holding it is the point
        digest: bytes,
    ) -> UpgradeTicket:
        """Leave to publish without a vote."""
        return self._authorize(digest)

    def _authorize(self, digest: bytes) -> UpgradeTicket:
        manager = self._ledger.state.upgrade
        if manager.authorized is not None:
            raise abort("package", "EAlreadyAuthorized")
        manager.authorized = digest
        return UpgradeTicket(manager.package_id, digest)

    @call
    def commit_upgrade(self, receipt: UpgradeReceipt) -> None:
        """End an upgrade: the package has a new id, and its version is one higher."""
        manager = self._ledger.state.upgrade
        if manager.authorized is None:
            raise abort("package", "ENotAuthorized")
        if receipt.ticket != UpgradeTicket(manager.package_id, manager.authorized):
            raise abort("package", "EWrongUpgradeCap")
        manager.package_id = checked_bytes("package_id", receipt.package_id, 32)
        manager.version = u64(manager.version + 1)
        manager.authorized = None
        epoch = self._ledger.state.staking.epoch
        self._ledger.tx.emit(ContractUpgraded(epoch, manager.package_id, manager.version))

    @call
    def cleanup_upgrade_proposals(self, digests: Sequence[bytes]) -> None:
        """Forget proposals of earlier epochs or versions; those that may still win stay."""
        proposals = self._ledger.state.upgrade.proposals
        for digest in digests:
            ballot = proposals.get(checked_bytes("digest", digest))
            if ballot is not None and not self._is_current(ballot):
                proposals.remove(digest)

    @call
    def burn_emergency_upgrade_cap(self, cap: Taken[EmergencyUpgradeCap]) -> None:
        """From now on only votes upgrade."""

    def _is_current(self, ballot: Ballot) -> bool:
        state = self._ledger.state
        current = (state.staking.epoch, state.upgrade.version + 1)
        return (ballot.epoch, ballot.version) == current
