"""An encoder that cheats: one sliver does not follow from the others, and its holder never gets it.

So whoever should hold it has to recover it, and finds out.
"""

from __future__ import annotations

import random

from simulation.clients import SimClient
from simulation.contract import Contract

from walrus_core import kernel
from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import WalrusCoreError
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.committee import Committee, Member
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.ports import NewBlob
from walrus_core.types import Axis, BlobId, SliverPairIndex

WAIT = 10.0
"""Seconds that a node has to learn of the registration."""

EPOCHS = 8
"""That it is to be stored for."""


class Cheat:
    """One such blob, of a client that stores it once and does not care how that ends."""

    def __init__(self, contract: Contract, client: SimClient, chance: random.Random) -> None:
        self._client = client
        n_shards = contract.ledger.config.n_shards
        self._encoded = encoded = encode(chance.randbytes(chance.randint(1, 2000)), n_shards)
        self._pair = chance.randrange(n_shards)
        wrong = encoded.primary(self._pair)
        data = bytes(byte ^ 0x55 for byte in wrong.data)
        self._wrong = Sliver(Axis.PRIMARY, wrong.index, wrong.symbol_size, data)
        hashes = encoded.metadata.sliver_pair_hashes.copy()
        root = kernel.sliver_roots([data], n_shards, wrong.symbol_size)
        hashes[self._pair, 0] = memoryview(root)
        size = encoded.metadata.unencoded_length
        self._metadata = VerifiedMetadata.of(size, hashes.tobytes())

    @property
    def blob_id(self) -> BlobId:
        return self._metadata.blob_id

    async def store(self) -> None:
        """Have it certified, if a quorum can be had without the holder of the wrong sliver."""
        chain, metadata = self._client.chain(), self._metadata
        committee = (await chain.committees()).current
        size = metadata.unencoded_length
        encoded_size = metadata.config.encoded_size(size)
        blob = NewBlob(metadata.blob_id, metadata.root_hash, size, encoded_size)
        object_id = (await chain.register(blob, EPOCHS)).object_id
        message = Confirmation(committee.epoch, self.blob_id, object_id)
        builder = CertificateBuilder(committee, message)
        victim = committee.holder_of_pair(self.blob_id, self._pair)
        for position, member in enumerate(committee.members):
            if member != victim and not builder.is_enough:
                await self._send(committee, member, position, builder, object_id)
        await chain.certify(object_id, builder.certificate())

    async def _send(
        self,
        committee: Committee,
        member: Member,
        position: int,
        builder: CertificateBuilder,
        object_id: bytes,
    ) -> None:
        node = self._client.peers().node(member)
        pairs = committee.pairs_of(member, self.blob_id)
        try:
            await node.put_metadata(self._metadata, pending=True)
            await node.put_slivers(self.blob_id, _all(self._slivers(pairs)), pending=True)
            signed = await node.confirmation(self.blob_id, object_id, WAIT)
            builder.add(position, signed)
        except WalrusCoreError:
            return

    def _slivers(self, pairs: tuple[SliverPairIndex, ...]) -> list[Sliver]:
        return [
            sliver
            for pair in pairs
            for sliver in (self._encoded.primary(pair), self._encoded.secondary(pair))
        ]


async def _all(slivers: list[Sliver]):
    for sliver in slivers:
        yield sliver
