"""Limits in a configuration: a dataclass of numbers, each under its own name."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from walrus_core.daemon.settings import Settings

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["limits_in"]

L = TypeVar("L", bound="DataclassInstance")

LONGEST = 10_000_000.0
"""Seconds: four months."""

MOST = 1_000_000_000
"""Of what is counted."""


def limits_in(section: Settings, defaults: L, is_size: Callable[[str], bool]) -> L:
    """The defaults with what a section says of them: fractions are seconds, names say which of the
    whole numbers are bytes, groups are sections. ConfigurationError.
    """
    values: dict[str, Any] = {}
    for name in [field.name for field in dataclasses.fields(defaults)]:
        default = getattr(defaults, name)
        if isinstance(default, float):
            values[name] = section.seconds(name, default, LONGEST)
        elif not isinstance(default, int):
            values[name] = limits_in(section.section(name), default, is_size)
        elif is_size(name):
            values[name] = section.size(name, default)
        else:
            values[name] = section.integer(name, default, 1, MOST)
    section.finish()
    return dataclasses.replace(defaults, **values)
