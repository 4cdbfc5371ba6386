"""What nodes say before anything is paid: what they know of the blob, and who answers at all."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from walrus_core.errors import NodeUnavailableError, QuorumUnreachableError, WalrusCoreError
from walrus_core.protocol.quorum import Threshold
from walrus_core.services.reader.status import KINDS, believed

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from walrus_core.protocol.committee import Committee, Member
    from walrus_core.services.node_api import BlobStatus, NodeApi, Peers
    from walrus_core.types import BlobId

__all__ = ["Word", "ask_status", "require_quorum"]

T = TypeVar("T")


class Word(NamedTuple):
    """What a quorum says of a blob: what of that is to be believed, and whether the blob `is_news`
    to all of them.

    Whoever certified a blob had a quorum that knew of the registration; of any other quorum at
    least one honest node tells.
    """

    status: BlobStatus
    is_news: bool


async def ask_status(
    peers: Peers, committee: Committee, blob_id: BlobId, seconds: float
) -> Word | None:
    """What nodes with a quorum of shards say; None if too few do within `seconds`."""
    needed = Threshold.QUORUM.least(committee.n_shards)
    answers: list[tuple[int, BlobStatus]] = []

    async def ask(node: NodeApi) -> BlobStatus | None:
        try:
            return await node.status(blob_id)
        except WalrusCoreError:
            return None

    def take(member: Member, status: BlobStatus | None) -> bool:
        if status is not None and status.kind in KINDS:
            answers.append((member.weight, status))
        return sum(weight for weight, _ in answers) >= needed

    if not await _ask_all(peers, committee, ask, take, seconds):
        return None
    status = believed(answers, Threshold.VALIDITY.least(committee.n_shards) - 1)
    assert status is not None, "a quorum is more than that"
    return Word(status, all(each.kind == "nonexistent" for _, each in answers))


async def require_quorum(
    peers: Peers, committee: Committee, blob_id: BlobId, seconds: float
) -> None:
    """Return as soon as nodes with a quorum of shards have answered.

    The question is what they hold of the blob; a refusal is an answer, too. QuorumUnreachableError
    if too few have within `seconds`.
    """
    needed, got = Threshold.QUORUM.least(committee.n_shards), 0

    async def ask(node: NodeApi) -> bool:
        try:
            await node.holdings(blob_id)
        except NodeUnavailableError:
            return False
        except WalrusCoreError:
            pass
        return True

    def take(member: Member, is_there: bool) -> bool:
        nonlocal got
        got += member.weight if is_there else 0
        return got >= needed

    if not await _ask_all(peers, committee, ask, take, seconds):
        raise QuorumUnreachableError(needed, got)


async def _ask_all(
    peers: Peers,
    committee: Committee,
    ask: Callable[[NodeApi], Awaitable[T]],
    take: Callable[[Member, T], bool],
    seconds: float,
) -> bool:
    """Ask all side by side until `take` has enough; whether it had, of all or within `seconds`."""

    async def answer(member: Member) -> tuple[Member, T]:
        return member, await ask(peers.node(member))

    asking = [asyncio.create_task(answer(member)) for member in committee.members]
    try:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                for each in asyncio.as_completed(asking):
                    if take(*await each):
                        return True
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    return False
