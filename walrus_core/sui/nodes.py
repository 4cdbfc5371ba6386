"""What those who run a storage node do on chain."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from walrus_core.errors import InvalidArgumentError
from walrus_core.services.ports import Receipt
from walrus_core.sui import move, node_transactions
from walrus_core.sui.addresses import address_text
from walrus_core.sui.contract import View, contents_of, object_reference
from walrus_core.sui.draft import Draft, ObjectRef
from walrus_core.sui.node_transactions import Candidate

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.protocol.keys import KeyPair
    from walrus_core.sui.chain import SuiChain

__all__ = ["Nodes"]


class Nodes:
    """The storage nodes whose capabilities a chain's wallet holds."""

    def __init__(self, chain: SuiChain) -> None:
        self._chain = chain

    async def capabilities(self) -> dict[bytes, ObjectRef]:
        """The wallet's StorageNodeCaps, by the id of their node."""
        contract = (await self._chain.reader.view()).contract
        kind = f"{address_text(contract.original)}::storage_node::StorageNodeCap"
        found = await self._chain.connection.owned(self._chain.address, kind)
        return {move.read_cap(contents_of(item)): object_reference(item) for item in found}

    async def describe(self, node_id: bytes) -> move.Node:
        """Who a node is; UnknownObjectError."""
        [pool] = await self._chain.connection.objects([node_id])
        return move.read_node(contents_of(pool))

    async def register(self, node: Candidate, key_pair: KeyPair) -> Receipt:
        """Register a node, whose BLS key this is; the wallet gets its StorageNodeCap."""

        async def plan(view: View) -> Draft:
            owner = self._chain.address
            proof = key_pair.prove_possession(view.system.epoch, owner)  # holds this epoch only
            return node_transactions.register_candidate(
                view.contract, node, bytes(key_pair.public_key), bytes(proof), owner
            )

        return await self._chain.execution.run(plan)

    async def vote(self, values: Mapping[str, int], node_id: bytes | None = None) -> Receipt:
        """Vote for `storage_price`, `write_price` (FROST), `node_capacity` (bytes)."""

        async def plan(view: View) -> Draft:
            _, cap = await self._capability(node_id)
            return node_transactions.vote(view.contract, cap, values)

        return await self._chain.execution.run(plan)

    async def update_prices(self) -> Receipt:
        """Put the prices that the nodes voted for in force; anyone may do that."""

        async def plan(view: View) -> Draft:
            return node_transactions.update_prices(view.contract)

        return await self._chain.execution.run(plan)

    async def set_commission(self, rate: int, node_id: bytes | None = None) -> Receipt:
        """Set the commission rate, in hundredths of a percent, from the epoch after the next."""

        async def plan(view: View) -> Draft:
            _, cap = await self._capability(node_id)
            return node_transactions.set_commission(view.contract, cap, rate)

        return await self._chain.execution.run(plan)

    async def collect_commission(self, node_id: bytes | None = None) -> Receipt:
        """Take what the node earned; at first that is up to who holds its capability."""

        async def plan(view: View) -> Draft:
            owner = self._chain.address
            node = node_id or (await self._capability(None))[0]
            receiver, cap = (await self.describe(node)).receiver, None
            if receiver != owner:
                _, cap = await self._capability(node)
            return node_transactions.collect_commission(view.contract, node, cap, owner)

        return await self._chain.execution.run(plan)

    async def report_shards(self, epoch: int, node_id: bytes | None = None) -> Receipt:
        """Say that the node has all the shards that it holds in this epoch."""

        async def plan(view: View) -> Draft:
            _, cap = await self._capability(node_id)
            return node_transactions.report_shards(view.contract, cap, epoch)

        return await self._chain.execution.run(plan)

    async def invalidate(self, certificate: Certificate) -> Receipt:
        """Mark a blob as inconsistent for good, which anyone with the certificate may do."""

        async def plan(view: View) -> Draft:
            return node_transactions.invalidate(
                view.contract,
                bytes(certificate.signature),
                certificate.bitmap(view.system.n_members),
                certificate.serialized_message,
            )

        return await self._chain.execution.run(plan)

    async def _capability(self, node_id: bytes | None) -> tuple[bytes, ObjectRef]:
        """The node that is meant: the only one of the wallet if none is named."""
        caps = await self.capabilities()
        if node_id is None and len(caps) == 1:
            return next(iter(caps.items()))
        if node_id is None:
            raise InvalidArgumentError(
                f"the wallet runs {len(caps)} nodes; "
                + ("name the one that is meant" if caps else "register one first")
            )
        if node_id not in caps:
            raise InvalidArgumentError(f"the wallet does not run node {address_text(node_id)}")
        return node_id, caps[node_id]
