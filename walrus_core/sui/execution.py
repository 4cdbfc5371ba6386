"""From a plan to an executed transaction: gas, signature, sending, and what can go wrong between.

* An object is newer than the plan knew, or the epoch, the prices or the package changed: the plan
  is made again. That is found out by looking, not by the words of the refusal.
* The answer is lost: the transaction is looked up by its digest, and if need be the same bytes are
  sent again, which is the same transaction: nothing is paid twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Awaitable, Callable, Mapping, Sequence
from hashlib import blake2b

from pysui.sui.sui_bcs import bcs
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.errors import (
    ChainUnavailableError,
    InsufficientFundsError,
    TransactionRejectedError,
    TransactionUnknownError,
    WalrusCoreError,
)
from walrus_core.services.ports import Receipt
from walrus_core.sui.connection import Connection
from walrus_core.sui.contract import ContractReader, View
from walrus_core.sui.draft import CoinRef, Draft, Gas, ObjectRef
from walrus_core.sui.keys import Key
from walrus_core.sui.outcome import budget_for, failure_of, is_gas_failure, receipt_of
from walrus_core.sui.signed_inputs import SignedInputs, signed_inputs
from walrus_core.sui.transactions import SUI_TYPE

__all__ = ["Execution", "OnSigned", "Plan", "transaction_digest"]

Plan = Callable[[View], Awaitable[Draft]]
"""Drafts a transaction for the contract as it stands."""

OnSigned = Callable[[bytes, bytes], Awaitable[None]]
"""Is given TransactionData and signature before they are sent."""

ATTEMPTS = 6
"""Times that a plan is made before its refusal is passed on."""

LONGEST_PAUSE = 0.05
"""Seconds before a plan is made again."""

RESEND_DELAYS = (0.0, 0.1, 0.3, 1.0, 2.0, 4.0)
"""Seconds before each look for a transaction whose answer was lost."""

SIGHT_DELAYS = (0.0, 0.3, 0.3, 0.9, 2.0, 2.0, 2.0)
"""Seconds before each look for a transaction that a public node executed."""

MOST_GAS_COINS = 256
MOST_GAS = 50 * 10**9
"""MIST that a transaction may be allowed at most."""


class _OutdatedError(Exception):
    """A refusal, of a plan that was made for a chain that has moved on."""

    def __init__(self, reason: WalrusCoreError) -> None:
        super().__init__(reason)
        self.reason = reason


class Execution:
    """Executes transactions of one wallet, one after another: they share its coins."""

    def __init__(
        self, connection: Connection, reader: ContractReader, key: Key, *, dry_run: bool = False
    ) -> None:
        self._connection = connection
        self._reader = reader
        self._key = key
        self._dry_run = dry_run
        self._lock = asyncio.Lock()
        self._gas_price: int | None = None

    async def run(self, plan: Plan, on_signed: OnSigned | None = None) -> Receipt:
        """Draft, sign and execute; with `dry_run`, only simulate.

        `on_signed` comes before each sending: a plan may be made, and so signed, more than once,
        but never after a transaction of which it is not known that it was refused.
        """
        async with self._lock:
            attempt = 1
            while True:
                try:
                    return await self._try(plan, on_signed)
                except _OutdatedError as error:
                    if attempt == ATTEMPTS:
                        raise error.reason from None
                attempt += 1
                await asyncio.sleep(random.uniform(0, LONGEST_PAUSE))  # others are at it, too

    async def coins(self, coin: str, name: str, needed: int) -> list[CoinRef]:
        """Coins that hold `needed`, or InsufficientFundsError with the coin's `name`."""
        found = await self._connection.coins(self._key.address, coin, needed) if needed else []
        got = sum(coin.balance for coin in found)
        if got < needed:
            raise InsufficientFundsError(name, needed, got)
        return found

    async def settle(self, transaction: bytes, signature: bytes) -> Receipt | None:
        """The receipt of a transaction that was signed before; executes it if it still can be.

        None if it failed, or was not executed and never will be: an object that it takes has
        another version now, or gas costs more than it offers. TransactionRejectedError if the node
        refuses it for another reason, which may pass.
        """
        digest = transaction_digest(transaction)
        async with self._lock:
            executed = await self._connection.executed(digest)
            try:
                executed = executed or await self._execute(transaction, signature)
            except TransactionRejectedError:
                gone = await self._is_gone(signed_inputs(transaction))
                executed = await self._connection.executed(digest)  # by whoever took its inputs
                if executed is None and not gone:
                    raise
        if executed is None or failure_of(executed):
            return None
        wal_type = (await self._reader.view()).contract.wal_type
        return receipt_of(executed, self._key.address, wal_type, dry_run=False)

    async def _try(self, plan: Plan, on_signed: OnSigned | None) -> Receipt:
        """Once: raises what it fails with, or _OutdatedError if another plan may not."""
        view, price, coins = await asyncio.gather(
            self._reader.view(), self._price(), self._gas_coins(MOST_GAS)
        )
        draft = await plan(view)
        try:
            executed = await self._attempt(draft, price, coins, on_signed)
        except (ChainUnavailableError, TransactionUnknownError, InsufficientFundsError):
            raise
        except WalrusCoreError as error:
            used = {coin.object_id: coin for coin in coins} | draft.owned
            if await self._is_outdated(view, used):
                raise _OutdatedError(error) from error
            raise
        sender, wal_type = self._key.address, view.contract.wal_type
        return receipt_of(executed, sender, wal_type, dry_run=self._dry_run)

    async def _attempt(
        self, draft: Draft, price: int, coins: Sequence[CoinRef], on_signed: OnSigned | None
    ) -> v2.ExecutedTransaction:
        """Simulate for the budget, then execute; raises what the transaction fails with."""
        if draft.from_gas:
            coins = await self._gas_coins(MOST_GAS + draft.from_gas)
        total = sum(coin.balance for coin in coins)
        spare = min(total - draft.from_gas, MOST_GAS)  # what may be spent on gas
        if spare <= 0:
            needed = draft.from_gas + await self._gas_needed(draft, price)
            raise InsufficientFundsError("SUI", needed, total)
        simulated = await self._simulate(draft, self._gas(coins, price, spare))
        budget = min(budget_for(simulated, price), MOST_GAS)
        if spare < budget:
            raise InsufficientFundsError("SUI", draft.from_gas + budget, total)
        if self._dry_run:
            return simulated
        transaction = draft.finish(self._key.address, self._gas(coins, price, budget))
        signature = self._key.sign(transaction)
        if on_signed is not None:
            await on_signed(transaction, signature)
        executed = await self._execute(transaction, signature)
        if failure := failure_of(executed):
            raise failure
        return executed

    async def _simulate(self, draft: Draft, gas: Gas) -> v2.ExecutedTransaction:
        """A simulation that succeeds; too little gas is said with the numbers."""
        sender = self._key.address
        try:
            simulated = await self._connection.simulate(draft.finish(sender, gas))
            failure = failure_of(simulated)
        except TransactionRejectedError as error:
            failure = error
        if failure is None:
            return simulated
        if gas.budget < MOST_GAS and _may_be_gas(failure):
            needed = await self._gas_needed(draft, gas.price)
            if needed > gas.budget:
                split = draft.from_gas
                raise InsufficientFundsError("SUI", split + needed, split + gas.budget) from failure
        raise failure

    async def _gas_needed(self, draft: Draft, price: int) -> int:
        """The budget that a transaction takes, found without coins; at least 1."""
        transaction = draft.finish(self._key.address, self._gas([], price, MOST_GAS))
        try:
            simulated = await self._connection.simulate(transaction, checks=False)
        except TransactionRejectedError:
            return 1
        return 1 if failure_of(simulated) else budget_for(simulated, price)

    async def _execute(self, transaction: bytes, signature: bytes) -> v2.ExecutedTransaction:
        """Execute, so that whoever asks the node next knows of it."""
        executed = await self._deliver(transaction, signature)
        if not self._connection.is_local:
            await self._await_sight_of(transaction_digest(transaction))
        return executed

    async def _deliver(self, transaction: bytes, signature: bytes) -> v2.ExecutedTransaction:
        """Send; after a lost answer, find out what happened."""
        digest = transaction_digest(transaction)
        sent, reason = False, ""
        for delay in RESEND_DELAYS:
            try:
                if sent and (known := await self._connection.executed(digest)):
                    return known
                return await self._connection.execute(transaction, signature)
            except ChainUnavailableError as error:
                refused = isinstance(error.__cause__, ConnectionRefusedError)
                sent, reason = sent or not refused, error.reason
                last = error
            except TransactionRejectedError:
                if sent and (known := await self._connection.executed(digest)):
                    return known
                raise
            await asyncio.sleep(delay)
        raise TransactionUnknownError(digest, reason) if sent else last

    async def _await_sight_of(self, digest: str) -> None:
        """A public node may answer from before for a moment: wait as the official client does."""
        for delay in SIGHT_DELAYS:
            await asyncio.sleep(delay)
            with contextlib.suppress(ChainUnavailableError, TransactionRejectedError):
                if await self._connection.executed(digest):
                    return

    async def _is_outdated(self, view: View, used: Mapping[bytes, ObjectRef]) -> bool:
        """Whether what a plan was made from is no longer so."""
        old_price, self._gas_price = self._gas_price, None
        found = await self._connection.objects_if_any(list(used))
        stale = any(
            item is None or item.version != reference.version
            for reference, item in zip(used.values(), found, strict=True)
        )
        if stale or await self._price() != old_price:
            return True
        return not (await self._reader.view()).is_like(view)

    async def _is_gone(self, inputs: SignedInputs) -> bool:
        """Whether what a transaction takes is not there any more."""
        found = await self._connection.objects_if_any(list(inputs.versions))
        stale = any(
            item is None or item.version != version
            for version, item in zip(inputs.versions.values(), found, strict=True)
        )
        return stale or inputs.gas_price < await self._connection.gas_price()

    async def _price(self) -> int:
        if self._gas_price is None:
            self._gas_price = await self._connection.gas_price()
        return self._gas_price

    async def _gas_coins(self, needed: int) -> list[CoinRef]:
        """SUI coins that hold `needed`, or all that there are."""
        coins = await self._connection.coins(self._key.address, SUI_TYPE, needed)
        return coins[:MOST_GAS_COINS]

    def _gas(self, coins: Sequence[ObjectRef], price: int, budget: int) -> Gas:
        return Gas(coins, self._key.address, price, budget)


def transaction_digest(transaction: bytes) -> str:
    """The digest of TransactionData, in base58."""
    digest = blake2b(b"TransactionData::" + transaction, digest_size=32).digest()
    return str(bcs.Digest.from_bytes(digest).to_digest_str())


def _may_be_gas(failure: WalrusCoreError) -> bool:
    return isinstance(failure, TransactionRejectedError) or is_gas_failure(failure)
