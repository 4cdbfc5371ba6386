"""What `walrus-core bench` measures: the operations, and who does them.

`pysui-fastcrypto` is the official Rust encoder in a Python package; this is the only module of the
product that looks for it.
"""

from __future__ import annotations

import hashlib
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib import import_module, metadata

from walrus_core import kernel
from walrus_core.cli.quantities import count_text
from walrus_core.codec.decoder import decode
from walrus_core.codec.encoder import EncodedBlob, encode
from walrus_core.codec.recovery import recover_sliver
from walrus_core.codec.slivers import Sliver, VerifiedSliver, verify_sliver
from walrus_core.codec.symbols import recovery_symbol, recovery_symbols
from walrus_core.types import Axis

RIVAL = "pysui-fastcrypto"
SEED = 17

Task = Callable[[], object]


@dataclass(frozen=True, slots=True, eq=False)
class Contender:
    """Somebody who does some of the operations; `engine` is None for those that are not ours."""

    name: str
    tasks: Mapping[str, Task]
    engine: str | None = None
    threads: int = 1


class Material:
    """A blob, and what the operations on it take, the same for everybody. Reproducible."""

    def __init__(self, size: int, n_shards: int) -> None:
        self.blob = hashlib.shake_128(b"walrus-core bench").digest(size)
        self.encoded: EncodedBlob = encode(self.blob, n_shards)
        self.metadata = self.encoded.metadata
        self.n_shards = n_shards

    @cached_property
    def slivers(self) -> list[VerifiedSliver]:
        """As many random primary slivers as decoding takes."""
        needed = self.metadata.config.n_slivers_needed(Axis.PRIMARY)
        pairs = random.Random(SEED).sample(range(self.n_shards), needed)
        return [self.encoded.primary(pair) for pair in pairs]

    def ours(self, threads: int) -> dict[str, Task]:
        """All operations, with whichever engine is selected; several threads where they help."""
        shared: dict[str, Task] = {
            "encode": lambda: encode(self.blob, self.n_shards, threads),
            "decode": lambda: decode(self.metadata, self.slivers, "skip", threads),
        }
        return shared if threads > 1 else shared | self._single_threaded()

    def _single_threaded(self) -> dict[str, Task]:
        needed = self.metadata.config.n_sliver_symbols(Axis.PRIMARY)
        sources = [self.encoded.secondary(pair) for pair in range(needed)]
        symbols = [recovery_symbol(source, 0, self.n_shards) for source in sources]
        sliver = self.slivers[0].to_bcs()
        return {
            "verify": lambda: verify_sliver(self.metadata, Sliver.from_bcs("primary", sliver)),
            "symbol": lambda: recovery_symbol(sources[0], 0, self.n_shards),
            "symbols": lambda: recovery_symbols(sources[0], self.n_shards),
            "recover": lambda: recover_sliver(self.metadata, Axis.PRIMARY, 0, symbols),
        }

    def of_rival(self) -> dict[str, Task]:
        """The operations that the rival has. ImportError if it is not installed."""
        rival = import_module(RIVAL.replace("-", "_"))
        known = rival.redstuff_verify_metadata(self.metadata.to_bcs_with_id(), self.n_shards)
        slivers = [sliver.to_bcs() for sliver in self.slivers]
        size, n_shards = len(self.blob), self.n_shards
        return {
            "encode": lambda: rival.redstuff_encode(self.blob, n_shards),
            "decode": lambda: rival.redstuff_decode(slivers, size, n_shards, "primary"),
            "verify": lambda: rival.redstuff_verify_sliver(slivers[0], known, "primary"),
        }


def contenders(material: Material, threads: int) -> list[Contender]:
    """Every engine on one thread, the best one on `threads` if they are more, and the rival."""
    best, *others = kernel.available_engines()
    alone = material.ours(1)
    found = [Contender(best, alone, best)]
    if threads > 1:
        found.append(
            Contender(count_text(threads, "thread"), material.ours(threads), best, threads)
        )
    found += [Contender(engine, alone, engine) for engine in others]
    if rival_version():
        found.append(Contender(RIVAL, material.of_rival()))
    return found


def rival_version() -> str | None:
    """The version of the rival, or None if it is not installed."""
    try:
        return metadata.version(RIVAL)
    except metadata.PackageNotFoundError:
        return None
