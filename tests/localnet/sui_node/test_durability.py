"""Acknowledged means on disk: whatever a crash leaves of the files, the chain comes up with it."""

import asyncio
import shutil
from pathlib import Path

import pytest
from localnet.sui_node.people import (
    ALICE,
    BOB,
    Content,
    Draft,
    certify,
    confirmation,
    fingerprint,
    genesis,
    new_chain,
    registered,
)

from walrus_core.errors import StorageError
from walrus_core.localnet.sui_node import durable_log, saved_state
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.journal import Journal
from walrus_core.localnet.sui_node.values import ExecutedTransaction

MAGIC = b"magic\n"


def gift(chain: LocalChain, amount: int) -> ExecutedTransaction:
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, amount)[0], to=BOB.address)
    return draft.succeed()


def history(chain: LocalChain) -> None:
    """A bit of everything: a blob certified and burned, a failure, a gift."""
    content = Content()
    blob = registered(chain, content)
    draft = Draft(chain)
    certify(draft, blob, confirmation(chain, content))
    key, value = draft.pure(b"\4kind"), draft.pure(b"\4test")
    draft.call("blob::insert_or_update_metadata_pair", draft.owned(blob.id), key, value)
    draft.succeed()
    draft = Draft(chain)
    draft.call("blob::burn", draft.owned(blob.id))
    draft.succeed()
    draft = Draft(chain)
    draft.split(draft.wal(), 1)
    assert draft.run().effects.failure is not None
    gift(chain, 5)


def test_a_restart_changes_nothing(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    history(chain)
    state, info = fingerprint(chain), chain.service_info()
    seen = [chain.transaction_at(number) for number in range(1, info.checkpoint + 1)]
    checkpoints = [chain.checkpoint(number) for number in range(info.checkpoint + 1)]
    chain.close()
    for _ in range(2):
        again = LocalChain.open(tmp_path)
        assert fingerprint(again) == state
        assert again.service_info().checkpoint == info.checkpoint
        assert again.service_info().chain_id == info.chain_id
        assert [again.checkpoint(n) for n in range(info.checkpoint + 1)] == checkpoints
        for number, before in enumerate(seen, 1):
            now = again.transaction_at(number)
            assert before is not None
            assert now is not None
            assert (now.bcs, now.signatures, now.events) == (
                before.bcs,
                before.signatures,
                before.events,
            )
            assert now.effects.bcs == before.effects.bcs
            assert now.effects.failure == before.effects.failure
            assert now.balance_changes == before.balance_changes
        again.close()


def test_time_stands_still_while_it_is_down(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    gift(chain, 1)
    chain.close()
    closed = chain.now_ms()
    again = LocalChain.open(tmp_path)
    assert abs(again.now_ms() - closed) < 1000
    assert again.now_ms() < genesis().start_ms + 60_000


def test_a_journal_torn_anywhere_comes_up_with_its_whole_records(tmp_path: Path) -> None:
    """As kill -9, or a power cut, leaves it: at any byte of the last two records."""
    chain = new_chain(tmp_path / "whole")
    states, ends = [fingerprint(chain)], [(tmp_path / "whole" / "journal").stat().st_size]
    for amount in (1, 2, 3):
        gift(chain, amount)
        states.append(fingerprint(chain))
        ends.append((tmp_path / "whole" / "journal").stat().st_size)
    for cut in [*range(ends[1], ends[3], 97), ends[2] - 1, ends[2], ends[2] + 1, ends[3]]:
        torn = tmp_path / f"torn at {cut}"
        shutil.copytree(tmp_path / "whole", torn)
        with (torn / "journal").open("r+b") as file:
            file.truncate(cut)
        whole = sum(end <= cut for end in ends) - 1
        again = LocalChain.open(torn)
        assert fingerprint(again) == states[whole], cut
        assert again.service_info().checkpoint == whole
        gift(again, 4)
        again.close()
        assert LocalChain.open(torn).service_info().checkpoint == whole + 1
        shutil.rmtree(torn)


def test_garbage_behind_the_journal_is_cut_away(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    gift(chain, 1)
    state = fingerprint(chain)
    with (tmp_path / "journal").open("ab") as file:
        file.write(bytes(range(256)) * 5)
    assert fingerprint(LocalChain.open(tmp_path)) == state


@pytest.mark.parametrize("lost", [1, 10, 1000])
def test_a_torn_saved_state_costs_only_time(tmp_path: Path, lost: int) -> None:
    chain = new_chain(tmp_path)
    history(chain)
    chain.close()
    again = LocalChain.open(tmp_path)
    history(again)
    state = fingerprint(again)
    again.close()
    size = (tmp_path / "state").stat().st_size
    with (tmp_path / "state").open("r+b") as file:
        file.truncate(size - lost)
    assert fingerprint(LocalChain.open(tmp_path)) == state


def test_no_saved_state_at_all_is_made_up_for(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    history(chain)
    state = fingerprint(chain)
    chain.close()
    (tmp_path / "state").unlink()
    assert fingerprint(LocalChain.open(tmp_path)) == state


def test_a_journal_shorter_than_the_saved_state_is_an_error(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    history(chain)
    chain.close()
    with (tmp_path / "journal").open("r+b") as file:
        file.truncate(100)
    with pytest.raises(StorageError, match="ends at byte"):
        LocalChain.open(tmp_path)


def test_another_version_is_an_error(tmp_path: Path) -> None:
    new_chain(tmp_path).close()
    with (tmp_path / "journal").open("r+b") as file:
        file.write(b"another")
    with pytest.raises(StorageError, match="version"):
        LocalChain.open(tmp_path)


def test_a_directory_without_a_chain_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="no directory of a chain"):
        LocalChain.open(tmp_path)


def test_saving_often_is_the_same_as_saving_never(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable_log, "SAVE_AFTER", 2)
    often = new_chain(tmp_path / "often")
    history(often)
    gift(often, 9)
    state = fingerprint(often)
    assert fingerprint(LocalChain.open(tmp_path / "often")) == state


def test_many_wait_for_one_sync(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    chain = new_chain(tmp_path)
    syncs = 0
    real = Journal.sync

    def counted(journal: Journal) -> int:
        nonlocal syncs
        syncs += 1
        return real(journal)

    monkeypatch.setattr(Journal, "sync", counted)

    async def all_at_once() -> list[ExecutedTransaction]:
        waiting = []
        for person in (ALICE, BOB):
            draft = Draft(chain, person)
            draft.transfer(draft.split(draft.GAS, 1)[0])
            content = draft.content()
            waiting.append(chain.execute(content, [person.sign(content)]))
        return await asyncio.gather(*waiting)

    done = asyncio.run(all_at_once())
    assert [each.checkpoint for each in done] == [1, 2]
    assert chain.service_info().checkpoint == 2
    assert syncs <= 2


def test_nobody_hears_of_what_is_not_on_disk(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)
    draft = Draft(chain)
    draft.transfer(draft.split(draft.GAS, 1)[0])
    content = draft.content()
    submitted = chain.submit(content, [ALICE.sign(content)])
    assert chain.transaction(submitted.digest) is None
    assert chain.service_info().checkpoint == 0
    chain.flush()
    assert chain.transaction(submitted.digest) is not None


def test_heads_tell_of_new_transactions(tmp_path: Path) -> None:
    chain = new_chain(tmp_path)

    async def follow() -> list[int]:
        heads = chain.heads()
        first = asyncio.ensure_future(anext(heads))
        await asyncio.sleep(0)
        gift(chain, 1)
        gift(chain, 2)
        seen = [await first]
        second = asyncio.ensure_future(anext(heads))
        await asyncio.sleep(0)
        gift(chain, 3)
        seen.append(await second)
        await heads.aclose()
        return seen

    assert asyncio.run(follow()) == [2, 3]


def test_a_full_disk_stops_the_chain_until_it_is_restarted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = new_chain(tmp_path)
    gift(chain, 1)
    state = fingerprint(chain)
    with monkeypatch.context() as patch:
        patch.setattr("os.pwrite", lambda *_: 0)
        with pytest.raises(StorageError, match="disk is full"):
            gift(chain, 2)
    with pytest.raises(StorageError, match="restart"):
        gift(chain, 3)
    chain.close()
    assert fingerprint(LocalChain.open(tmp_path)) == state


def test_a_journal_is_read_back_as_written(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "journal", MAGIC)
    assert list(journal.read_all()) == []
    offsets = [journal.append(bytes([n]) * n) for n in range(50)]
    journal.close()
    again = Journal(tmp_path / "journal", MAGIC)
    assert list(again.read_all()) == [(o, bytes([n]) * n) for n, o in enumerate(offsets)]
    assert again.read(offsets[7]) == bytes([7]) * 7


def test_records_do_not_pass_for_others(tmp_path: Path) -> None:
    """A flipped bit anywhere ends the journal before its record."""
    journal = Journal(tmp_path / "journal", MAGIC)
    offsets = [journal.append(b"record") for _ in range(3)]
    journal.close()
    good = (tmp_path / "journal").read_bytes()
    for place in range(len(MAGIC), len(good)):
        bad = bytearray(good)
        bad[place] ^= 0x10
        path = tmp_path / "bad"
        path.write_bytes(bad)
        kept = [offset for offset, _ in Journal(path, MAGIC).read_all()]
        assert kept == [offset for offset in offsets if offset + 18 <= place]


def test_a_state_mostly_out_of_date_is_written_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(durable_log, "SAVE_AFTER", 1)
    chain = new_chain(tmp_path)
    for amount in range(1, 60):
        gift(chain, amount)
    state = fingerprint(chain)
    before = (tmp_path / "state").stat().st_size
    monkeypatch.setattr(saved_state, "SLACK", 0)
    monkeypatch.setattr(saved_state, "MOST_OUTDATED", 1)
    assert fingerprint(LocalChain.open(tmp_path)) == state
    assert (tmp_path / "state").stat().st_size < before / 4
    again = LocalChain.open(tmp_path)
    assert fingerprint(again) == state
    assert again.transaction_at(30) is not None
