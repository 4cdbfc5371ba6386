"""One blob that is encoded and to be stored: by what there is already, or by a delivery."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeAlias

from walrus_core.errors import InvalidArgumentError, InvalidBlobIdError
from walrus_core.services.ports import Cost
from walrus_core.services.uploader.belongings import KEPT_SECONDS
from walrus_core.services.uploader.claims import Claim, Claims
from walrus_core.services.uploader.delivery import Delivery
from walrus_core.services.uploader.outcome import (
    Operation,
    Phase,
    Seconds,
    StoreOutcome,
    StoreProgress,
)
from walrus_core.services.uploader.reach import Word, ask_status

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee
    from walrus_core.services.node_api import BlobStatus
    from walrus_core.services.ports import BlobObject, NewBlob
    from walrus_core.services.uploader.prepared_blob import PreparedBlob
    from walrus_core.services.uploader.terms import StoreTerms
    from walrus_core.services.uploader.uploader import Uploader
    from walrus_core.types import Epoch

__all__ = ["Keep", "StoreRun"]

Keep: TypeAlias = "Callable[[StoreOutcome], Awaitable[None]]"
"""Is awaited with the outcome while the journal still has what it was made of."""


@dataclass(slots=True)
class StoreRun:
    """`wanted` is what the encoding and the `terms` say together."""

    uploader: Uploader
    prepared: PreparedBlob
    wanted: NewBlob
    terms: StoreTerms
    progress: StoreProgress
    keep: Keep | None
    seconds: dict[str, float] = field(init=False)
    claims: Claims = field(init=False)
    _word: Word | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        uploader, prepared = self.uploader, self.prepared
        self.seconds = {
            "encode": prepared.done - prepared.asked,
            "chain": prepared.asked - prepared.started + _now() - prepared.done,
        }
        self.claims = Claims(
            uploader.chain,
            uploader.journal,
            uploader.belongings,
            self.wanted,
            self.epochs,
            least_rest=prepared.encoding.metadata.config.encoded_size(0),
        )

    @property
    def epochs(self) -> int:
        return self.prepared.epochs

    async def run(self) -> StoreOutcome:
        self.progress.phase = Phase.REGISTERING
        begun = _now()
        committee = (await self.uploader.chain.committees()).current
        claim = await self.claims.resume(committee.epoch) or await self._find(committee, begun)
        if claim is not None and claim.is_certified and claim.until is not None:
            claim = await self._extend(claim)
        self.seconds["chain"] += _now() - begun
        status = self._permanent(committee.epoch)
        if claim is None and status is not None:
            outcome = self._elsewhere(status)
        else:
            delivery = self._delivery()
            if claim is None or not claim.is_certified:
                claim = await delivery.run(claim, committee)
            self.progress.object_id = claim.object_id
            blob = await self.uploader.chain.blob(claim.object_id)
            outcome = self._outcome(claim, blob, delivery, status)
        outcome = replace(
            outcome, seconds=Seconds(**self.seconds | {"total": _now() - self.prepared.started})
        )
        if self.keep is not None:
            await self.keep(outcome)
        await self.claims.close()  # at the very end: who is cut off before asks for the same again
        return outcome

    # -- what there is already ----------------------------------------------------------------

    async def _find(self, committee: Committee, begun: float) -> Claim | None:
        """The wallet's registration that takes least; none if the blob is stored without it."""
        owned: Sequence[BlobObject]
        if not self.terms.force:
            self._word, owned = await asyncio.gather(
                self._ask(committee), self._owned(begun - KEPT_SECONDS)
            )
        is_news = self._word is not None and self._word.is_news
        if not is_news or owned:  # an old list will not do
            owned = await self._owned(begun)
        claim = self.claims.choose(owned, committee.epoch, certified=not self.terms.force)
        is_free = claim is not None and claim.operation is Operation.CERTIFIED
        return claim if is_free or self._permanent(committee.epoch) is None else None

    async def _ask(self, committee: Committee) -> Word | None:
        """What nodes say of the blob, if they do; InvalidBlobIdError if it is none that can be."""
        uploader, blob_id = self.uploader, self.wanted.blob_id
        seconds = uploader.options.status_timeout
        word = await ask_status(uploader.peers, committee, blob_id, seconds)
        if word is not None and word.status.kind == "invalid":
            raise InvalidBlobIdError(str(blob_id))
        return word

    async def _owned(self, since: float) -> Sequence[BlobObject]:
        uploader = self.uploader
        if not self.terms.reuse_resources:
            return ()
        return await uploader.belongings.blobs(uploader.chain, self.wanted.blob_id, since)

    def _permanent(self, epoch: Epoch) -> BlobStatus | None:
        """What nodes say, if by that nobody needs to store the blob.

        Attributes are on an object, which is of the wallet's own; so is the right to delete, for
        which the official client pays, too.
        """
        status = self._word.status if self._word is not None else None
        if status is None or not status.is_certified:
            return None
        if self.wanted.deletable or self.wanted.attributes:
            return None
        is_long_enough = (status.end_epoch or 0) >= epoch + self.epochs
        return status if status.kind == "permanent" and is_long_enough else None

    async def _extend(self, claim: Claim) -> Claim:
        try:
            return await self.claims.prolong(claim)
        except InvalidArgumentError:  # another process has just done so
            return replace(claim, operation=Operation.CERTIFIED, extended=0, until=None)

    # -- what came of it ------------------------------------------------------------------------

    def _delivery(self) -> Delivery:
        return Delivery(
            self.uploader,
            self.prepared.encoding,
            self.wanted,
            self.claims,
            self.progress,
            self.seconds,
            reuse=self.terms.reuse_resources,
            reached=self._word is not None,
        )

    def _outcome(
        self, claim: Claim, blob: BlobObject, delivery: Delivery, status: BlobStatus | None
    ) -> StoreOutcome:
        is_permanent = claim.operation is Operation.CERTIFIED and not blob.deletable
        return StoreOutcome(
            blob_id=blob.blob_id,
            end_epoch=blob.storage.end_epoch,
            certified_epoch=blob.certified_epoch,
            blob=blob,
            size=self.wanted.size,
            encoded_size=self.wanted.encoded_size,
            epochs=self.epochs,
            operation=claim.operation,
            resumed=claim.resumed,
            cost=claim.cost,
            gas=claim.gas,
            seconds=Seconds(),
            nodes=delivery.fan.results() if delivery.fan else (),
            certificate=claim.certificate,
            extended=claim.extended,
            event=status.event if status and is_permanent else None,
        )

    def _elsewhere(self, status: BlobStatus) -> StoreOutcome:
        """Somebody else has stored it."""
        assert status.end_epoch is not None
        return StoreOutcome(
            blob_id=self.wanted.blob_id,
            end_epoch=status.end_epoch,
            certified_epoch=status.initial_certified_epoch,
            blob=None,
            size=self.wanted.size,
            encoded_size=self.wanted.encoded_size,
            epochs=self.epochs,
            operation=Operation.CERTIFIED,
            resumed=False,
            cost=Cost(0, 0),
            gas=0,
            seconds=Seconds(),
            event=status.event,
        )


def _now() -> float:
    return asyncio.get_running_loop().time()
