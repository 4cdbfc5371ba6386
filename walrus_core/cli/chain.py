"""`walrus-core chain`: run a local chain, or look at a network's.

`up` needs the server's libraries, the others the client's.
"""

from __future__ import annotations

from walrus_core.cli.lazy_group import LazyGroup

command = LazyGroup(
    "chain",
    {
        "up": "Run a local chain until Ctrl-C.",
        "info": "Show the epoch, the committee, the prices and the capacity.",
        "events": "Print what the contract tells the world.",
    },
    "Run a local chain, or look at a network's.",
)
