"""How a call ends that was refused, or whose caller is gone."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

import grpc

__all__ = ["Hearing", "end_of"]

HEARD_BYTES, HEARD_SECONDS, HEARD_CALLS = 4 << 20, 1.0, 32
"""Of the rest of its request that a call may bring after it was refused; so many calls at once."""

SILENCE = 0.1
"""Seconds without a message after which the caller is not sending, but waits for an answer."""

GONE_SECONDS = 0.01
"""The request of a caller that is gone ends as if it were complete; what became of the caller gRPC
says a moment later, by cancelling the call.
"""

CLOCKS_APART = 0.05
"""Seconds by which a caller's deadline ends before ours for the same call: it was on its way."""


class Hearing:
    """Hears out those who are refused, before they are told so."""

    def __init__(self) -> None:
        self._calls = 0

    async def out(self, context: Any) -> None:
        """Let a caller end a short request, and throw it away: some clients (grpc.aio) take it for
        a failure of their own if the status comes while they are sending. Whether the caller is
        gone is found out here, too, by a CancelledError.
        """
        if self._calls >= HEARD_CALLS:
            return
        self._calls += 1
        try:
            # BaseError: another read of the request was given up, but gRPC is still at it.
            with suppress(TimeoutError, grpc.aio.BaseError):
                async with asyncio.timeout(HEARD_SECONDS):
                    await _thrown_away(context)
            await asyncio.sleep(GONE_SECONDS)
        finally:
            self._calls -= 1


async def _thrown_away(context: Any) -> None:
    left = HEARD_BYTES
    while left > 0:
        async with asyncio.timeout(SILENCE):
            data = await context.read()
        if data is grpc.aio.EOF:
            return
        left -= len(data)


def end_of(context: Any) -> grpc.StatusCode:
    """The status of a call that was cancelled: by its caller, or by the caller's deadline."""
    left = context.time_remaining()
    in_time = left is None or left > CLOCKS_APART
    return grpc.StatusCode.CANCELLED if in_time else grpc.StatusCode.DEADLINE_EXCEEDED
