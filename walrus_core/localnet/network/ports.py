"""TCP ports for servers that shall find theirs free again when they come back."""

from __future__ import annotations

import contextlib
import random
import socket
from collections.abc import Sequence

from walrus_core.errors import StorageError

__all__ = ["LOOPBACK", "free_ports"]

LOOPBACK = "127.0.0.1"

FIRST, LAST = 10_240, 32_000
"""Below those that the system gives to outgoing connections, from 32,768 on."""

TRIES = 1000


def free_ports(count: int) -> Sequence[int]:
    """Ports of this machine on which nobody listens now, in no order; StorageError if there are
    too few.
    """
    found: dict[int, None] = {}
    with contextlib.ExitStack() as held:
        for _ in range(TRIES):
            if len(found) == count:
                return list(found)
            port = random.randint(FIRST, LAST)
            listener = held.enter_context(socket.socket())
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                listener.bind((LOOPBACK, port))
                found[port] = None
    raise StorageError(LOOPBACK, f"{len(found)} < {count} free ports were found; stop some servers")
