"""Steps on blobs and shared blobs."""

from localnet.ledger.known_contract import Entry
from localnet.ledger.scenario import PLENTY, Done, Step, World
from localnet.ledger.storage_steps import triple

from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.objects import Blob, PooledBlob
from walrus_core.protocol.messages import Confirmation
from walrus_core.types import BlobId

ANOTHER = bytes(range(32))
"""The id of an object that the scenario does not know."""


def confirmation(world: World, blob: Blob | PooledBlob, message: Entry | None) -> bytes:
    """What the committee signs of a blob, but for what `message` says instead."""
    said = dict(message or {})
    blob_id = int(said.pop("blob_id"), 16) if "blob_id" in said else blob.blob_id
    deletable = said.pop("deletable", blob.deletable)
    named = world.named.get(said.pop("object", None))
    object_id = blob.id if not message or "object" not in message else ANOTHER
    if named is not None:
        object_id = named.id
    assert not said
    epoch = world.ledger.state.system.epoch
    return bytes(Confirmation(epoch, BlobId.from_u256(blob_id), object_id if deletable else None))


def register(
    world: World,
    storage: str,
    root_hash: str,
    size: int,
    deletable: bool,
    encoding: int = RS2,
    blob_id: str | None = None,
    coin: int = PLENTY,
) -> Done:
    payment, root = world.coin(coin), int(root_hash, 16)
    number = derive_blob_id(root, encoding, size) if blob_id is None else int(blob_id, 16)
    blob = world.ledger.system.register_blob(
        world.named[storage], number, root, size, encoding, deletable, payment
    )
    return Done({"paid": coin - payment.value}, blob)


def certify(world: World, blob: str, message: Entry | None = None) -> None:
    signed = confirmation(world, world.named[blob], message)
    world.ledger.system.certify_blob(world.named[blob], b"", world.all_sign(), signed)


def extend(world: World, blob: str, epochs: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    world.ledger.system.extend_blob(world.named[blob], epochs, payment)
    end = world.named[blob].storage.end_epoch
    return Done({"end": end, "paid": coin - payment.value})


def extend_with(world: World, blob: str, storage: str) -> Done:
    world.ledger.system.extend_blob_with_resource(world.named[blob], world.named[storage])
    return Done({"storage": triple(world.named[blob].storage)})


def delete(world: World, blob: str) -> Done:
    storage = world.ledger.system.delete_blob(world.named[blob])
    return Done({"storage": triple(storage)}, storage)


def burn(world: World, blob: str) -> None:
    world.ledger.blob.burn(world.named[blob])


def share(world: World, blob: str, funds: int = 0) -> Done:
    shared = world.ledger.shared_blob.new_funded(world.named[blob], world.coin(funds))
    return Done({"funds": shared.funds}, shared)


def fund(world: World, shared: str, amount: int) -> Done:
    world.ledger.shared_blob.fund(world.named[shared], world.coin(amount))
    return Done({"funds": world.named[shared].funds})


def extend_shared(world: World, shared: str, epochs: int) -> Done:
    world.ledger.shared_blob.extend(world.named[shared], epochs)
    end = world.named[shared].blob.storage.end_epoch
    return Done({"end": end, "funds": world.named[shared].funds})


BLOB_STEPS: dict[str, Step] = {
    "register": register,
    "certify": certify,
    "extend": extend,
    "extend_with": extend_with,
    "delete": delete,
    "burn": burn,
    "share": share,
    "fund": fund,
    "extend_shared": extend_shared,
}
