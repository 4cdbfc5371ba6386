"""Which nodes may be talked to, and how: TLS everywhere, plaintext to this machine only."""

from __future__ import annotations

import ipaddress
from urllib.parse import urlsplit

from walrus_core.errors import InvalidArgumentError

__all__ = ["node_url"]

HTTPS_PORT = 443


def node_url(url: str) -> tuple[str, tuple[str, int] | None]:
    """The URL with its port; host and port for plaintext to this machine, None for TLS.

    InvalidArgumentError for any other.
    """
    parts = urlsplit(url)
    try:
        host, port = parts.hostname or "", parts.port
    except ValueError:
        host, port = "", None
    if parts.scheme == "https" and host:
        return f"https://{host}:{port or HTTPS_PORT}", None
    if parts.scheme == "http" and port and _is_loopback(host):
        return url, (host, port)
    raise InvalidArgumentError(
        f"{url!r}: a node is https://HOST:PORT, or http://127.0.0.1:PORT on this machine only"
    )


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
