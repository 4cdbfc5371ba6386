"""Storing blobs: `Uploader`, and what it is told and tells.

terms options outcome (what is said)
uploader encoded_blob store_run delivery (the flow)   reach (what nodes say before)
belongings claims record (paying little, and once)    fan_out node_upload sliver_stream
"""

from walrus_core.services.uploader.options import UploadOptions
from walrus_core.services.uploader.outcome import (
    NodeResult,
    NodeState,
    Operation,
    Phase,
    Seconds,
    StoreOutcome,
    StoreProgress,
)
from walrus_core.services.uploader.record import StoreRecord, unfinished
from walrus_core.services.uploader.terms import StoreTerms
from walrus_core.services.uploader.uploader import Uploader

__all__ = [
    "NodeResult",
    "NodeState",
    "Operation",
    "Phase",
    "Seconds",
    "StoreOutcome",
    "StoreProgress",
    "StoreRecord",
    "StoreTerms",
    "UploadOptions",
    "Uploader",
    "unfinished",
]
