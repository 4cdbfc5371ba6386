"""What a node allows itself and others; documented defaults, for a node of a few dozen shards."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.services.node.healing_limits import HealingLimits

__all__ = ["NodeLimits"]


@dataclass(frozen=True, slots=True)
class NodeLimits:
    """Sizes in bytes, times in seconds.

    Following the chain: `poll_interval` between two looks for events, `poke_interval` between two
    when somebody waits for one, `poke_wait` how long a call waits for such a look; `event_batch`
    events are applied in one step; `chain_retry` is the pause after the chain failed, which doubles
    up to `longest_chain_retry`.

    Before the registration is seen: `pending_bytes` and `pending_slivers` in all,
    `pending_blob_bytes` for one blob, `pending_blobs` blobs, slivers of at most
    `pending_sliver_size`, kept for `pending_seconds`.

    Storing: `batch_bytes` or `batch_slivers` are verified and made durable in one go.
    `longest_wait`: what `confirmation` waits for a registration at most.

    Reading: `read_bytes` are read from the disk at once. `symbol_cache` bytes of expanded slivers
    are kept for recovery symbols; `expansions` run at once, and `waiting_expansions` may wait.
    `metadata_cache` is a number of blobs.

    Upkeep: each `scrub_interval`, `scrub_bytes` are read and checked; `collect_interval` is the
    least time between two collections; `read_only_seconds` is how long slivers of shards that
    moved away are kept once the epoch change is done.

    Healing: `heal_delay` after a blob was certified, so that its uploader may send the last
    slivers; at most `wanted_blobs` are remembered at once; `healing` has the rest.
    """

    poll_interval: float = 0.4
    poke_interval: float = 0.05
    poke_wait: float = 2.0
    event_batch: int = 512
    chain_retry: float = 0.5
    longest_chain_retry: float = 30.0

    pending_bytes: int = 256 << 20
    pending_slivers: int = 20_480
    pending_blobs: int = 1024
    pending_blob_bytes: int = 32 << 20
    pending_sliver_size: int = 4 << 20
    pending_seconds: float = 60.0

    batch_bytes: int = 8 << 20
    batch_slivers: int = 64
    longest_wait: float = 60.0

    read_bytes: int = 1 << 20
    symbol_cache: int = 64 << 20
    expansions: int = 4
    waiting_expansions: int = 256
    metadata_cache: int = 256

    scrub_interval: float = 10.0
    scrub_bytes: int = 16 << 20
    collect_interval: float = 60.0
    read_only_seconds: float = 3600.0

    heal_delay: float = 15.0
    wanted_blobs: int = 100_000
    healing: HealingLimits = field(default_factory=HealingLimits)
