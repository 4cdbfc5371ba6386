"""What nodes say of a blob, made into what can be believed (spec, chapters 7 and 8)."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Sequence
from typing import TYPE_CHECKING

from walrus_core.errors import BlobUnavailableError, WalrusCoreError
from walrus_core.protocol.quorum import Threshold
from walrus_core.services.node_api import BlobStatus
from walrus_core.services.reader.roster import Roster
from walrus_core.services.tasks import Tasks

if TYPE_CHECKING:
    from walrus_core.protocol.committee import Member
    from walrus_core.types import BlobId

__all__ = ["ask_status", "believed"]

KINDS = "nonexistent", "deletable", "permanent", "invalid"
"""A blob goes from one to the next, so that of two true statements the later one counts."""


def rank(status: BlobStatus) -> tuple[int, ...]:
    """How statuses are ordered: by kind, then what is certified, for how long, how often and since
    when (earlier counts more).
    """
    kind = KINDS.index(status.kind)
    counts = status.deletable_certified, status.deletable_total
    since = -(status.initial_certified_epoch or 2**32)
    if status.kind == "permanent":
        return kind, status.is_certified, status.end_epoch or 0, *counts, since
    return kind, *counts, since


def believed(answers: Sequence[tuple[int, BlobStatus]], n_faulty: int) -> BlobStatus | None:
    """The status that weights, in shards, and statuses support; None if none has enough.

    One of f + 1 shards is honest. So the greatest status that such a weight reports is true; where
    honest nodes are at different points of the chain and no status has as much, it is the greatest
    that such a weight reaches or surpasses.
    """
    weights: dict[BlobStatus, int] = {}
    for weight, status in answers:
        weights[status] = weights.get(status, 0) + weight
    ordered = sorted(weights, key=rank, reverse=True)
    for status in ordered:
        if weights[status] > n_faulty:
            return status
    above = 0
    for status in ordered:
        above += weights[status]
        if above > n_faulty:
            return status
    return None


async def ask_status(roster: Roster, blob_id: BlobId) -> BlobStatus:
    """The believed status, of a quorum of nodes, or of more than f shards and of all who answer
    within `grace` of those: the others could only tell of what came later.

    BlobUnavailableError if too few do.
    """
    answers: list[tuple[int, BlobStatus]] = []
    pending = 0
    changed = asyncio.Event()

    async def ask(member: Member) -> None:
        nonlocal pending
        try:
            status = await roster.node(member).status(blob_id)
            roster.traffic.status()
            if status.kind in KINDS:
                answers.append((member.weight, status))
        except WalrusCoreError as error:
            roster.blame(member, error)
        finally:
            pending -= 1
            changed.set()

    status: BlobStatus | None = None
    async with Tasks() as tasks:
        for member in roster.members():
            pending += 1
            tasks.start(ask(member))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(roster.options.node_timeout) as limit:
                while pending and not _is_settled(answers, status, roster.committee.n_shards):
                    await changed.wait()
                    changed.clear()
                    tasks.check()
                    is_first = status is None
                    status = believed(answers, roster.n_faulty_shards)
                    if is_first and status is not None:
                        _hasten(limit, roster.options.grace)
    if status is None:
        weight = sum(weight for weight, _ in answers)
        raise BlobUnavailableError(str(blob_id), roster.n_faulty_shards + 1, weight)
    return status


def _is_settled(
    answers: Sequence[tuple[int, BlobStatus]], status: BlobStatus | None, n_shards: int
) -> bool:
    """Whether nobody needs to be waited for: a quorum has answered, or nothing comes after this."""
    weight = sum(weight for weight, _ in answers)
    is_last = status is not None and status.kind == KINDS[-1]
    return is_last or Threshold.QUORUM.reached(weight, n_shards)


def _hasten(limit: asyncio.Timeout, seconds: float) -> None:
    """Let the time be over in so many seconds, if not before."""
    end = asyncio.get_running_loop().time() + seconds
    limit.reschedule(min(end, limit.when() or end))
