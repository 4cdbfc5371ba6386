"""Storing blobs: `Uploader`, and what it is told and tells.

terms options outcome                   what is said
uploader store_run delivery             the flow
prepared_blob encoding sliver_stream    the blob
reach fan_out node_upload               the nodes: what they say before, what they get
belongings claims record turns          paying little, and once
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
