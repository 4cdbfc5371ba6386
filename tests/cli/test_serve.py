"""`walrus-core serve` as processes: one, several, and what it refuses."""

import hashlib
import os
import signal
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import grpc
import pytest
import yaml
from cli.command_line import Run
from cli.serving import BLOB, BLOB_ID, children, name_blob, naming, running_server, until
from rpc.certificates_made import Authority

from walrus_core.cli.exit_status import ExitStatus
from walrus_core.daemon.gateway.config import GatewayConfig, load_gateway_config
from walrus_core.errors import ConfigurationError
from walrus_core.rpc.v1 import encoding_pb2 as pb, encoding_pb2_grpc


def test_with_no_configuration_it_serves_the_engine(tmp_path: Path) -> None:
    with running_server(tmp_path, "--unix", tmp_path / "s", "--metrics", "127.0.0.1:0") as server:
        assert server.values["network"] is None
        assert [name.rpartition(".")[2] for name in server.values["services"]] == [
            "EncodingService"
        ]
        assert name_blob(server.address) == BLOB_ID.digest
        assert name_blob(f"unix:{tmp_path / 's'}") == BLOB_ID.digest
        [url] = server.values["metrics"]
        with urllib.request.urlopen(url) as page:
            assert b'grpc_code="OK",grpc_method="ComputeBlobId"' in page.read()
        name_blob(server.address, metadata=[("x-request-id", "order-17")])
    [line] = [line for line in server.lines() if line.get("request_id") == "order-17"]
    assert (line["method"], line["code"], line["caller"]) == ("ComputeBlobId", "OK", "anonymous")
    assert line["received"] > len(BLOB)
    assert "draining" in server.events()[-2]


def test_a_call_that_was_accepted_ends_well(tmp_path: Path) -> None:
    """SIGTERM comes in the middle of it."""
    with running_server(tmp_path) as server:
        begun, hold = threading.Event(), threading.Event()

        def slow() -> Iterator[pb.ComputeBlobIdRequest]:
            first, *others = naming(BLOB)
            yield first
            begun.set()
            hold.wait(10)
            yield from others

        with grpc.insecure_channel(server.address) as channel:
            call = encoding_pb2_grpc.EncodingServiceStub(channel).ComputeBlobId.future(slow())
            begun.wait(10)
            until(lambda: accepted(server.address))
            server.process.send_signal(signal.SIGTERM)
            until(lambda: any("draining" in event for event in server.events()))
            hold.set()
            assert call.result(20).blob.blob_id == BLOB_ID.digest


def accepted(address: str) -> bool:
    """Whether a call that came later has been answered."""
    return name_blob(address) == BLOB_ID.digest


def test_a_worker_that_is_killed_is_replaced(tmp_path: Path) -> None:
    """The others go on, and the parent has no gRPC."""
    options = ("--workers", 2, "--metrics", "127.0.0.1:0", "--unix", tmp_path / "s")
    with running_server(tmp_path, *options) as server:
        assert len(server.values["metrics"]) == 2
        parent = server.process.pid
        assert "cygrpc" not in Path(f"/proc/{parent}/maps").read_text()
        workers = children(parent)
        assert len(workers) == 2
        for _ in range(6):
            assert name_blob(server.address) == BLOB_ID.digest
        assert name_blob(f"unix:{tmp_path / 's'}") == BLOB_ID.digest
        os.kill(workers[0], signal.SIGKILL)
        until(lambda: workers[0] not in children(parent))
        assert name_blob(server.address) == BLOB_ID.digest
        until(lambda: len(children(parent)) == 2)
        until(lambda: sum(event.endswith("serves") for event in server.events()) == 3)
        for _ in range(6):
            assert name_blob(server.address) == BLOB_ID.digest
        last = children(parent)
    assert not any(Path(f"/proc/{pid}").exists() for pid in last)


def test_workers_do_not_outlive_a_parent_that_is_killed(tmp_path: Path) -> None:
    killed = -signal.SIGKILL
    with running_server(tmp_path, "--workers", 2, ends_with=killed) as server:
        workers = children(server.process.pid)
        server.process.kill()
        until(lambda: not any(Path(f"/proc/{pid}").exists() for pid in workers))


def test_tls_and_tokens(tmp_path: Path) -> None:
    authority = Authority()
    certificate, key = authority.write(tmp_path)
    tokens = tmp_path / "callers.yaml"
    digest = hashlib.sha256(b"sesame").hexdigest()
    tokens.write_text(f"callers: [{{name: shop, token_sha256: {digest}}}]")
    options = ("--tls-cert", certificate, "--tls-key", key, "--tokens", tokens)
    with running_server(tmp_path, *options) as server:
        assert (server.values["tls"], server.values["callers"]) == (True, str(tokens))
        credentials = grpc.composite_channel_credentials(
            grpc.ssl_channel_credentials(authority.pem),
            grpc.access_token_call_credentials("sesame"),
        )
        names = [("grpc.ssl_target_name_override", "localhost")]
        with grpc.secure_channel(server.address, credentials, names) as channel:
            stub = encoding_pb2_grpc.EncodingServiceStub(channel)
            assert stub.ComputeBlobId(naming(BLOB)).blob.blob_id == BLOB_ID.digest
        until(lambda: "shop" in {line.get("caller") for line in server.lines()})


def test_off_loopback_it_refuses(run: Run, tmp_path: Path) -> None:
    options = ["serve", "--no-network", "--spool", tmp_path, "--listen", "0.0.0.0:0", "--json"]
    for workers in ([], ["--workers", 2]):
        outcome = run(*options, *workers)
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "ConfigurationError"
        assert "--insecure-plaintext" in outcome.error["message"]


def test_what_cannot_be_is_refused(run: Run, tmp_path: Path) -> None:
    config = tmp_path / "serve.yaml"
    config.write_text("listen_adress: 127.0.0.1:1")
    for options, words in (
        (["--tls-cert", "x"], "belong together"),
        (["--client-ca", "x"], "of no use"),
        (["--listen", "here"], "is no address"),
        (["--listen", "none"], "no unix_socket"),
        (["--config", config], "no such key"),
        (["--listen", "127.0.0.1:0", "--tokens", tmp_path / "nowhere"], "file or directory; `"),
        (["--listen", "127.0.0.1:0", "--memory", "1"], "1 bytes < 16 MiB"),
        (["--listen", "127.0.0.1:0", "--memory", "31MiB", "--workers", 2], "< 32 MiB"),
        (["--listen", "none", "--unix", tmp_path / "s", "--workers", 2], "share a TCP port"),
        (["--no-network", "--network", "local"], "exclude each other"),
        (
            ["--listen", "127.0.0.1:0", "--network", "testnet", "--wallet", tmp_path / "nowhere"],
            "there is no such keystore",
        ),
        (["--listen", "127.0.0.1:0", "--network", "moon"], "is none of"),
    ):
        outcome = run("serve", "--spool", tmp_path / "spool", *options, "--json")
        assert outcome.status in (ExitStatus.USAGE, ExitStatus.BAD_INPUT)
        assert words in outcome.error["message"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("unix_socket_mode: 660", 'mode in quotes, such as "660"'),
        ("limits: {encodings: -1}", "limits.encodings: -1 is no integer in 1.."),
        ("limits: {encodings: 1MiB}", "is no integer"),
        ("uploads: {blob_bytes: -1}", "is no number of bytes"),
    ],
)
def test_a_file_says_what_it_takes(tmp_path: Path, text: str, words: str) -> None:
    path = tmp_path / "serve.yaml"
    path.write_text(text)
    with pytest.raises(ConfigurationError) as error:
        load_gateway_config(path)
    assert words in str(error.value)


def test_the_file_that_it_writes_says_what_holds_without_it(run: Run, tmp_path: Path) -> None:
    text = run("serve", "--write-config").text
    path = tmp_path / "serve.yaml"
    path.write_text(text)
    assert load_gateway_config(path) == GatewayConfig()
    shown = yaml.safe_load(text)
    assert shown["limits"]["encodings"] == GatewayConfig().limits.encodings
    assert shown["uploads"]["upload_bytes"] == "256 GiB"
    everything = [line.removeprefix("# ") for line in text.splitlines() if ": " in line]
    for key in ("unix_socket", "callers", "network", "wallet", "directory", "metrics_address"):
        assert any(line.startswith(f"{key}: ") for line in everything)


def test_options_come_before_the_file(tmp_path: Path) -> None:
    config = tmp_path / "serve.yaml"
    config.write_text("listen_address: 127.0.0.1:1\nshutdown_notice_seconds: 0.01\n")
    with running_server(tmp_path, "--config", config) as server:
        assert not server.address.endswith(":1")
