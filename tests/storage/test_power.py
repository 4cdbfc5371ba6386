"""The power fails at each step of some work in turn; what was acknowledged is there afterwards."""

import random
from collections.abc import Iterator

import pytest
from storage.material import LARGE, SMALL, blob_id, key, metadata, registration, shard, sliver
from storage.power import CuttableFiles, CuttableIndex, Power, PowerCutError

from walrus_core.storage import BlobRecord, Changes, IndexedStore, SliverKey, SliverStore
from walrus_core.storage.entries import parse_file_name
from walrus_core.types import Axis

KEYS = [key(place, number, axis) for number in range(3) for place in (0, 1) for axis in Axis]
SIZES = {0: SMALL, 1: LARGE}


def work(store: SliverStore, state: dict[object, object]) -> Iterator[set[object]]:
    """Store, delete and collect. Yields what it is about to change, then changes `state` to what
    the store has acknowledged.
    """
    for number in range(3):
        yield {"cursor", ("record", number)}
        record = BlobRecord((registration(5 + number),))
        store.commit(Changes({blob_id(number): record}, cursor=b"%d" % number))
        state |= {"cursor": b"%d" % number, ("record", number): record}
        yield {("metadata", number)}
        store.put_metadata(metadata(number))
        state["metadata", number] = metadata(number)
        mine = [each for each in KEYS if each.blob_id == blob_id(number)]
        yield set(mine)
        slivers = {each: sliver(number, each.axis, SIZES[each.shard]) for each in mine}
        store.put_slivers((each.shard, found) for each, found in slivers.items())
        state |= slivers
    yield {key(1, 1)}
    store.delete_slivers([key(1, 1)])
    state[key(1, 1)] = None
    yield {key(1, 1)}
    store.put_slivers([(shard(1), sliver(1, size=LARGE))])
    state[key(1, 1)] = sliver(1, size=LARGE)
    first = {each for each in KEYS if each.blob_id == blob_id(0)}
    yield first | {("record", 0), ("metadata", 0)}
    store.collect(5)
    state |= dict.fromkeys([*first, ("record", 0), ("metadata", 0)])


def found(store: SliverStore, thing: object) -> object:
    """What the store has now."""
    if isinstance(thing, SliverKey):
        return store.sliver(thing)
    if thing == "cursor":
        return store.cursor()
    kind, number = thing
    return (store.record if kind == "record" else store.metadata)(blob_id(number))


@pytest.mark.parametrize("seed", range(5))
def test_the_power_fails_at_each_step(seed: int) -> None:
    step = 0
    while not works_with_power_until(step, seed):
        step += 1
    assert step >= 19  # each of them a moment at which the power failed


def works_with_power_until(step: int, seed: int) -> bool:
    """Work until the power fails, look at what is left; True if the work ended before."""
    power = Power(step, random.Random(f"{seed} {step}"))
    index, files = CuttableIndex(power), CuttableFiles(power)
    state: dict[object, object] = {}
    changing: set[object] = set()
    try:
        for about_to_change in work(IndexedStore(index, files, "cuttable"), state):
            changing = about_to_change
        changing = set()
    except PowerCutError:
        pass
    after = IndexedStore(index.survivor(), left := files.survivor(), "after")
    for thing, expected in state.items():
        if thing not in changing:
            assert found(after, thing) == expected
    assert after.started.damaged == after.scrub().damaged == ()
    for each in KEYS:
        assert found(after, each) in (None, sliver_of(each))
    named = {parse_file_name(name)[0] for name in left.contents}
    assert (
        len(named) == len(left.contents) == sum(after.sliver(each) is not None for each in large())
    )
    return power.is_on


def large() -> list[SliverKey]:
    return [each for each in KEYS if SIZES[each.shard] == LARGE]


def sliver_of(each: SliverKey) -> object:
    number = next(number for number in range(3) if blob_id(number) == each.blob_id)
    return sliver(number, each.axis, SIZES[each.shard])
