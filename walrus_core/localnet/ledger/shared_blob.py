"""Blobs that anyone may fund and extend (contract.md, section 16): module `shared_blob`.

What is shared stays: there is no way to certify, empty or delete it. Share certified blobs.
"""

from __future__ import annotations

from walrus_core.localnet.ledger import blob as blobs
from walrus_core.localnet.ledger.calls import U32, Face, Taken, call
from walrus_core.localnet.ledger.integers import u64
from walrus_core.localnet.ledger.objects import Blob, Coin, SharedBlob
from walrus_core.localnet.ledger.transaction import ANYONE

__all__ = ["SharedBlobModule"]


class SharedBlobModule(Face):
    """Calls of the module `shared_blob`."""

    @call
    def new(self, blob: Taken[Blob]) -> SharedBlob:
        """Share a blob without funds."""
        return SharedBlob(self._ledger.tx.fresh_id(), blob, funds=0)

    @call
    def new_funded(self, blob: Taken[Blob], funds: Taken[Coin]) -> SharedBlob:
        """Share a blob with funds."""
        return SharedBlob(self._ledger.tx.fresh_id(), blob, funds.value)

    @call
    def fund(self, shared: SharedBlob, added_funds: Taken[Coin]) -> None:
        """Add to the funds; nobody gets them back."""
        shared.funds = u64(shared.funds + added_funds.value)

    @call
    def extend(self, shared: SharedBlob, extended_epochs: U32) -> None:
        """Extend the blob out of its funds."""
        self._ledger.system.check_version()
        purse = Coin(ANYONE, shared.funds)  # never at large, so its id does not matter
        system, tx = self._ledger.state.system, self._ledger.tx
        blobs.extend(system, shared.blob, extended_epochs, purse, tx)
        shared.funds = purse.value
