"""What the tests of the command line share: its outcome, and looks at the files it leaves."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

N_SHARDS = 10  # f = 3, k1 = 4, k2 = 7


@dataclass(frozen=True)
class Outcome:
    """What a command line did."""

    status: int
    stdout: bytes
    stderr: str

    @property
    def text(self) -> str:
        """Standard output, as text."""
        return self.stdout.decode()

    @property
    def json(self) -> dict[str, Any]:
        """The one object on standard output."""
        value = json.loads(self.text)
        assert isinstance(value, dict)
        return value

    @property
    def error(self) -> dict[str, Any]:
        """The one error on standard output."""
        assert self.json.keys() == {"error"}
        assert self.json["error"]["message"]
        return self.json["error"]


Run = Callable[..., Outcome]


def flip_bit(path: Path, position: int = 40) -> None:
    """Damage one bit of a file."""
    content = bytearray(path.read_bytes())
    content[position] ^= 1
    path.write_bytes(content)


def files_in(directory: Path) -> dict[str, bytes]:
    """Every file under a directory, hidden ones too."""
    return {
        str(path.relative_to(directory)): path.read_bytes()
        for path in directory.rglob("*")
        if path.is_file()
    }
