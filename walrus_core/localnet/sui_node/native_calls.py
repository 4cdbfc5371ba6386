"""Functions that are no call of the ledger: views, values that only live within a transaction, the
exchange, and Sui's framework.

Each takes the transaction's calls, the type arguments, and the arguments; it returns the result, or
a tuple of them if there are several.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from walrus_core.localnet.ledger.auth import Authenticated
from walrus_core.localnet.ledger.integers import mul_div, u64
from walrus_core.localnet.ledger.node_info import NodeMetadata
from walrus_core.localnet.ledger.objects import Blob, Coin, SharedBlob
from walrus_core.localnet.sui_node.failures import type_argument_error
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.slots import Live, SuiCoin, id_of
from walrus_core.localnet.sui_node.values import IMMUTABLE, Owner, OwnerKind
from walrus_core.localnet.sui_node.world import SUI
from walrus_core.protocol.aborts import abort

if TYPE_CHECKING:
    from walrus_core.localnet.sui_node.move_calls import Calls

__all__ = ["NATIVE", "join", "split"]

Types = tuple[MoveType, ...]
AnyCoin = Coin | SuiCoin


# Coins and balances of either kind.


def split(calls: Calls, coin: AnyCoin, amount: int) -> AnyCoin:
    """A new coin of `amount`, taken from `coin`."""
    if isinstance(coin, Coin):
        return calls.world.ledger.coin.split(coin, amount)
    if amount > coin.value:
        raise abort("balance", "ENotEnough")
    coin.value -= amount
    return SuiCoin(calls.tx.fresh_id(), amount)


def join(calls: Calls, coin: AnyCoin, other: AnyCoin) -> None:
    """Add all of `other` to `coin`."""
    if isinstance(coin, Coin):
        assert isinstance(other, Coin)  # they have the same type
        calls.world.ledger.coin.join(coin, other)
    else:
        coin.value = u64(coin.value + other.value)


def _zero(calls: Calls, types: Types) -> AnyCoin:
    if types[0] == SUI:
        return SuiCoin(calls.tx.fresh_id(), 0)
    if types[0] == calls.world.wal_coin_type.parameters[0]:
        return calls.world.ledger.coin.zero()
    raise type_argument_error(0, f"there are no coins of type {types[0]}")


def _destroy_zero(calls: Calls, types: Types, coin: AnyCoin) -> None:  # noqa: ARG001
    if isinstance(coin, Coin):
        calls.world.ledger.coin.destroy_zero(coin)
    elif coin.value:
        raise abort("balance", "ENonZero")


def _from_balance(calls: Calls, types: Types, balance: AnyCoin) -> AnyCoin:
    """A balance is a coin without an id to show; the coin made of it has a new one."""
    coin = split(calls, balance, balance.value)
    _destroy_zero(calls, types, balance)
    return coin


def _join_balance(calls: Calls, types: Types, balance: AnyCoin, other: AnyCoin) -> int:  # noqa: ARG001
    join(calls, balance, other)
    return balance.value


# The exchange: WAL for SUI at a fixed rate.


def _wal_for(calls: Calls, mist: int) -> Coin:
    """FROST for MIST that the exchange has taken already."""
    exchange = calls.world.exchange
    exchange.sui_balance = u64(exchange.sui_balance + mist)
    frost = mul_div(mist, exchange.wal, exchange.sui)
    return calls.world.ledger.coin.split(calls.world.exchange_coin, frost)


def _sui_for(calls: Calls, paid: Coin) -> SuiCoin:
    """MIST for a coin of WAL, which the exchange takes."""
    exchange = calls.world.exchange
    mist = mul_div(paid.value, exchange.sui, exchange.wal)
    calls.world.ledger.coin.join(calls.world.exchange_coin, paid)
    if mist > exchange.sui_balance:
        raise abort("balance", "ENotEnough")
    exchange.sui_balance -= mist
    return SuiCoin(calls.tx.fresh_id(), mist)


def _exchange_all_for_wal(calls: Calls, _: Types, __: object, coin: SuiCoin) -> Coin:
    return _wal_for(calls, coin.value)


def _exchange_for_wal(calls: Calls, _: Types, __: object, coin: SuiCoin, mist: int) -> Coin:
    _pay(coin, mist)
    return _wal_for(calls, mist)


def _exchange_all_for_sui(calls: Calls, _: Types, __: object, coin: Coin) -> SuiCoin:
    return _sui_for(calls, coin)


def _exchange_for_sui(calls: Calls, _: Types, __: object, coin: Coin, frost: int) -> SuiCoin:
    return _sui_for(calls, calls.world.ledger.coin.split(coin, frost))


def _add_wal(calls: Calls, _: Types, __: object, coin: Coin, frost: int) -> None:
    _add_all_wal(calls, _, __, calls.world.ledger.coin.split(coin, frost))


def _add_all_wal(calls: Calls, _: Types, __: object, coin: Coin) -> None:
    calls.world.ledger.coin.join(calls.world.exchange_coin, coin)


def _add_sui(calls: Calls, _: Types, __: object, coin: SuiCoin, mist: int) -> None:
    _pay(coin, mist)
    calls.world.exchange.sui_balance = u64(calls.world.exchange.sui_balance + mist)


def _add_all_sui(calls: Calls, _: Types, __: object, coin: SuiCoin) -> None:
    calls.world.exchange.sui_balance = u64(calls.world.exchange.sui_balance + coin.value)


def _pay(coin: SuiCoin, mist: int) -> None:
    if mist > coin.value:
        raise abort("balance", "ENotEnough")
    coin.value -= mist


# Objects that leave the transaction by a call.


def _share(calls: Calls, kind: MoveType, payload: Any) -> None:
    """The version at which it was shared is that of the transaction, which is set at its end."""
    calls.released.append(Live(kind, payload, Owner(OwnerKind.SHARED)))


def _share_blob(calls: Calls, _: Types, blob: Blob) -> None:
    shared = calls.world.ledger.shared_blob.new(blob)
    _share(calls, calls.world.catalogue.struct("SharedBlob"), shared)


def _share_funded_blob(calls: Calls, _: Types, blob: Blob, funds: Coin) -> None:
    shared: SharedBlob = calls.world.ledger.shared_blob.new_funded(blob, funds)
    _share(calls, calls.world.catalogue.struct("SharedBlob"), shared)


def _public_share(calls: Calls, types: Types, payload: Any) -> None:
    _share(calls, types[0], payload)


def _public_transfer(calls: Calls, types: Types, payload: Any, recipient: bytes) -> None:
    calls.released.append(Live(types[0], payload, Owner(OwnerKind.ADDRESS, recipient)))


def _public_freeze(calls: Calls, types: Types, payload: Any) -> None:
    calls.released.append(Live(types[0], payload, IMMUTABLE))


# Values that live within one transaction.


def _insert_attribute(_: Calls, __: Types, metadata: dict[str, str], key: str, value: str) -> None:
    metadata.pop(key, None)
    metadata[key] = value


def _remove_attribute(_: Calls, __: Types, metadata: dict[str, str], key: str) -> tuple[str, str]:
    if key not in metadata:
        raise abort("vec_map", "EKeyDoesNotExist")
    return key, metadata.pop(key)


def _remove_pair_if_exists(calls: Calls, _: Types, blob: Blob, key: str) -> str | None:
    found = calls.world.ledger.blob.remove_metadata_pair_if_exists(blob, key)
    return None if found is None else found[1]


def _authenticate_with_object(_: Calls, __: Types, held: Any) -> Authenticated:
    found = id_of(held)
    assert found is not None  # the type parameter asks for `key`
    return Authenticated("object", found)


def _withdraw_epoch(_: Calls, __: Types, stake: Any) -> int:
    if stake.withdraw_epoch is None:
        raise abort("staked_wal", "ENotWithdrawing")
    epoch: int = stake.withdraw_epoch
    return epoch


def _view(read: Callable[[Any], Any]) -> Callable[..., Any]:
    """A function that looks at its one argument."""
    return lambda _calls, _types, value: read(value)


NATIVE: dict[tuple[str, str], Callable[..., Any]] = {
    ("coin", "zero"): _zero,
    ("coin", "value"): _view(lambda coin: coin.value),
    ("coin", "split"): lambda calls, _, coin, amount: split(calls, coin, amount),
    ("coin", "join"): lambda calls, _, coin, other: join(calls, coin, other),
    ("coin", "destroy_zero"): _destroy_zero,
    ("coin", "into_balance"): _view(lambda coin: coin),
    ("coin", "from_balance"): _from_balance,
    ("balance", "zero"): _zero,
    ("balance", "value"): _view(lambda balance: balance.value),
    ("balance", "split"): lambda calls, _, balance, amount: split(calls, balance, amount),
    ("balance", "join"): _join_balance,
    ("balance", "destroy_zero"): _destroy_zero,
    ("transfer", "public_transfer"): _public_transfer,
    ("transfer", "public_share_object"): _public_share,
    ("transfer", "public_freeze_object"): _public_freeze,
    ("object", "id_from_address"): _view(lambda address: address),
    ("object", "id_to_address"): _view(lambda id_: id_),
    ("clock", "timestamp_ms"): lambda calls, _, __: calls.tx.now_ms,
    ("wal_exchange", "exchange_all_for_wal"): _exchange_all_for_wal,
    ("wal_exchange", "exchange_for_wal"): _exchange_for_wal,
    ("wal_exchange", "exchange_all_for_sui"): _exchange_all_for_sui,
    ("wal_exchange", "exchange_for_sui"): _exchange_for_sui,
    ("wal_exchange", "add_wal"): _add_wal,
    ("wal_exchange", "add_all_wal"): _add_all_wal,
    ("wal_exchange", "add_sui"): _add_sui,
    ("wal_exchange", "add_all_sui"): _add_all_sui,
    ("shared_blob", "new"): _share_blob,
    ("shared_blob", "new_funded"): _share_funded_blob,
    ("metadata", "new"): lambda _, __: {},
    ("metadata", "insert_or_update"): _insert_attribute,
    ("metadata", "remove"): _remove_attribute,
    ("metadata", "remove_if_exists"): lambda _, __, metadata, key: metadata.pop(key, None),
    ("node_metadata", "new"): lambda _, __, *texts: NodeMetadata(*texts),
    ("node_metadata", "default"): lambda _, __: NodeMetadata(),
    ("auth", "authenticate_with_object"): _authenticate_with_object,
    ("auth", "authorized_address"): lambda _, __, address: ("address", address),
    ("auth", "authorized_object"): lambda _, __, id_: ("object", id_),
    ("storage_node", "node_id"): _view(lambda cap: cap.node_id),
    ("blob", "object_id"): _view(lambda blob: blob.id),
    ("blob", "registered_epoch"): _view(lambda blob: blob.registered_epoch),
    ("blob", "blob_id"): _view(lambda blob: blob.blob_id),
    ("blob", "size"): _view(lambda blob: blob.size),
    ("blob", "encoding_type"): _view(lambda blob: blob.encoding_type),
    ("blob", "certified_epoch"): _view(lambda blob: blob.certified_epoch),
    ("blob", "end_epoch"): _view(lambda blob: blob.storage.end_epoch),
    ("blob", "is_deletable"): _view(lambda blob: blob.deletable),
    ("blob", "remove_metadata_pair_if_exists"): _remove_pair_if_exists,
    ("storage_resource", "start_epoch"): _view(lambda storage: storage.start_epoch),
    ("storage_resource", "end_epoch"): _view(lambda storage: storage.end_epoch),
    ("storage_resource", "size"): _view(lambda storage: storage.storage_size),
    ("staked_wal", "value"): _view(lambda stake: stake.principal),
    ("staked_wal", "node_id"): _view(lambda stake: stake.node_id),
    ("staked_wal", "activation_epoch"): _view(lambda stake: stake.activation_epoch),
    ("staked_wal", "is_withdrawing"): _view(lambda stake: stake.withdraw_epoch is not None),
    ("staked_wal", "withdraw_epoch"): _withdraw_epoch,
}
"""By module and name; no two packages here have functions of the same name in such a module."""
