"""StateService: what an address owns, coins and their balances, dynamic fields."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import address_text
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.calls import Handler, unary
from walrus_core.localnet.sui_node.rpc.masks import Mask, mask_of
from walrus_core.localnet.sui_node.rpc.objects import object_message
from walrus_core.localnet.sui_node.rpc.pages import among, page
from walrus_core.localnet.sui_node.rpc.statuses import not_found
from walrus_core.localnet.sui_node.values import FieldInfo, ObjectRecord

__all__ = ["StateService"]

_OWNED_MASK = "object_id,version,object_type"
_FIELD_MASK = "parent,field_id"
_Kind = v2.DynamicFieldDynamicFieldKind


class StateService:
    """The present state, by owner."""

    def __init__(self, chain: LocalChain) -> None:
        self._chain = chain

    def methods(self) -> Mapping[str, Handler]:
        return {
            "ListOwnedObjects": unary(v2.ListOwnedObjectsRequest, self.list_owned_objects),
            "ListDynamicFields": unary(v2.ListDynamicFieldsRequest, self.list_dynamic_fields),
            "GetBalance": unary(v2.GetBalanceRequest, self.get_balance),
            "ListBalances": unary(v2.ListBalancesRequest, self.list_balances),
            "GetCoinInfo": unary(v2.GetCoinInfoRequest, self.get_coin_info),
        }

    def list_owned_objects(
        self, request: v2.ListOwnedObjectsRequest
    ) -> v2.ListOwnedObjectsResponse:
        """By id. A type without its parameters stands for all parameters."""
        owner = fields.address("owner", request.owner)
        mask = mask_of(request.read_mask, v2.Object, _OWNED_MASK)
        text = request.object_type
        type_ = fields.move_type("object_type", text) if text else None

        def fetch(after: bytes | None, count: int) -> Sequence[ObjectRecord]:
            return self._chain.owned_objects(owner, type_, after, count)

        found, token = page(fetch, _object_id, request.page_size, request.page_token)
        return v2.ListOwnedObjectsResponse(
            objects=[object_message(record, mask) for record in found], next_page_token=token
        )

    def list_dynamic_fields(
        self, request: v2.ListDynamicFieldsRequest
    ) -> v2.ListDynamicFieldsResponse:
        parent = fields.address("parent", request.parent)
        mask = mask_of(request.read_mask, v2.DynamicField, _FIELD_MASK)
        fetch = among(self._chain.dynamic_fields(parent), _field_id)
        found, token = page(fetch, _field_id, request.page_size, request.page_token)
        return v2.ListDynamicFieldsResponse(
            dynamic_fields=[self._field_message(field, mask) for field in found],
            next_page_token=token,
        )

    def _field_message(self, field: FieldInfo, mask: Mask) -> v2.DynamicField:
        message = v2.DynamicField(
            kind=_Kind.FIELD if field.child is None else _Kind.OBJECT,
            parent=address_text(field.parent),
            field_id=address_text(field.field_id),
            name=v2.Bcs(name=str(field.name_type), value=field.name),
            value=v2.Bcs(name=str(field.value_type), value=field.value),
            value_type=str(field.value_type),
            child_id=None if field.child is None else address_text(field.child),
        )
        if mask.wants("field_object"):
            message.field_object = self._object(field.field_id, mask.below("field_object"))
        if mask.wants("child_object") and field.child is not None:
            message.child_object = self._object(field.child, mask.below("child_object"))
        return mask.pruned(message)

    def _object(self, object_id: bytes, mask: Mask) -> v2.Object | None:
        record = self._chain.get_object(object_id)
        return None if record is None else object_message(record, mask)

    def get_balance(self, request: v2.GetBalanceRequest) -> v2.GetBalanceResponse:
        owner = fields.address("owner", request.owner)
        coin_type = fields.move_type("coin_type", request.coin_type)
        balance = self._chain.balance(owner, coin_type)
        return v2.GetBalanceResponse(balance=_balance_message(coin_type, balance))

    def list_balances(self, request: v2.ListBalancesRequest) -> v2.ListBalancesResponse:
        owner = fields.address("owner", request.owner)
        fetch = among(self._chain.balances(owner).items(), _coin_name)
        found, token = page(fetch, _coin_name, request.page_size, request.page_token)
        balances = [_balance_message(coin_type, balance) for coin_type, balance in found]
        return v2.ListBalancesResponse(balances=balances, next_page_token=token)

    def get_coin_info(self, request: v2.GetCoinInfoRequest) -> v2.GetCoinInfoResponse:
        info = self._chain.coin_info(fields.move_type("coin_type", request.coin_type))
        if info is None:
            raise not_found(f"Coin type {request.coin_type} not found")
        cap = info.treasury_cap_id
        return v2.GetCoinInfoResponse(
            coin_type=str(info.coin_type),
            metadata=v2.CoinMetadata(
                id=None if info.metadata_id is None else address_text(info.metadata_id),
                decimals=info.decimals,
                name=info.name,
                symbol=info.symbol,
                description=info.description,
                icon_url=info.icon_url,
            ),
            treasury=v2.CoinTreasury(
                id=None if cap is None else address_text(cap),
                total_supply=info.total_supply,
            ),
        )


def _balance_message(coin_type: MoveType, balance: int) -> v2.Balance:
    """No `address_balance`: a client that saw one would draw on it, and coins are all there is."""
    return v2.Balance(coin_type=str(coin_type), balance=balance, coin_balance=balance)


def _object_id(record: ObjectRecord) -> bytes:
    return record.id


def _field_id(field: FieldInfo) -> bytes:
    return field.field_id


def _coin_name(balance: tuple[MoveType, int]) -> bytes:
    return str(balance[0]).encode()
