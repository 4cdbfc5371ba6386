"""Storing a blob: encoded, registered, sent to every node, confirmed by a quorum, certified.

The journal knows of every transaction that may have paid before it is sent, so that whenever a
`store` is cut off, the next one of the same content goes on from there, and pays nothing again.
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

from walrus_core.services.ports import NewBlob
from walrus_core.services.uploader.belongings import Belongings
from walrus_core.services.uploader.options import UploadOptions
from walrus_core.services.uploader.outcome import Phase, StoreOutcome, StoreProgress
from walrus_core.services.uploader.prepared_blob import PreparedBlob, prepare_blob
from walrus_core.services.uploader.record import load_record, record_name
from walrus_core.services.uploader.store_run import Keep, StoreRun
from walrus_core.services.uploader.terms import StoreTerms
from walrus_core.services.uploader.turns import LocalTurns

if TYPE_CHECKING:
    from walrus_core.codec.sources import BlobSource
    from walrus_core.services.node_api import Peers
    from walrus_core.services.ports import Chain, Journal, Turns, Workers
    from walrus_core.types import BlobId

__all__ = ["Uploader"]


class Uploader:
    """Stores blobs for one wallet. `store` may run several times at once.

    `chance` spreads retries; the journal must be this wallet's, and outlive the process. Uploaders
    that share a journal must share the `turns` to use its records, too; None for one uploader.
    """

    def __init__(
        self,
        chain: Chain,
        peers: Peers,
        workers: Workers,
        journal: Journal,
        chance: random.Random,
        options: UploadOptions | None = None,
        turns: Turns | None = None,
    ) -> None:
        self.chain = chain
        self.peers = peers
        self.workers = workers
        self.journal = journal
        self.chance = chance
        self.options = options or UploadOptions()
        self.turns = turns or LocalTurns()
        self.belongings = Belongings()

    async def store(
        self,
        source: BlobSource,
        epochs: int,
        terms: StoreTerms | None = None,
        *,
        progress: StoreProgress | None = None,
        keep: Keep | None = None,
    ) -> StoreOutcome:
        """Store a buffer, the file at a path, or a binary file object for `epochs` epochs.

        Nothing is paid if nodes say that the blob is permanent and certified for long enough, by
        whomever; then the outcome may be without an object. With attributes, which need one, that
        is not enough. Otherwise the wallet's own registrations are used, and extended, and its
        storage, before any is bought. The `terms` may forbid either. What an earlier run paid for
        and did not finish is finished in any case.

        `keep` is awaited with the outcome while the journal still has what it was made of.

        QuorumUnreachableError, before anything is paid, if too few nodes answer at all;
        NotEnoughConfirmationsError if too few confirm; RegistrationEndedError if there was no time
        for that; InvalidBlobIdError if nodes know the blob ID to be invalid; whatever
        `codec.encode` and the chain raise.
        """
        progress = progress or StoreProgress()
        prepared = await prepare_blob(
            self.chain, source, epochs, self.workers, self.options, progress
        )
        return await self.store_prepared(prepared, terms, progress, keep)

    async def store_prepared(
        self,
        prepared: PreparedBlob,
        terms: StoreTerms | None,
        progress: StoreProgress,
        keep: Keep | None = None,
    ) -> StoreOutcome:
        """The rest of `store`."""
        metadata, terms = prepared.encoding.metadata, terms or StoreTerms()
        wanted = NewBlob(
            blob_id=metadata.blob_id,
            root_hash=metadata.root_hash,
            size=metadata.unencoded_length,
            encoded_size=metadata.config.encoded_size(metadata.unencoded_length),
            deletable=terms.deletable,
            attributes=dict(terms.attributes),
        )
        run = StoreRun(self, prepared, wanted, terms, progress, keep)
        name = record_name(self.chain.address, wanted.blob_id, deletable=wanted.deletable)
        async with self.turns.turn(name):
            outcome = await run.run()
        progress.phase = Phase.DONE
        return outcome

    async def forget(self, blob_id: BlobId, object_id: bytes, deletable: bool) -> None:
        """What an earlier run began for this object was finished, but that run was cut off before
        the journal was told.
        """
        name = record_name(self.chain.address, blob_id, deletable=deletable)
        async with self.turns.turn(name):
            record = await load_record(self.journal, name)
            if record is not None and record.object_id == object_id:
                await self.journal.remove(name)
