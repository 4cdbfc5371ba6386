"""The transactions of a wallet, drafted offline.

Each function is one transaction. `reserve`, `register`, `certify`, `extend`, `delete` and
`set_attributes` are, byte for byte, what the official SDK builds from the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from walrus_core.services.ports import Cost, NewBlob
from walrus_core.sui.draft import Argument, CoinRef, Draft, ObjectRef, SharedRef

__all__ = ["Contract", "Cuts", "Signed"]

SUI_TYPE = "0x2::sui::SUI"
RS2 = 1

Signed = tuple[bytes, bytes, bytes]
"""What a committee signed, as the contract takes it: signature, bitmap of the signers, message."""


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


@dataclass(frozen=True, slots=True)
class Cuts:
    """Where storage is split: what is from epoch `end_epoch` on, and beyond `size` bytes, goes off.

    None where it is not.
    """

    end_epoch: int | None = None
    size: int | None = None

    def wanted(self) -> list[tuple[str, int]]:
        """By what, and where."""
        cuts = [("epoch", self.end_epoch), ("size", self.size)]
        return [(by, value) for by, value in cuts if value is not None]


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
    cuts: Cuts,
    cost: int,
    coins: Sequence[CoinRef],
    owner: bytes,
) -> Draft:
    """Register a blob on storage that is owned, less what is cut off, with its attributes."""
    draft = Draft()
    system, place = draft.shared(contract.system, mutable=True), draft.object(storage)
    wanted = [(by, _cut(draft, by, value)) for by, value in cuts.wanted()]
    identity = _identity(draft, blob)
    pairs = _pairs(draft, blob)
    recipient = draft.address(owner)
    [write] = draft.pay([cost], coins, contract.wal_type)
    target = "storage_resource::split_by_"
    rests = [draft.call(contract.package, f"{target}{by}", [place, cut]) for by, cut in wanted]
    if rests:
        draft.transfer(rests, recipient)
    _register(draft, contract, [system, place, *identity, write], pairs, recipient)
    return draft


def certify(contract: Contract, blob: ObjectRef, signed: Signed) -> Draft:
    """Certify a blob by what its committee signed."""
    draft = Draft()
    certificate = [draft.byte_vector(part) for part in signed]
    objects = [draft.shared(contract.system, mutable=False), draft.object(blob)]
    draft.call(contract.package, "system::certify_blob", [*objects, *certificate])
    return draft


def certify_and_extend(
    contract: Contract,
    blob: ObjectRef,
    signed: Signed,
    epochs: int,
    cost: int,
    coins: Sequence[CoinRef],
) -> Draft:
    """Certify a blob, then extend it, paid from the wallet."""
    draft = Draft()
    objects = [draft.shared(contract.system, mutable=True), draft.object(blob)]
    certificate = [draft.byte_vector(part) for part in signed]
    length = draft.uint(epochs, 4)
    [payment] = draft.pay([cost], coins, contract.wal_type)
    draft.call(contract.package, "system::certify_blob", [*objects, *certificate])
    draft.call(contract.package, "system::extend_blob", [*objects, length, payment])
    draft.destroy_zero(payment, contract.wal_type)
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
    arguments = [draft.object(storage), _cut(draft, by, value)]
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


def _cut(draft: Draft, by: str, value: int) -> Argument:
    """Where to split storage `by` "epoch" or "size"."""
    return draft.uint(value, {"epoch": 4, "size": 8}[by])


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
