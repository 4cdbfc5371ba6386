"""The epochs turn by the chain's own clock, by transactions that anyone may send."""

import asyncio
from pathlib import Path

import pytest
from localnet.sui_node.people import (
    ALICE,
    OPERATOR,
    Draft,
    Person,
    created,
    genesis,
    new_chain,
    node_key,
)

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.chain_clock import ChainClock
from walrus_core.localnet.sui_node.epoch_driver import EpochDriver
from walrus_core.localnet.sui_node.ids import address_text
from walrus_core.localnet.sui_node.values import ObjectRecord


class Hours(ChainClock):
    """A clock that is set by hand."""

    def __init__(self, start_ms: int) -> None:
        self.time_ms = start_ms
        super().__init__(start_ms)

    def now_ms(self) -> int:
        return self.time_ms


def driven(directory: Path, **options: int) -> tuple[LocalChain, EpochDriver, Hours]:
    chain = new_chain(directory, **options)
    clock = Hours(chain.now_ms())
    chain._clock = clock
    return chain, EpochDriver(chain, OPERATOR.address, OPERATOR.sign), clock


def events_of(driver: EpochDriver) -> list[str]:
    executed = asyncio.run(driver.turn())
    assert all(each.effects.failure is None for each in executed)
    return [event.type.name for each in executed for event in each.events]


def test_an_epoch_ends_when_it_is_over(tmp_path: Path) -> None:
    chain, driver, clock = driven(tmp_path)
    duration = genesis().epoch_duration_ms
    assert events_of(driver) == []
    clock.time_ms += duration // 2
    assert events_of(driver) == ["EpochParametersSelected"]
    clock.time_ms += duration // 2
    found = events_of(driver)
    assert found[:2] == ["EpochChangeStart", "PricesUpdated"]
    assert found.count("ShardsReceived") == 4
    assert "EpochChangeDone" in found
    assert chain.world.ledger.state.system.epoch == 2
    inner = chain.dynamic_fields(chain.ids.staking)[0].value
    assert bcs.u32(2) in inner


def test_a_first_epoch_begins_once_somebody_has_staked(tmp_path: Path) -> None:
    chain, driver, clock = driven(tmp_path, n_founders=0)
    clock.time_ms += 10**9
    assert events_of(driver) == []
    cap = _register_candidate(chain)
    draft = Draft(chain, ALICE)
    [stake] = draft.split(draft.wal(), 10**9)
    node_id = draft.pure(cap.contents[32:64])
    staking = draft.shared(chain.ids.staking)
    draft.transfer(draft.call("staking::stake_with_pool", staking, stake, node_id))
    draft.succeed()
    assert events_of(driver) == ["EpochParametersSelected", "EpochChangeStart", "PricesUpdated"]
    draft = Draft(chain, ALICE)
    epoch, clock_object = draft.u32(1), draft.shared(chain.ids.clock, mutable=False)
    staking = draft.shared(chain.ids.staking)
    draft.call("staking::epoch_sync_done", staking, draft.owned(cap.id), epoch, clock_object)
    assert "EpochChangeDone" in [event.type.name for event in draft.succeed().events]


def _register_candidate(chain: LocalChain) -> ObjectRecord:
    key = node_key(7)
    draft = Draft(chain, ALICE)
    metadata = draft.call("node_metadata::default")
    texts = [draft.pure(bcs.text(text)) for text in ("mine", "127.0.0.1:9185")]
    proof = bytes(key.prove_possession(0, ALICE.address))
    keys = [bytes(key.public_key), bytes(33), proof]
    parts = [draft.pure(bcs.byte_vector(part)) for part in keys]
    numbers = [draft.pure(bcs.u16(100)), draft.u64(5), draft.u64(1), draft.u64(10**12)]
    staking = draft.shared(chain.ids.staking)
    cap = draft.call("staking::register_candidate", staking, *texts, metadata, *parts, *numbers)
    draft.transfer(cap)
    executed = draft.succeed()
    record = created(executed, "StorageNodeCap")
    pool = created(executed, "StakingPool")
    assert pool.id == record.contents[32:64]
    assert chain.get_object(pool.id) == pool
    return record


def test_it_runs_until_cancelled(tmp_path: Path) -> None:
    chain = new_chain(tmp_path, epoch_duration_ms=40)
    driver = EpochDriver(chain, OPERATOR.address, OPERATOR.sign)

    async def for_a_while() -> None:
        running = asyncio.create_task(driver.run())
        while chain.world.ledger.state.system.epoch < 4:
            await asyncio.sleep(0.01)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running

    asyncio.run(asyncio.wait_for(for_a_while(), 30))
    chain.close()
    assert LocalChain.open(tmp_path).world.ledger.state.system.epoch >= 4


def test_without_money_it_waits(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    chain = new_chain(tmp_path, epoch_duration_ms=1)
    nobody = Person("nobody")
    driver = EpochDriver(chain, nobody.address, nobody.sign)

    async def for_a_moment() -> None:
        with pytest.raises(TimeoutError):
            await asyncio.wait_for(driver.run(), 0.2)

    asyncio.run(for_a_moment())
    assert [record.message for record in caplog.records] == [
        f"the epoch cannot be turned: no SUI coins owned by {address_text(nobody.address)}"
        " can pay for gas"
    ]
