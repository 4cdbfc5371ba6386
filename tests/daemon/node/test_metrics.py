"""Metrics: what they say, and who may ask for them how."""

import asyncio

import pytest
from prometheus_client.parser import text_string_to_metric_families

from walrus_core.daemon.metrics_server import LARGEST_REQUEST, MetricsServer
from walrus_core.daemon.node.metrics import NodeMetrics
from walrus_core.errors import StorageError
from walrus_core.rpc.attendants import Method, Visit
from walrus_core.rpc.rules import NODE_SERVICE
from walrus_core.services.node_api import NodeHealth, ShardStatus
from walrus_core.storage.store import ShardUsage, Usage
from walrus_core.types import Epoch, ShardIndex

HEALTH = NodeHealth(
    uptime=12.5,
    epoch=Epoch(3),
    node_id=bytes(32),
    public_key=bytes(48),
    status="RecoveryInProgress(3)",
    events=41,
    shards={ShardIndex(1): ShardStatus.READY, ShardIndex(2): ShardStatus.IN_RECOVERY},
    blobs=5,
    healing=7,
    damaged=1,
    stored=1000,
    limit=None,
    free=2000,
)
USAGE = Usage(
    1000, None, 2000, {ShardIndex(1): ShardUsage(4, 900), ShardIndex(2): ShardUsage(1, 9)}
)


def samples(metrics: NodeMetrics) -> dict[tuple[str, ...], float]:
    """By name and label values, sorted."""
    text = metrics.text(HEALTH, USAGE).decode()
    return {
        (sample.name, *sorted(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
    }


def test_how_the_node_is() -> None:
    found = samples(NodeMetrics())
    expected = {
        "uptime_seconds": 12.5,
        "epoch": 3,
        "events_followed": 41,
        "blobs": 5,
        "slivers_stored": 5,
        "slivers_healing": 7,
        "slivers_damaged": 1,
        "stored_bytes": 1000,
        "free_bytes": 2000,
    }
    assert {name: found[f"walrus_core_node_{name}",] for name in expected} == expected
    assert found["walrus_core_node_shards", "inRecovery"] == 1
    assert found["walrus_core_node_status", "RecoveryInProgress(3)"] == 1
    assert found["process_resident_memory_bytes",] > 0


def test_calls_are_counted() -> None:
    metrics = NodeMetrics()
    method = Method(NODE_SERVICE, "GetSlivers", "reads", "server_stream")
    call = ("GetSlivers", "server_stream", NODE_SERVICE)
    first, second = (metrics.attend(Visit(method, "", {})) for _ in range(2))
    first.received(10)
    first.sent(1000)
    first.sent(2000)
    first.ended("OK", 0.2)
    found = samples(metrics)
    assert found["grpc_server_started_total", *call] == 2
    assert found["grpc_server_in_flight", *call] == 1
    assert found["grpc_server_msg_received_total", *call] == 1
    assert found["grpc_server_msg_sent_total", *call] == 2
    assert found["grpc_server_msg_sent_bytes_total", *call] == 3000
    second.ended("NOT_FOUND", 0.001)
    found = samples(metrics)
    assert found["grpc_server_handled_total", "GetSlivers", "NOT_FOUND", *call[1:]] == 1
    assert found["grpc_server_handling_seconds_count", *call] == 2
    assert found["grpc_server_handling_seconds_sum", *call] == 0.201


async def ask(port: int, request: bytes) -> bytes:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(request)
    answer = await reader.read()
    writer.close()
    return answer


async def page() -> bytes:
    return b"up 1\n"


def test_the_page() -> None:
    async def scene() -> None:
        server = MetricsServer(page)
        port = await server.start("127.0.0.1", 0)
        good = await ask(port, b"GET /metrics?x=1 HTTP/1.1\r\nHost: x\r\n\r\n")
        assert good.startswith(b"HTTP/1.1 200 OK\r\n")
        assert good.endswith(b"\r\n\r\nup 1\n")
        assert (await ask(port, b"GET /secrets HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 404")
        assert (await ask(port, b"POST /metrics HTTP/1.1\r\n\r\n")).startswith(b"HTTP/1.1 405")
        assert await ask(port, b"x" * (LARGEST_REQUEST + 100)) == b""
        with pytest.raises(StorageError, match="metrics_address"):
            await MetricsServer(page).start("127.0.0.1", port)
        await server.stop()

    asyncio.run(scene())
