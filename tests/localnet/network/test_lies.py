"""Every lie, told by a node that has the truth: whoever verifies is not deceived."""

import asyncio
import contextlib
import random
from collections.abc import AsyncIterator

import pytest
from services.node.scene import (
    OWN,
    blob,
    blob_id,
    found,
    make_node,
    pair_of,
    running,
    send,
    slivers_of,
    stream,
)
from services.node.scripted_chain import N_SHARDS, key_pair
from simulation.loop import run

from walrus_core.codec.slivers import Sliver, check_slivers
from walrus_core.codec.symbols import symbol_failures
from walrus_core.errors import (
    MetadataNotFoundError,
    NotRegisteredError,
    SignatureError,
    SliverNotFoundError,
    VerificationError,
)
from walrus_core.localnet.network.lies import Liar, Lie
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.node_api import Holdings, StoredStatus
from walrus_core.types import Axis, BlobId, sliver_to_pair

ONE, METADATA = blob_id(1), blob(1).metadata
KEY = key_pair(1)
OWN_PAIRS = [pair_of(shard, ONE) for shard in OWN]
OTHERS = [pair_of(shard, ONE) for shard in range(4, N_SHARDS)]


@contextlib.asynccontextmanager
async def liar(lie: Lie, *, has_all: bool = True) -> AsyncIterator[Liar]:
    """Before a node that holds all of blob 1 that it should, or nothing."""
    chain = found()
    chain.register(ONE)
    async with running(make_node(chain)) as node:
        if has_all:
            await send(node, 1)
        yield Liar(node, lie, random.Random(7), KEY)


async def slivers(of: Liar, axis: Axis = Axis.PRIMARY) -> list[Sliver]:
    return [sliver async for sliver in of.slivers(ONE, axis, OWN_PAIRS)]


def bad(told: list[Sliver]) -> int:
    """How many of these slivers do not verify."""
    return sum(isinstance(each, VerificationError) for each in check_slivers(METADATA, told))


async def bad_symbols(of: Liar) -> int:
    """How many of the symbols for one sliver of another node do not verify."""
    target = OTHERS[0]
    symbols = of.recovery_symbols(ONE, Axis.PRIMARY, [target], OWN_PAIRS)
    got = [symbol async for _, symbol in symbols]
    assert len(got) == len(OWN_PAIRS)
    return len(symbol_failures(METADATA, got, Axis.PRIMARY, target))


def test_a_lie_about_something_else_is_the_truth() -> None:
    async def main() -> None:
        async with liar(Lie.FOREIGN) as node:
            assert (await node.metadata(ONE)).to_bcs() == METADATA.to_bcs()
            assert bad(await slivers(node)) == 0
            assert await bad_symbols(node) == 0
            assert (await node.status(ONE)).kind == "permanent"
            assert (await node.health()).epoch == 1

    run(main())


@pytest.mark.parametrize("lie", [Lie.FLIP, Lie.OTHER])
def test_false_slivers_and_symbols_do_not_verify(lie: Lie) -> None:
    async def main() -> None:
        async with liar(lie) as node:
            for axis in Axis:
                told = await slivers(node, axis)
                pairs = [sliver_to_pair(axis, sliver.index, N_SHARDS) for sliver in told]
                assert pairs == OWN_PAIRS  # under the names of those asked for
                assert bad(told) == len(OWN_PAIRS)
            assert await bad_symbols(node) == len(OWN_PAIRS)

    run(main())


def test_wrong_proofs_do_not_verify() -> None:
    async def main() -> None:
        async with liar(Lie.PROOF) as node:
            assert await bad_symbols(node) == len(OWN_PAIRS)
            assert bad(await slivers(node)) == 0

    run(main())


def test_flipped_metadata_do_not_verify() -> None:
    async def main() -> None:
        async with liar(Lie.FLIP) as node:
            with pytest.raises(VerificationError):
                (await node.metadata(ONE)).verify()  # type: ignore[attr-defined]

    run(main())


def test_a_stale_statement_is_signed_well_but_for_another_epoch() -> None:
    async def main() -> None:
        async with liar(Lie.STALE) as node:
            message = (await node.confirmation(ONE, None)).verify(KEY.public_key)
            assert message == Confirmation(0, ONE)

    run(main())


def test_a_foreign_signature_is_nobodys() -> None:
    async def main() -> None:
        async with liar(Lie.FOREIGN) as node:
            signed = await node.confirmation(ONE, None)
            with pytest.raises(SignatureError):
                signed.verify(KEY.public_key)

    run(main())


def test_what_is_there_is_denied() -> None:
    async def main() -> None:
        async with liar(Lie.ABSENT) as node:
            assert await node.holdings(ONE) == Holdings(StoredStatus.NONEXISTENT)
            assert (await node.status(ONE)).kind == "nonexistent"
            with pytest.raises(MetadataNotFoundError):
                await node.metadata(ONE)
            with pytest.raises(SliverNotFoundError):
                await slivers(node)
            with pytest.raises(SliverNotFoundError):
                await bad_symbols(node)
            with pytest.raises(NotRegisteredError):
                await node.confirmation(ONE, None)

    run(main())


def test_what_is_not_kept_is_boasted_of() -> None:
    async def main() -> None:
        async with liar(Lie.BOAST, has_all=False) as node:
            await node.put_metadata(METADATA)
            given = slivers_of(blob(1))
            assert await node.put_slivers(ONE, stream(given)) == len(given)
            assert (await node.holdings(ONE)).primary == frozenset(OWN_PAIRS)
            assert await node.expected(ONE, False) == METADATA
            message = (await node.confirmation(ONE, None)).verify(KEY.public_key)
            assert message == Confirmation(1, ONE)
            with pytest.raises(SliverNotFoundError):
                await slivers(node)

    run(main())


def test_one_that_hangs_never_answers() -> None:
    async def main() -> None:
        async with liar(Lie.HANG) as node:
            for call in (node.health(), node.holdings(ONE), node.confirmation(ONE, None)):
                with pytest.raises(TimeoutError):
                    async with asyncio.timeout(60):
                        await call
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(60):
                    await slivers(node)

    run(main())


def test_one_that_trickles_takes_a_second_a_byte() -> None:
    async def main() -> None:
        async with liar(Lie.TRICKLE) as node:
            begun = asyncio.get_running_loop().time()
            told = await slivers(node)
            seconds = asyncio.get_running_loop().time() - begun
            assert bad(told) == 0
            assert round(seconds) == sum(sliver.data.nbytes for sliver in told)

    run(main())


def test_any_lie_is_several() -> None:
    async def main() -> None:
        outcomes = set()
        async with liar(Lie.ANY) as node:
            for _ in range(100):
                try:
                    async with asyncio.timeout(60):
                        outcomes.add((await node.holdings(ONE)).metadata)
                except TimeoutError:
                    outcomes.add(StoredStatus.BUFFERED)  # any third value
        assert outcomes == set(StoredStatus)

    run(main())


def test_the_same_chance_tells_the_same_lies() -> None:
    async def main() -> list[Sliver]:
        async with liar(Lie.FLIP) as node:
            return await slivers(node)

    assert run(main()) == run(main())


def test_a_blob_id_is_not_looked_at() -> None:
    """A liar has no opinion on blobs that it never saw."""

    async def main() -> None:
        async with liar(Lie.BOAST) as node:
            unknown = BlobId(bytes(32))
            assert (await node.holdings(unknown)).metadata is StoredStatus.NONEXISTENT

    run(main())
