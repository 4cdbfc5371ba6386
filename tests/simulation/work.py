"""What clients do meanwhile: store, read, extend, delete, and cheat."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from simulation import cheats
from simulation.chain import SimChain
from simulation.clients import SimClient
from simulation.contract import Contract, blob_id_of
from simulation.invariants import Payments, Violation, is_refusal
from simulation.trace import Trace

from walrus_core.codec.encoder import compute_metadata
from walrus_core.errors import BlobNotFoundError, InconsistentBlobError
from walrus_core.localnet.ledger.objects import Blob
from walrus_core.services.uploader import StoreOutcome
from walrus_core.types import BlobId

SIZES = [1, 20, 300, 1000, 4000]
"""Of most blobs, in bytes."""

LARGEST = 20_000


@dataclass(eq=False, slots=True)
class Intent:
    """A blob that a client means to store, until it is `done`."""

    client: SimClient
    content: bytes
    blob_id: BlobId
    epochs: int
    deletable: bool
    since: int
    task: asyncio.Task[Any] | None = None
    done: bool = False

    @property
    def is_at_rest(self) -> bool:
        """Whether nobody is at it now."""
        return self.task is None or self.task.done()


@dataclass
class Work:
    """`bugs` gets what must not be. A read may fail only while `may_fail`."""

    contract: Contract
    clients: list[SimClient]
    payments: Payments
    trace: Trace
    chance: random.Random
    bugs: list[BaseException]
    may_fail: Callable[[], bool]
    contents: dict[BlobId, bytes] = field(default_factory=dict)
    cheated: set[BlobId] = field(default_factory=set)
    intents: list[Intent] = field(default_factory=list)
    reads: int = 0

    @property
    def unfinished(self) -> list[Intent]:
        return [intent for intent in self.intents if not intent.done]

    def live(self) -> list[BlobId]:
        """The blobs that are certified and have not ended, in order, but those of cheats."""
        return sorted(self._all_live() - self.cheated)

    def live_cheats(self) -> list[BlobId]:
        return sorted(self._all_live() & self.cheated)

    def registered(self) -> set[BlobId]:
        """Of which a registration has not ended."""
        return {blob_id_of(blob) for blob in self._objects()}

    def permanent(self) -> set[BlobId]:
        return {blob_id_of(blob) for blob in self._objects() if not blob.deletable}

    @property
    def _epoch(self) -> int:
        return self.contract.ledger.state.system.epoch

    def _all_live(self) -> set[BlobId]:
        return {blob_id_of(blob) for blob in self._objects() if blob.certified_epoch is not None}

    def _objects(self, blob_id: BlobId | None = None) -> list[Blob]:
        """Those that have not ended, or all of one blob, as the ledger has it."""
        epoch = self._epoch
        return [
            blob
            for blob in self.contract.ledger.objects.values()
            if isinstance(blob, Blob)
            and (blob.storage.end_epoch > epoch if blob_id is None else blob_id_of(blob) == blob_id)
        ]

    # -- storing ------------------------------------------------------------------------------

    def store(self) -> None:
        client, chance = self.chance.choice(self.clients), self.chance
        if self.contents and chance.random() < 0.35:
            content = chance.choice(list(self.contents.values()))
        else:
            content = chance.randbytes(chance.choice([*SIZES, chance.randint(1, LARGEST)]))
        blob_id = compute_metadata(content, self.contract.ledger.config.n_shards).blob_id
        if self._is_wanted(client, blob_id):
            return
        self.contents[blob_id] = content
        epochs, deletable = chance.randint(1, 8), chance.random() < 0.6
        intent = Intent(client, content, blob_id, epochs, deletable, self._epoch)
        self.payments.allow(client.address, blob_id, intent.epochs)
        self.intents.append(intent)
        self.pursue(intent)

    def pursue(self, intent: Intent) -> None:
        """Store it, or go on storing it."""
        client, name = intent.client, f"{intent.client.name} stores {intent.blob_id}"
        kind = "deletable" if intent.deletable else "permanent"
        self.trace.note(f"{name}, {len(intent.content)} bytes, {intent.epochs} epochs, {kind}")

        async def store() -> None:
            outcome = await client.store(intent.content, intent.epochs, intent.deletable)
            intent.done = True
            self.trace.note(f"{name}: {outcome.operation}")
            until = intent.since + intent.epochs
            if outcome.blob_id != intent.blob_id or outcome.end_epoch < until:
                raise Violation(f"{name}: {outcome}")
            if outcome.certified_epoch is None or not self._lasts(outcome):
                raise Violation(f"{name}, and it is not: {outcome}")

        intent.task = self._start(client, store(), name)

    def go_on(self) -> bool:
        """Whether all clients have stored what they meant to; those that failed try again."""
        for intent in self.unfinished:
            if intent.is_at_rest:
                self.pursue(intent)
        return not self.unfinished

    def cheat(self) -> None:
        """Store a blob that no blob encodes to."""
        client = self.chance.choice(self.clients)
        cheat = cheats.Cheat(self.contract, client, self.chance)
        self.cheated.add(cheat.blob_id)
        self.payments.allow(client.address, cheat.blob_id, cheats.EPOCHS)
        name = f"{client.name} cheats with {cheat.blob_id}"
        self.trace.note(name)
        self._start(client, cheat.store(), name)

    def _lasts(self, outcome: StoreOutcome) -> bool:
        """Whether what a store tells is so: of its object, or of a blob that nobody can delete."""
        return any(
            blob.certified_epoch is not None
            and blob.storage.end_epoch >= outcome.end_epoch
            and (blob.id == outcome.object_id if outcome.object_id else not blob.deletable)
            for blob in self._objects(outcome.blob_id)
        )

    # -- reading ------------------------------------------------------------------------------

    def read(self) -> None:
        live = self.live()
        if live:
            blob_id, client = self.chance.choice(live), self.chance.choice(self.clients)
            client.process.start(self.read_one(client, blob_id), "read")

    async def read_one(self, client: SimClient, blob_id: BlobId, *, must: bool = False) -> None:
        """Read a blob that is certified now, or some of it, and compare."""
        self.reads += 1
        size = len(self.contents[blob_id])
        start = self.chance.randrange(size)
        end = self.chance.randrange(start, size)
        way = self.chance.choice(["whole", "range", "stream"])
        name = f"{client.name} reads {blob_id} ({way})"
        try:
            content = await client.read(blob_id, start, end, way)
        except Exception as error:
            self.trace.note(f"{name}: {error!r}")
            if not is_refusal(error):
                self.bugs.append(error)
            elif (must or not self.may_fail()) and blob_id in self.live():
                self.bugs.append(Violation(f"{name}: {error!r}"))
        else:
            self.trace.note(f"{name}: {len(content)} bytes")
            whole = self.contents[blob_id]
            if content != (whole[start : end + 1] if way == "range" else whole):
                self.bugs.append(Violation(f"{name}: wrong bytes"))

    async def read_cheated(self, client: SimClient, blob_id: BlobId) -> None:
        """What was proven inconsistent is nowhere to be had."""
        name = f"{client.name} reads {blob_id}, which is inconsistent"
        try:
            await client.read(blob_id, 0, 0, "whole")
        except (BlobNotFoundError, InconsistentBlobError) as error:
            self.trace.note(f"{name}: {error!r}")
        else:
            self.bugs.append(Violation(name))

    async def ask_status(self, client: SimClient, blob_id: BlobId) -> None:
        """What nodes say of a blob is what the ledger says."""
        status = await client.reader().status(blob_id)
        kind = "nonexistent"
        if blob_id in self.registered():
            kind = "permanent" if blob_id in self.permanent() else "deletable"
        certified = status.is_certified or status.deletable_certified > 0
        self.trace.note(f"{client.name} asks for the status of {blob_id}: {status.kind}")
        if (status.kind, certified) != (kind, blob_id in self._all_live()):
            self.bugs.append(Violation(f"{blob_id} is {kind}, nodes say {status}"))

    # -- other things to do with blobs ----------------------------------------------------------

    def extend(self) -> None:
        def extend(chain: SimChain, blob: Blob) -> Awaitable[object]:
            self.payments.allow_extension(chain.address, blob_id_of(blob), 2)
            return chain.extend(blob.id, 2)

        self._with_a_blob("extends", extend)

    def delete(self) -> None:
        self._with_a_blob("deletes", lambda chain, blob: chain.delete(blob.id))

    def _with_a_blob(self, word: str, act: Callable[[SimChain, Blob], Awaitable[object]]) -> None:
        client = self.chance.choice(self.clients)
        purse = self.contract.purses.get(client.address)
        if purse is None or not purse.blobs:
            return
        blob = self.chance.choice(list(purse.blobs.values()))
        if self._is_wanted(client, blob_id_of(blob)):
            return
        name = f"{client.name} {word} {blob_id_of(blob)}"

        async def change() -> None:
            await act(client.chain(), blob)
            self.trace.note(name)

        self._start(client, change(), name)

    def _is_wanted(self, client: SimClient, blob_id: BlobId) -> bool:
        """Whether a client is about to store a blob."""
        return any(i.client is client and i.blob_id == blob_id for i in self.unfinished)

    def _start(self, client: SimClient, work: Any, name: str) -> asyncio.Task[None]:
        async def watched() -> None:
            try:
                await work
            except Exception as error:
                self.trace.note(f"{name}: {error!r}")
                if not is_refusal(error):
                    self.bugs.append(error)

        return client.process.start(watched(), name)
