"""What a server says when it serves."""

from __future__ import annotations

import os
import socket
from collections.abc import Sequence
from dataclasses import dataclass

from walrus_core.daemon.gateway.config import GatewayConfig

__all__ = ["Ready", "Serving", "tell_systemd"]


@dataclass(frozen=True, slots=True)
class Ready:
    """What one process says; `connected`: to the network; `stores`: there, too, and does not only
    read, which is not known before; `metrics`: their URL.
    """

    address: str | None
    services: Sequence[str]
    connected: bool
    stores: bool
    metrics: str | None


@dataclass(frozen=True, slots=True)
class Serving:
    """All processes serve; `ready` is what the first one said, `metrics` are those of each."""

    config: GatewayConfig
    ready: Ready
    metrics: Sequence[str]


def tell_systemd(state: str) -> None:
    """As sd_notify(3): READY=1 or STOPPING=1; nothing where systemd did not start the process."""
    address = os.environ.get("NOTIFY_SOCKET")
    if not address:
        return
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sending:
        try:
            sending.sendto(state.encode("ascii"), address.replace("@", "\0", 1))
        except OSError:
            return  # nobody listens: the server serves all the same
