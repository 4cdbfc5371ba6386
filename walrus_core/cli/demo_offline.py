"""`walrus-core demo --offline`: what the encoding is for, on a real file, in a few lines."""

from __future__ import annotations

import hashlib
import random
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from walrus_core.cli.decode import reconstruct
from walrus_core.cli.encode import encode_to
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.files import blob_source, shown
from walrus_core.cli.inspection import inspect
from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import count_text, duration_text, rate_text, size_text
from walrus_core.cli.recover import gather, rebuild
from walrus_core.cli.summary import Stopwatch, blob_values, work_text, work_values
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.directory_sink import DirectorySink
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.sliver_directory import SliverDirectory
from walrus_core.codec.sources import map_file, opened_blob
from walrus_core.codec.threads import thread_count
from walrus_core.types import Axis

REBUILT_AXIS = Axis.SECONDARY
"""Of the pair that is rebuilt: k1 of the slivers that are left rebuild a secondary sliver."""

OWN_SIZE = 4 << 20
"""Bytes of the file that the demo makes for itself."""

MAX_CORRUPTED = 8
SEEDS = 2**32


@dataclass(frozen=True, slots=True)
class Accident:
    """What befalls the slivers: pairs that get lost, slivers of other pairs that change a bit."""

    lost_pairs: list[int]
    corrupted: list[tuple[Axis, int]]

    @classmethod
    def plan(cls, config: EncodingConfig, chance: random.Random) -> Accident:
        """Lose as many pairs as leaves just enough good primary slivers: nearly two thirds."""
        n_corrupted = min(MAX_CORRUPTED, config.n_faulty_shards)
        pairs = chance.sample(range(config.n_shards), config.n_shards)
        kept = pairs[: config.n_primary_source_symbols + n_corrupted]
        corrupted = [(chance.choice(list(Axis)), pair) for pair in kept[:n_corrupted]]
        return cls(sorted(pairs[len(kept) :]), sorted(corrupted))

    def happen(self, directory: SliverDirectory, chance: random.Random) -> None:
        """Remove and damage the files."""
        for pair in self.lost_pairs:
            for axis in Axis:
                directory.sliver_path(axis, pair).unlink()
        for axis, pair in self.corrupted:
            path = directory.sliver_path(axis, pair)
            content = bytearray(path.read_bytes())
            content[chance.randrange(len(content))] ^= 1 << chance.randrange(8)
            path.write_bytes(content)


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How the demo went."""

    metadata: VerifiedMetadata
    accident: Accident
    found: list[tuple[Axis, int]]
    lost_pair: int
    n_symbols: int
    rebuilt: bool
    axis: Axis
    identical: bool
    stopwatch: Stopwatch

    @property
    def good(self) -> bool:
        """Whether exactly the damaged slivers were found, and everything came back as it was."""
        return self.found == self.accident.corrupted and self.rebuilt and self.identical


def demonstrate(file: str | None, seed: int | None, n_shards: int, threads: int | None) -> Report:
    """Lose and damage most of an encoded file, and get it back."""
    n_threads = thread_count(threads)
    seed = random.randrange(SEEDS) if seed is None else seed
    with TemporaryDirectory(prefix="walrus-core-demo-") as temporary:
        source = blob_source(file) if file else own_file(Path(temporary))
        with opened_blob(source, EncodingConfig(n_shards).max_blob_size) as blob:
            outcome = play(blob, Path(temporary), n_shards, n_threads, seed)
    return tell(outcome, file, n_threads, seed)


def play(blob: memoryview, temporary: Path, n_shards: int, threads: int, seed: int) -> Outcome:
    """Encode, lose, damage, find, rebuild, reconstruct."""
    stopwatch = Stopwatch()
    chance = random.Random(seed)
    directory, blob_again = SliverDirectory(temporary / "slivers"), temporary / "blob-again"
    metadata = encode_to(DirectorySink(directory.path), blob, n_shards, threads, stopwatch)
    accident = Accident.plan(metadata.config, chance)
    lost_pair = chance.choice(accident.lost_pairs)
    lost_file = directory.sliver_path(REBUILT_AXIS, lost_pair)
    lost_content = lost_file.read_bytes()
    accident.happen(directory, chance)
    with stopwatch.stage("verify"):
        inspection = inspect(directory, metadata, threads, keep=True)
    with stopwatch.stage("recover"):
        sources = gather(directory, metadata, REBUILT_AXIS, lost_pair, threads)
        sliver = rebuild(directory, metadata, REBUILT_AXIS, lost_pair, sources)
        directory.write_sliver(metadata, sliver)
    with stopwatch.stage("decode"):
        axis = reconstruct(metadata, inspection, blob_again, "default", threads)
    return Outcome(
        metadata=metadata,
        accident=accident,
        found=[(sliver.axis, sliver.pair) for sliver in inspection.bad],
        lost_pair=lost_pair,
        n_symbols=len(sources.symbols),
        rebuilt=lost_file.read_bytes() == lost_content,
        axis=axis,
        identical=blob == memoryview(map_file(blob_again)),
        stopwatch=stopwatch,
    )


def tell(outcome: Outcome, file: str | None, threads: int, seed: int) -> Report:
    """The outcome in a few lines."""
    metadata, accident, seconds = outcome.metadata, outcome.accident, outcome.stopwatch.stages
    size, n_shards, n_lost = metadata.unencoded_length, metadata.n_shards, len(accident.lost_pairs)
    n_damaged = len(accident.corrupted)
    speed = rate_text(size, seconds["encode"])
    damaged = ", ".join(f"{axis}/{pair:05}" for axis, pair in outcome.found)
    target = f"{REBUILT_AXIS}/{outcome.lost_pair:05}"
    needed = metadata.config.n_slivers_needed(outcome.axis)
    facts = {
        "encode": f"{size_text(size)} into {2 * n_shards:,} slivers for {n_shards:,} shards"
        f" in {duration_text(seconds['encode'])} ({speed}, {work_text(threads)})",
        "lose": f"{n_lost:,} of {n_shards:,} sliver pairs, at random",
        "damage": f"{count_text(n_damaged, 'sliver')} of those left, one bit each",
        "verify": f"found the damaged ones in {duration_text(seconds['verify'])}: {damaged}",
        "recover": f"lost {target} rebuilt from {count_text(outcome.n_symbols, 'recovery symbol')}"
        f" in {duration_text(seconds['recover'])}",
        "decode": f"{size_text(size)} from {needed:,} good {outcome.axis} slivers"
        f" in {duration_text(seconds['decode'])} ({rate_text(size, seconds['decode'])})",
        "compare": "equal to the original, bit for bit" if outcome.identical else "NOT EQUAL",
    }
    values: Values = {
        "file": file,
        "seed": seed,
        "lostPairs": n_lost,
        "corruptedSlivers": [_named(*sliver) for sliver in accident.corrupted],
        "badSlivers": [_named(*sliver) for sliver in outcome.found],
        "recovered": _named(REBUILT_AXIS, outcome.lost_pair) | {"identical": outcome.rebuilt},
        "identical": outcome.identical,
    }
    name = shown(file, "standard input") if file else "a file of its own"
    ending = "came back, bit for bit" if outcome.good else "did NOT come back as it should"
    return Report(
        blob_values(metadata) | work_values(threads, outcome.stopwatch) | values,
        headline=f"{name} {ending}",
        facts=facts,
        remarks=[f"  blob {metadata.blob_id}; --seed {seed} repeats these accidents"],
        status=ExitStatus.DONE if outcome.good else ExitStatus.FAILED,
    )


def _named(axis: Axis, pair: int) -> Values:
    return {"axis": str(axis), "pair": pair}


def own_file(directory: Path) -> str:
    """A file to show things on, always the same."""
    path = directory / "a-file-of-its-own"
    path.write_bytes(hashlib.shake_128(b"walrus-core demo").digest(OWN_SIZE))
    return str(path)
