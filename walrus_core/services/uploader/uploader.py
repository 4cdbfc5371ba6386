"""Storing a blob: encoded, registered, sent to every node, confirmed by a quorum, certified.

The journal knows of every transaction that may have paid before it is sent, so that whenever a
`store` is cut off, the next one of the same content goes on from there, and pays nothing again.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from walrus_core.errors import (
    Abort,
    InvalidArgumentError,
    NotEnoughConfirmationsError,
    NotEnoughWeightError,
    RegistrationEndedError,
)
from walrus_core.services.encoding import encode_source
from walrus_core.services.ports import NewBlob, Receipt
from walrus_core.services.uploader.allowance import Allowance
from walrus_core.services.uploader.claims import Claim, Claims
from walrus_core.services.uploader.fan_out import CommitteeChangedError, FanOut
from walrus_core.services.uploader.options import UploadOptions
from walrus_core.services.uploader.outcome import Phase, Seconds, StoreOutcome, StoreProgress
from walrus_core.services.uploader.reach import require_quorum
from walrus_core.services.uploader.record import load_record, record_name
from walrus_core.services.uploader.sliver_stream import SliverSource
from walrus_core.services.uploader.turns import LocalTurns
from walrus_core.types import Axis, checked_int

if TYPE_CHECKING:
    from walrus_core.codec.sources import BlobSource
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.committee import Committee
    from walrus_core.services.encoding import Encoding
    from walrus_core.services.node_api import Peers
    from walrus_core.services.ports import Chain, Journal, Turns, Workers
    from walrus_core.types import BlobId

__all__ = ["Uploader"]


class Uploader:
    """Stores blobs for one wallet. `store` may run several times at once.

    `chance` spreads retries; the journal must be this wallet's, and outlive the process. Uploaders
    that share a journal must share the `turns` to use its records, too; None for one uploader.
    """

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        workers: Workers,
        journal: Journal,
        chance: random.Random,
        options: UploadOptions | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.chain = chain
        self.peers = peers
        self.workers = workers
        self.journal = journal
        self.chance = chance
        self.options = options or UploadOptions()
        self.turns = turns or LocalTurns()

    async def store(
        self,
        source: BlobSource,
        epochs: int,
        *,
        deletable: bool = True,
        attributes: Mapping[str, str] | None = None,
        force: bool = False,
        progress: StoreProgress | None = None,
        keep: Callable[[StoreOutcome], Awaitable[None]] | None = None,
    ) -> StoreOutcome:
        """Store a buffer, the file at a path, or a binary file object for `epochs` epochs.

        A registration of the wallet that serves is used, unless `force` asks for one more; what an
        earlier run paid for and did not finish is finished in any case. `keep` is awaited with the
        outcome while the journal still has what it was made of.

        QuorumUnreachableError, before anything is paid, if too few nodes answer at all;
        NotEnoughConfirmationsError if too few confirm; RegistrationEndedError if there was no time
        for that; whatever `codec.encode` and the chain raise.
        """
        started = _now()
        progress = progress or StoreProgress()
        state = await self.chain.state()
        checked_int("epochs", epochs, 1, state.max_epochs_ahead)
        asked = _now()
        progress.phase = Phase.ENCODING
        encoding = await encode_source(
            source,
            state.n_shards,
            self.workers,
            progress.encoding,
            in_memory=self.options.in_memory,
        )
        encoded = _now()
        metadata = encoding.metadata
        progress.blob_id = metadata.blob_id
        wanted = NewBlob(
            blob_id=metadata.blob_id,
            root_hash=metadata.root_hash,
            size=metadata.unencoded_length,
            encoded_size=metadata.config.encoded_size(metadata.unencoded_length),
            deletable=deletable,
            attributes=dict(attributes or {}),
        )
        storing = _Storing(self, encoding, wanted, epochs, progress, keep)
        storing.seconds["encode"] = encoded - asked
        storing.seconds["chain"] = asked - started
        name = record_name(self.chain.address, wanted.blob_id, deletable=deletable)
        async with self.turns.turn(name):
            outcome = await storing.run(started, reuse=not force)
        progress.phase = Phase.DONE
        return outcome

    async def forget(self, blob_id: BlobId, object_id: bytes, deletable: bool) -> None:
        """What an earlier run began for this object was finished, but that run was cut off before
        the journal was told.
        """
        name = record_name(self.chain.address, blob_id, deletable=deletable)
        async with self.turns.turn(name):
            record = await load_record(self.journal, name)
            if record is not None and record.object_id == object_id:
                await self.journal.remove(name)


@dataclass(slots=True)
class _Storing:
    """One blob, from when it is encoded until it is certified."""

    uploader: Uploader
    encoding: Encoding
    wanted: NewBlob
    epochs: int
    progress: StoreProgress
    keep: Callable[[StoreOutcome], Awaitable[None]] | None
    seconds: dict[str, float] = field(default_factory=dict)
    _claims: Claims = field(init=False)
    _fan: FanOut | None = field(init=False, default=None)

    def __post_init__(self) -> None:
        uploader = self.uploader
        self._claims = Claims(uploader.chain, uploader.journal, self.wanted, self.epochs)

    async def run(self, started: float, *, reuse: bool) -> StoreOutcome:
        self.progress.phase = Phase.REGISTERING
        begun = _now()
        claim = await self._claims.find(reuse=reuse)
        self.seconds["chain"] += _now() - begun
        gas = 0
        if claim is None or not claim.is_certified:
            try:
                claim, receipt = await self._upload(claim)
            finally:
                if self._fan is not None:
                    await self._fan.stop()
            gas = receipt.gas if receipt else 0
        self.progress.object_id = claim.object_id
        blob = await self.uploader.chain.blob(claim.object_id)
        self.seconds["total"] = _now() - started
        outcome = StoreOutcome(
            blob=blob,
            size=self.wanted.size,
            encoded_size=self.wanted.encoded_size,
            epochs=self.epochs,
            operation=claim.operation,
            resumed=claim.resumed,
            cost=claim.cost,
            gas=claim.gas + gas,
            seconds=Seconds(**self.seconds),
            nodes=self._fan.results() if self._fan else (),
            certificate=claim.certificate,
        )
        if self.keep is not None:
            await self.keep(outcome)
        await self._claims.close()  # at the very end: who is cut off before asks for the same again
        return outcome

    async def _upload(self, claim: Claim | None) -> tuple[Claim, Receipt | None]:
        """Send and certify, registering meanwhile or before; again when the epoch changes."""
        for _ in range(self.uploader.options.epoch_changes + 1):
            fan = self._fan = await self._new_fan()
            if claim is None:
                await self._require_quorum(fan.committee)
                if self.wanted.size <= self.uploader.options.optimistic:
                    fan.start(self.uploader.peers)
                claim = await self._buy()
            self.progress.object_id = claim.object_id
            self.progress.phase = Phase.UPLOADING
            fan.register(claim.object_id if self.wanted.deletable else None)
            if not fan.is_started:
                fan.start(self.uploader.peers)
            try:
                certificate = await self._certificate(fan, claim)
                await self._claims.keep(certificate)
                claim = replace(claim, certificate=certificate)
                return claim, await self._certify(fan.committee, claim, certificate)
            except CommitteeChangedError:
                await fan.stop()
                await self._require_life(claim)
        assert claim is not None
        raise self._not_enough(claim, fan.needed, 0)

    async def _new_fan(self) -> FanOut:
        uploader, metadata = self.uploader, self.encoding.metadata
        committee = (await uploader.chain.committees()).current
        if committee.n_shards != metadata.n_shards:
            raise InvalidArgumentError(
                f"the network has {committee.n_shards} shards now, not {metadata.n_shards};"
                " store the blob again"
            )
        sizes = [metadata.config.sliver_size(axis, metadata.unencoded_length) for axis in Axis]
        one_each = len(committee) * max(sizes)
        limit = max(uploader.options.in_flight, min(one_each, metadata.unencoded_length // 4))
        source = SliverSource(self.encoding, uploader.workers, Allowance(limit))
        self.progress.to_send, self.progress.sent = metadata.n_shards * sum(sizes), 0

        async def has_changed() -> bool:
            return (await uploader.chain.committees()).epoch != committee.epoch

        return FanOut(
            source, committee, uploader.options, uploader.chance, self.progress, has_changed
        )

    async def _require_quorum(self, committee: Committee) -> None:
        """Nobody should pay for what cannot be stored. QuorumUnreachableError."""
        uploader, blob_id = self.uploader, self.wanted.blob_id
        await require_quorum(uploader.peers, committee, blob_id, uploader.options.call_timeout)

    async def _require_life(self, claim: Claim) -> None:
        """RegistrationEndedError if the registration's time is over; there is nothing to resume."""
        end = (await self.uploader.chain.blob(claim.object_id)).storage.end_epoch
        if end <= (await self.uploader.chain.state()).epoch:
            await self._claims.close()
            raise RegistrationEndedError(str(self.wanted.blob_id), _text(claim.object_id), end)

    async def _buy(self) -> Claim:
        begun = _now()
        claim = await self._claims.buy()
        self.seconds["chain"] += _now() - begun
        return claim

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

    async def _certify(
        self, committee: Committee, claim: Claim, certificate: Certificate
    ) -> Receipt | None:
        """Put it on chain; None if it is there already. CommitteeChangedError."""
        self.progress.phase = Phase.CERTIFYING
        begun, chain = _now(), self.uploader.chain
        try:
            return await chain.certify(claim.object_id, certificate)
        except (Abort, InvalidArgumentError) as error:  # the latter: signers beyond the members
            if (await chain.blob(claim.object_id)).certified_epoch is not None:
                return None
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
