"""What the commands of a storage node share: `--config`, and its store while it is stopped."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.errors import MissingDependencyError

if TYPE_CHECKING:
    from walrus_core.daemon.node.config import NodeConfig
    from walrus_core.storage.local import LocalStore

config_option = click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path),
    required=True,
    metavar="FILE",
    help="The node's configuration, as `node init` writes it.",
)


def read_config(path: Path) -> NodeConfig:
    """ConfigurationError; MissingDependencyError without the extra `node`."""
    try:
        from walrus_core.daemon.node.config import load_config
    except ImportError as error:
        raise missing(error) from None
    return load_config(path)


def stopped_store(config: NodeConfig, *, new: bool = False) -> LocalStore:
    """The store of a node that does not run; a `new` one is made if there is none. StorageError."""
    try:
        from walrus_core.storage.local import RESERVE, open_store
    except ImportError as error:
        raise missing(error) from None
    if not new and not config.storage_path.exists():
        from walrus_core.errors import StorageError

        raise StorageError(str(config.storage_path), "there is no store; the node has never run")
    reserve = RESERVE if config.storage_reserve is None else config.storage_reserve
    return open_store(config.storage_path, config.storage_limit, reserve=reserve)


def missing(error: ImportError) -> MissingDependencyError:
    return MissingDependencyError.of(error, "node")
