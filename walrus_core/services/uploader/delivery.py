"""One blob on its way to the network, from when it is encoded until it is certified."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from walrus_core.errors import (
    Abort,
    InvalidArgumentError,
    NotEnoughConfirmationsError,
    NotEnoughWeightError,
    RegistrationEndedError,
)
from walrus_core.services.shared_bytes import SharedBytes
from walrus_core.services.uploader.claims import Claim, Claims
from walrus_core.services.uploader.fan_out import CommitteeChangedError, FanOut
from walrus_core.services.uploader.outcome import Phase, StoreProgress
from walrus_core.services.uploader.reach import require_quorum
from walrus_core.services.uploader.sliver_stream import SliverSource
from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Committee
    from walrus_core.services.ports import NewBlob
    from walrus_core.services.uploader.encoding import Encoding
    from walrus_core.services.uploader.uploader import Uploader

__all__ = ["Delivery"]


@dataclass(slots=True)
class Delivery:
    """`reuse`: storage of the wallet is used before any is bought. `reached`: a quorum answers.

    `seconds`, by the fields of `Seconds`, and `fan` tell afterwards how it went.
    """

    uploader: Uploader
    encoding: Encoding
    wanted: NewBlob
    claims: Claims
    progress: StoreProgress
    seconds: dict[str, float]
    reuse: bool
    reached: bool
    fan: FanOut | None = field(init=False, default=None)

    async def run(self, claim: Claim | None, committee: Committee) -> Claim:
        """Send and certify, registering meanwhile or before if there is no claim, and again when
        the epoch changes; the claim that was certified.
        """
        try:
            for _ in range(self.uploader.options.epoch_changes + 1):
                fan = self.fan = self._new_fan(committee)
                if claim is None:
                    claim = await self._register(fan)
                self.progress.object_id = claim.object_id
                self.progress.phase = Phase.UPLOADING
                fan.register(claim.object_id if self.wanted.deletable else None)
                if not fan.is_started:
                    fan.start(self.uploader.peers)
                try:
                    certificate = await self._certificate(fan, claim)
                    return await self._certify(fan.committee, claim, certificate)
                except CommitteeChangedError:
                    await fan.stop()
                    await self._require_life(claim)
                committee = (await self.uploader.chain.committees()).current
            assert claim is not None
            raise self._not_enough(claim, fan.needed, 0)
        finally:
            if self.fan is not None:
                await self.fan.stop()

    async def _register(self, fan: FanOut) -> Claim:
        """Buy what is missing; a small blob is sent meanwhile.

        QuorumUnreachableError: nobody should pay for what cannot be stored.
        """
        uploader, wanted = self.uploader, self.wanted
        if not self.reached:
            seconds = uploader.options.call_timeout
            await require_quorum(uploader.peers, fan.committee, wanted.blob_id, seconds)
        if wanted.size <= uploader.options.optimistic:
            fan.start(uploader.peers)
        begun = _now()
        claim = await self.claims.buy(fan.committee.epoch, reuse=self.reuse)
        self.seconds["chain"] += _now() - begun
        return claim

    def _new_fan(self, committee: Committee) -> FanOut:
        uploader, metadata = self.uploader, self.encoding.metadata
        if committee.n_shards != metadata.n_shards:
            raise InvalidArgumentError(
                f"the network has {committee.n_shards} shards now, not {metadata.n_shards};"
                " store the blob again"
            )
        sizes = [metadata.config.sliver_size(axis, metadata.unencoded_length) for axis in Axis]
        one_each = len(committee) * max(sizes)
        limit = max(uploader.options.in_flight, min(one_each, metadata.unencoded_length // 4))
        source = SliverSource(self.encoding, uploader.workers, SharedBytes(limit))
        self.progress.to_send, self.progress.sent = metadata.n_shards * sum(sizes), 0

        async def has_changed() -> bool:
            return (await uploader.chain.committees()).epoch != committee.epoch

        return FanOut(
            source, committee, uploader.options, uploader.chance, self.progress, has_changed
        )

    async def _require_life(self, claim: Claim) -> None:
        """RegistrationEndedError if the registration's time is over; there is nothing to resume."""
        end = (await self.uploader.chain.blob(claim.object_id)).storage.end_epoch
        if end <= (await self.uploader.chain.state()).epoch:
            await self.claims.close()
            raise RegistrationEndedError(str(self.wanted.blob_id), _text(claim.object_id), end)

    async def _certificate(self, fan: FanOut, claim: Claim) -> Certificate:
        """What a quorum signed.

        CommitteeChangedError, NotEnoughConfirmationsError, RegistrationEndedError.
        """
        try:
            return await fan.certificate()
        except NotEnoughWeightError as error:
            if await fan.has_changed():
                raise CommitteeChangedError from error
            await self._require_life(claim)
            raise self._not_enough(claim, error.needed, error.got) from error
        finally:
            for name, value in fan.durations().items():
                self.seconds[name] = self.seconds.get(name, 0.0) + value

    async def _certify(self, committee: Committee, claim: Claim, certificate: Certificate) -> Claim:
        """Put it on chain, if it is not there already, and pay for the epochs that are missing.

        CommitteeChangedError.
        """
        self.progress.phase = Phase.CERTIFYING
        begun, chain = _now(), self.uploader.chain
        try:
            if claim.until is not None:
                return await self.claims.prolong(claim, certificate)
            await self.claims.keep(certificate)
            claim = replace(claim, certificate=certificate)
            receipt = await chain.certify(claim.object_id, certificate)
            return replace(claim, gas=claim.gas + receipt.gas)
        except (Abort, InvalidArgumentError) as error:  # the latter: signers beyond the members
            if (await chain.blob(claim.object_id)).certified_epoch is not None:
                return claim
            if (await chain.committees()).epoch != committee.epoch:
                raise CommitteeChangedError from error
            raise
        finally:
            self.seconds["certify"] = self.seconds.get("certify", 0.0) + _now() - begun

    def _not_enough(self, claim: Claim, needed: int, got: int) -> NotEnoughConfirmationsError:
        return NotEnoughConfirmationsError(
            str(self.wanted.blob_id), _text(claim.object_id), needed, got
        )


def _text(object_id: bytes) -> str:
    return f"0x{object_id.hex()}"


def _now() -> float:
    return asyncio.get_running_loop().time()
