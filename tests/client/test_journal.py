"""Records of a client: whole or not there, and only their owner's."""

import asyncio
import stat
from pathlib import Path

import pytest
from simulation.workers import InlineWorkers

from walrus_core.client.journal import FileJournal
from walrus_core.client.state import state_directory
from walrus_core.errors import InvalidArgumentError, StorageError


@pytest.fixture
def journal(tmp_path: Path) -> FileJournal:
    return FileJournal(tmp_path / "state" / "network", InlineWorkers())


def test_records_come_and_go(journal: FileJournal) -> None:
    async def main() -> None:
        assert list(journal.names()) == []
        assert await journal.load("a") is None
        await journal.save("b", b"two")
        await journal.save("a", b"one")
        await journal.save("a", b"one, again")
        assert list(journal.names()) == ["a", "b"]
        assert await journal.load("a") == b"one, again"
        await journal.remove("a")
        await journal.remove("a")
        assert list(journal.names()) == ["b"]

    asyncio.run(main())


def test_only_the_owner_may_look(journal: FileJournal, tmp_path: Path) -> None:
    asyncio.run(journal.save("a", b"signed"))
    paths = [tmp_path / "state" / "network", *(tmp_path / "state" / "network").iterdir()]
    assert [stat.S_IMODE(path.stat().st_mode) & 0o077 for path in paths] == [0, 0]


def test_what_was_not_finished_is_no_record(journal: FileJournal, tmp_path: Path) -> None:
    asyncio.run(journal.save("a", b"x"))
    (tmp_path / "state" / "network" / ".b.record.1234.draft").write_bytes(b"half")
    assert list(journal.names()) == ["a"]


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a.record", "a" * 201, "\0"])
def test_names_that_could_lead_elsewhere(journal: FileJournal, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        asyncio.run(journal.save(name, b""))


def test_a_disk_that_fails(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    journal = FileJournal(tmp_path / "file" / "below", InlineWorkers())
    with pytest.raises(StorageError):
        asyncio.run(journal.save("a", b""))


def test_a_record_that_is_none(journal: FileJournal, tmp_path: Path) -> None:
    asyncio.run(journal.save("a", b""))
    (tmp_path / "state" / "network" / "a.record").write_bytes(bytes((1 << 20) + 1))
    with pytest.raises(StorageError):
        asyncio.run(journal.load("a"))


def test_where_it_lies(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", "/home/me")
    monkeypatch.delenv("XDG_STATE_HOME", raising=False)
    monkeypatch.delenv("WALRUS_CORE_STATE", raising=False)
    assert state_directory() == Path("/home/me/.local/state/walrus-core")
    monkeypatch.setenv("XDG_STATE_HOME", "/state")
    assert state_directory() == Path("/state/walrus-core")
    monkeypatch.setenv("WALRUS_CORE_STATE", "/mine")
    assert state_directory() == Path("/mine")
