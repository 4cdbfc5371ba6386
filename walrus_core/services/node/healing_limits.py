"""What healing and the moving of shards allow themselves."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["HealingLimits"]

_MIB = 1 << 20


@dataclass(frozen=True, slots=True)
class HealingLimits:
    """Sizes in bytes, times in seconds.

    Healing: `blobs_at_once` blobs are worked on, each with `batch_bytes` of symbols in memory, or
    those of one sliver where they are more. `nodes_at_once` nodes are asked at once for symbols of
    one blob, `metadata_at_once` for its metadata. An answer may take `answer_timeout` and besides
    as long as its bytes take at `slowest_rate`; metadata may take `metadata_timeout`. What fails is
    tried again after `first_retry`, which doubles up to `longest_retry`, give or take a quarter.

    Doubts: a liar is asked last for `liar_seconds`, who does not answer for `silent_seconds`.

    Inconsistent blobs: `attesters_at_once` nodes are asked to attest a proof, and all together may
    take `attest_timeout`; `settle_seconds` after the chain has been told, healing looks whether the
    blob is invalid now.

    Shards that move: `page_slivers` are asked for at once, `most_page_slivers` may be; `page_bytes`
    are read, or verified and stored, in one go. `shards_at_once` are fetched. Each sliver must come
    within `sliver_timeout`, and if nothing good comes for `transfer_patience` the shard is
    recovered from the other nodes instead.
    """

    blobs_at_once: int = 8
    batch_bytes: int = 16 * _MIB
    nodes_at_once: int = 16
    metadata_at_once: int = 3
    answer_timeout: float = 15.0
    slowest_rate: int = 256 << 10
    metadata_timeout: float = 5.0
    first_retry: float = 1.0
    longest_retry: float = 600.0

    liar_seconds: float = 600.0
    silent_seconds: float = 10.0

    attesters_at_once: int = 4
    attest_timeout: float = 300.0
    settle_seconds: float = 30.0

    page_slivers: int = 1000
    most_page_slivers: int = 100_000
    page_bytes: int = 8 * _MIB
    shards_at_once: int = 4
    sliver_timeout: float = 20.0
    transfer_patience: float = 120.0

    def patience_for(self, size: int) -> float:
        """How long an answer of `size` bytes may take."""
        return self.answer_timeout + size / self.slowest_rate
