"""Who answers at all, before anything is paid."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from walrus_core.errors import NodeUnavailableError, QuorumUnreachableError, WalrusCoreError
from walrus_core.protocol.quorum import Threshold

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Committee, Member
    from walrus_core.services.node_api import Peers
    from walrus_core.types import BlobId

__all__ = ["require_quorum"]


async def require_quorum(
    peers: Peers, committee: Committee, blob_id: BlobId, seconds: float
) -> None:
    """Return as soon as nodes with a quorum of shards have answered.

    The question is what they hold of the blob; a refusal is an answer, too. QuorumUnreachableError
    if too few have within `seconds`.
    """
    needed, got = Threshold.QUORUM.least(committee.n_shards), 0
    asking = [asyncio.create_task(_answers(peers, member, blob_id)) for member in committee.members]
    try:
        async with asyncio.timeout(seconds):
            for answer in asyncio.as_completed(asking):
                got += await answer
                if got >= needed:
                    return
    except TimeoutError:
        pass
    finally:
        for task in asking:
            task.cancel()
        await asyncio.gather(*asking, return_exceptions=True)
    raise QuorumUnreachableError(needed, got)


async def _answers(peers: Peers, member: Member, blob_id: BlobId) -> int:
    """The member's weight if it answers, else nothing."""
    try:
        await peers.node(member).holdings(blob_id)
    except NodeUnavailableError:
        return 0
    except WalrusCoreError:
        return member.weight
    return member.weight
