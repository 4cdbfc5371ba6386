"""Attributes of a blob: text by text, in an order that is state (contract.md, section 15).

Blobs and pooled blobs share the rules; their aborts differ by module.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger.calls import checked_text
from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.protocol.aborts import abort

__all__ = [
    "Attributed",
    "add",
    "add_or_replace",
    "insert_or_update",
    "remove",
    "remove_if_exists",
    "take",
]


class Attributed(Protocol):
    """What has attributes: None until some are set."""

    metadata: VecMap[str, str] | None


def add(owner: Attributed, metadata: Mapping[str, str], module: str) -> None:
    """Attach attributes where there are none."""
    if owner.metadata is not None:
        raise abort(module, "EDuplicateMetadata")
    owner.metadata = _checked(metadata)


def add_or_replace(owner: Attributed, metadata: Mapping[str, str]) -> dict[str, str] | None:
    """Attach attributes; returns those that were there."""
    old, owner.metadata = owner.metadata, _checked(metadata)
    return None if old is None else dict(old.items())


def take(owner: Attributed, module: str) -> dict[str, str]:
    """Detach and return the attributes."""
    old = _present(owner, module)
    owner.metadata = None
    return dict(old.items())


def insert_or_update(owner: Attributed, key: str, value: str) -> None:
    """Set one; it becomes the last, also when it was there before."""
    if owner.metadata is None:
        owner.metadata = VecMap()
    if key in owner.metadata:
        owner.metadata.remove(key)
    owner.metadata.insert(key, value)


def remove(owner: Attributed, key: str, module: str) -> tuple[str, str]:
    """Remove one that must be there; returns it."""
    return key, _present(owner, module).remove(key)


def remove_if_exists(owner: Attributed, key: str) -> str | None:
    """Remove one if it is there; returns its value."""
    if owner.metadata is None or key not in owner.metadata:
        return None
    return owner.metadata.remove(key)


def _present(owner: Attributed, module: str) -> VecMap[str, str]:
    if owner.metadata is None:
        raise abort(module, "EMissingMetadata")
    return owner.metadata


def _checked(metadata: Mapping[str, str]) -> VecMap[str, str]:
    if not isinstance(metadata, Mapping):
        raise InvalidArgumentError(f"attributes are a mapping, not {type(metadata).__name__}")
    return VecMap(
        (checked_text("key", key), checked_text("value", value)) for key, value in metadata.items()
    )
