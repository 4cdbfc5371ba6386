"""A blob's whole way through a node."""

import asyncio

from services.node.scene import blob_id, found, make_node, running, send
from services.node.scripted_chain import key_pair
from simulation.loop import run

from walrus_core.protocol.messages import Confirmation
from walrus_core.services.node_api import StoredStatus
from walrus_core.types import Axis


def test_stores_and_confirms_what_was_registered() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            chain.register(blob_id(1))
            assert await send(node, 1) == 8
            assert await send(node, 1) == 0
            signed = await node.confirmation(blob_id(1), None)
            message = signed.verify(key_pair(1).public_key)
            assert message == Confirmation(1, blob_id(1), None)
            holdings = await node.holdings(blob_id(1))
            assert holdings.metadata is StoredStatus.STORED
            assert len(holdings.of(Axis.PRIMARY)) == len(holdings.of(Axis.SECONDARY)) == 4
            await asyncio.sleep(100)
            assert (await node.health()).status == "Active"

    run(main())
