"""A network of real processes: its nodes are started, killed, wiped, told to lie."""

import asyncio
import json
import os
import signal
import ssl
import subprocess
import sys
import urllib.request
from pathlib import Path

import grpc
import pytest
from grpc_health.v1 import health_pb2, health_pb2_grpc
from localnet.network.running import N_SHARDS, NODES, Running

from walrus_core.daemon.node.config import load_config
from walrus_core.errors import NodeUnavailableError, ProcessFailedError
from walrus_core.localnet.network.status import NetworkStatus, network_status
from walrus_core.rpc.client import RpcPeers
from walrus_core.sui.networks import described_network


def status_of(running: Running) -> NetworkStatus:
    return running.loop.run(network_status(described_network(running.network.network)))


def test_shards_are_spread_evenly(running: Running) -> None:
    shards = running.loop.run(running.network.shards())
    assert sorted(map(len, shards)) == [2, 2, 3, 3]
    assert sorted(shard for some in shards for shard in some) == list(range(N_SHARDS))


def test_every_node_is_active_and_has_its_shards(running: Running) -> None:
    status = status_of(running)
    assert len(status.nodes) == NODES
    assert (status.faulty, status.tolerated) == (0, 3)
    for node in status.nodes:
        assert node.health is not None
        assert node.health.status == "Active"
        assert node.ready == node.member.weight
        assert node.health.node_id == node.member.node_id
        assert node.health.public_key == bytes(node.member.public_key)


def test_a_killed_node_is_missed_and_comes_back(running: Running) -> None:
    node = running.network.node(1)
    running.loop.run(node.kill())
    [silent] = [each for each in status_of(running).nodes if each.health is None]
    assert silent.member.network_address == node.address
    assert "cannot be reached" in silent.reason
    running.loop.run(node.start())
    assert status_of(running).faulty == 0


def test_a_wiped_node_comes_back(running: Running) -> None:
    node = running.network.node(2)
    running.loop.run(node.kill())
    node.wipe()
    assert not node.store.exists()
    running.loop.run(node.start())
    assert node.store.exists()
    assert status_of(running).faulty == 0


def test_a_node_that_hangs_is_up_and_says_nothing(running: Running) -> None:
    """A liar, as the network starts it."""
    node, loop = running.network.node(3), running.loop
    loop.run(node.kill())
    loop.run(node.start(lie="hang"))
    committee = loop.run(running.network.committee())
    [member] = [each for each in committee.members if each.network_address == node.address]

    async def ask() -> None:
        peers = RpcPeers(N_SHARDS)
        try:
            async with asyncio.timeout(0.5):
                await peers.node(member).health()
        finally:
            await peers.close()

    with pytest.raises((TimeoutError, NodeUnavailableError)):
        loop.run(ask())
    loop.run(node.kill())


def test_one_store_one_process(running: Running) -> None:
    config = running.network.node(0).config
    second = serve(config)
    assert second.returncode == 3
    assert "already open" in json.loads(second.stdout)["error"]["message"]


def test_a_node_that_cannot_start_says_why(running: Running) -> None:
    node, loop = running.network.node(0), running.loop
    loop.run(node.stop())
    key = node.config.parent / "protocol.key"
    text = key.read_text()
    try:
        key.write_text("lost")
        with pytest.raises(ProcessFailedError, match="holds no protocol key"):
            loop.run(node.start())
    finally:
        key.write_text(text)
    loop.run(node.start())


def test_it_is_told_to_stop_and_stops(running: Running) -> None:
    node = running.network.node(0)
    assert running.loop.run(node.stop()) == 0
    events = [json.loads(line)["event"] for line in node.process.log.read_text().splitlines()]
    assert events[-2:] == ["stopping", "stopped"]


def test_metrics_are_served(running: Running) -> None:
    node = running.network.node(0)
    status_of(running)
    with urllib.request.urlopen(node.values["metrics"], timeout=10) as page:
        text = page.read().decode()
    assert "walrus_core_node_shards{" in text
    assert 'grpc_method="GetNodeHealth"' in text


def test_health_is_the_standard_one(running: Running) -> None:
    node = running.network.node(0)
    config = load_config(node.config)
    certificate = ssl.get_server_certificate((config.public_host, config.public_port))
    credentials = grpc.ssl_channel_credentials(certificate.encode())
    options = [("grpc.ssl_target_name_override", "walrus-storage-node")]
    with grpc.secure_channel(node.address, credentials, options) as channel:
        check = health_pb2_grpc.HealthStub(channel).Check
        answer = check(health_pb2.HealthCheckRequest(), timeout=10)
    assert answer.status == health_pb2.HealthCheckResponse.SERVING


def test_a_node_serves_without_pysui(running: Running) -> None:
    """It alone takes longer to load than all else; the chain needs it."""
    assert "pysui_fastcrypto" in libraries(running.network.chain.pid)
    for node in running.network.nodes:
        assert "pysui_fastcrypto" not in libraries(node.process.pid)
        assert "rocksdict" in libraries(node.process.pid)


def test_what_a_node_loads() -> None:
    slow = ["pysui", "httpx", "rich", "betterproto2", "structlog", "walrus_core.localnet"]
    program = (
        "import sys, walrus_core.cli.node_serve, walrus_core.daemon.node.process;"
        f"print([name for name in {slow} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.stdout == "[]\n"


def libraries(pid: int | None) -> str:
    return Path(f"/proc/{pid}/maps").read_text()


def test_the_chain_may_go_and_come_back(running: Running) -> None:
    running.loop.run(running.network.chain.kill())
    node = running.network.node(0)
    assert node.is_up
    running.loop.run(running.network.start_chain())
    assert status_of(running).faulty == 0


def test_a_signal_before_it_is_ready_stops_it(running: Running) -> None:
    """While it waits for a chain that is not there."""
    node, loop = running.network.node(0), running.loop
    loop.run(node.stop())
    loop.run(running.network.chain.stop())
    process = subprocess.Popen(
        [sys.executable, "-m", "walrus_core", "node", "serve", "--config", str(node.config)],
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stderr is not None
    assert "waiting for the chain" in process.stderr.readline()
    os.kill(process.pid, signal.SIGTERM)
    assert process.wait(30) == 0
    process.stderr.close()
    loop.run(running.network.start_chain())


def serve(config: Path) -> "subprocess.CompletedProcess[str]":
    """One that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "walrus_core", "node", "serve", "--json", "--config", str(config)],
        capture_output=True,
        text=True,
        timeout=60,
    )
