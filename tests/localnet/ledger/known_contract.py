"""Known answers of the official Move sources: contract.json, and others of the same form.

`about` in the file says how it is to be read. A case is either a formula, whose fields are inputs
and answers, or a scenario: steps on a ledger.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from walrus_core.errors import Abort

FILE = "contract.json"

Entry = dict[str, Any]


@dataclass(frozen=True)
class KnownContract:
    """One file: cases by group, and the configurations that they name."""

    origin: str
    configs: dict[str, Entry]
    groups: dict[str, list[Entry]]

    @classmethod
    def load(cls, directory: Path) -> Self:
        content = json.loads((directory / FILE).read_text(encoding="utf-8"))
        content.pop("about", None)
        return cls(directory.name, content.pop("configs", {}), content)

    def labelled(self) -> Iterator[tuple[str, str, Entry]]:
        """(label, group, case) of each case; the label tells it apart."""
        for group, cases in self.groups.items():
            for number, case in enumerate(cases):
                yield f"{self.origin}-{group}-{case.get('name', number)}", group, case

    def config_of(self, case: Entry) -> Entry:
        config: str | Entry = case["config"]
        return self.configs[config] if isinstance(config, str) else config


def as_listed(abort: Abort) -> list[object]:
    """An abort as the file writes it."""
    return [abort.module, abort.code, abort.name]


def node_id(number: int) -> bytes:
    """The 32 bytes that a small integer stands for."""
    return number.to_bytes(32, "big")


def shard_list(shards: list[int] | tuple[int, ...]) -> str:
    """Shards in their order as text: runs of ascending ones as '0-24'."""
    runs: list[list[int]] = []
    for shard in shards:
        if runs and shard == runs[-1][-1] + 1:
            runs[-1].append(shard)
        else:
            runs.append([shard])
    return ",".join(f"{run[0]}-{run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)
