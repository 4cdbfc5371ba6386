"""Blobs whose metadata commit to no one blob: proven to the others, and through them to the chain.

Who comes across one while healing has a proof that convinces everybody with the metadata. f + 1
shards that attest it make a certificate; then the chain says for good that the blob is invalid, and
that event, not the proof, is what makes nodes forget the blob.
"""

from __future__ import annotations

import asyncio

from walrus_core.codec.recovery import InconsistencyProof
from walrus_core.errors import MetadataNotFoundError, WalrusCoreError
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.committee import Member
from walrus_core.protocol.messages import InvalidBlobId
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.node.means import Means
from walrus_core.services.node.membership import Membership
from walrus_core.services.node.recovery_sources import RecoverySources, ask_in_turn
from walrus_core.types import BlobId

__all__ = ["Inconsistency"]


class Inconsistency:
    """Attests proofs of others, and has its own attested."""

    def __init__(
        self, means: Means, membership: Membership, sources: RecoverySources | None = None
    ) -> None:
        self._means = means
        self._limits = means.limits.healing
        self._membership = membership
        self._sources = sources or RecoverySources(means, membership)
        self.convinced = 0
        """Blobs that the chain was told of by this node."""

    async def attest(self, blob_id: BlobId, proof: InconsistencyProof) -> SignedMessage:
        """The signed InvalidBlobId, if the proof holds.

        MetadataNotFoundError, VerificationError.
        """
        workers, store = self._means.workers, self._means.store
        metadata = await workers.run(store.metadata, blob_id)
        if metadata is None:
            raise MetadataNotFoundError(str(blob_id))
        await workers.run(proof.verify, metadata)
        message = InvalidBlobId(self._membership.epoch, blob_id)
        return await workers.run(SignedMessage.sign, self._means.key_pair, message)

    async def convince(self, blob_id: BlobId, proof: InconsistencyProof) -> None:
        """Have a proof attested by f + 1 shards, and the blob invalidated on chain.

        NotEnoughWeightError if too few attest it now, TimeoutError if that takes too long, and what
        NodeChain raises. The proof is in memory only as long as this runs.
        """
        async with asyncio.timeout(self._limits.attest_timeout):
            committee = self._membership.committees.current
            builder = CertificateBuilder(committee, InvalidBlobId(committee.epoch, blob_id))
            await self._attest_own(builder, blob_id, proof)
            await self._ask_others(builder, blob_id, proof)
            certificate = await self._means.workers.run(builder.certificate)
        await self._means.chain.invalidate(certificate)
        self.convinced += 1

    async def _attest_own(
        self, builder: CertificateBuilder, blob_id: BlobId, proof: InconsistencyProof
    ) -> None:
        """Add the node's own signature; one that is in no committee has none that counts."""
        if self._membership.own:
            position = builder.committee.position(self._means.node_id)
            builder.add(position, await self.attest(blob_id, proof))

    async def _ask_others(
        self, builder: CertificateBuilder, blob_id: BlobId, proof: InconsistencyProof
    ) -> None:
        """Gather signatures, each verified, until they are enough or everybody was asked."""

        async def ask(member: Member) -> bool:
            if not builder.is_enough:
                await self._ask(builder, member, blob_id, proof)
            return builder.is_enough

        members = self._sources.others(builder.committee)
        await ask_in_turn(members, self._limits.attesters_at_once, ask)

    async def _ask(
        self,
        builder: CertificateBuilder,
        member: Member,
        blob_id: BlobId,
        proof: InconsistencyProof,
    ) -> None:
        size = sum(len(symbol.data) + len(symbol.proof.path) for symbol in proof.symbols)
        try:
            async with asyncio.timeout(self._limits.patience_for(size)):
                node = self._sources.node(member)
                signed = await node.attest_inconsistency(blob_id, proof)
            await self._means.workers.run(signed.verify, member.public_key)
            builder.add(builder.committee.position(member.node_id), signed)
        except (WalrusCoreError, TimeoutError) as error:
            self._sources.doubts.failed(member.node_id, error)
