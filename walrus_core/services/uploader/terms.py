"""How one blob is to be stored."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["StoreTerms"]


@dataclass(frozen=True, slots=True)
class StoreTerms:
    """`deletable`: its owner may delete the blob before its time. `attributes`: of the blob's
    object, which it gets then even if nodes have the blob for long enough.

    `force`: what is certified already does not count. Without `reuse_resources` the wallet's own
    registrations and storage do not.
    """

    deletable: bool = True
    attributes: Mapping[str, str] = field(default_factory=dict)
    force: bool = False
    reuse_resources: bool = True
