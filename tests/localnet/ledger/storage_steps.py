"""Steps on storage resources."""

from localnet.ledger.scenario import PLENTY, Done, Step, World

from walrus_core.localnet.ledger.objects import Storage
from walrus_core.localnet.ledger.storage_resource import new_storage


def triple(storage: Storage) -> list[int]:
    """As the file writes storage."""
    return [storage.start_epoch, storage.end_epoch, storage.storage_size]


def storage_from_nothing(world: World, start: int, end: int, size: int) -> Done:
    storage = new_storage(start, end, size, world.ledger.tx)
    return Done(made=world.ledger.objects.add(storage))


def reserve(world: World, size: int, epochs: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    storage = world.ledger.system.reserve_space(size, epochs, payment)
    return Done({"storage": triple(storage), "paid": coin - payment.value}, storage)


def reserve_for(world: World, size: int, start: int, end: int, coin: int = PLENTY) -> Done:
    payment = world.coin(coin)
    storage = world.ledger.system.reserve_space_for_epochs(size, start, end, payment)
    return Done({"storage": triple(storage), "paid": coin - payment.value}, storage)


def split_epoch(world: World, storage: str, epoch: int) -> Done:
    first: Storage = world.named[storage]
    second = world.ledger.storage_resource.split_by_epoch(first, epoch)
    return Done({"first": triple(first), "second": triple(second)}, second)


def split_size(world: World, storage: str, size: int) -> Done:
    first: Storage = world.named[storage]
    second = world.ledger.storage_resource.split_by_size(first, size)
    return Done({"first": triple(first), "second": triple(second)}, second)


def fuse(world: World, first: str, second: str) -> Done:
    world.ledger.storage_resource.fuse(world.named[first], world.named[second])
    return Done({"storage": triple(world.named[first])})


def fuse_periods(world: World, first: str, second: str) -> Done:
    world.ledger.storage_resource.fuse_periods(world.named[first], world.named[second])
    return Done({"storage": triple(world.named[first])})


def fuse_amount(world: World, first: str, second: str) -> Done:
    world.ledger.storage_resource.fuse_amount(world.named[first], world.named[second])
    return Done({"storage": triple(world.named[first])})


STORAGE_STEPS: dict[str, Step] = {
    "storage": storage_from_nothing,
    "reserve": reserve,
    "reserve_for": reserve_for,
    "split_epoch": split_epoch,
    "split_size": split_size,
    "fuse": fuse,
    "fuse_periods": fuse_periods,
    "fuse_amount": fuse_amount,
}
