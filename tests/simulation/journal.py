"""A journal in memory."""

from collections.abc import Iterator


class MemoryJournal:
    """Implements `Journal`; what was saved outlives the process."""

    def __init__(self) -> None:
        self.records: dict[str, bytes] = {}

    async def load(self, name: str) -> bytes | None:
        return self.records.get(name)

    async def save(self, name: str, record: bytes) -> None:
        self.records[name] = record

    async def remove(self, name: str) -> None:
        self.records.pop(name, None)

    def names(self) -> Iterator[str]:
        return iter(sorted(self.records))
