"""The transactions of a wallet, drafted offline.

Each function is one transaction. `reserve`, `register`, `certify`, `extend`, `delete`,
`set_attributes` and `stake` are, byte for byte, what the official SDK builds from the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from walrus_core.services.ports import Cost, NewBlob
from walrus_core.sui.draft import Argument, CoinRef, Draft, ObjectRef, SharedRef

__all__ = ["Contract"]

SUI_TYPE = "0x2::sui::SUI"
RS2 = 1


@dataclass(frozen=True, slots=True)
class Contract:
    """Walrus on a chain, at one moment.

    `package` takes the calls and changes with every upgrade; `original` names the types, for good.
    """

    package: bytes
    original: bytes
    system: SharedRef
    staking: SharedRef
    wal_type: str


def reserve(
    contract: Contract, size: int, epochs: int, cost: int, coins: Sequence[CoinRef], owner: bytes
) -> Draft:
    """Buy storage for `size` encoded bytes."""
    draft = Draft()
    system = draft.shared(contract.system, mutable=True)
    arguments = [system, draft.uint(size, 8), draft.uint(epochs, 4)]
    recipient = draft.address(owner)
    [payment] = draft.pay([cost], coins, contract.wal_type)
    storage = draft.call(contract.package, "system::reserve_space", [*arguments, payment])
    draft.destroy_zero(payment, contract.wal_type)
    draft.transfer([storage], recipient)
    return draft


def register(
    contract: Contract,
    blob: NewBlob,
    epochs: int,
    cost: Cost,
    coins: Sequence[CoinRef],
    owner: bytes,
) -> Draft:
    """Buy storage for a blob and register it, with its attributes."""
    draft = Draft()
    system = draft.shared(contract.system, mutable=True)
    place = [draft.uint(blob.encoded_size, 8), draft.uint(epochs, 4)]
    identity = _identity(draft, blob)
    pairs = _pairs(draft, blob)
    recipient = draft.address(owner)
    write, payment = draft.pay([cost.write, cost.storage], coins, contract.wal_type)
    storage = draft.call(contract.package, "system::reserve_space", [system, *place, payment])
    draft.destroy_zero(payment, contract.wal_type)
    arguments = [system, storage, *identity, write]
    _register(draft, contract, arguments, pairs, recipient)
    return draft


def register_on(
    contract: Contract,
    blob: NewBlob,
    storage: ObjectRef,
    cost: int,
    coins: Sequence[CoinRef],
    owner: bytes,
) -> Draft:
    """Register a blob on storage that is owned, with its attributes."""
    draft = Draft()
    place = [draft.shared(contract.system, mutable=True), draft.object(storage)]
    identity = _identity(draft, blob)
    pairs = _pairs(draft, blob)
    recipient = draft.address(owner)
    [write] = draft.pay([cost], coins, contract.wal_type)
    _register(draft, contract, [*place, *identity, write], pairs, recipient)
    return draft


def certify(
    contract: Contract, blob: ObjectRef, signature: bytes, bitmap: bytes, message: bytes
) -> Draft:
    """Certify a blob by what its committee signed."""
    draft = Draft()
    certificate = [draft.byte_vector(part) for part in (signature, bitmap, message)]
    objects = [draft.shared(contract.system, mutable=False), draft.object(blob)]
    draft.call(contract.package, "system::certify_blob", [*objects, *certificate])
    return draft


def delete(contract: Contract, blob: ObjectRef, owner: bytes) -> Draft:
    """Delete a blob and keep its storage."""
    draft = Draft()
    objects = [draft.shared(contract.system, mutable=False), draft.object(blob)]
    recipient = draft.address(owner)
    storage = draft.call(contract.package, "system::delete_blob", objects)
    draft.transfer([storage], recipient)
    return draft


def extend(
    contract: Contract, blob: ObjectRef, epochs: int, cost: int, coins: Sequence[CoinRef]
) -> Draft:
    """Extend a blob, paid from the wallet."""
    draft = Draft()
    arguments = [draft.shared(contract.system, mutable=True), draft.object(blob)]
    arguments.append(draft.uint(epochs, 4))
    [payment] = draft.pay([cost], coins, contract.wal_type)
    draft.call(contract.package, "system::extend_blob", [*arguments, payment])
    draft.destroy_zero(payment, contract.wal_type)
    return draft


def extend_shared(contract: Contract, blob: SharedRef, epochs: int) -> Draft:
    """Extend a shared blob, paid from its own funds."""
    draft = Draft()
    arguments = [draft.shared(blob, mutable=True), draft.shared(contract.system, mutable=True)]
    draft.call(contract.package, "shared_blob::extend", [*arguments, draft.uint(epochs, 4)])
    return draft


def burn(contract: Contract, blobs: Iterable[ObjectRef]) -> Draft:
    """Destroy blob objects, which does not delete the blobs."""
    draft = Draft()
    for blob in blobs:
        draft.call(contract.package, "blob::burn", [draft.object(blob)])
    return draft


def set_attributes(
    contract: Contract, blob: ObjectRef, values: Mapping[str, str | None], *, first: bool
) -> Draft:
    """Set attributes, and remove those whose value is None; `first`: the blob has none yet."""
    draft = Draft()
    target = draft.object(blob)
    if first:
        _add_metadata(draft, contract, target)
    for key, value in values.items():
        name = draft.text(key)
        if value is None:
            draft.call(contract.package, "blob::remove_metadata_pair", [target, name])
        else:
            _insert(draft, contract, target, [(name, draft.text(value))])
    return draft


def remove_attributes(contract: Contract, blob: ObjectRef) -> Draft:
    """Remove all attributes."""
    draft = Draft()
    draft.call(contract.package, "blob::take_metadata", [draft.object(blob)])
    return draft


def share(contract: Contract, blob: ObjectRef, amount: int, coins: Sequence[CoinRef]) -> Draft:
    """Make a blob shared, so that everybody can extend it, with `amount` FROST for that."""
    draft = Draft()
    target = draft.object(blob)
    if not amount:
        draft.call(contract.package, "shared_blob::new", [target])
        return draft
    [payment] = draft.pay([amount], coins, contract.wal_type)
    draft.call(contract.package, "shared_blob::new_funded", [target, payment])
    return draft


def fund(contract: Contract, blob: SharedRef, amount: int, coins: Sequence[CoinRef]) -> Draft:
    """Give a shared blob `amount` FROST for its extension."""
    draft = Draft()
    target = draft.shared(blob, mutable=True)
    [payment] = draft.pay([amount], coins, contract.wal_type)
    draft.call(contract.package, "shared_blob::fund", [target, payment])
    return draft


def split_storage(
    contract: Contract, storage: ObjectRef, by: str, value: int, owner: bytes
) -> Draft:
    """Split storage `by` "epoch" or "size": the original keeps what is before `value`."""
    draft = Draft()
    size = {"epoch": 4, "size": 8}[by]
    arguments = [draft.object(storage), draft.uint(value, size)]
    recipient = draft.address(owner)
    piece = draft.call(contract.package, f"storage_resource::split_by_{by}", arguments)
    draft.transfer([piece], recipient)
    return draft


def merge_storage(contract: Contract, first: ObjectRef, second: ObjectRef) -> Draft:
    """Fuse the second storage into the first: of the same size and adjacent, or the same epochs."""
    draft = Draft()
    arguments = [draft.object(first), draft.object(second)]
    draft.call(contract.package, "storage_resource::fuse", arguments)
    return draft


def stake(
    contract: Contract, node_id: bytes, amount: int, coins: Sequence[CoinRef], owner: bytes
) -> Draft:
    """Stake `amount` FROST with a node."""
    draft = Draft()
    staking, node = draft.shared(contract.staking, mutable=True), draft.address(node_id)
    recipient = draft.address(owner)
    [payment] = draft.pay([amount], coins, contract.wal_type)
    staked = draft.call(contract.package, "staking::stake_with_pool", [staking, payment, node])
    draft.transfer([staked], recipient)
    return draft


def request_withdrawal(contract: Contract, stake: ObjectRef) -> Draft:
    """Ask for a stake back, which takes until a later epoch."""
    draft = Draft()
    arguments = [draft.shared(contract.staking, mutable=True), draft.object(stake)]
    draft.call(contract.package, "staking::request_withdraw_stake", arguments)
    return draft


def withdraw(contract: Contract, stake: ObjectRef, owner: bytes) -> Draft:
    """Take a stake and its rewards back."""
    draft = Draft()
    arguments = [draft.shared(contract.staking, mutable=True), draft.object(stake)]
    recipient = draft.address(owner)
    coin = draft.call(contract.package, "staking::withdraw_stake", arguments)
    draft.transfer([coin], recipient)
    return draft


def exchange(package: bytes, pool: SharedRef, mist: int, owner: bytes) -> Draft:
    """Swap SUI, split from the gas coin, for WAL at an exchange."""
    draft = Draft()
    target = draft.shared(pool, mutable=True)
    recipient = draft.address(owner)
    coin = draft.split_gas(mist)
    wal = draft.call(package, "wal_exchange::exchange_all_for_wal", [target, coin])
    draft.transfer([wal], recipient)
    return draft


def give(recipient: bytes, mist: int, frost: int, coins: Sequence[CoinRef], wal_type: str) -> Draft:
    """Send SUI and WAL to somebody."""
    draft = Draft()
    target = draft.address(recipient)
    gifts = draft.pay([frost], coins, wal_type) if frost else []
    if mist:
        gifts.append(draft.split_gas(mist))
    draft.transfer(gifts, target)
    return draft


def _identity(draft: Draft, blob: NewBlob) -> list[Argument]:
    """What a blob is, as register_blob wants it."""
    return [
        draft.address(bytes(blob.blob_id)),
        draft.address(blob.root_hash),
        draft.uint(blob.size, 8),
        draft.uint(RS2, 1),
        draft.boolean(blob.deletable),
    ]


def _pairs(draft: Draft, blob: NewBlob) -> list[tuple[Argument, Argument]]:
    return [(draft.text(key), draft.text(value)) for key, value in blob.attributes.items()]


def _register(
    draft: Draft,
    contract: Contract,
    arguments: Sequence[Argument],
    pairs: Sequence[tuple[Argument, Argument]],
    recipient: Argument,
) -> None:
    """Register a blob, the last of the arguments paying, with attributes."""
    blob = draft.call(contract.package, "system::register_blob", arguments)
    if pairs:
        _add_metadata(draft, contract, blob)
        _insert(draft, contract, blob, pairs)
    draft.destroy_zero(arguments[-1], contract.wal_type)
    draft.transfer([blob], recipient)


def _add_metadata(draft: Draft, contract: Contract, blob: Argument) -> None:
    metadata = draft.call(contract.package, "metadata::new")
    draft.call(contract.package, "blob::add_metadata", [blob, metadata])


def _insert(
    draft: Draft, contract: Contract, blob: Argument, pairs: Iterable[tuple[Argument, Argument]]
) -> None:
    for pair in pairs:
        draft.call(contract.package, "blob::insert_or_update_metadata_pair", [blob, *pair])
