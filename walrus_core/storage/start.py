"""What a store does before its first use: count, look for what is missing, sweep what is left over.

Files are looked at, not read: a cut or missing one shows in its size. Reading everything is the
scrubber's.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from walrus_core.storage import entries
from walrus_core.storage.backing import UNFINISHED, Files
from walrus_core.storage.catalogue import PAGE, Catalogue
from walrus_core.storage.contents import Contents, DamagedItem
from walrus_core.storage.space import Space
from walrus_core.storage.store import Damage


@dataclass(frozen=True, slots=True)
class StartReport:
    """What a store found when it was opened.

    `swept`: files removed that no entry named: remains of writes that nobody acknowledged, or, if
    someone cut the index's log, what came after the moment to which the index went back.
    `foreign`: names among the files that are none of ours, left alone. `damaged`: what was stored
    and is missing or cut.
    """

    items: int
    size: int
    swept: int
    foreign: tuple[str, ...]
    damaged: tuple[Damage, ...]


def take_stock(
    catalogue: Catalogue,
    contents: Contents,
    files: Files,
    space: Space,
    lost: Callable[[bytes], Damage | None],
) -> StartReport:
    """Count all items into `space`, give up those that are damaged, sweep the files."""
    items, suspects = 0, []
    with space.errors_named():
        for letter in (entries.METADATA, entries.SLIVER):
            for item, head in catalogue.items(letter):
                space.add([(item, head)])
                items += 1
                try:
                    contents.check_file(item, head)
                except DamagedItem:
                    suspects.append(item)
        for damage in catalogue.damaged():
            if damage.sliver is not None:
                space.know(damage.sliver.shard)
        found = [lost(item) for item in suspects]
        swept, foreign = _sweep(catalogue, files)
    damaged = tuple(each for each in found if each is not None)
    return StartReport(items, space.usage().size, swept, foreign, damaged)


def _sweep(catalogue: Catalogue, files: Files) -> tuple[int, tuple[str, ...]]:
    """Remove the files that no entry names; the number of them, and the names of foreign ones."""
    swept, foreign, page = 0, [], []
    for name in files.names():
        if (parsed := entries.parse_file_name(name)) is not None:
            page.append((name, *parsed))
        elif entries.parse_file_name(name.removesuffix(UNFINISHED)) is not None:
            files.remove([name])
            swept += 1
        else:
            foreign.append(name)
        if len(page) == PAGE:
            swept += _sweep_page(catalogue, files, page)
            page = []
    return swept + _sweep_page(catalogue, files, page), tuple(foreign)


def _sweep_page(catalogue: Catalogue, files: Files, page: list[tuple[str, bytes, int]]) -> int:
    heads = catalogue.heads([item for _, item, _ in page])
    orphans = [
        name
        for (name, _, number), head in zip(page, heads, strict=True)
        if head is None or head.file != number
    ]
    files.remove(orphans)
    return len(orphans)
