"""TransactionExecutionService: transactions carried out, or only tried."""

from __future__ import annotations

from collections.abc import Mapping

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.executed import executed_message
from walrus_core.localnet.sui_node.rpc.masks import mask_of
from walrus_core.localnet.sui_node.rpc.requests import data_of, signature_of
from walrus_core.localnet.sui_node.rpc.statuses import invalid
from walrus_core.localnet.sui_node.transaction_bcs import decode, encode
from walrus_core.localnet.sui_node.transaction_data import TransactionData
from walrus_core.localnet.sui_node.values import CommandOutput

__all__ = ["TransactionExecutionService"]

_EXECUTED_MASK = "effects"
_SIMULATED_MASK = "*"
_MOST_SIGNATURES = 2
"""The sender's, and that of another who pays."""

_DISABLED = v2.SimulateTransactionRequestTransactionChecks.DISABLED


class TransactionExecutionService:
    """Read your writes: what an answer tells is there for the next call to find."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain

    def methods(self) -> Mapping[str, Handler]:
        return {
            "ExecuteTransaction": unary(v2.ExecuteTransactionRequest, self.execute_transaction),
            "SimulateTransaction": unary(v2.SimulateTransactionRequest, self.simulate_transaction),
        }

    async def execute_transaction(
        self, request: v2.ExecuteTransactionRequest
    ) -> v2.ExecuteTransactionResponse:
        """The answer comes when the transaction is on disk."""
        mask = mask_of(request.read_mask, v2.ExecutedTransaction, _EXECUTED_MASK)
        given = fields.required("transaction", request.transaction)
        if given.bcs is not None and given.bcs.value is not None:
            content = given.bcs.value
        else:
            content = encode(data_of(given))
        if len(request.signatures) > _MOST_SIGNATURES:
            raise invalid("signatures", f"{len(request.signatures)} > {_MOST_SIGNATURES}")
        signatures = tuple(
            signature_of(f"signatures[{i}]", each) for i, each in enumerate(request.signatures)
        )
        executed = await self._chain.execute(content, signatures)
        return v2.ExecuteTransactionResponse(transaction=executed_message(executed, mask))

    def simulate_transaction(
        self, request: v2.SimulateTransactionRequest
    ) -> v2.SimulateTransactionResponse:
        """Tries a transaction; what its author left open is decided here, and told."""
        mask = mask_of(request.read_mask, v2.SimulateTransactionResponse, _SIMULATED_MASK)
        given = fields.required("transaction", request.transaction)
        simulated = self._chain.simulate(
            _data(given),
            checks=request.checks != _DISABLED,
            select_gas=bool(request.do_gas_selection),
        )
        message = v2.SimulateTransactionResponse(
            command_outputs=[_output_message(output) for output in simulated.outputs],
            suggested_gas_price=simulated.suggested_gas_price,
        )
        if mask.wants("transaction"):
            message.transaction = executed_message(simulated.executed, mask.below("transaction"))
        return mask.pruned(message)


def _data(given: v2.Transaction) -> TransactionData:
    if given.bcs is not None and given.bcs.value is not None:
        return decode(given.bcs.value)
    return data_of(given)


def _output_message(output: CommandOutput) -> v2.CommandResult:
    values = [
        v2.CommandOutput(value=v2.Bcs(name=str(value.type), value=value.contents))
        for value in output.returned
    ]
    return v2.CommandResult(return_values=values)
