"""What `walrus-core serve` is told, by a file, by options, or by nobody.

Nothing here needs gRPC: the parent of several workers reads it, too.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

from walrus_core.daemon.limits import limits_in
from walrus_core.daemon.logs import LOG_LEVELS
from walrus_core.daemon.settings import Address, Settings, load_settings
from walrus_core.errors import ConfigurationError
from walrus_core.rpc.gateway_options import CertificateFiles, GatewayLimits
from walrus_core.services.uploads.limits import UploadLimits

__all__ = ["GatewayConfig", "is_size", "load_gateway_config", "require_sense"]

EXAMPLE = "`walrus-core serve --write-config` prints one, with every key"
HOST, PORT = "127.0.0.1", 9186
MEMORY = 1280 << 20
LEAST_MEMORY = 16 << 20
"""Bytes for each worker: what a call of a few MiB takes. A larger one that finds less gets what it
needs once nobody else has any.
"""

LARGEST_BLOB = 14 << 30
MOST_WORKERS = 64


@dataclass(frozen=True, slots=True)
class GatewayConfig:
    """Sizes in bytes, times in seconds, paths as they are to open.

    `listen` None: only at the Unix socket. `network` None: no BlobService. `wallet` None: the
    network's own, else the official client's. `callers` None: everybody may call. `directory` None:
    the user's (see `process.directory_of`). `memory` and `threads` are for all workers together;
    None: as many threads as this process may use CPUs. `metrics` None: none; the n-th worker tells
    them n ports further on. `trace`: to OpenTelemetry, as its environment variables say.
    """

    listen: Address | None = (HOST, PORT)
    unix: Path | None = None
    unix_mode: int = 0o600
    network: str | None = None
    wallet: Path | None = None
    certificate: CertificateFiles | None = None
    callers: Path | None = None
    insecure_plaintext: bool = False
    directory: Path | None = None
    memory: int = MEMORY
    threads: int | None = None
    largest_blob: int = LARGEST_BLOB
    workers: int = 1
    metrics: Address | None = None
    trace: bool = False
    log_level: str = "info"
    notice: float = 0.5
    grace: float = 30.0
    limits: GatewayLimits = field(default_factory=GatewayLimits)
    uploads: UploadLimits = field(default_factory=UploadLimits)


def load_gateway_config(path: Path) -> GatewayConfig:
    """The configuration in a file; ConfigurationError names the key that is wrong."""
    top, default = load_settings(path, EXAMPLE), GatewayConfig()
    config = GatewayConfig(
        listen=_listen(top),
        unix=_path(top, "unix_socket"),
        unix_mode=_mode(top, "unix_socket_mode", default.unix_mode),
        network=_network(top),
        wallet=_path(top, "wallet"),
        certificate=_certificate(top.section("tls")),
        callers=_path(top, "callers"),
        insecure_plaintext=top.flag("insecure_plaintext", False),
        directory=_path(top, "directory"),
        memory=top.size("memory", default.memory) or default.memory,
        threads=top.integer("threads", 0, 0, 1024) or None,
        largest_blob=top.size("largest_blob", default.largest_blob) or default.largest_blob,
        workers=top.integer("workers", 1, 1, MOST_WORKERS),
        metrics=top.address("metrics_address", None),
        trace=top.flag("opentelemetry", False),
        log_level=top.choice("log_level", LOG_LEVELS, default.log_level),
        notice=top.seconds("shutdown_notice_seconds", default.notice, 600),
        grace=top.seconds("graceful_shutdown_seconds", default.grace, 3600),
        limits=limits_in(top.section("limits"), default.limits, is_size),
        uploads=limits_in(top.section("uploads"), default.uploads, is_size),
    )
    top.finish()
    return config


def require_sense(config: GatewayConfig) -> None:
    """ConfigurationError for what cannot be together, whoever said which part of it."""
    n_workers, least = config.workers, config.workers * LEAST_MEMORY
    if n_workers > 1 and config.listen is None:
        raise ConfigurationError(
            "workers",
            f"{n_workers} share a TCP port, and there is none: a Unix socket is of one process;"
            " give an address to listen at, or have one worker",
        )
    if config.memory < least:
        raise ConfigurationError(
            "memory",
            f"{config.memory:,} bytes < {least >> 20} MiB, the least for {n_workers} worker"
            f"{'s' if n_workers > 1 else ''}",
        )


def _listen(top: Settings) -> Address | None:
    """The address; `none` for no TCP."""
    if top.holds("listen_address", "none"):
        return None
    address: Address = top.address("listen_address", (HOST, PORT))
    return address


def _path(top: Settings, key: str) -> Path | None:
    text = top.text(key, None)
    return None if text is None else top.resolve(text)


def _mode(top: Settings, key: str, default: int) -> int:
    """As chmod takes it: three octal digits, as a text."""
    text = top.text(key, None, 'mode in quotes, such as "660"')
    if text is None:
        return default
    if not re.fullmatch("[0-7]{3}", text):
        top.refuse(key, f'{text!r} is no mode, such as "660"')
    return int(text, 8)


def _network(top: Settings) -> str | None:
    """By its name; the path of one that a file describes starts at the configuration's."""
    text: str | None = top.text("network", None)
    return str(top.resolve(text)) if text is not None and text.endswith(".json") else text


def _certificate(tls: Settings) -> CertificateFiles | None:
    certificate, key, client_ca = (_path(tls, name) for name in ("certificate", "key", "client_ca"))
    tls.finish()
    if certificate is None and key is None:
        if client_ca is not None:
            tls.refuse("client_ca", "is of no use without certificate and key")
        return None
    if certificate is None or key is None:
        tls.refuse("certificate" if certificate is None else "key", "is missing")
    return CertificateFiles(certificate, key, client_ca)


def is_size(name: str) -> bool:
    """Whether the limit of this name is a number of bytes."""
    return name.endswith("_bytes") or name == "least_rate"
