"""genesis.json: what a chain began with, for its next start. founders.json: the nodes that it shall
begin with, for its first.
"""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any

from walrus_core.codec.durable_files import EVERYBODY, write_durably
from walrus_core.errors import StorageError, WalrusCoreError
from walrus_core.localnet.sui_node.genesis import Founder, Genesis

__all__ = ["load_founders", "load_or_create"]


def load_or_create(path: Path, genesis: Genesis | None) -> Genesis:
    """What the file says; if there is none, it is made to say `genesis`."""
    if path.exists():
        return _load(path)
    if genesis is None:
        raise StorageError(str(path), "is not there: this is no directory of a chain")
    text = json.dumps(dataclasses.asdict(genesis), indent=2, default=bytes.hex)
    write_durably(path, text.encode(), EVERYBODY)
    return _load(path)


def load_founders(path: Path) -> tuple[Founder, ...]:
    """The nodes in founders.json: a list of what stands under "founders" in genesis.json, where
    what has a default may be absent. StorageError.
    """
    try:
        return _founders(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise StorageError(str(path), f"does not describe founding nodes: {error!r}") from error


def _load(path: Path) -> Genesis:
    try:
        values = json.loads(path.read_text(encoding="utf-8"))
        founders = _founders(values["founders"])
        accounts = tuple(map(bytes.fromhex, values["accounts"]))
        plain = _with_bytes(values, Genesis)
        return Genesis(**{**plain, "founders": founders, "accounts": accounts})
    except (OSError, ValueError, KeyError, TypeError, WalrusCoreError) as error:
        raise StorageError(str(path), f"is damaged, or another version's: {error}") from error


def _founders(values: list[dict[str, Any]]) -> tuple[Founder, ...]:
    return tuple([Founder(**_with_bytes(each, Founder)) for each in values])


def _with_bytes(values: dict[str, Any], kind: type) -> dict[str, Any]:
    """With bytes where the class has them: JSON holds their hex digits."""
    names = [field.name for field in dataclasses.fields(kind) if field.type == "bytes"]
    return {**values, **{name: bytes.fromhex(values[name]) for name in names}}
