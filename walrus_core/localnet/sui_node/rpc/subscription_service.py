"""SubscriptionService: what happens from now on, as it happens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from typing import TypeVar

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.rpc.calls import Handler, stream
from walrus_core.localnet.sui_node.rpc.finds import Finds
from walrus_core.localnet.sui_node.rpc.masks import mask_of
from walrus_core.localnet.sui_node.rpc.scans import Find, Frame, news

__all__ = ["SubscriptionService"]

_Item = TypeVar("_Item")


class SubscriptionService:
    """Streams without an end; a slow reader falls behind, and costs no memory."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._finds = Finds(chain)

    def methods(self) -> Mapping[str, Handler]:
        return {
            "SubscribeCheckpoints": stream(v2.SubscribeCheckpointsRequest, self.checkpoints),
            "SubscribeTransactions": stream(v2.SubscribeTransactionsRequest, self.transactions),
            "SubscribeEvents": stream(v2.SubscribeEventsRequest, self.events),
        }

    async def checkpoints(
        self, request: v2.SubscribeCheckpointsRequest
    ) -> AsyncIterator[v2.SubscribeCheckpointsResponse]:
        """Without a filter, each frame has a checkpoint."""
        mask = mask_of(request.read_mask, v2.Checkpoint, "sequence_number,digest")
        async for frame in self._news(self._finds.checkpoints(request.filter, mask)):
            if frame.item is not None or request.filter is not None:
                yield v2.SubscribeCheckpointsResponse(
                    cursor=frame.checkpoint, checkpoint=frame.item
                )

    async def transactions(
        self, request: v2.SubscribeTransactionsRequest
    ) -> AsyncIterator[v2.SubscribeTransactionsResponse]:
        mask = mask_of(request.read_mask, v2.ExecutedTransaction, "digest")
        async for frame in self._news(self._finds.transactions(request.filter, mask)):
            yield v2.SubscribeTransactionsResponse(
                transaction=frame.item, watermark=frame.watermark
            )

    async def events(
        self, request: v2.SubscribeEventsRequest
    ) -> AsyncIterator[v2.SubscribeEventsResponse]:
        mask = mask_of(request.read_mask, v2.Event, "event_type")
        async for frame in self._news(self._finds.events(request.filter, mask)):
            yield v2.SubscribeEventsResponse(event=frame.item, watermark=frame.watermark)

    def _news(self, find: Find[_Item]) -> AsyncIterator[Frame[_Item]]:
        tip = self._chain.service_info().checkpoint
        return news(self._chain.heads(), tip, find)
