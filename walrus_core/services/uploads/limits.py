"""What a server takes in for its callers."""

from __future__ import annotations

from dataclasses import dataclass

__all__ = ["IN_THE_WAY", "UNBEGUN_AFTER", "UploadLimits"]

DAY = 24 * 3600.0

UNBEGUN_AFTER = 600.0
"""Seconds after which a log without a first line is what a process that died left behind."""

IN_THE_WAY = 3600.0
"""Seconds after which an upload that nobody goes on with is given up if its place is wanted."""


@dataclass(frozen=True, slots=True)
class UploadLimits:
    """Sizes in bytes, times in seconds. The limits are for all processes that share the directory,
    but for `small_stores` and `large_stores`.

    At most `uploads` that are not stored yet, of `upload_bytes` together, each of `blob_bytes`; and
    for each caller `caller_uploads` and `caller_bytes`. The disk keeps `spare_bytes` for others.

    What nobody has touched for `abandoned_after` is given up, unless it is being stored; after
    `IN_THE_WAY` already if another upload would be one too many. What became of the others is
    remembered for `remembered_for`, but no more than `remembered` of them.

    What came is made durable after each `commit_bytes`. So many stores run at once in one process,
    with a lane of their own for blobs of up to `small_bytes`. Every `look_seconds` is looked for
    what is to be gone on with because a process died, every `sweep_seconds` for what is to be given
    up or forgotten.
    """

    uploads: int = 1000
    upload_bytes: int = 256 << 30
    blob_bytes: int = 16 << 30
    caller_uploads: int = 100
    caller_bytes: int = 64 << 30
    spare_bytes: int = 256 << 20
    abandoned_after: float = DAY
    remembered_for: float = DAY
    remembered: int = 100_000
    commit_bytes: int = 8 << 20
    small_bytes: int = 4 << 20
    small_stores: int = 32
    large_stores: int = 4
    look_seconds: float = 5.0
    sweep_seconds: float = 60.0
