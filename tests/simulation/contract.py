"""The contract on virtual time: a real ledger, what was executed on it, and whose things are whose.

Transactions are signed for one state of their sender's coins, as on Sui: whichever of two is
executed first makes the other void, and none is executed twice.
"""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

from walrus_core.errors import Abort, UnknownObjectError
from walrus_core.localnet.ledger import Event, Ledger, LedgerConfig, NodeMetadata
from walrus_core.localnet.ledger.objects import Blob, Coin, StakedWal, Storage, StorageNodeCap
from walrus_core.localnet.ledger.staking_state import DONE, SELECTED
from walrus_core.localnet.ledger.system import System
from walrus_core.localnet.sui_node.ids import blake2b, digest_text
from walrus_core.protocol.committee import Committee, Member
from walrus_core.protocol.keys import KeyPair, PublicKey
from walrus_core.services.ports import ChainEvent, Committees
from walrus_core.types import FROST_PER_WAL, BlobId, Epoch, ShardIndex

Action = Callable[[Ledger, "Purse"], object]
"""What a transaction does; what it answers is kept with it."""

LOOK_SECONDS = 0.5
"""Between two looks whether the epoch can be turned."""

PLENTY = 100_000 * FROST_PER_WAL


@dataclass(slots=True)
class Purse:
    """What an address owns. `version` counts its transactions: each spends the same gas coin."""

    address: bytes
    coin: Coin
    blobs: dict[bytes, Blob] = field(default_factory=dict)
    storages: dict[bytes, Storage] = field(default_factory=dict)
    version: int = 0


@dataclass(frozen=True, slots=True)
class Signed:
    """A transaction that can be executed once, while its sender's purse has this version."""

    digest: bytes
    sender: bytes
    version: int


@dataclass(frozen=True, slots=True)
class Executed:
    """A transaction that was: with what it answered, or the abort that it failed with."""

    digest: str
    sender: bytes
    result: object
    abort: Abort | None
    wal: int
    events: tuple[ChainEvent, ...]


class OutdatedError(Exception):
    """A transaction that was signed for coins as they are not any more."""


class Contract:
    """`epoch_seconds` of virtual time; certificates' signatures are verified.

    Before the first event loop runs, time stands still.
    """

    def __init__(
        self,
        n_shards: int = 10,
        *,
        epoch_seconds: float = 1e6,
        max_epochs_ahead: int = 53,
    ) -> None:
        self.ledger = Ledger(
            LedgerConfig(
                n_shards=n_shards,
                epoch_duration_ms=round(epoch_seconds * 1000),
                max_epochs_ahead=max_epochs_ahead,
                verify_signatures=False,
            )
        )
        self._started: float | None = None
        self.caps: dict[bytes, StorageNodeCap] = {}
        self._stakes: dict[bytes, list[StakedWal]] = {}
        self.purses: dict[bytes, Purse] = {}
        self.executed: dict[bytes, Executed] = {}
        self._signed = 0
        self._told: list[tuple[float, ChainEvent]] = []  # each event, with the time of it
        self._committees: dict[int, Committee] = {}

    # -- founding -----------------------------------------------------------------------------

    def add_node(
        self, key_pair: KeyPair, address: str, stake: int, network_public_key: bytes = bytes(33)
    ) -> bytes:
        """Register a storage node with `stake` WAL; the answer is its id."""
        ledger, key = self.ledger, key_pair.public_key
        proof = b""
        if ledger.config.verify_signatures:
            proof = key_pair.prove_possession(ledger.staking.epoch(), bytes(32)).data
        metadata, votes = NodeMetadata(), (5, 1, 10**12)
        cap = ledger.staking.register_candidate(
            address, address, metadata, key.data, network_public_key, proof, 1000, *votes
        )
        self.caps[cap.node_id] = cap
        if stake:
            self.stake(cap.node_id, stake)
        return cap.node_id

    def stake(self, node_id: bytes, amount: int) -> None:
        """Stake `amount` WAL more with a node; it counts from the next committee chosen on."""
        coin = self.ledger.coin.split(self.ledger.wal.genesis_coin, amount * FROST_PER_WAL)
        staked = self.ledger.staking.stake_with_pool(coin, node_id)
        self._stakes.setdefault(node_id, []).append(staked)

    def unstake(self, node_id: bytes) -> None:
        """Ask for all of a node's stake back: it leaves as soon as it may."""
        for staked in self._stakes.pop(node_id, []):
            if self.ledger.staking.can_withdraw_staked_wal_early(staked):
                self.ledger.staking.withdraw_stake(staked)
            else:
                self.ledger.staking.request_withdraw_stake(staked)

    def open_purse(self, address: bytes, amount: int = PLENTY) -> Purse:
        """Give an address `amount` FROST, unless it has a purse already."""
        if address not in self.purses:
            coin = self.ledger.coin.split(self.ledger.wal.genesis_coin, amount)
            self.purses[address] = Purse(address, coin)
        return self.purses[address]

    def begin(self) -> None:
        """Turn epoch 0 into epoch 1; from then on signatures are verified."""
        ledger = self.ledger
        with self._transaction():
            ledger.staking.voting_end()
            ledger.staking.initiate_epoch_change_v2()
            for node_id in ledger.staking.committee():
                ledger.staking.epoch_sync_done(self.caps[node_id], 1)
        ledger.config = dataclasses.replace(ledger.config, verify_signatures=True)
        ledger.system = System(ledger)

    # -- time ---------------------------------------------------------------------------------

    async def turn_epochs(self) -> None:
        """Make the calls that anyone may make, whenever they are due."""
        while True:
            self.turn()
            await asyncio.sleep(LOOK_SECONDS)

    def turn(self) -> None:
        """What is due now: choose the next committee, or begin the next epoch."""
        staking = self.ledger.state.staking
        state, since_ms = staking.epoch_state
        duration = staking.epoch_duration_ms
        now = self._now_ms()
        with self._transaction():
            if state == DONE and now >= since_ms + duration // 2:
                self.ledger.staking.voting_end()
            elif state == SELECTED and now >= since_ms + duration:
                self.ledger.staking.initiate_epoch_change_v2()
        self.committees()  # which are remembered

    def _clock(self) -> float:
        """Seconds since an event loop was first seen."""
        try:
            now = asyncio.get_running_loop().time()
        except RuntimeError:
            return 0.0
        if self._started is None:
            self._started = now
        return now - self._started

    def _now_ms(self) -> int:
        return round(self._clock() * 1000)

    # -- transactions -------------------------------------------------------------------------

    def sign(self, sender: bytes) -> Signed:
        """A new transaction, for the sender's coins as they are now."""
        self._signed += 1
        digest = blake2b(b"simulated transaction" + self._signed.to_bytes(8, "little"))
        return Signed(digest, sender, self.purses[sender].version)

    def execute(self, signed: Signed, action: Action) -> Executed:
        """Execute it, or tell how it was; OutdatedError if it never can be."""
        if signed.digest in self.executed:
            return self.executed[signed.digest]
        purse = self.purses[signed.sender]
        if signed.version != purse.version:
            raise OutdatedError
        before, first = purse.coin.value, self.ledger.events.end
        result, failure = None, None
        try:
            with self._transaction(signed.sender, signed.digest):
                result = action(self.ledger, purse)
        except Abort as abort:
            failure = abort
        purse.version += 1
        events = tuple(event for _, event in self._told[first:])
        digest = digest_text(signed.digest)
        done = Executed(digest, signed.sender, result, failure, purse.coin.value - before, events)
        self.executed[signed.digest] = done
        return done

    def by_node(self, node_id: bytes, action: Callable[[Ledger, StorageNodeCap], None]) -> None:
        """A transaction of a node's operator; Abort."""
        with self._transaction():
            action(self.ledger, self.caps[node_id])

    @contextlib.contextmanager
    def _transaction(
        self, sender: bytes | None = None, digest: bytes | None = None
    ) -> Iterator[None]:
        """All of the block or nothing is executed; then the world hears of its events."""
        with self.ledger.transaction(sender=sender, now_ms=self._now_ms(), digest=digest) as tx:
            yield
        now = self._clock()
        for number, event in self.ledger.events.since(len(self._told)):
            self._told.append((now, _told(number, event, tx.digest)))

    # -- views --------------------------------------------------------------------------------

    def events(self, start: int, age: float = 0.0) -> Sequence[ChainEvent]:
        """From number `start` on, those that were told at least `age` seconds ago."""
        latest = self._clock() - age
        return [event for told, event in self._told[start:] if told <= latest]

    def committees(self) -> Committees:
        staking = self.ledger.state.staking
        previous = None
        if len(staking.previous_committee):
            previous = self._committee(staking.epoch - 1)
        current = self._committee(staking.epoch)
        return Committees(current, previous, staking.epoch_state[0])

    def committee_of(self, epoch: int) -> Committee:
        """The committee of an epoch that has begun."""
        return self._committees[epoch]

    def _committee(self, epoch: int) -> Committee:
        if epoch not in self._committees:
            staking = self.ledger.state.staking
            held = staking.committee if epoch == staking.epoch else staking.previous_committee
            members = []
            for node_id, shards in held.members.items():
                info = staking.pools[node_id].node_info
                key, address = PublicKey(info.public_key), info.network_address
                indices = tuple(ShardIndex(shard) for shard in shards)
                members.append(Member(node_id, key, address, indices, info.network_public_key))
            n_shards = self.ledger.config.n_shards
            self._committees[epoch] = Committee(Epoch(epoch), n_shards, tuple(members))
        return self._committees[epoch]

    def weights(self) -> list[dict[bytes, int]]:
        """Shards by node, in this epoch, the one before, and the next as it looks now."""
        staking = self.ledger.state.staking
        coming = staking.next_committee or staking.compute_next_committee()
        return [
            dict(each.weights()) for each in (staking.previous_committee, staking.committee, coming)
        ]

    @property
    def invalid(self) -> set[BlobId]:
        """The blobs that were proven inconsistent."""
        return {blob_of(event) for _, event in self._told if event.name == "InvalidBlobID"}

    def find_blob(self, object_id: bytes) -> Blob:
        found = self.ledger.objects.get(object_id)
        if not isinstance(found, Blob):
            raise UnknownObjectError("Blob", object_id)
        return found


def _told(number: int, event: Event, digest: bytes) -> ChainEvent:
    cursor = (number + 1).to_bytes(8, "big")
    fields = {each.name: getattr(event, each.name) for each in dataclasses.fields(event)}
    return ChainEvent(cursor, digest_text(digest), type(event).__name__, fields)


def blob_of(event: ChainEvent) -> BlobId:
    """The blob that an event is about."""
    number = event.fields["blob_id"]
    assert isinstance(number, int)
    return _blob_id(number)


def blob_id_of(blob: Blob) -> BlobId:
    return _blob_id(blob.blob_id)


def _blob_id(number: int) -> BlobId:
    """From a u256, as the contract has it."""
    return BlobId(number.to_bytes(32, "little"))
