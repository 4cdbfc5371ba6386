"""What a storage node does, apart from how it is called: `StorageNode` and its parts.

`means` is what all of them work with. `membership` knows the shards, `follower` the chain;
`receiving` takes blobs in, past `pending` for those not registered yet, `confirming` signs for
them, `reading` gives them out; `healing`, fed through `wanted`, puts back what is lost,
`inconsistency` deals with what cannot be; `handover` moves shards; `upkeep` scrubs and collects.
"""
