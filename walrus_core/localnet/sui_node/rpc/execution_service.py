"""TransactionExecutionService: transactions carried out, or only tried."""

from __future__ import annotations

from collections.abc import Mapping

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.executed import executed_message
from walrus_core.localnet.sui_node.rpc.masks import mask_of
from walrus_core.localnet.sui_node.rpc.transactions import (
    expiration_of,
    gas_of,
    programmable_of,
)
from walrus_core.localnet.sui_node.values import CommandOutput

__all__ = ["TransactionExecutionService"]

_EXECUTED_MASK = "effects"
_ENABLED = v2.SimulateTransactionRequestTransactionChecks.ENABLED


class TransactionExecutionService:
    """Read your writes: what an answer tells is there for the next call to find."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain

    def methods(self) -> Mapping[str, Handler]:
        return {
            "ExecuteTransaction": unary(v2.ExecuteTransactionRequest, self.execute_transaction),
            "SimulateTransaction": unary(v2.SimulateTransactionRequest, self.simulate_transaction),
        }
