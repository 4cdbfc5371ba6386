"""`walrus-core node check`: whether a stopped node's disk still holds what it should."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import Command
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.node_options import config_option, read_config, stopped_store
from walrus_core.cli.output import Report, Table
from walrus_core.cli.progress import Counter, progress_bar
from walrus_core.cli.quantities import count_text, size_text
from walrus_core.errors import DamagedStoreError

if TYPE_CHECKING:
    from walrus_core.daemon.node.config import NodeConfig
    from walrus_core.storage.local import LocalStore
    from walrus_core.storage.store import Damage, SliverStore, Usage

SHOWN = 20
"""Damaged items that the text lists; --json has them all."""


@dataclass(slots=True)
class _Found:
    """What scrubbing came to."""

    items: int = 0
    size: int = 0
    damaged: dict[str, str] = field(default_factory=dict)


@click.command("check", cls=Command)
@config_option
@click.option("--repair", is_flag=True, help="Make an index that cannot be read usable again.")
def command(config_file: Path, repair: bool) -> Report:
    """Read everything on a stopped node's disk and compare it with its checksums.

    What is damaged is remembered: the node heals it from others when it runs again. The exit status
    is 5 then, and also if the index cannot be read, which takes --repair before the node can run;
    what the index has lost is healed, too.
    """
    config = read_config(config_file)
    store, is_repaired = _checked_store(config, repair)
    try:
        usage = store.usage()
        found = _scrubbed(store, usage)
        blobs = sum(1 for _ in store.records())
    finally:
        store.close()
    from walrus_core.storage.local import FORMAT

    values = {
        "path": str(config.storage_path),
        "format": FORMAT,
        "blobs": blobs,
        "shards": len(usage.shards),
        "items": found.items,
        "storedBytes": usage.size,
        "limitBytes": usage.limit,
        "freeBytes": usage.free,
        "repaired": is_repaired,
        "damaged": [{"what": what, "reason": reason} for what, reason in found.damaged.items()],
    }
    facts = {
        "format": str(FORMAT),
        "stored": f"{size_text(usage.size)} of {count_text(blobs, 'blob')} in"
        f" {count_text(len(usage.shards), 'shard')}",
        "free": size_text(usage.free),
        "read": f"{count_text(found.items, 'item')}, {size_text(found.size)}",
    }
    if is_repaired:
        facts["index"] = "repaired; run the node, and it heals what was lost from the others"
    return _report(values, facts, found)


def _checked_store(config: NodeConfig, repair: bool) -> tuple[LocalStore, bool]:
    """The store, all of whose index can be read, and whether it had to be repaired for that.

    DamagedStoreError if it had to and was not to.
    """
    try:
        return _readable_store(config), False
    except DamagedStoreError:
        if not repair:
            raise
    from walrus_core.storage.local import repair_store

    repair_store(config.storage_path)
    return _readable_store(config), True


def _readable_store(config: NodeConfig) -> LocalStore:
    store = stopped_store(config)
    try:
        store.check_index()
    except BaseException:
        store.close()
        raise
    return store


def _report(values: dict[str, object], facts: dict[str, str], found: _Found) -> Report:
    if not found.damaged:
        headline = "everything that is there is as it was written"
        return Report(values, headline=headline, facts=facts)
    rows = [[what, reason] for what, reason in list(found.damaged.items())[:SHOWN]]
    more = len(found.damaged) - len(rows)
    return Report(
        values,
        headline=f"{count_text(len(found.damaged), 'item')} damaged",
        facts=facts,
        table=Table(["damaged", "how"], rows, n_labels=2),
        remarks=[
            *([f"... and {more:,} more"] if more else []),
            "run the node, and it heals them from the others",
        ],
        status=ExitStatus.DAMAGE_FOUND,
    )


def _scrubbed(store: SliverStore, usage: Usage) -> _Found:
    """Everything, step by step; what was known to be damaged before, too."""
    found, start = _Found(), None
    counter = Counter(usage.size)
    with progress_bar("checking", counter):
        while True:
            step = store.scrub(start)
            found.items += step.items
            found.size += step.size
            counter.done = min(found.size, usage.size)
            if (start := step.next) is None:
                break
    found.damaged = {_what(damage): damage.reason for damage in store.damaged()}
    return found


def _what(damage: Damage) -> str:
    if damage.sliver is None:
        return f"metadata of {damage.blob_id}"
    return f"{damage.sliver.axis} sliver of {damage.blob_id} in shard {damage.sliver.shard}"
