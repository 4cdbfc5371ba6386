"""How a reader goes about it: how much at once, and how long it waits."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from walrus_core.errors import InvalidArgumentError

__all__ = ["ReadOptions"]


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """Times in seconds, sizes in bytes.

    A node is late, and others are asked in its place, when it lets us wait for more than
    `late_factor` times the median so far, or `patience` before there is one, and never less than
    `least_patience`. If nothing comes for `node_timeout`, it is given up. For `grudge` it is then
    asked only if there is nobody better. `rounds`: how often all nodes are asked before a blob is
    unavailable, `round_pause` apart and then twice that; who was given up is then given up after
    `retry_timeout`, or when it is late if that is more.

    `committee_age`: for how long the committee is not looked up again. `metadata_requests`: nodes
    asked for metadata at once. `grace`: how long others may contradict when more than f shards have
    said how a blob stands, or that there is none.

    `in_flight`: slivers on their way at once, in bytes. `batch`: one request asks for so much, or
    one sliver. `node_requests`: to one node at once. `spool_from`: slivers of larger blobs wait in
    a file, in `directory` or where temporary files go. `window`: how far a stream, or a file that
    is read in order, reads ahead. `cache`: what an open file keeps.
    """

    patience: float = 1.0
    late_factor: float = 4.0
    least_patience: float = 0.5
    node_timeout: float = 15.0
    retry_timeout: float = 5.0
    grudge: float = 10.0
    committee_age: float = 30.0
    metadata_requests: int = 3
    grace: float = 2.0
    rounds: int = 3
    round_pause: float = 0.25
    in_flight: int = 16 << 20
    batch: int = 4 << 20
    node_requests: int = 4
    spool_from: int = 64 << 20
    window: int = 8 << 20
    cache: int = 32 << 20
    directory: Path | None = None

    def __post_init__(self) -> None:
        for name in self.__slots__:
            value = getattr(self, name)
            if name != "directory" and not value > 0:
                raise InvalidArgumentError(f"{name} = {value} must be more than 0")
