"""`walrus-core chain up` as a process: its files, its end, and what it finds when it comes back."""

import json
import os
import socket
import stat
import subprocess
import sys
import time
from pathlib import Path

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
import pytest
from localnet.sui_node.running_chain import RunningChain, start
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask


def service_info(running: RunningChain) -> v2.GetServiceInfoResponse:
    with grpc.insecure_channel(running.address) as channel:
        call = channel.unary_unary("/sui.rpc.v2.LedgerService/GetServiceInfo")
        return v2.GetServiceInfoResponse.parse(call(b"", timeout=10))


@pytest.fixture
def home(tmp_path: Path) -> Path:
    return tmp_path / "home"


def chain_up(home: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    """One that is expected to end by itself."""
    return subprocess.run(
        [sys.executable, "-m", "walrus_core", "chain", "up", "--dir", str(home), *options],
        env={**os.environ, "WALRUS_CORE_HOME": str(home)},
        capture_output=True,
        text=True,
        timeout=60,
    )


def mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_it_tells_where_it_is(home: Path) -> None:
    running = start(home)
    try:
        assert json.loads((home / "network.json").read_text()) == running.values
        assert service_info(running).chain_id == running.values["chainId"]
    finally:
        assert running.stop() == 0


def test_nobody_else_reads_the_keys(home: Path) -> None:
    start(home).stop()
    for secret in ["sui.keystore", "faucet.keystore", "founder.key"]:
        assert mode(home / secret) == 0o600, secret
    assert mode(home) == mode(home / "chain") == 0o700


def test_it_listens_to_this_machine_alone(home: Path) -> None:
    running = start(home)
    try:
        assert running.values["suiUrl"].startswith("http://127.0.0.1:")
        port = int(running.address.split(":")[1])
        for address in {info[4][0] for info in socket.getaddrinfo(socket.gethostname(), port)}:
            if not str(address).startswith("127.") and address != "::1":
                with pytest.raises(ConnectionRefusedError):
                    socket.create_connection((str(address), port), timeout=1)
    finally:
        running.stop()


@pytest.mark.parametrize("crash", [False, True])
def test_it_is_the_same_chain_when_it_comes_back(home: Path, crash: bool) -> None:
    running = start(home)
    chain_id, wallet = running.values["chainId"], running.values["walletAddress"]
    if crash:
        running.kill()
    else:
        running.stop()
    again = start(home)
    try:
        assert (again.values["chainId"], again.values["walletAddress"]) == (chain_id, wallet)
    finally:
        again.stop()


def test_time_stands_still_while_it_is_down(home: Path) -> None:
    running = start(home)
    running.stop()
    time.sleep(1.5)
    again = start(home)
    try:
        stamp = service_info(again).timestamp
        assert stamp is not None
        assert time.time() - stamp.timestamp() > 1.5
    finally:
        again.stop()


def test_epochs_turn_by_themselves(home: Path) -> None:
    running = start(home, "--epoch-duration", "1s")
    try:
        names = epoch_events(running, until="EpochChangeStart", count=2)
        assert names[:2] == ["EpochParametersSelected", "EpochChangeStart"]
        assert names.count("EpochChangeDone") >= 1
    finally:
        assert running.stop() == 0


def test_subscribers_hear_of_epochs(home: Path) -> None:
    running = start(home, "--epoch-duration", "1s")
    try:
        mask = FieldMask(["event_type", "checkpoint"])
        request = bytes(v2.SubscribeEventsRequest(read_mask=mask))
        with grpc.insecure_channel(running.address) as channel:
            call = channel.unary_stream("/sui.rpc.v2.SubscriptionService/SubscribeEvents")
            heard = []
            for data in call(request, timeout=30):
                frame = v2.SubscribeEventsResponse.parse(data)
                assert frame.watermark is not None
                assert frame.watermark.cursor
                if frame.event is not None:
                    heard.append((frame.event.event_type or "").split("::")[-1])
                if "EpochChangeStart" in heard:
                    break
        assert heard[0] == "EpochParametersSelected"
    finally:
        assert running.stop() == 0


def epoch_events(running: RunningChain, until: str, count: int) -> list[str]:
    """The names of all events so far, once one of them was there so often."""
    request = bytes(v2.ListEventsRequest(options=v2.QueryOptions(limit=1000)))
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with grpc.insecure_channel(running.address) as channel:
            call = channel.unary_stream("/sui.rpc.v2.LedgerService/ListEvents")
            frames = [v2.ListEventsResponse.parse(data) for data in call(request, timeout=10)]
        types = [frame.event.event_type or "" for frame in frames if frame.event is not None]
        names = [type_.split("::")[-1] for type_ in types]
        if names.count(until) >= count:
            return names
        time.sleep(0.2)
    raise AssertionError(f"no {until} {count} times")


@pytest.mark.parametrize("option", [["--n-shards", "50"], ["--epoch-duration", "2d"]])
def test_what_a_chain_was_made_with_stays(home: Path, option: list[str]) -> None:
    start(home, "--n-shards", "20", "--epoch-duration", "1d").stop()
    refused = chain_up(home, "--port", "0", *option)
    assert refused.returncode == 2
    assert f"{option[0]} of the chain in {home}" in refused.stderr
    again = start(home, "--n-shards", "20")
    assert again.values["nShards"] == 20
    again.stop()


def test_one_directory_one_process(home: Path) -> None:
    running = start(home)
    try:
        second = chain_up(home, "--port", "0")
        assert second.returncode == 3
        assert "another process serves its chain" in second.stderr
        assert service_info(running).chain_id == running.values["chainId"]
    finally:
        running.stop()


def test_a_port_in_use_is_said(home: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        refused = chain_up(home, "--port", str(port))
    assert refused.returncode == 3
    assert f"127.0.0.1:{port}: cannot listen there; choose another --port" in refused.stderr


def test_damaged_keys_are_said_and_not_shown(home: Path) -> None:
    start(home).stop()
    (home / "faucet.keystore").write_text('["c2VjcmV0"]')
    refused = chain_up(home, "--port", "0")
    assert refused.returncode == 3
    assert "faucet.keystore" in refused.stderr
    assert "c2VjcmV0" not in refused.stderr


@pytest.mark.parametrize("package", ["grpc", "pysui", "cryptography"])
def test_without_its_libraries_it_says_what_to_install(home: Path, package: str) -> None:
    program = (
        f"import sys; sys.modules[{package!r}] = None; from walrus_core.cli.app import main; main()"
    )
    refused = subprocess.run(
        [sys.executable, "-c", program, "chain", "up", "--dir", str(home)],
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert refused.returncode == 1
    assert f"{package} is needed" in refused.stderr
    assert "pip install 'walrus-core[server]'" in refused.stderr
    assert not home.exists()


@pytest.mark.parametrize(
    "options",
    [
        ["--epoch-duration", "0s"],
        ["--epoch-duration", "soon"],
        ["--n-shards", "0"],
        ["--port", "65536"],
    ],
)
def test_options_out_of_range(home: Path, options: list[str]) -> None:
    refused = chain_up(home, *options)
    assert refused.returncode == 2
    assert not home.exists()
