"""LedgerService: objects, transactions, checkpoints, the epoch, and lists of what happened."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import digest_text
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, stream, unary
from walrus_core.localnet.sui_node.rpc.executed import (
    checkpoint_message,
    executed_message,
    time_message,
)
from walrus_core.localnet.sui_node.rpc.finds import Finds
from walrus_core.localnet.sui_node.rpc.masks import Mask, mask_of
from walrus_core.localnet.sui_node.rpc.objects import object_message
from walrus_core.localnet.sui_node.rpc.scans import Scan, frames
from walrus_core.localnet.sui_node.rpc.statuses import RpcError, invalid, not_found
from walrus_core.localnet.sui_node.values import SuiEpoch

__all__ = ["LedgerService"]

OBJECT_MASK = "object_id,version,digest"
_TRANSACTION_MASK = "digest"
_CHECKPOINT_MASK = "sequence_number,digest"
_EVENT_MASK = "event_type"
_EPOCH_MASK = (
    "epoch,first_checkpoint,last_checkpoint,start,end,reference_gas_price,"
    "protocol_config.protocol_version"
)
_LARGEST_BATCH = 200
_SYSTEM_STATE_VERSION = 2

_CONSTRAINTS = {
    "max_arguments": 512,
    "max_input_objects": 2048,
    "max_num_transferred_move_object_ids": 2048,
    "max_programmable_tx_commands": 1024,
    "max_publish_or_upgrade_per_ptb": 5,
    "max_pure_argument_size": 16_384,
    "max_tx_gas": 50_000_000_000,
    "max_tx_size_bytes": 131_072,
    "max_type_argument_depth": 16,
    "max_type_arguments": 16,
}
"""Of Sui's protocol: those that clients look at."""


class LedgerService:
    """What is, and what was."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain
        self._finds = Finds(chain)

    def methods(self) -> Mapping[str, Handler]:
        return {
            "GetServiceInfo": unary(v2.GetServiceInfoRequest, self.get_service_info),
            "GetObject": unary(v2.GetObjectRequest, self.get_object),
            "BatchGetObjects": unary(v2.BatchGetObjectsRequest, self.batch_get_objects),
            "GetTransaction": unary(v2.GetTransactionRequest, self.get_transaction),
            "BatchGetTransactions": unary(
                v2.BatchGetTransactionsRequest, self.batch_get_transactions
            ),
            "GetCheckpoint": unary(v2.GetCheckpointRequest, self.get_checkpoint),
            "GetEpoch": unary(v2.GetEpochRequest, self.get_epoch),
            "ListTransactions": stream(v2.ListTransactionsRequest, self.list_transactions),
            "ListEvents": stream(v2.ListEventsRequest, self.list_events),
            "ListCheckpoints": stream(v2.ListCheckpointsRequest, self.list_checkpoints),
        }

    def get_service_info(self, _: v2.GetServiceInfoRequest) -> v2.GetServiceInfoResponse:
        info = self._chain.service_info()
        return v2.GetServiceInfoResponse(
            chain_id=digest_text(info.chain_id),
            chain=info.chain,
            epoch=info.sui_epoch,
            checkpoint_height=info.checkpoint,
            timestamp=time_message(info.timestamp_ms),
            lowest_available_checkpoint=info.lowest_checkpoint,
            lowest_available_checkpoint_objects=info.lowest_checkpoint,
            server=info.server,
        )

    def get_object(self, request: v2.GetObjectRequest) -> v2.GetObjectResponse:
        mask = mask_of(request.read_mask, v2.Object, OBJECT_MASK)
        return v2.GetObjectResponse(object=self._object(request, mask))

    def batch_get_objects(self, request: v2.BatchGetObjectsRequest) -> v2.BatchGetObjectsResponse:
        """In the order of the requests; what cannot be had is an error in its place."""
        _check_batch("requests", request.requests)
        mask = mask_of(request.read_mask, v2.Object, OBJECT_MASK)
        return v2.BatchGetObjectsResponse(
            objects=[self._object_result(one, mask) for one in request.requests]
        )

    def _object_result(self, request: v2.GetObjectRequest, mask: Mask) -> v2.GetObjectResult:
        try:
            return v2.GetObjectResult(object=self._object(request, mask))
        except RpcError as error:
            return v2.GetObjectResult(error=error.status)

    def _object(self, request: v2.GetObjectRequest, mask: Mask) -> v2.Object:
        object_id = fields.address("object_id", request.object_id)
        record = self._chain.get_object(object_id, request.version)
        if record is None:
            version = "" if request.version is None else f" with version {request.version}"
            raise not_found(f"Object {request.object_id}{version} not found")
        return object_message(record, mask)

    def get_transaction(self, request: v2.GetTransactionRequest) -> v2.GetTransactionResponse:
        mask = mask_of(request.read_mask, v2.ExecutedTransaction, _TRANSACTION_MASK)
        return v2.GetTransactionResponse(transaction=self._transaction(request.digest, mask))

    def batch_get_transactions(
        self, request: v2.BatchGetTransactionsRequest
    ) -> v2.BatchGetTransactionsResponse:
        """In the order of the digests; what cannot be had is an error in its place."""
        _check_batch("digests", request.digests)
        mask = mask_of(request.read_mask, v2.ExecutedTransaction, _TRANSACTION_MASK)
        return v2.BatchGetTransactionsResponse(
            transactions=[self._transaction_result(digest, mask) for digest in request.digests]
        )

    def _transaction_result(self, digest: str, mask: Mask) -> v2.GetTransactionResult:
        try:
            return v2.GetTransactionResult(transaction=self._transaction(digest, mask))
        except RpcError as error:
            return v2.GetTransactionResult(error=error.status)

    def _transaction(self, digest: str | None, mask: Mask) -> v2.ExecutedTransaction:
        executed = self._chain.transaction(fields.digest("digest", digest))
        if executed is None:
            raise not_found(f"Transaction {digest} not found")
        return executed_message(executed, mask)

    def get_checkpoint(self, request: v2.GetCheckpointRequest) -> v2.GetCheckpointResponse:
        """By number, by digest, or else the last one."""
        mask = mask_of(request.read_mask, v2.Checkpoint, _CHECKPOINT_MASK)
        if request.digest is not None:
            checkpoint = self._chain.checkpoint(fields.digest("digest", request.digest))
            wanted = request.digest
        else:
            number = request.sequence_number
            number = self._chain.service_info().checkpoint if number is None else number
            checkpoint = self._chain.checkpoint(number)
            wanted = str(number)
        if checkpoint is None:
            raise not_found(f"Checkpoint {wanted} not found")
        executed = self._finds.transaction_in(checkpoint)
        return v2.GetCheckpointResponse(checkpoint=checkpoint_message(checkpoint, executed, mask))

    def get_epoch(self, request: v2.GetEpochRequest) -> v2.GetEpochResponse:
        """Sui's epoch, of which there is one; those of Walrus are in its System object."""
        mask = mask_of(request.read_mask, v2.Epoch, _EPOCH_MASK)
        epoch = self._chain.sui_epoch()
        if request.epoch not in (None, epoch.epoch):
            raise not_found(f"Epoch {request.epoch} not found")
        message = v2.Epoch(
            epoch=epoch.epoch,
            first_checkpoint=epoch.first_checkpoint,
            start=time_message(epoch.start_ms),
            reference_gas_price=epoch.reference_gas_price,
            system_state=_system_state(epoch),
            protocol_config=v2.ProtocolConfig(
                protocol_version=epoch.protocol_version,
                attributes={name: str(value) for name, value in _CONSTRAINTS.items()},
            ),
        )
        return v2.GetEpochResponse(epoch=mask.pruned(message))

    async def list_transactions(
        self, request: v2.ListTransactionsRequest
    ) -> AsyncIterator[v2.ListTransactionsResponse]:
        find = self._finds.transactions(
            request.filter, mask_of(request.read_mask, v2.ExecutedTransaction, _TRANSACTION_MASK)
        )
        async for frame in frames(self._scan(request), find):
            yield v2.ListTransactionsResponse(
                transaction=frame.item, watermark=frame.watermark, end=frame.end
            )

    async def list_events(
        self, request: v2.ListEventsRequest
    ) -> AsyncIterator[v2.ListEventsResponse]:
        find = self._finds.events(request.filter, mask_of(request.read_mask, v2.Event, _EVENT_MASK))
        async for frame in frames(self._scan(request), find):
            yield v2.ListEventsResponse(event=frame.item, watermark=frame.watermark, end=frame.end)

    async def list_checkpoints(
        self, request: v2.ListCheckpointsRequest
    ) -> AsyncIterator[v2.ListCheckpointsResponse]:
        find = self._finds.checkpoints(
            request.filter, mask_of(request.read_mask, v2.Checkpoint, _CHECKPOINT_MASK)
        )
        async for frame in frames(self._scan(request), find):
            yield v2.ListCheckpointsResponse(
                checkpoint=frame.item, watermark=frame.watermark, end=frame.end
            )

    def _scan(
        self,
        request: v2.ListTransactionsRequest | v2.ListEventsRequest | v2.ListCheckpointsRequest,
    ) -> Scan:
        tip = self._chain.service_info().checkpoint
        return Scan.of(request.start_checkpoint, request.end_checkpoint, request.options, tip)


def _system_state(epoch: SuiEpoch) -> v2.SystemState:
    """Of a chain without validators."""
    return v2.SystemState(
        version=_SYSTEM_STATE_VERSION,
        epoch=epoch.epoch,
        protocol_version=epoch.protocol_version,
        reference_gas_price=epoch.reference_gas_price,
        epoch_start_timestamp_ms=epoch.start_ms,
        safe_mode=False,
        validators=v2.ValidatorSet(total_stake=0),
    )


def _check_batch(field: str, items: Sequence[object]) -> None:
    if len(items) > _LARGEST_BATCH:
        raise invalid(field, f"{len(items):,} > {_LARGEST_BATCH} in one call")
