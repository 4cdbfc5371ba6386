"""What streams deliver: of each checkpoint, by its number, the items that match a filter."""

from __future__ import annotations

from collections.abc import Sequence

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import digest_text
from walrus_core.localnet.sui_node.rpc.executed import (
    checkpoint_message,
    event_message,
    executed_message,
)
from walrus_core.localnet.sui_node.rpc.filters import event_filter, transaction_filter
from walrus_core.localnet.sui_node.rpc.masks import Mask
from walrus_core.localnet.sui_node.rpc.scans import Find
from walrus_core.localnet.sui_node.values import Checkpoint, ExecutedTransaction

__all__ = ["Finds"]


class Finds:
    """Of one chain."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain

    def transaction_in(self, checkpoint: Checkpoint) -> ExecutedTransaction | None:
        """The transaction of a checkpoint; that of genesis has none."""
        for digest in checkpoint.transactions:
            return self._chain.transaction(digest)
        return None

    def _executed(self, number: int) -> ExecutedTransaction | None:
        checkpoint = self._chain.checkpoint(number)
        return None if checkpoint is None else self.transaction_in(checkpoint)

    def transactions(
        self, wanted: v2.TransactionFilter | None, mask: Mask
    ) -> Find[v2.ExecutedTransaction]:
        matches = transaction_filter(wanted)

        def find(number: int) -> Sequence[tuple[int, v2.ExecutedTransaction]]:
            executed = self._executed(number)
            if executed is None or not matches(executed):
                return []
            return [(0, executed_message(executed, mask))]

        return find

    def events(self, wanted: v2.EventFilter | None, mask: Mask) -> Find[v2.Event]:
        matches = event_filter(wanted)

        def find(number: int) -> Sequence[tuple[int, v2.Event]]:
            executed = self._executed(number)
            if executed is None:
                return []
            found = []
            for index, event in enumerate(executed.events):
                if matches(event):
                    message = event_message(event)
                    message.checkpoint = number
                    message.transaction_digest = digest_text(executed.digest)
                    message.transaction_index = 0
                    message.event_index = index
                    found.append((index, mask.pruned(message)))
            return found

        return find

    def checkpoints(self, wanted: v2.TransactionFilter | None, mask: Mask) -> Find[v2.Checkpoint]:
        """A checkpoint matches if its transaction does; without a filter, that of genesis, too."""
        matches = transaction_filter(wanted)

        def find(number: int) -> Sequence[tuple[int, v2.Checkpoint]]:
            checkpoint = self._chain.checkpoint(number)
            if checkpoint is None:
                return []
            executed = self.transaction_in(checkpoint)
            if wanted is not None and (executed is None or not matches(executed)):
                return []
            return [(0, checkpoint_message(checkpoint, executed, mask))]

        return find
