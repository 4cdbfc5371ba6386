"""What a storage node does, apart from how it is called: `StorageNode` and its parts.

`means` is what all of them work with. `membership` knows the shards, `follower` the chain, and
`chronicle` what its events do to the records; `registry` tells what holds now. `receiving` takes
blobs in, past `pending` for those not registered yet, `confirming` signs for them, `reading` gives
them out. `healing`, fed through `wanted`, puts back what is lost, `inconsistency` deals with what
cannot be; `handover` moves shards; `upkeep` scrubs, surveys and collects.
"""

from walrus_core.services.node.limits import NodeLimits
from walrus_core.services.node.node import StorageNode

__all__ = ["NodeLimits", "StorageNode"]
