"""`walrus-core network`: a whole network on this machine, and how one is."""

from __future__ import annotations

from walrus_core.cli.lazy_group import LazyGroup

network = LazyGroup(
    "network",
    {
        "up": "Run a chain and storage nodes on this machine until Ctrl-C.",
        "status": "Show the nodes, their shards, disks and health.",
    },
    "Run a whole network on this machine, or see how one is.",
)
