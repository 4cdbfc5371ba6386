"""Transactions and reads as bytes over a channel, without a client library."""

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask

from walrus_core.localnet.sui_node import bcs, transaction_bcs
from walrus_core.localnet.sui_node.ids import parse_address, parse_digest
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    GasData,
    Input,
    InputKind,
    ObjectReference,
    Place,
    Programmable,
    SplitCoins,
    TransactionData,
    TransferObjects,
)
from walrus_core.sui.keys import Key

SERVICE = "/sui.rpc.v2."
PRICE, BUDGET = 1000, 10_000_000


def split_off(coin: ObjectReference, key: Key, mist: int = 1) -> v2.ExecuteTransactionRequest:
    """Some MIST, split off the coin that pays."""
    inputs = (Input(InputKind.PURE, bcs.u64(mist)), Input(InputKind.PURE, key.address))
    amount, recipient = (Argument(Place.INPUT, index) for index in range(2))
    commands = (
        SplitCoins(Argument(Place.GAS), (amount,)),
        TransferObjects((Argument(Place.RESULT, 0),), recipient),
    )
    gas = GasData((coin,), key.address, PRICE, BUDGET)
    content = transaction_bcs.encode(
        TransactionData(Programmable(inputs, commands), key.address, gas)
    )
    return v2.ExecuteTransactionRequest(
        transaction=v2.Transaction(bcs=v2.Bcs(value=content)),
        signatures=[v2.UserSignature(bcs=v2.Bcs(value=key.sign(content)))],
        read_mask=FieldMask(["digest", "checkpoint", "effects"]),
    )


async def purse(channel: grpc.aio.Channel, key: Key) -> ObjectReference:
    """The richest SUI coin."""
    request = v2.ListOwnedObjectsRequest(
        owner="0x" + key.address.hex(),
        object_type="0x2::coin::Coin<0x2::sui::SUI>",
        read_mask=FieldMask(["*"]),
        page_size=1000,
    )
    data = await channel.unary_unary(SERVICE + "StateService/ListOwnedObjects")(bytes(request))
    found = v2.ListOwnedObjectsResponse.parse(data).objects
    coin = max(found, key=lambda coin: coin.balance or 0)
    return ObjectReference(
        parse_address(coin.object_id or ""), coin.version or 0, parse_digest(coin.digest or "")
    )
