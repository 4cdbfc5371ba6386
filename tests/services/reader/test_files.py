"""Blobs streamed in order, and open blobs read from anywhere."""

import asyncio
import io

import pytest
from hypothesis import given, strategies as st
from services.reader.network import Fault, Network
from simulation.loop import run

from walrus_core.errors import BlobUnavailableError, InvalidArgumentError

BLOB = bytes(i * 11 % 253 for i in range(9000))
NETWORK = Network(BLOB, b"")
ROW = NETWORK.blobs[NETWORK.blob_id].primary(0).data.nbytes


@pytest.mark.parametrize("fault", list(Fault))
@pytest.mark.parametrize("window", [1, ROW, 3 * ROW])
def test_a_stream_is_the_blob_in_order(fault: Fault, window: int) -> None:
    network = Network(BLOB)
    network.break_shards(fault)

    async def pieces() -> list[bytes]:
        reader = network.reader(window=window)
        return [piece async for piece in reader.stream(network.blob_id, 3)]

    found = run(pieces())
    assert b"".join(found) == BLOB[3:]
    assert max(map(len, found)) <= ROW


def test_a_stream_fetches_no_more_than_is_wanted() -> None:
    """Two windows: the one that is given out, and the next."""
    network = Network(BLOB)

    async def first() -> bytes:
        stream = network.reader(window=1).stream(network.blob_id)
        piece = await anext(stream)
        await stream.aclose()
        await asyncio.sleep(10)
        return piece

    assert run(first()) == BLOB[:ROW]
    assert network.holder(3).asked <= 1


def test_the_empty_blob_streams_nothing() -> None:
    async def pieces() -> list[bytes]:
        return [piece async for piece in NETWORK.reader().stream(NETWORK.ids[1])]

    assert b"".join(run(pieces())) == b""


Step = tuple[str, int]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("read"), st.integers(-1, len(BLOB) + 10)),
        st.tuples(st.just("set"), st.integers(0, len(BLOB) + 10)),
        st.tuples(st.just("end"), st.integers(-len(BLOB), 10)),
    ),
    max_size=12,
)


@given(steps=STEPS, cache=st.integers(1, 4 * ROW), fault=st.sampled_from(list(Fault)))
def test_an_open_blob_reads_as_a_file_does(steps: list[Step], cache: int, fault: Fault) -> None:
    network = Network(BLOB)
    network.break_shards(fault)

    async def compare() -> None:
        model = io.BytesIO(BLOB)
        async with await network.reader(cache=cache, window=ROW).open(network.blob_id) as file:
            assert file.size == len(BLOB)
            for what, number in steps:
                if what == "read":
                    assert await file.read(number) == model.read(number)
                else:
                    whence = io.SEEK_SET if what == "set" else io.SEEK_END
                    assert file.seek(number, whence) == model.seek(number, whence)
                assert file.tell() == model.tell()

    run(compare())


def test_what_was_read_is_kept_and_what_comes_next_is_fetched_ahead() -> None:
    network = Network(BLOB)

    async def read() -> list[int]:
        received = []
        async with await network.reader().open(network.blob_id) as file:
            for _ in range(4):
                await file.read(10)
                received.append(file.traffic.received)
            await asyncio.sleep(1)
            received.append(file.traffic.received)
            await file.read()
            received.append(file.traffic.received)
        return received

    first, *small, ahead, all_of_it = run(read())
    assert set(small) == {first}
    assert first < ahead == all_of_it


def test_a_failure_ahead_is_told_when_it_matters() -> None:
    network = Network(BLOB)

    async def read() -> None:
        async with await network.reader(rounds=1).open(network.blob_id) as file:
            assert await file.read(10) == BLOB[:10]
            for node in network.in_order:
                node.fault = Fault.DOWN
            assert await file.read(10) == BLOB[10:20]
            await asyncio.sleep(10)
            assert await file.read(10) == BLOB[20:30]
            with pytest.raises(BlobUnavailableError):
                await file.read()
            for node in network.in_order:
                node.fault = Fault.NONE
            assert await file.read() == BLOB[30:]

    run(read())


def test_a_closed_blob() -> None:
    async def read() -> None:
        file = await NETWORK.reader().open(NETWORK.blob_id)
        await file.close()
        await file.close()
        assert file.closed
        with pytest.raises(InvalidArgumentError):
            await file.read(1)

    run(read())


@pytest.mark.parametrize(("offset", "whence"), [(-1, 0), (-len(BLOB) - 1, 2), (0, 3)])
def test_places_that_are_none(offset: int, whence: int) -> None:
    async def seek() -> None:
        async with await NETWORK.reader().open(NETWORK.blob_id) as file:
            with pytest.raises(InvalidArgumentError):
                file.seek(offset, whence)

    run(seek())
