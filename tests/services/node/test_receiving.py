"""What a node takes in, and every reason for which it does not."""

import asyncio
import dataclasses

import pytest
from services.node.scene import (
    LIMITS,
    OWN,
    blob,
    blob_id,
    found,
    key,
    make_node,
    running,
    send,
    slivers_of,
    stream,
)
from services.node.scripted_chain import ScriptedChain
from simulation.loop import run

from walrus_core.codec.encoder import encode
from walrus_core.codec.metadata import UnverifiedMetadata
from walrus_core.codec.slivers import Sliver
from walrus_core.errors import (
    BufferFullError,
    InvalidArgumentError,
    InvalidBlobIdError,
    MetadataNotFoundError,
    NotRegisteredError,
    ShardNotAssignedError,
    StorageFullError,
    VerificationError,
)
from walrus_core.services.node_api import StoredStatus
from walrus_core.storage import memory_store
from walrus_core.types import Axis

ONE, METADATA = blob_id(1), blob(1).metadata


def registered(number: int = 1) -> ScriptedChain:
    chain = found()
    chain.register(blob_id(number))
    return chain


def flipped(sliver: Sliver) -> Sliver:
    data = bytes([sliver.data[0] ^ 1]) + bytes(sliver.data[1:])
    return Sliver(sliver.axis, sliver.index, sliver.symbol_size, data)


def test_says_where_metadata_were_before() -> None:
    async def main() -> None:
        chain = found()
        async with running(make_node(chain)) as node:
            assert await node.put_metadata(METADATA, pending=True) is StoredStatus.NONEXISTENT
            assert await node.put_metadata(METADATA, pending=True) is StoredStatus.BUFFERED
            assert (await node.holdings(ONE)).metadata is StoredStatus.BUFFERED
            chain.register(ONE)
            await asyncio.sleep(1)
            assert await node.put_metadata(METADATA) is StoredStatus.STORED
            assert (await node.holdings(ONE)).metadata is StoredStatus.STORED

    run(main())


def test_a_put_has_the_chain_looked_at_again() -> None:
    async def main() -> None:
        chain = found()
        limits = dataclasses.replace(LIMITS, poll_interval=3600.0)
        async with running(make_node(chain, limits=limits)) as node:
            await asyncio.sleep(1)
            chain.register(ONE)
            begun = asyncio.get_running_loop().time()
            assert await node.put_metadata(METADATA) is StoredStatus.NONEXISTENT
            assert asyncio.get_running_loop().time() - begun < 1

    run(main())


def test_refuses_what_is_not_registered() -> None:
    async def main() -> None:
        async with running(make_node(found())) as node:
            with pytest.raises(NotRegisteredError):
                await node.put_metadata(METADATA)
            with pytest.raises(NotRegisteredError):
                await node.put_slivers(ONE, stream(slivers_of(blob(1))))
            with pytest.raises(NotRegisteredError):
                await node.expected(ONE)

    run(main())


def test_refuses_what_has_expired() -> None:
    async def main() -> None:
        chain = found()
        chain.register(ONE, end_epoch=1)
        async with running(make_node(chain)) as node:
            with pytest.raises(NotRegisteredError):
                await node.put_metadata(METADATA)

    run(main())


def test_refuses_invalid_blobs() -> None:
    async def main() -> None:
        chain = registered()
        chain.tell("InvalidBlobID", blob_id=ONE)
        async with running(make_node(chain)) as node:
            for pending in (False, True):
                with pytest.raises(InvalidBlobIdError):
                    await node.put_metadata(METADATA, pending=pending)
                with pytest.raises(InvalidBlobIdError):
                    await node.put_slivers(ONE, stream(slivers_of(blob(1))), pending=pending)

    run(main())


@pytest.mark.parametrize("pending", [False, True])
def test_refuses_false_metadata(pending: bool) -> None:
    other = encode(b"other", n_shards=13).metadata
    false = UnverifiedMetadata(ONE, METADATA.unencoded_length, blob(2).metadata.pair_hashes)

    async def main() -> None:
        chain = registered()
        chain.register(other.blob_id, 2)
        async with running(make_node(chain)) as node:
            with pytest.raises(VerificationError):
                await node.put_metadata(false, pending=pending)
            with pytest.raises(VerificationError):
                await node.put_metadata(other, pending=pending)
            with pytest.raises(MetadataNotFoundError):
                await node.metadata(ONE)

    run(main())


@pytest.mark.parametrize("pending", [False, True])
def test_wants_metadata_before_slivers(pending: bool) -> None:
    async def main() -> None:
        async with running(make_node(found() if pending else registered())) as node:
            with pytest.raises(MetadataNotFoundError):
                await node.put_slivers(ONE, stream(slivers_of(blob(1))), pending=pending)
            with pytest.raises(MetadataNotFoundError):
                await node.expected(ONE, pending)
            await node.put_metadata(METADATA, pending=pending)
            assert await node.expected(ONE, pending) == METADATA

    run(main())


@pytest.mark.parametrize("is_registered", [False, True])
def test_names_the_bad_sliver(is_registered: bool) -> None:
    async def main() -> None:
        node = make_node(registered() if is_registered else found())
        async with running(node):
            slivers = slivers_of(blob(1))
            slivers[5] = flipped(slivers[5])
            await node.put_metadata(METADATA, pending=True)
            with pytest.raises(VerificationError) as caught:
                await node.put_slivers(ONE, stream(slivers), pending=True)
            assert list(caught.value.failures) == [5]
            assert node.means.store.sliver(key(2, 1, Axis.SECONDARY)) is None

    run(main())


def test_names_the_bad_sliver_by_its_place_in_the_call() -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, batch_slivers=2)
        async with running(make_node(registered(), limits=limits)) as node:
            slivers = slivers_of(blob(1))
            slivers[5] = flipped(slivers[5])
            await node.put_metadata(METADATA)
            with pytest.raises(VerificationError) as caught:
                await node.put_slivers(ONE, stream(slivers))
            assert list(caught.value.failures) == [5]
            held = await node.holdings(ONE)
            assert len(held.primary) == len(held.secondary) == 2, "those before the bad batch"

    run(main())


def test_refuses_slivers_of_other_blobs_axes_and_places() -> None:
    good = slivers_of(blob(1))[0]
    bad = {
        "another blob's": slivers_of(blob(2), range(10))[2 * 1],
        "index": Sliver(good.axis, 10, good.symbol_size, bytes(good.data)),
        "size": Sliver(good.axis, good.index, good.symbol_size, bytes(2 * good.symbol_size)),
        "symbol size": Sliver(good.axis, good.index, 2, bytes(14)),
    }

    async def main() -> None:
        async with running(make_node(registered())) as node:
            await node.put_metadata(METADATA)
            for sliver in bad.values():
                with pytest.raises((VerificationError, ShardNotAssignedError)):
                    await node.put_slivers(ONE, stream([sliver]))
            assert not (await node.holdings(ONE)).primary

    run(main())


def test_refuses_other_nodes_shards() -> None:
    async def main() -> None:
        async with running(make_node(registered())) as node:
            await node.put_metadata(METADATA)
            with pytest.raises(ShardNotAssignedError) as caught:
                await node.put_slivers(ONE, stream(slivers_of(blob(1), [4])))
            assert (caught.value.shard, caught.value.epoch) == (4, 1)

    run(main())


def test_refuses_endless_streams() -> None:
    async def main() -> None:
        async with running(make_node(registered())) as node:
            await node.put_metadata(METADATA)
            with pytest.raises(InvalidArgumentError):
                await node.put_slivers(ONE, stream(slivers_of(blob(1)) * 3))

    run(main())


def test_a_full_store_refuses_and_keeps_what_it_has() -> None:
    async def main() -> None:
        async with running(make_node(registered(), memory_store(limit=1200))) as node:
            await node.put_metadata(METADATA)
            with pytest.raises(StorageFullError):
                await node.put_slivers(ONE, stream(slivers_of(blob(1))))
            assert (await node.metadata(ONE)) == METADATA

    run(main())


def test_the_same_slivers_may_come_twice_at_once() -> None:
    async def main() -> None:
        async with running(make_node(registered())) as node:
            counts = await asyncio.gather(send(node, 1), send(node, 1), send(node, 1, OWN[:2]))
            assert sum(counts) == 8

    run(main())


def test_a_blob_too_large_to_wait_is_refused_before_its_slivers_are_read() -> None:
    async def main() -> None:
        limits = dataclasses.replace(LIMITS, pending_sliver_size=100)
        async with running(make_node(found(), limits=limits)) as node:
            await node.put_metadata(METADATA, pending=True)
            with pytest.raises(BufferFullError) as caught:
                await node.expected(ONE, pending=True)
            assert caught.value.free == 100

    run(main())


def test_what_waited_is_stored_when_the_registration_is_seen() -> None:
    async def main() -> None:
        chain = found()
        node = make_node(chain)
        async with running(node):
            assert await send(node, 1, pending=True) == 8
            assert len((await node.holdings(ONE)).primary) == 4
            assert not node.means.store.lacking(ONE, []), "nothing is asked"
            assert node.means.store.metadata(ONE) is None
            chain.register(ONE)
            await asyncio.sleep(1)
            assert node.means.store.lacking(ONE, OWN) == []
            assert node.means.store.metadata(ONE) == METADATA
            assert len(node.buffer) == node.buffer.size == 0

    run(main())


def test_what_waits_too_long_is_forgotten() -> None:
    async def main() -> None:
        chain = found()
        node = make_node(chain)
        async with running(node):
            await send(node, 1, pending=True)
            await asyncio.sleep(61)
            assert (await node.holdings(ONE)).metadata is StoredStatus.NONEXISTENT
            chain.register(ONE)
            await asyncio.sleep(1)
            assert node.means.store.metadata(ONE) is None
            assert node.buffer.size == 0

    run(main())
