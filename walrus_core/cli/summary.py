"""What every report on a blob says, and how long things took."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager

from walrus_core import kernel
from walrus_core.cli.output import Values
from walrus_core.cli.quantities import count_text, duration_text, size_text
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.types import EncodingType


class Stopwatch:
    """Wall-clock seconds of named stages."""

    def __init__(self) -> None:
        self.stages: dict[str, float] = {}

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Time the body."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.stages[name] = self.stages.get(name, 0.0) + time.perf_counter() - started

    @property
    def total(self) -> float:
        """Seconds of all stages together."""
        return sum(self.stages.values())

    @property
    def text(self) -> str:
        """Every stage with its duration."""
        return ", ".join(f"{name} {duration_text(t)}" for name, t in self.stages.items())


def encoding_values(config: EncodingConfig, size: int) -> Values:
    """The numbers of the encoding of a blob of `size` bytes."""
    return {
        "unencodedLength": size,
        "encodedLength": config.encoded_size(size),
        "nShards": config.n_shards,
        "symbolSize": config.symbol_size(size),
        "encodingType": EncodingType.RS2.name,
    }


def work_values(threads: int, stopwatch: Stopwatch) -> Values:
    """With what the work was done, and how long it took."""
    return {
        "engine": kernel.engine_name(),
        "threads": threads,
        "seconds": stopwatch.total,
        "stageSeconds": stopwatch.stages,
    }


def blob_values(metadata: VerifiedMetadata) -> Values:
    """What a blob's metadata say about it."""
    names = {"blobId": str(metadata.blob_id), "rootHash": metadata.root_hash.hex()}
    return names | encoding_values(metadata.config, metadata.unencoded_length)


def blob_facts(metadata: VerifiedMetadata) -> dict[str, str]:
    """The same for people."""
    size = metadata.unencoded_length
    encoded = size_text(metadata.config.encoded_size(size))
    return {
        "blob ID": str(metadata.blob_id),
        "root hash": metadata.root_hash.hex(),
        "size": f"{size_text(size)}, {encoded} encoded for {metadata.n_shards:,} shards",
    }


def work_text(threads: int) -> str:
    """Engine and threads: `avx512 engine, 2 threads`."""
    return f"{kernel.engine_name()} engine, {count_text(threads, 'thread')}"
