"""`walrus-core serve`: the engine, and a network's blobs, for other programs."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from walrus_core.cli.arguments import Command, size_in_bytes
from walrus_core.cli.output import Printer, Report
from walrus_core.errors import InvalidArgumentError, MissingDependencyError, StorageError

if TYPE_CHECKING:
    from walrus_core.daemon.gateway.config import GatewayConfig
    from walrus_core.daemon.gateway.ready import Ready, Serving

PATH = click.Path(path_type=Path)
NAMES = {"spool": "directory", "tokens": "callers"}
"""Options that the configuration knows by another name."""


@click.command("serve", cls=Command)
@click.option("--listen", metavar="ADDRESS", help="HOST:PORT, or none.  [default: 127.0.0.1:9186]")
@click.option("--unix", type=PATH, metavar="PATH", help="Listen at this Unix socket, too.")
@click.option(
    "--network",
    metavar="local|testnet|mainnet|FILE",
    help="Whose blobs to store and read.  [default: local, if there is one]",
)
@click.option("--no-network", is_flag=True, help="Only encode, decode, verify and recover.")
@click.option("--wallet", type=PATH, metavar="FILE", help="The sui.keystore that pays for stores.")
@click.option("--workers", type=click.IntRange(1, 64), metavar="N", help="Processes.  [default: 1]")
@click.option("--tls-cert", type=PATH, metavar="FILE", help="PEM; read again when it changes.")
@click.option("--tls-key", type=PATH, metavar="FILE", help="The key of the certificate.")
@click.option("--client-ca", type=PATH, metavar="FILE", help="Let only those in whom it certifies.")
@click.option(
    "--tokens", type=PATH, metavar="FILE", help="YAML: who may call, what, and how much of it."
)
@click.option("--config", "config_file", type=PATH, metavar="FILE", help="All this, and more.")
@click.option("--write-config", is_flag=True, help="Print such a file, with every key, and end.")
@click.option(
    "--insecure-plaintext", is_flag=True, help="Serve without TLS where others can listen in."
)
@click.option(
    "--spool",
    type=PATH,
    metavar="DIR",
    help="Large input, unfinished uploads, what callers have had.  [default: the user's state]",
)
@click.option("--memory", callback=size_in_bytes, metavar="SIZE", help="For buffers, in all.")
@click.option("--threads", type=click.IntRange(1, 1024), metavar="N", help="To compute with.")
@click.option("--metrics", metavar="ADDRESS", help="Prometheus metrics, over HTTP, at HOST:PORT.")
@click.pass_obj
def command(
    printer: Printer,
    /,
    config_file: Path | None,
    write_config: bool,
    no_network: bool,
    **given: Any,
) -> Report | None:
    """Serve other programs: encode, store and read over gRPC.

    Until Ctrl-C or SIGTERM. EncodingService needs no network; BlobService stores, with the
    server's wallet, and reads. The protocol is in proto/walrus_core/rpc/v1, and reflection tells it
    to grpcurl. Calls in progress may end before the server does. Logs go to standard error, one
    JSON object in a line.

    With --json, the object is printed when the server serves.
    """
    try:
        from walrus_core.daemon.gateway import config_file as files
        from walrus_core.daemon.gateway.config import GatewayConfig, load_gateway_config
    except ImportError as error:
        raise missing(error) from None
    if write_config:
        text = files.config_text()
        return Report({"text": text}, remarks=[text.rstrip("\n")])
    if no_network and given["network"]:
        raise InvalidArgumentError("--network and --no-network exclude each other")
    config = GatewayConfig() if config_file is None else load_gateway_config(config_file)
    config = _with_options(config, given)
    if no_network:
        config = dataclasses.replace(config, network=None)
    elif config.network is None and config_file is None:
        config = dataclasses.replace(config, network=_local_network())
    try:
        from walrus_core.daemon.gateway.workers import serve
    except ImportError as error:
        raise missing(error) from None
    serve(config, lambda serving: printer.report(serving_report(serving)))
    return None if printer.as_json else Report({}, remarks=["stopped"])


def missing(error: ImportError) -> MissingDependencyError:
    return MissingDependencyError.of(error, "serve")


def _with_options(config: GatewayConfig, given: dict[str, Any]) -> GatewayConfig:
    """What the options say comes before what the file says."""
    from walrus_core.rpc.gateway_options import CertificateFiles

    certificate, key = given.pop("tls_cert"), given.pop("tls_key")
    client_ca = given.pop("client_ca")
    if certificate or key:
        if not certificate or not key:
            raise InvalidArgumentError("--tls-cert and --tls-key belong together")
        config = dataclasses.replace(
            config, certificate=CertificateFiles(certificate, key, client_ca)
        )
    elif client_ca:
        if config.certificate is None:
            raise InvalidArgumentError("--client-ca is of no use without --tls-cert and --tls-key")
        files = dataclasses.replace(config.certificate, client_ca=client_ca)
        config = dataclasses.replace(config, certificate=files)
    if given["listen"] is not None:
        config = dataclasses.replace(config, listen=_address(given["listen"]))
    if given["metrics"] is not None:
        config = dataclasses.replace(config, metrics=_address(given["metrics"]))
    others = {key: value for key, value in given.items() if key not in ("listen", "metrics")}
    wanted = {NAMES.get(key, key): value for key, value in others.items() if value}
    return dataclasses.replace(config, **wanted)


def _address(text: str) -> tuple[str, int] | None:
    from walrus_core.daemon.settings import address_in

    if text == "none":
        return None
    found = address_in(text)
    if found is None:
        raise InvalidArgumentError(f"{text!r} is no address, such as 127.0.0.1:9186 or [::1]:9186")
    return found


def _local_network() -> str | None:
    """Its name, if there is one."""
    from walrus_core.sui.networks import local_network

    try:
        local_network()
    except StorageError:
        return None
    return "local"


def serving_report(serving: Serving) -> Report:
    """What to know about a server that serves."""
    config, ready = serving.config, serving.ready
    unix = None if config.unix is None else str(config.unix)
    where = " and ".join(filter(None, [ready.address, unix and f"unix:{unix}"]))
    return Report(
        {
            "address": ready.address,
            "unixSocket": unix,
            "services": list(ready.services),
            "network": config.network,
            "connected": ready.connected,
            "stores": ready.stores if ready.connected else None,
            "tls": config.certificate is not None,
            "clientCertificates": bool(config.certificate and config.certificate.client_ca),
            "callers": None if config.callers is None else str(config.callers),
            "workers": config.workers,
            "metrics": list(serving.metrics),
        },
        headline=f"serving at {where} (Ctrl-C stops it)",
        facts={
            "encoding": "encode, compute IDs, decode, verify, recover",
            "blobs": _blobs(config, ready),
            "callers": _callers(config),
            "metrics": ", ".join(serving.metrics) or "none (--metrics)",
        },
    )


def _blobs(config: GatewayConfig, ready: Ready) -> str:
    if config.network is None:
        return "none: no network is named (--network local); `walrus-core network up` starts one"
    if not ready.connected:
        return f"on {config.network}, as soon as it answers"
    does = "store and read" if ready.stores else "only read, since there is no wallet (--wallet)"
    return f"on {config.network}: {does}"


def _callers(config: GatewayConfig) -> str:
    if config.callers is not None:
        return f"those in {config.callers}"
    certified = config.certificate is not None and config.certificate.client_ca is not None
    return "who has a certificate" if certified else "everybody who can connect"
