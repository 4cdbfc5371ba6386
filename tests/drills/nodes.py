"""What drills do to single nodes, and what they ask them."""

import asyncio
import re
import sys
import time
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from drills.drill import Drill

from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import verify_sliver
from walrus_core.errors import NodeError, NodeUnavailableError
from walrus_core.localnet.network.node_process import NodeProcess
from walrus_core.protocol.committee import Committee, Member
from walrus_core.rpc.client import RpcPeers
from walrus_core.services.node_api import NodeApi, NodeHealth, StoredStatus
from walrus_core.types import Axis, BlobId, shard_to_pair

LOOK_SECONDS = 0.2
HEALED_SECONDS = 90.0

_METADATA: dict[BlobId, VerifiedMetadata] = {}


def set_up(config: Path, values: Mapping[str, object]) -> None:
    """Give keys of a node's configuration other values; each of its keys stands in the file."""
    text = config.read_text(encoding="utf-8")
    for key, value in values.items():
        text, count = re.subn(
            rf"(?m)^( *)(?:# )?{key}: .*$", rf"\g<1>{key}: {value}", text, count=1
        )
        assert count == 1, f"{key} is not in {config}"
    config.write_text(text, encoding="utf-8")


@asynccontextmanager
async def reconfigured(node: NodeProcess, **values: object) -> AsyncIterator[None]:
    """Stop a node and change its configuration, which is put back in the end; then it is down."""
    before = node.config.read_text(encoding="utf-8")
    await node.stop()
    set_up(node.config, values)
    try:
        yield
    finally:
        await node.stop()
        node.config.write_text(before, encoding="utf-8")


async def command(*words: str) -> tuple[int, str]:
    """Run `walrus-core` with these; its exit status, and all that it said."""
    process = await asyncio.create_subprocess_exec(
        *[sys.executable, "-m", "walrus_core", *words],
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await process.communicate()
    assert process.returncode is not None
    return process.returncode, said.decode()


def member_of(committee: Committee, node: NodeProcess) -> Member:
    return next(each for each in committee.members if each.network_address == node.address)


@asynccontextmanager
async def asked(drill: Drill, number: int) -> AsyncIterator[tuple[NodeApi, Member]]:
    """One node, by its own words."""
    member = member_of(await drill.network.committee(), drill.network.node(number))
    peers = RpcPeers(drill.n_shards)
    try:
        yield peers.node(member), member
    finally:
        await peers.close()


async def health(drill: Drill, number: int) -> NodeHealth:
    async with asked(drill, number) as (node, _):
        return await node.health()


async def await_whole(drill: Drill, number: int, seconds: float = HEALED_SECONDS) -> float:
    """Wait until a node itself serves, right to the bit, all that its shards should hold of every
    blob that was acknowledged; how long that took, in seconds.
    """
    lacking = [metadata_of(drill, blob_id) for blob_id in drill.ledger.blobs]
    started, problem = time.perf_counter(), "it did not answer"
    async with asked(drill, number) as (node, member):
        while time.perf_counter() - started < seconds:
            lacking = [each for each in lacking if await _lacks(node, member, each)]
            if not lacking:
                return time.perf_counter() - started
            problem = f"it lacks some of {len(lacking)} blobs, such as {lacking[0].blob_id}"
            await asyncio.sleep(LOOK_SECONDS)
    raise AssertionError(f"node {number} is not whole after {seconds:g} s: {problem}")


def metadata_of(drill: Drill, blob_id: BlobId) -> VerifiedMetadata:
    """Of an acknowledged blob, computed once."""
    if blob_id not in _METADATA:
        _METADATA[blob_id] = compute_metadata(drill.ledger.blobs[blob_id], drill.n_shards)
    return _METADATA[blob_id]


async def _lacks(node: NodeApi, member: Member, metadata: VerifiedMetadata) -> bool:
    """Whether slivers, or metadata, are missing; AssertionError if any is wrong."""
    blob_id = metadata.blob_id
    pairs = [shard_to_pair(blob_id, shard, metadata.n_shards) for shard in member.shards]
    try:
        holdings = await node.holdings(blob_id)
        if holdings.metadata is not StoredStatus.STORED:  # buffered: it has not heard of it yet
            return True
        if any(set(pairs) - holdings.of(axis) for axis in Axis):
            return True
        assert (await node.metadata(blob_id)).blob_id == blob_id
        for axis in Axis:
            if await _verified(node, metadata, axis, pairs) != len(pairs):
                return True
    except (NodeError, NodeUnavailableError):
        return True
    return False


async def _verified(
    node: NodeApi, metadata: VerifiedMetadata, axis: Axis, pairs: Sequence[int]
) -> int:
    """How many of these slivers came, each of which must be right."""
    count = 0
    async for sliver in node.slivers(metadata.blob_id, axis, list(pairs)):
        verify_sliver(metadata, sliver)
        count += 1
    return count


def stored_in(directory: Path, blob_id: BlobId) -> list[Path]:
    """The files of a blob's large slivers in a node's store."""
    return sorted((directory / "slivers").glob(f"??/{blob_id.digest.hex()}-*"))
