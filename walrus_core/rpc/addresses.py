"""Addresses of nodes: host:port, as the chain has them."""

from __future__ import annotations

import ipaddress

from walrus_core.errors import InvalidArgumentError
from walrus_core.types import U16_MAX

__all__ = ["host_and_port", "is_loopback", "parse_address"]


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach `host`: an IP address, or "localhost"."""
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def host_and_port(host: str, port: int) -> str:
    """As gRPC and URLs write them: an IPv6 address in brackets."""
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def parse_address(address: str) -> tuple[str, int]:
    """Host and port; InvalidArgumentError if the address, which anyone may have put on chain, is
    anything but a name or an IP address with a port.
    """
    host, _, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]") if host.startswith("[") else host
    if not host or len(host) > 253 or not set(host) <= _HOST or not port.isdecimal():
        raise InvalidArgumentError(f"{address[:300]!r} is not host:port")
    if len(port) > 5 or not 0 < int(port) <= U16_MAX:
        raise InvalidArgumentError(f"port {port[:20]} is outside 1..{U16_MAX:,}")
    return host, int(port)


_HOST = set("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._:")
