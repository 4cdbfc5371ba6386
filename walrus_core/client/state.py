"""Where a client keeps what must outlive it, and how the files there may be named."""

from __future__ import annotations

import os
import re
from pathlib import Path

from walrus_core.errors import InvalidArgumentError

__all__ = ["checked_name", "state_directory"]

STATE_VARIABLE = "WALRUS_CORE_STATE"
NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,199}")


def state_directory() -> Path:
    """$WALRUS_CORE_STATE, else walrus-core in $XDG_STATE_HOME, else in ~/.local/state."""
    if named := os.environ.get(STATE_VARIABLE):
        return Path(named)
    state_home = os.environ.get("XDG_STATE_HOME")
    return (Path(state_home) if state_home else Path.home() / ".local" / "state") / "walrus-core"


def checked_name(name: str, what: str) -> str:
    """A name that can be a file's; InvalidArgumentError for one that is not made of letters,
    digits, - and _.
    """
    if not NAME.fullmatch(name):
        raise InvalidArgumentError(f"{name!r} is no name of a {what}")
    return name
