"""Who turns the epochs: calls that anyone may make, made when they are due by the chain's clock.

They are transactions like all others, signed by a key that pays for them. Nodes report their shards
themselves; for the nodes whose caps the key owns, the driver does.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Iterator

from walrus_core.localnet.ledger.objects import StorageNodeCap
from walrus_core.localnet.ledger.staking_state import DONE, SELECTED, SYNC
from walrus_core.localnet.sui_node import bcs, transaction_bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    GasData,
    Input,
    InputKind,
    MoveCall,
    Place,
    Programmable,
    TransactionData,
)
from walrus_core.localnet.sui_node.values import ExecutedTransaction

__all__ = ["EpochDriver"]

_LOGGER = logging.getLogger(__name__)

_LOOK_EVERY_SECONDS = 1.0
_SOONEST_SECONDS = 0.01
_MOST_OWNED = 10_000

Sign = Callable[[bytes], bytes]
"""The BCS of a transaction -> the signature over it, as Sui wants it."""


class EpochDriver:
    """`address` pays, `sign` signs for it."""

    def __init__(self, chain: LocalChain, address: bytes, sign: Sign) -> None:
        self._chain = chain
        self._address = address
        self._sign = sign

    async def run(self) -> None:
        """Turn the epochs until cancelled; what fails is tried again, but not in a hurry."""
        while True:
            try:
                done = await self.turn()
            except RefusedError as refusal:
                _LOGGER.warning("the epoch cannot be turned: %s", refusal)
                pause = _LOOK_EVERY_SECONDS
            else:
                failed = any(executed.effects.failure is not None for executed in done)
                pause = _LOOK_EVERY_SECONDS if failed else self._pause()
            await asyncio.sleep(pause)

    async def turn(self) -> list[ExecutedTransaction]:
        """Do all that is due now."""
        done = []
        while (calls := self._due()) is not None:
            executed = await self._execute(calls)
            done.append(executed)
            if executed.effects.failure is not None:
                break
        return done

    def _pause(self) -> float:
        """Seconds until something may be due; nodes may act at any time, so not for long."""
        wait_ms = self._due_ms() - self._chain.now_ms()
        return min(max(wait_ms / 1000, _SOONEST_SECONDS), _LOOK_EVERY_SECONDS)

    def _due_ms(self) -> int:
        """When the next step may be taken, if it waits for the time alone."""
        staking = self._chain.world.ledger.state.staking
        state, since_ms = staking.epoch_state
        if staking.epoch == 0:
            return staking.first_epoch_start_ms
        if state == SYNC:
            return self._chain.now_ms() + int(_LOOK_EVERY_SECONDS * 1000)
        duration = staking.epoch_duration_ms
        return since_ms + (duration // 2 if state == DONE else duration)

    def _due(self) -> Programmable | None:
        """The calls that can be made now; None if there are none."""
        staking = self._chain.world.ledger.state.staking
        state, _ = staking.epoch_state
        report = next(self._reports(), None)
        if report is not None or state == SYNC:
            return report
        if self._chain.now_ms() < self._due_ms():
            return None
        if state == DONE:  # with nobody to choose, the epoch goes on
            return self._voting_end() if len(staking.active_set.nodes) else None
        return self._epoch_change() if state == SELECTED else None

    def _voting_end(self) -> Programmable:
        return self._calls("voting_end", [self._shared("staking"), self._shared("clock", False)])

    def _epoch_change(self) -> Programmable:
        inputs = [self._shared(name) for name in ("staking", "system", "treasury")]
        return self._calls("initiate_epoch_change_v2", [*inputs, self._shared("clock", False)])

    def _reports(self) -> Iterator[Programmable]:
        """For each of the key's own nodes that has not reported its shards."""
        world = self._chain.world
        staking = world.ledger.state.staking
        kind = world.catalogue.struct("StorageNodeCap")
        for record in world.store.owned(self._address, kind, None, _MOST_OWNED):
            cap = world.ledger.objects.get(record.id)
            if not isinstance(cap, StorageNodeCap) or cap.node_id not in staking.committee:
                continue
            if cap.last_epoch_sync_done < staking.epoch:
                owned = Input(InputKind.OWNED, b"", record.id, record.version, record.digest)
                epoch = Input(InputKind.PURE, bcs.u32(staking.epoch))
                clock = self._shared("clock", False)
                yield self._calls("epoch_sync_done", [self._shared("staking"), owned, epoch, clock])

    def _shared(self, name: str, mutable: bool = True) -> Input:
        """One of the contract's shared objects."""
        object_id: bytes = getattr(self._chain.ids, name)
        owner = self._chain.world.store[object_id].owner
        first = owner.initial_shared_version or 0
        return Input(InputKind.SHARED, b"", object_id, first, b"", mutable)

    def _calls(self, function: str, inputs: list[Input]) -> Programmable:
        """One call of module `staking`, its inputs in the order of its parameters."""
        arguments = tuple([Argument(Place.INPUT, index) for index in range(len(inputs))])
        call = MoveCall(self._chain.ids.walrus_package, "staking", function, (), arguments)
        return Programmable(tuple(inputs), (call,))

    async def _execute(self, kind: Programmable) -> ExecutedTransaction:
        draft = TransactionData(kind, self._address, GasData((), self._address, 0, 0))
        data = self._chain.simulate(draft, select_gas=True).executed.data
        content = transaction_bcs.encode(data)
        return await self._chain.execute(content, [self._sign(content)])
