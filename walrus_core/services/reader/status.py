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
    """The believed status, of a quorum of nodes or of all that answer in time.

    BlobUnavailableError if too few do.
    """
    n_shards, n_faulty = roster.committee.n_shards, roster.n_faulty_shards
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

    async with Tasks() as tasks:
        for member in roster.members():
            pending += 1
            tasks.start(ask(member))
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(roster.options.node_timeout):
                while pending:
                    await changed.wait()
                    changed.clear()
                    tasks.check()
                    weight = sum(weight for weight, _ in answers)
                    if Threshold.QUORUM.reached(weight, n_shards):
                        break
    status = believed(answers, n_faulty)
    if status is None:
        weight = sum(weight for weight, _ in answers)
        raise BlobUnavailableError(str(blob_id), n_faulty + 1, weight)
    return status
