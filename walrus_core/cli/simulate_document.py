"""A document in YAML or JSON, read value by value: whatever is wrong says where it stands.

Every error is a StorageError with the file, the place in it (`nodes[2].stake`) and what would be
right there.
"""

from __future__ import annotations

import difflib
import json
import re
import sys
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from walrus_core.cli.arguments import SIZE_UNITS
from walrus_core.cli.files import STANDARD_STREAM
from walrus_core.errors import StorageError
from walrus_core.types import FROST_PER_WAL

MOST_CHARACTERS = 16 << 20
MOST_LISTED = 12

BASIS_POINTS_PER_PERCENT = 100
U64_MAX = 2**64 - 1

DECIMAL = re.compile(r"([0-9]{1,20})(?:\.([0-9]{1,30}))?")

UNITS = SIZE_UNITS | {"TiB": 1 << 40, "PiB": 1 << 50}
SIZE = re.compile(r"([0-9]{1,20}) ?(B|KiB|MiB|GiB|TiB|PiB)?")


@dataclass(frozen=True, slots=True)
class Place:
    """A value of the document, and where it stands."""

    file: str
    path: str
    value: object

    def error(self, reason: str) -> StorageError:
        return StorageError(self.file, f"{self.path or 'the document'}: {reason}")

    def fields(self, required: Collection[str], optional: Collection[str]) -> dict[str, Place]:
        """The fields of a mapping, in their order: all that are required, none that is unknown."""
        if not isinstance(self.value, dict):
            wanted = ", ".join([*required, *optional])
            raise self.error(f"must be a mapping with {wanted}, not {_shown(self.value)}")
        known = [*required, *optional]
        for name in self.value:
            if name not in known:
                raise self.error(f"has an unknown field {name!r}; {nearest(str(name), known)}")
        for name in required:
            if name not in self.value:
                raise self.error(f"has no field {name!r}; add it")
        prefix = f"{self.path}." if self.path else ""
        return {
            name: Place(self.file, f"{prefix}{name}", value) for name, value in self.value.items()
        }

    def items(self) -> list[Place]:
        """The items of a list."""
        if not isinstance(self.value, list):
            raise self.error(f"must be a list, not {_shown(self.value)}")
        return [
            Place(self.file, f"{self.path}[{number}]", value)
            for number, value in enumerate(self.value)
        ]

    def one_or_more(self) -> list[Place]:
        """The items of a list, or a single mapping that stands without one."""
        return [self] if isinstance(self.value, dict) else self.items()

    def text(self) -> str:
        if not isinstance(self.value, str) or not self.value:
            raise self.error(f"must be text (in quotes if need be), not {_shown(self.value)}")
        return self.value

    def integer(self, low: int, high: int) -> int:
        if not isinstance(self.value, int) or isinstance(self.value, bool):
            raise self.error(f"must be a whole number, not {_shown(self.value)}")
        if not low <= self.value <= high:
            raise self.error(f"must be from {low:,} to {high:,}, not {_shown(self.value)}")
        return self.value

    def wal(self) -> int:
        """An amount of WAL, in FROST."""
        return self._scaled(FROST_PER_WAL, U64_MAX, "an amount of WAL such as 1000 or 0.5")

    def percent(self) -> int:
        """A percentage, in basis points."""
        most = 100 * BASIS_POINTS_PER_PERCENT
        return self._scaled(BASIS_POINTS_PER_PERCENT, most, "a percentage from 0 to 100")

    def _scaled(self, scale: int, most: int, wanted: str) -> int:
        """A decimal number as a count of its smallest parts; parts of those do not exist."""
        decimals = len(str(scale)) - 1
        plain = isinstance(self.value, (int, float, str)) and not isinstance(self.value, bool)
        match = DECIMAL.fullmatch(str(self.value)) if plain else None
        fraction = (match[2] or "").rstrip("0") if match else ""
        if match is not None and len(fraction) <= decimals:
            parts = int(match[1]) * scale + int(fraction.ljust(decimals, "0"))
            if parts <= most:
                return parts
        raise self.error(
            f"must be {wanted}, with {decimals} decimals at most, not {_shown(self.value)}"
        )

    def size(self, low: int) -> int:
        """A number of bytes: `1000`, or with a unit such as `5TiB`."""
        match = SIZE.fullmatch(str(self.value)) if isinstance(self.value, (int, str)) else None
        if match is None:
            raise self.error(
                f"must be a number of bytes such as 1000 or 5TiB, not {_shown(self.value)}"
            )
        n_bytes = int(match[1]) * UNITS[match[2]]
        if not low <= n_bytes <= U64_MAX:
            raise self.error(f"must be from {low:,} to 2^64 - 1 bytes, not {_shown(self.value)}")
        return n_bytes


def read_document(file: str) -> Place:
    """The document in a file: JSON if its name ends in .json, else YAML; `-` is standard input."""
    text = _text_of(file)
    try:
        content = _parse_json(text) if Path(file).suffix.lower() == ".json" else _parse_yaml(text)
    except RecursionError:
        raise StorageError(file, "is nested too deeply; a scenario needs four levels") from None
    except ValueError as error:
        raise StorageError(file, f"is no valid document: {' '.join(str(error).split())}") from None
    return Place(file, "", content)


def _text_of(file: str) -> str:
    try:
        if file == STANDARD_STREAM:
            if sys.stdin is None:
                raise StorageError(file, "standard input is closed; give a file")
            text = sys.stdin.read(MOST_CHARACTERS + 1)
        else:
            with Path(file).open(encoding="utf-8") as stream:
                text = stream.read(MOST_CHARACTERS + 1)
    except UnicodeDecodeError:
        raise StorageError(file, "is not UTF-8 text; give a YAML or JSON document") from None
    except OSError as error:
        raise StorageError(file, f"{error.strerror}; give a YAML or JSON document") from None
    if len(text) > MOST_CHARACTERS:
        raise StorageError(file, f"has more than {MOST_CHARACTERS:,} characters; make it shorter")
    return text


def _parse_json(text: str) -> object:
    return json.loads(text, object_pairs_hook=_distinct)


def _distinct(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A mapping whose keys differ: of two equal ones the first would vanish."""
    mapping: dict[Any, Any] = {}
    for name, value in pairs:
        if name in mapping:
            raise ValueError(f"the field {name!r} stands twice in one mapping; remove one")
        mapping[name] = value
    return mapping


def _parse_yaml(text: str) -> object:
    import yaml  # only scenarios need it

    class Loader(yaml.SafeLoader):  # type: ignore[misc]
        """Plain values only, and no key twice."""

    def mapping(loader: Any, node: Any) -> dict[Any, Any]:
        loader.flatten_mapping(node)
        return _distinct(loader.construct_pairs(node, deep=True))

    Loader.add_constructor("tag:yaml.org,2002:map", mapping)
    try:
        return yaml.load(text, Loader)
    except (yaml.YAMLError, TypeError) as error:  # TypeError: a list or mapping as a key
        raise ValueError(str(error)) from None


def nearest(name: str, known: Collection[str]) -> str:
    """Advice about a name that is none of the known ones."""
    near = difflib.get_close_matches(name, known, n=1)
    listed = ", ".join(known) if len(known) <= MOST_LISTED else f"one of {len(known):,}"
    return f"did you mean {near[0]!r}?" if near else f"there is {listed}"


def _shown(value: object) -> str:
    """A value as an error message shows it."""
    if value is None:
        return "nothing"
    if isinstance(value, (dict, list)):
        return "a mapping" if isinstance(value, dict) else "a list"
    if isinstance(value, int) and value.bit_length() > 128:
        return f"an integer of {value.bit_length():,} bits"
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
