"""Reading YAML that people wrote: every key is asked for by name, and none is left over."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NoReturn

import yaml

from walrus_core.errors import ConfigurationError

__all__ = ["Address", "Settings", "address_in", "load_settings"]

Address = tuple[str, int]
"""Host and port."""

_SIZE = re.compile(r"([0-9]{1,18})\s*(B|KB|MB|GB|TB|KiB|MiB|GiB|TiB)?")
_UNITS: dict[str | None, int] = {
    None: 1,
    "B": 1,
    **{f"{letter}B": 1000**power for power, letter in enumerate("KMGT", 1)},
    **{f"{letter}iB": 1024**power for power, letter in enumerate("KMGT", 1)},
}
_ADDRESS = re.compile(r"(?:\[([0-9a-fA-F:]{2,45})\]|([^\s:/\[\]]{1,253})):([0-9]{1,5})")
_MISSING = object()
NODE_INIT = "`walrus-core node init` writes one, with every key"
LARGEST_FILE = 1 << 20
"""Bytes; more than any configuration has."""


class Settings:
    """The keys of one mapping in the file at `path`; `name` is where it stands, "" for the top.

    `example` says where there is one. Each method takes one key. One with `default` may be absent
    or empty (`key:`). `finish` at the end. ConfigurationError names the key that is wrong.
    """

    def __init__(
        self, path: Path, name: str, values: Mapping[Any, Any], example: str = NODE_INIT
    ) -> None:
        self._path = path
        self._example = example
        self._name = name
        self._left = dict(values)

    def section(self, key: str) -> Settings:
        """The mapping below a key; an empty one if it is absent."""
        value = self._take(key, {})
        if not isinstance(value, Mapping):
            self.refuse(key, f"{value!r} is no mapping of keys to values")
        return Settings(self._path, self._full(key), value, self._example)

    def sections(self, key: str) -> Iterator[Settings]:
        """The mappings in the list below a key; none if it is absent."""
        values = self._take(key, ())
        if not isinstance(values, Sequence) or isinstance(values, str):
            self.refuse(key, "is no list")
        for number, value in enumerate(values):
            name = f"{self._full(key)}[{number}]"
            if not isinstance(value, Mapping):
                self.refuse(f"{key}[{number}]", "is no mapping of keys to values")
            yield Settings(self._path, name, value, self._example)

    def texts(self, key: str, choices: tuple[str, ...]) -> list[str] | None:
        """A list of some of `choices`; None if it is absent."""
        values = self._take(key, None)
        if values is None:
            return None
        if not isinstance(values, list) or not all(value in choices for value in values):
            self.refuse(key, f"is no list of some of {', '.join(choices)}")
        return values

    def holds(self, key: str, value: object) -> bool:
        """Whether a key has this value; then it is taken."""
        if self._left.get(key) != value:
            return False
        del self._left[key]
        return True

    def flag(self, key: str, default: bool) -> bool:
        value = self._take(key, default)
        if not isinstance(value, bool):
            self.refuse(key, f"{value!r} is neither true nor false")
        return value

    def text(self, key: str, default: Any = _MISSING, what: str = "text") -> Any:
        value = self._take(key, default)
        if value is not default and (not isinstance(value, str) or not value):
            self.refuse(key, f"{value!r} is no {what}")
        return value

    def path(self, key: str, default: Any = _MISSING) -> Path:
        """A path, from the file's directory on."""
        return self.resolve(self.text(key, default))

    def resolve(self, text: str) -> Path:
        """The path that a text in this file means."""
        return self._path.absolute().parent / Path(text).expanduser()

    def choice(self, key: str, choices: tuple[str, ...], default: str) -> str:
        value = self._take(key, default)
        if value not in choices:
            self.refuse(key, f"{value!r} is none of {', '.join(choices)}")
        return str(value)

    def integer(self, key: str, default: int, least: int, most: int) -> int:
        value = self._take(key, default)
        if isinstance(value, bool) or not isinstance(value, int) or not least <= value <= most:
            self.refuse(key, f"{value!r} is no integer in {least:,}..{most:,}")
        return value

    def seconds(self, key: str, default: float, most: float) -> float:
        return self._number(key, default, most, "number of seconds")

    def amount(self, key: str, most: float) -> float | None:
        """A number above 0; None if it is absent."""
        return None if self._left.get(key) is None else self._number(key, 0, most, "number")

    def _number(self, key: str, default: float, most: float, what: str) -> float:
        value = self._take(key, default)
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if not is_number or not 0 < value <= most:
            self.refuse(key, f"{value!r} is no {what}, above 0 and up to {most:g}")
        return float(value)

    def size(self, key: str, default: int | None) -> int | None:
        """A number of bytes, with or without a unit: 1000, 250GB, 32MiB."""
        value = self._take(key, default)
        if value is None:
            return None
        if isinstance(value, int) and value > 0 and value is not True:
            return int(value)
        match = _SIZE.fullmatch(value) if isinstance(value, str) else None
        if match is None or int(match[1]) == 0:
            self.refuse(key, f"{value!r} is no number of bytes, such as 1000, 250GB or 32MiB")
        return int(match[1]) * _UNITS[match[2]]

    def address(self, key: str, default: Any = _MISSING) -> Any:
        """Host and port of `host:port` or `[host]:port`."""
        value = self._take(key, default)
        if value is default:
            return value
        found = address_in(value) if isinstance(value, str) else None
        if found is None:
            self.refuse(key, f"{value!r} is no address, such as 127.0.0.1:9185 or [::1]:9185")
        return found

    def finish(self) -> None:
        """Refuse what nobody asked for: it is more likely misspelt than superfluous."""
        for key in self._left:
            self.refuse(key, f"there is no such key; {self._example}")

    def refuse(self, key: object, reason: str) -> NoReturn:
        raise ConfigurationError(str(self._path), f"{self._full(key)}: {reason}")

    def _take(self, key: str, default: Any) -> Any:
        value = self._left.pop(key, None)
        if value is not None:
            return value
        if default is _MISSING:
            self.refuse(key, "is missing")
        return default

    def _full(self, key: object) -> str:
        return f"{self._name}.{key}" if self._name else str(key)


def address_in(text: str) -> Address | None:
    """Host and port of `host:port` or `[host]:port`; None for what is neither."""
    match = _ADDRESS.fullmatch(text)
    if match is None or int(match[3]) > 65_535:
        return None
    return match[1] or match[2], int(match[3])


def load_settings(path: Path, example: str = NODE_INIT) -> Settings:
    """The mapping that a YAML file holds; `example` says where there is one. ConfigurationError if
    it cannot be read or is none.
    """
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_FILE + 1)
        if len(content) > LARGEST_FILE:
            raise ConfigurationError(str(path), f"more than {LARGEST_FILE:,} bytes")
        values = yaml.safe_load(content)
    except OSError as error:
        raise ConfigurationError(str(path), f"{error.strerror}; {example}") from None
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ConfigurationError(str(path), f"is no YAML: {error}") from None
    if not isinstance(values, Mapping):
        raise ConfigurationError(str(path), "is no mapping of keys to values")
    return Settings(path, "", values, example)
