"""The chain as storage nodes read it, and what they say there."""

import asyncio
import random
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from sui.faulty_links import FaultyLink
from sui.founded_chain import FoundedChain, founded_chain
from sui.new_blobs import new_blob

from walrus_core.errors import Abort, ChainUnavailableError, InvalidArgumentError, StorageError
from walrus_core.protocol.messages import InvalidBlobId
from walrus_core.services.ports import ChainEvent, ChainReader
from walrus_core.sui.addresses import address_text
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.networks import MAINNET, Network
from walrus_core.sui.node_chain import LightChain, SuiNodeChain
from walrus_core.types import Epoch

SOURCE = random.Random(7)

WITHOUT_PYSUI = """
import asyncio, sys
from walrus_core.sui.node_chain import LightChain, SuiNodeChain
from walrus_core.sui.networks import Network

async def look():
    url, system, staking = sys.argv[1:]
    network = Network("local", url, bytes.fromhex(system), bytes.fromhex(staking))
    async with LightChain(network) as chain:
        await chain.state()
        await chain.committees()
        print(sum([1 async for event in chain.events()]))

asyncio.run(look())
print({name.partition(".")[0] for name in sys.modules} & {"pysui", "betterproto2", "grpclib"})
"""


async def all_events(chain: ChainReader) -> list[ChainEvent]:
    return [event async for event in chain.events()]


def test_reads_what_the_wallet_reads(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key()
        async with SuiChain(founded.network, key) as full, LightChain(founded.network) as light:
            for epochs in (1, 2):
                await full.register(new_blob(SOURCE), epochs)
            assert await light.state() == await full.state()
            committees = await light.committees()
            assert committees == await full.committees()
            assert {member.network_address for member in committees.current.members} == set(
                founded.nodes
            )
            expected = await all_events(full)
            assert await all_events(light) == expected
            behind = [event async for event in light.events(expected[-2].cursor)]
            assert behind == expected[-1:]

    asyncio.run(run())


def test_what_comes_is_followed(founded: FoundedChain) -> None:
    async def run() -> None:
        key = await founded.new_key()
        light = LightChain(founded.network, poll_seconds=0.01)
        async with SuiChain(founded.network, key) as full, light:
            last = (await all_events(light))[-1]
            coming = light.events(last.cursor, follow=True)
            first = asyncio.ensure_future(anext(coming))
            await asyncio.sleep(0.05)
            registration = await full.register(new_blob(SOURCE), 1)
            event = await first
            assert event.fields["object_id"] == registration.object_id
            await coming.aclose()  # type: ignore[attr-defined]

    asyncio.run(run())


@pytest.mark.parametrize("kind", [LightChain, SuiChain])
def test_asked_by_many_at_once(
    founded: FoundedChain, kind: type[LightChain] | type[SuiChain]
) -> None:
    """The first questions learn where the state is, each for itself."""

    async def run() -> None:
        async with kind(founded.network) as chain:
            states = await asyncio.gather(*(chain.state() for _ in range(5)))
            assert len(set(states)) == 1

    asyncio.run(run())


def test_needs_no_pysui(founded: FoundedChain) -> None:
    network = founded.network
    arguments = [network.url, network.system.hex(), network.staking.hex()]
    run = subprocess.run(
        [sys.executable, "-c", WITHOUT_PYSUI, *arguments],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    events, loaded = run.stdout.splitlines()
    assert int(events) > 0
    assert loaded == "set()"


@pytest.mark.parametrize(
    "garbage",
    [b"\0" * 50, b"HTTP/1.1 400 Bad Request\r\n\r\n", b"\xff" * 9],
    ids=["zeros", "http1", "ones"],
)
def test_a_link_that_garbles(founded: FoundedChain, garbage: bytes) -> None:
    async def run() -> None:
        link = FaultyLink(founded.network.url)
        link.garbage = garbage
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with LightChain(network, timeout=1) as chain:
                with pytest.raises(ChainUnavailableError, match=r"127\.0\.0\.1"):
                    await chain.state()

    asyncio.run(run())


def test_a_silent_node(founded: FoundedChain) -> None:
    async def run() -> None:
        link = FaultyLink(founded.network.url)
        link.silent = True
        async with link.up():
            network = replace(founded.network, url=link.url)
            async with LightChain(network, timeout=0.2) as chain:
                started = time.monotonic()
                with pytest.raises(ChainUnavailableError, match=r"no answer within 0\.2 seconds"):
                    await chain.committees()
                assert time.monotonic() - started < 5

    asyncio.run(run())


def test_a_chain_without_walrus(founded: FoundedChain) -> None:
    async def run() -> None:
        for network in (
            replace(founded.network, system=bytes(31) + b"\x01"),
            replace(founded.network, system=founded.network.staking),
            replace(founded.network, staking=founded.network.exchanges[0]),
            replace(founded.network, system=bytes(31) + b"\x06", staking=bytes(31) + b"\x06"),
        ):
            async with LightChain(network) as chain:
                with pytest.raises(ChainUnavailableError, match="makes no sense"):
                    await chain.state()
        async with LightChain(replace(founded.network, staking=bytes(32))) as chain:
            with pytest.raises(ChainUnavailableError, match="makes no sense"):
                await chain.committees()

    asyncio.run(run())


def test_nobody_there() -> None:
    network = Network("local", "http://127.0.0.1:1", bytes(32), bytes(32))

    async def run() -> None:
        async with LightChain(network, timeout=5) as chain:
            with pytest.raises(ChainUnavailableError, match="connection refused"):
                await chain.state()
            with pytest.raises(ChainUnavailableError, match="connection refused"):
                await all_events(chain)

    asyncio.run(run())


def test_plaintext_to_this_machine_only() -> None:
    with pytest.raises(InvalidArgumentError, match="on this machine only"):
        LightChain(replace(MAINNET, url="http://example.com:9000"))


def test_invalidation(founded: FoundedChain) -> None:
    blob = new_blob(SOURCE)

    async def run() -> None:
        async with LightChain(founded.network) as light:
            committee = (await light.committees()).current
            seen = len(await all_events(light))
        message = InvalidBlobId(committee.epoch, blob.blob_id)
        certificate = founded.certificate(committee, message)
        async with node_chain(founded, committee.members[0].node_id) as chain:
            await chain.invalidate(certificate)
            await chain.invalidate(certificate)
            events = (await all_events(chain))[seen:]
            assert {event.name for event in events} == {"InvalidBlobID"}
            assert events[0].fields["blob_id"] == blob.blob_id.to_u256()

    asyncio.run(run())


def test_a_wallet_without_the_node(founded: FoundedChain, tmp_path: Path) -> None:
    async def run() -> None:
        async with node_chain(founded, b"n" * 32) as chain:
            with pytest.raises(InvalidArgumentError, match=address_text(b"n" * 32)):
                await chain.report_shards(Epoch(1))
        async with SuiNodeChain(founded.network, tmp_path / "none", b"n" * 32) as chain:
            with pytest.raises(StorageError, match="no such keystore"):
                await chain.report_shards(Epoch(1))
        empty = tmp_path / "empty"
        empty.write_text("[]")
        async with SuiNodeChain(founded.network, empty, b"n" * 32) as chain:
            with pytest.raises(StorageError, match="no key"):
                await chain.report_shards(Epoch(1))

    asyncio.run(run())


def node_chain(chain: FoundedChain, node_id: bytes) -> SuiNodeChain:
    return SuiNodeChain(chain.network, chain.owner, node_id, poll_seconds=0.01)


@pytest.fixture
def unreported(tmp_path: Path) -> Iterator[FoundedChain]:
    """A chain whose epochs turn, and whose nodes report their shards only if they do it."""
    with founded_chain(tmp_path, n_nodes=4, epoch_duration_ms=1000, reports=False) as chain:
        yield chain


def test_epochs_turn_when_nodes_report(unreported: FoundedChain) -> None:
    async def run() -> None:
        async with LightChain(unreported.network, poll_seconds=0.01) as light:
            first = await light.committees()
            assert first.previous is None
            async for event in light.events(follow=True):
                if event.name == "EpochChangeStart" and event.fields["epoch"] == first.epoch + 1:
                    break
            syncing = await light.committees()
            assert (syncing.epoch, syncing.phase) == (first.epoch + 1, "sync")
            assert syncing.previous == first.current
            async with SuiChain(unreported.network) as full:
                assert await full.committees() == syncing
            for member in syncing.current.members:
                async with node_chain(unreported, member.node_id) as chain:
                    await chain.report_shards(syncing.epoch)
                    await chain.report_shards(syncing.epoch)  # no error
                    with pytest.raises(Abort, match="EInvalidSyncEpoch"):
                        await chain.report_shards(Epoch(99))
            assert (await light.committees()).phase == "done"
            received = [e for e in await all_events(light) if e.name == "ShardsReceived"]
            assert len([e for e in received if e.fields["epoch"] == syncing.epoch]) == 4

    asyncio.run(run())
