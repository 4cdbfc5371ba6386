"""`walrus-core node init`: what a storage node needs before it can be registered and run."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.node_options import missing
from walrus_core.cli.output import Report, Values
from walrus_core.errors import InvalidArgumentError

if TYPE_CHECKING:
    from walrus_core.daemon.node.config_file import Choices

PORT, METRICS_PORT = 9185, 9184
LOOPBACK, EVERYWHERE = "127.0.0.1", "0.0.0.0"


@click.command("init", cls=Command)
@click.argument("directory", type=click.Path(path_type=Path, file_okay=False), metavar="DIR")
@click.option("--name", metavar="TEXT", help="What logs call the node.  [default: DIR's name]")
@click.option(
    "--public-host",
    default=LOOPBACK,
    show_default=True,
    metavar="HOST",
    help="Where it is found.",
)
@click.option(
    "--public-port",
    type=click.IntRange(1, 65_535),
    default=PORT,
    show_default=True,
    metavar="P",
    help="Where it is found, and where it listens.",
)
@click.option(
    "--metrics-port",
    type=click.IntRange(0, 65_535),
    default=METRICS_PORT,
    show_default=True,
    metavar="P",
    help="On loopback; 0 is for no metrics.",
)
@click.option(
    "--network",
    default="local",
    show_default=True,
    metavar="local|testnet|mainnet|FILE",
    help="Whose node it is to be.",
)
@click.option("--storage-limit", metavar="SIZE", help="As 250GB.  [default: the whole disk]")
def command(
    directory: Path,
    name: str | None,
    public_host: str,
    public_port: int,
    metrics_port: int,
    network: str,
    storage_limit: str | None,
) -> Report:
    """Make the keys and the documented configuration file of a storage node in DIR.

    Nothing that is there is overwritten.
    """
    try:
        from walrus_core.daemon.node import config_file, identity
    except ImportError as error:
        raise missing(error) from None
    path = directory / "node.yaml"
    if path.exists():
        raise InvalidArgumentError(f"{path} is there already; choose another DIR")
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    choices = config_file.Choices(
        name=name or directory.absolute().name,
        public_host=public_host,
        public_port=public_port,
        listen_address=f"{LOOPBACK if public_host == LOOPBACK else EVERYWHERE}:{public_port}",
        metrics_address=f"{LOOPBACK}:{metrics_port}" if metrics_port else None,
        network=str(Path(network).absolute()) if network.endswith(".json") else network,
        storage_limit=storage_limit,
    )
    path.write_text(config_file.config_text(choices), encoding="utf-8")
    key = identity.protocol_key(directory / config_file.PROTOCOL_KEY)
    tls_key = identity.network_key(directory / config_file.NETWORK_KEY)
    account = identity.make_account(directory / config_file.WALLET)
    values: Values = {
        "config": str(path),
        "publicKey": key.public_key.hex(),
        "networkPublicKey": identity.network_public_key(tls_key).hex(),
        "walletAddress": f"0x{account.hex()}",
    }
    facts = {
        "config": f"{path} (read it: it says what each key is for)",
        "wallet": f"0x{account.hex()}: send it SUI for gas",
        "register": _registration(directory, choices),
        "then run": f"walrus-core node serve --config {path}",
    }
    return Report(values, headline=f"{choices.name} is prepared in {directory}", facts=facts)


def _registration(directory: Path, choices: Choices) -> str:
    """The command that puts the node on chain, with what its directory holds."""
    options = {
        "--name": choices.name,
        "--public-address": f"{choices.public_host}:{choices.public_port}",
        "--protocol-key": str(directory / "protocol.key"),
        "--network-key": str(directory / "network.key"),
        "--wallet": str(directory / "sui.keystore"),
        "--network": choices.network,
    }
    words = [word for option in options.items() for word in option]
    return shlex.join(["walrus-core", "node", "register", *words])
