"""One node's part of an upload: what it lacks, and its word that it has everything."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from walrus_core.errors import (
    BufferFullError,
    InvalidBlobIdError,
    InvalidEncodingError,
    MetadataNotFoundError,
    MissingSliversError,
    NodeUnavailableError,
    NotRegisteredError,
    OverloadedError,
    ShardNotAssignedError,
    SignatureError,
    WalrusCoreError,
    WrongEpochError,
)
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.node_api import StoredStatus
from walrus_core.services.uploader.outcome import NodeState
from walrus_core.services.uploader.sliver_stream import SliverPlace, SliverStream
from walrus_core.types import Axis

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.protocol.signed_message import SignedMessage
    from walrus_core.services.node_api import NodeApi
    from walrus_core.services.uploader.fan_out import FanOut

__all__ = ["NodeUpload"]

NOT_YET = (
    NotRegisteredError,
    BufferFullError,
    OverloadedError,
    ShardNotAssignedError,
    WrongEpochError,
)
"""A node says so that does not know yet what the chain says, or has no room for the moment."""

INCOMPLETE = (MetadataNotFoundError, MissingSliversError)
"""A node that is at it says so, and is worth another attempt even when there is a quorum."""

AGAIN = (NodeUnavailableError, TimeoutError, *INCOMPLETE)
"""What another attempt may make up for."""


@dataclass(slots=True)
class NodeUpload:
    """The work with one member of the committee; `run` it once."""

    upload: FanOut = field(repr=False, compare=False)
    member: Member
    node: NodeApi
    state: NodeState = NodeState.SENDING
    slivers: int = 0
    sent: int = 0
    finished: float | None = None
    error: str = ""
    says_invalid: bool = False
    _pending: bool = field(init=False)
    _failures: int = field(init=False, default=0)
    _fewest: int | None = field(init=False, default=None)
    _part: int | None = field(init=False, default=None)
    _put_off: float | None = field(init=False, default=None)
    _is_over: bool = field(init=False, default=False)
    _pause: float = field(init=False)

    def __post_init__(self) -> None:
        self._pending = self.upload.is_pending
        self._pause = self.upload.options.first_pause

    def leave(self) -> None:
        """Nothing is done for the upload any more. Who looks at its progress sees this node for as
        long as it likes, and should not keep the slivers, which may be a large file.
        """
        if hasattr(self, "upload"):
            del self.upload

    async def run(self) -> SignedMessage | None:
        """The node's confirmation, verified; None if it cannot be had."""
        while True:
            try:
                confirmation = await self._attempt()
            except (WalrusCoreError, TimeoutError) as error:
                self.error = str(error) or "no answer in time"
                self.says_invalid = isinstance(error, InvalidBlobIdError)
                if self._is_worth_another(error):
                    await self._rest(error)
                if self._is_over or (self.upload.is_enough and not isinstance(error, INCOMPLETE)):
                    self._end(NodeState.FAILED)
                    return None
            else:
                self._end(NodeState.CONFIRMED)
                return confirmation

    async def _attempt(self) -> SignedMessage:
        """Everything once: what the node has already is not sent again."""
        self.state = NodeState.SENDING
        blob_id, options = self.upload.blob_id, self.upload.options
        if lacking := await self._lacking():
            self._note_progress(len(lacking))
            await self._send(lacking)
        self.state = NodeState.SENT
        self.upload.has_everything(self.member)
        expected = await self.upload.expected_confirmation()
        async with asyncio.timeout(options.call_timeout + options.confirmation_wait):
            signed = await self.node.confirmation(
                blob_id, expected.object_id, options.confirmation_wait
            )
        await self._verify(signed, expected)
        return signed

    async def _lacking(self) -> list[SliverPlace]:
        """Give the node the metadata; the slivers that it has not, each pair's together."""
        metadata, timeout = self.upload.source.encoding.metadata, self.upload.options.call_timeout
        async with asyncio.timeout(timeout):
            before = await self.node.put_metadata(metadata, pending=self._pending)
        pairs = self.upload.committee.pairs_of(self.member, metadata.blob_id)
        places = [(axis, pair) for pair in pairs for axis in Axis]
        if before is StoredStatus.NONEXISTENT:  # then there are no slivers, either
            return places
        async with asyncio.timeout(timeout):
            holdings = await self.node.holdings(metadata.blob_id)
        return [(axis, pair) for axis, pair in places if pair not in holdings.of(axis)]

    def _note_progress(self, lacking: int) -> None:
        """A node that lacks less than ever is getting there, however often the link breaks."""
        if self._fewest is not None and lacking < self._fewest:
            self._failures = 0
        self._fewest = lacking if self._fewest is None else min(lacking, self._fewest)

    async def _send(self, places: Sequence[SliverPlace]) -> None:
        """Slivers, until all of them are on the node's disk or in its buffer.

        Of a call that breaks off, nothing may have been kept. So the next ones are for half as many
        slivers each, which come through sooner.
        """
        size = self._part or len(places)
        for start in range(0, len(places), size):
            part = places[start : start + size]
            try:
                await self._send_part(part)
            except (NodeUnavailableError, TimeoutError):
                self._part = max(len(part) // 2, 1)
                raise

    async def _send_part(self, places: Sequence[SliverPlace]) -> None:
        source, patience = self.upload.source, self.upload.options.stall_timeout
        async with asyncio.timeout(patience) as deadline:
            stream = SliverStream(source, places, deadline, patience, self._count)
            try:
                await self.node.put_slivers(self.upload.blob_id, stream, pending=self._pending)
            finally:
                stream.close()

    def _count(self, size: int) -> None:
        self.slivers += 1
        self.sent += size
        self.upload.progress.sent += size

    async def _verify(self, signed: SignedMessage, expected: Confirmation) -> None:
        """WrongEpochError for the word of another epoch, SignatureError for anything but the word
        that was asked for.
        """
        if signed.serialized_message != bytes(expected):
            try:
                other = Confirmation.from_bytes(signed.serialized_message)
            except InvalidEncodingError as error:
                raise SignatureError(f"what it signed is no confirmation: {error}") from None
            if other.epoch != expected.epoch and other.blob_id == expected.blob_id:
                raise WrongEpochError(expected.epoch, other.epoch)
            raise SignatureError("it confirmed another blob, or another registration")
        await self.upload.source.workers.run(
            self.member.public_key.verify, signed.serialized_message, signed.signature
        )

    def _is_worth_another(self, error: Exception) -> bool:
        """Whether there may be another attempt; else the node has failed."""
        options, now = self.upload.options, asyncio.get_running_loop().time()
        if isinstance(error, (WrongEpochError, ShardNotAssignedError)):
            self.upload.doubt_committee()
        if isinstance(error, NOT_YET):
            self._put_off = now if self._put_off is None else self._put_off
            self._is_over = now - self._put_off > options.patience
        else:
            self._failures += 1
            self._is_over = not isinstance(error, AGAIN) or self._failures >= options.attempts
        return not self._is_over

    async def _rest(self, error: Exception) -> None:
        """Wait before the next attempt; most errors have none once there is a quorum."""
        longest = self.upload.options.longest_pause
        if isinstance(error, BufferFullError) and self._pending:
            self._pending = False
            await self.upload.expected_confirmation()  # there is room after the registration
        pause = self._pause * self.upload.chance.uniform(0.5, 1.0)
        if isinstance(error, OverloadedError):
            pause = max(pause, min(error.retry_after, longest))
        self._pause = min(self._pause * 2, longest)
        if isinstance(error, INCOMPLETE):
            await asyncio.sleep(pause)
        else:
            await self.upload.pause(pause)

    def _end(self, state: NodeState) -> None:
        self.state = state
        self.finished = asyncio.get_running_loop().time()
