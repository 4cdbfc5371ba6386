"""How an uploader goes about it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from walrus_core.services.uploader.encoding import IN_MEMORY

__all__ = ["UploadOptions"]


@dataclass(frozen=True, slots=True)
class UploadOptions:
    """Times in seconds, sizes in bytes.

    `in_memory`: encoded bytes of the largest blob whose slivers stay in memory; larger ones wait in
    a file, in `directory` or where temporary files go. `in_flight`: of slivers that are on their
    way to nodes; at least one to each node, if that is no more than a quarter of the blob.
    `optimistic`: the largest blob that is sent while it is being registered.

    `status_timeout`: for a quorum to say what it knows of the blob. `call_timeout`: for an answer.
    `stall_timeout`: for a node to take one more sliver, or to say that all are on its disk.
    `confirmation_wait`: for a node to learn of the registration.

    `attempts`: with a node that does not answer. `patience`: with one that answers "not yet".
    Pauses between them grow from `first_pause` to `longest_pause`.

    After a quorum the other nodes that are at it get `tail_share` of the time so far, and
    `tail_extra`. `epoch_changes`: so many committees that change on the way are put up with.
    """

    in_memory: int = IN_MEMORY
    in_flight: int = 64 << 20
    optimistic: int = 4 << 20
    status_timeout: float = 1.0
    call_timeout: float = 10.0
    stall_timeout: float = 30.0
    confirmation_wait: float = 5.0
    attempts: int = 5
    patience: float = 60.0
    first_pause: float = 0.1
    longest_pause: float = 5.0
    tail_share: float = 0.5
    tail_extra: float = 0.5
    epoch_changes: int = 5
    directory: Path | None = None
