"""What callers have had: shared among processes, given back by the dead, kept for a day."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from rpc.serving import in_loop

from walrus_core.daemon.gateway.tallies import DAY, TallyFiles
from walrus_core.errors import QuotaExceededError
from walrus_core.rpc.callers import Caller, CallerBook, Quotas
from walrus_core.services.ports import Cost
from walrus_core.services.uploads import Order, StoredBlob
from walrus_core.types import BlobId

NOON = 20_000 * DAY + DAY / 2
SHOP = Caller("shop", quotas=Quotas(bytes_per_day=100, streams=2, frost_per_day=50))
FREE = Caller("free")
BOOK = CallerBook({"1": SHOP, "2": FREE})

HOLDER = """
import sys
from pathlib import Path
from walrus_core.daemon.gateway.tallies import TallyFiles
from walrus_core.rpc.callers import Caller, Quotas
tallies = TallyFiles(Path(sys.argv[1]), lambda: None, lambda: float(sys.argv[2]))
with tallies.call(Caller("shop", quotas=Quotas(bytes_per_day=100, streams=2))) as allowance:
    allowance.sent(30)
    print("held", flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def tallies(tmp_path: Path) -> Iterator[TallyFiles]:
    made = TallyFiles(tmp_path, lambda: BOOK, lambda: NOON)
    yield made
    made.close()


def test_nothing_is_written_of_who_has_no_quota(tallies: TallyFiles, tmp_path: Path) -> None:
    with tallies.call(FREE) as allowance:
        allowance.received(1 << 40)
        allowance.sent(1 << 40)
    assert list(tmp_path.iterdir()) == []


def test_bytes_count_both_ways_and_over_calls(tallies: TallyFiles) -> None:
    with tallies.call(SHOP) as allowance:
        allowance.received(40)
        allowance.sent(20)
    with tallies.call(SHOP) as allowance:
        allowance.sent(40)
        with pytest.raises(QuotaExceededError) as caught:
            allowance.sent(1)
    assert (caught.value.needed, caught.value.limit) == (101, 100)
    assert caught.value.retry_after == DAY / 2
    with pytest.raises(QuotaExceededError), tallies.call(SHOP):
        pass


def test_a_new_day_and_a_wrong_clock(tmp_path: Path) -> None:
    now = NOON
    tallies = TallyFiles(tmp_path, lambda: BOOK, lambda: now)
    with tallies.call(SHOP) as allowance:
        allowance.sent(100)
    now = NOON - DAY  # set back by a day: what was had then still counts
    with pytest.raises(QuotaExceededError), tallies.call(SHOP):
        pass
    now = NOON + DAY
    with tallies.call(SHOP) as allowance:
        allowance.sent(100)
    now = NOON - 10 * DAY  # the clock was wrong before: nobody waits for that day
    with tallies.call(SHOP) as allowance:
        allowance.sent(100)
    tallies.close()


def test_a_worker_that_dies_gives_its_streams_back(tallies: TallyFiles, tmp_path: Path) -> None:
    command = [sys.executable, "-c", HOLDER, str(tmp_path), str(NOON)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"
        too_many = pytest.raises(QuotaExceededError, match="streams at once")
        with tallies.call(SHOP), too_many, tallies.call(SHOP):
            pass
        other.kill()
    with ExitStack() as calls:
        for _ in range(2):
            calls.enter_context(tallies.call(SHOP))


def stored(cost: int, size: int = 7) -> StoredBlob:
    return StoredBlob(BlobId(bytes(32)), bytes(32), size, 700, 9, 1, True, not cost, cost, 1)


@in_loop
async def test_money_is_counted_before_it_is_spent(tallies: TallyFiles) -> None:
    """Several uploads at once cannot spend more than one after the other."""
    for _ in range(2):
        await tallies.admit("shop", Order(7), Cost(15, 5))
    with pytest.raises(QuotaExceededError, match="FROST today"):
        await tallies.admit("shop", Order(7), Cost(15, 5))
    await tallies.stored("shop", stored(cost=20))
    await tallies.stored("shop", stored(cost=0))  # it was there already
    await tallies.stored("shop", stored(cost=0))  # told again
    await tallies.admit("shop", Order(7), Cost(30, 0))
    with pytest.raises(QuotaExceededError):
        await tallies.admit("shop", Order(7), Cost(1, 0))
    await tallies.admit("free", Order(7), Cost(1 << 50, 0))
