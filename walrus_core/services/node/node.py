"""A storage node: its parts, put together, behind the port `NodeApi`.

Skeleton for now. How the parts of H3 are made and used:

    Inconsistency(means, membership)
        async attest(blob_id, proof) -> SignedMessage        NodeApi.attest_inconsistency
        async convince(blob_id, proof) -> None               called by healing: gathers f + 1, invalidates
    Healing(means, membership, wanted, inconsistency)
        async run() -> None                                  takes from `wanted` without end
    Handover(means, membership, wanted)
        async run() -> None                                  waits for membership.changed(), moves shards
                                                             IN_TRANSFER -> READY, reports to the chain;
                                                             what cannot be moved: set_status IN_RECOVERY
                                                             and `wanted.add` for each kept blob lacking
        sync_shard(request, public_key) -> AsyncIterator     NodeApi.sync_shard

Follower and upkeep fill `wanted`: certified blobs after `limits.heal_delay`, damaged ones at once,
everything that a survey at the start finds lacking. Upkeep turns IN_RECOVERY into READY when
`wanted` is idle, and deletes READ_ONLY shards.
"""
