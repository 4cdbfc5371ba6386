"""Steps on storage pools and the blobs in them."""

from localnet.ledger.blob_steps import confirmation
from localnet.ledger.known_contract import Entry
from localnet.ledger.scenario import PLENTY, Done, Step, World
from localnet.ledger.storage_steps import triple

from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.objects import StoragePool


def view(pool: StoragePool) -> Entry:
    """What most steps report of a pool."""
    return {
        "capacity": pool.storage.storage_size,
        "used": pool.used_encoded_bytes,
        "blobs": pool.blob_count,
        "end": pool.storage.end_epoch,
    }


def create(world: World, size: int, epochs: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    pool = world.ledger.system.create_storage_pool(size, epochs, payment)
    return Done({"paid": coin - payment.value, **view(pool)}, pool)


def create_with(world: World, storage: str) -> Done:
    pool = world.ledger.system.create_storage_pool_with_storage(world.named[storage])
    return Done(view(pool), pool)


def register(
    world: World,
    pool: str,
    root_hash: str,
    size: int,
    deletable: bool,
    encoding: int = RS2,
    blob_id: str | None = None,
    coin: int = PLENTY,
) -> Done:
    payment, root, target = world.coin(coin), int(root_hash, 16), world.named[pool]
    number = derive_blob_id(root, encoding, size) if blob_id is None else int(blob_id, 16)
    world.ledger.system.register_pooled_blob(
        target, number, root, size, encoding, deletable, payment
    )
    return Done({"paid": coin - payment.value, **view(target)}, target.blobs[number])


def certify(world: World, pool: str, blob: str, message: Entry | None = None) -> None:
    target = world.named[blob]
    world.ledger.system.certify_pooled_blob(
        world.named[pool],
        target.blob_id,
        b"",
        world.all_sign(),
        confirmation(world, target, message),
    )


def delete(world: World, pool: str, blob: str) -> Done:
    world.ledger.system.delete_pooled_blob(world.named[pool], world.named[blob].blob_id)
    return Done(view(world.named[pool]))


def burn_expired(world: World, pool: str, blob: str) -> Done:
    world.ledger.system.burn_expired_pooled_blob(world.named[pool], world.named[blob].blob_id)
    return Done(view(world.named[pool]))


def extend(world: World, pool: str, epochs: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    world.ledger.system.extend_storage_pool(world.named[pool], epochs, payment)
    return Done({"paid": coin - payment.value, **view(world.named[pool])})


def increase(world: World, pool: str, size: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    world.ledger.system.increase_storage_pool_capacity(world.named[pool], size, payment)
    return Done({"paid": coin - payment.value, **view(world.named[pool])})


def increase_with(world: World, pool: str, storage: str) -> Done:
    world.ledger.system.increase_storage_pool_capacity_with_storage(
        world.named[pool], world.named[storage]
    )
    return Done(view(world.named[pool]))


def decrease(world: World, pool: str, size: int) -> Done:
    target = world.named[pool]
    storage = world.ledger.system.decrease_storage_pool_capacity_by_size(target, size)
    return Done({"storage": triple(storage), **view(target)}, storage)


def decrease_percent(world: World, pool: str, percent: int) -> Done:
    target = world.named[pool]
    storage = world.ledger.system.decrease_storage_pool_unused_capacity_by_percent(target, percent)
    return Done({"storage": triple(storage), **view(target)}, storage)


def destroy(world: World, pool: str) -> Done:
    storage = world.ledger.storage_pool.destroy(world.named[pool])
    return Done({"storage": triple(storage)}, storage)


POOL_STEPS: dict[str, Step] = {
    "pool_create": create,
    "pool_create_with": create_with,
    "pool_register": register,
    "pool_certify": certify,
    "pool_delete": delete,
    "pool_burn_expired": burn_expired,
    "pool_extend": extend,
    "pool_increase": increase,
    "pool_increase_with": increase_with,
    "pool_decrease": decrease,
    "pool_decrease_percent": decrease_percent,
    "pool_destroy": destroy,
}
