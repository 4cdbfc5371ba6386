"""A client in the simulation: a wallet and a journal that outlive its processes."""

from __future__ import annotations

import random

from simulation.chain import SimChain, Weather
from simulation.journal import MemoryJournal
from simulation.links import SimPeers
from simulation.nodes import Everything
from simulation.processes import Process
from simulation.workers import InlineWorkers

from walrus_core.services.reader import Reader, ReadOptions
from walrus_core.services.uploader import StoreOutcome, StoreTerms, Uploader, UploadOptions
from walrus_core.types import BlobId


class SimClient:
    """Whoever stores and reads; each `process` of it begins with nothing but the journal."""

    def __init__(self, shared: Everything, name: str) -> None:
        self._shared = shared
        self.name = name
        self.address = name.encode().rjust(32, b"-")
        self.weather = Weather(shared.chance(f"weather of {name}"), longest=0.05)
        self.journal = MemoryJournal()
        self.process = Process(name)
        self._runs = 0

    def kill(self) -> None:
        self.process.kill()
        self.process = Process(self.name)

    async def store(self, content: bytes, epochs: int, deletable: bool) -> StoreOutcome:
        chance = self._chance()
        uploader = Uploader(
            self.chain(),
            self.peers(),
            InlineWorkers(),
            self.journal,
            chance,
            UploadOptions(),
        )
        return await uploader.store(content, epochs, StoreTerms(deletable))

    async def read(self, blob_id: BlobId, start: int, end: int, way: str) -> bytes:
        """All of a blob, or bytes `start` to `end` of it if the way is "range"."""
        reader = Reader(self.chain(), self.peers(), InlineWorkers(), self._chance(), ReadOptions())
        if way == "stream":
            return b"".join([piece async for piece in reader.stream(blob_id)])
        if way == "range":
            return (await reader.read(blob_id, start, end)).content
        return (await reader.read(blob_id)).content

    def reader(self) -> Reader:
        """One that knows nothing yet."""
        return Reader(self.chain(), self.peers(), InlineWorkers(), self._chance(), ReadOptions())

    def peers(self) -> SimPeers:
        return SimPeers(self._shared.network)

    def chain(self) -> SimChain:
        return SimChain(self._shared.contract, self.address, self.weather)

    def _chance(self) -> random.Random:
        self._runs += 1
        return self._shared.chance(f"{self.name} {self._runs}")
