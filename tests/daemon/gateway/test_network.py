"""`walrus-core serve` beside a network of processes: what its callers spend, how it ends."""

import hashlib
import json
import os
import random
import signal
import threading
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import grpc
import pytest
from cli.serving import RunningServer, children, places, running_server, until
from google.rpc import status_pb2
from rpc.blob_serving import chunks, header, store

from walrus_core.client.loop_thread import LoopThread
from walrus_core.codec.config import EncodingConfig
from walrus_core.errors import QuotaExceededError
from walrus_core.localnet.network.local_network import LocalNetwork
from walrus_core.rpc.status import DETAILS_KEY, error_from
from walrus_core.rpc.v1 import blob_pb2 as pb, blob_pb2_grpc
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import read_keystore
from walrus_core.sui.networks import described_network

N_SHARDS = 40
EPOCHS = 2
SMALL, LARGE = 5_000, 20_000_000
FROST_PER_WAL = 10**9


class Network:
    """One of processes, and the wallet with which servers pay."""

    def __init__(self, loop: LoopThread, network: LocalNetwork) -> None:
        self._loop = loop
        self.path = network.network

    def balance(self) -> int:
        """FROST."""
        return self._loop.run(self._balance())

    def price(self, encoded_size: int) -> int:
        return self._loop.run(self._price(encoded_size))

    async def _balance(self) -> int:
        async with self._chain() as chain:
            return int((await chain.wallet.balance()).wal)

    async def _price(self, encoded_size: int) -> int:
        async with self._chain() as chain:
            return int((await chain.price(encoded_size, EPOCHS)).total)

    def _chain(self) -> SuiChain:
        described = described_network(self.path)
        assert described.wallet is not None
        return SuiChain(described, read_keystore(described.wallet)[0])


@pytest.fixture(scope="module")
def network() -> Iterator[Network]:
    loop, network = LoopThread(), LocalNetwork(nodes=4, n_shards=N_SHARDS)
    try:
        loop.run(network.start())
        yield Network(loop, network)
    finally:
        loop.run(network.stop())
        loop.close()


def blob(size: int, seed: int) -> bytes:
    return random.Random(seed).randbytes(size)


def told_of(name: str, wal: float | None) -> str:
    """An entry in the file of callers; the name is the token, too."""
    digest = hashlib.sha256(name.encode()).hexdigest()
    quotas = "" if wal is None else f", quotas: {{wal_per_day: {wal:.9f}}}"
    return f"  - {{name: {name}, token_sha256: {digest}{quotas}}}\n"


class Shopper:
    """A caller with a token, who connects anew each time: to any of the workers."""

    def __init__(self, server: RunningServer, name: str) -> None:
        self._address = server.address
        self._metadata = [("authorization", f"Bearer {name}")]

    def store(self, content: bytes) -> pb.StoredBlob:
        options = [("grpc.use_local_subchannel_pool", 1)]
        with grpc.insecure_channel(self._address, options) as channel:
            requests = store(content, epochs=EPOCHS)
            call = blob_pb2_grpc.BlobServiceStub(channel).Store(
                iter(requests), metadata=self._metadata
            )
            *_, last = call
            stored: pb.StoredBlob = last.blob
            return stored

    def refusal(self, content: bytes) -> QuotaExceededError:
        with pytest.raises(grpc.RpcError) as caught:
            self.store(content)
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        details = dict(caught.value.trailing_metadata())[DETAILS_KEY]
        error = error_from(status_pb2.Status.FromString(details), "server")
        assert isinstance(error, QuotaExceededError)
        return error


def test_a_caller_spends_no_more_than_its_quota(network: Network, tmp_path: Path) -> None:
    """By whichever worker; what was counted and not spent it may spend again."""
    price = network.price(EncodingConfig(N_SHARDS).encoded_size(SMALL))
    limit = 2.5 * price / FROST_PER_WAL
    callers = tmp_path / "callers.yaml"
    callers.write_text("callers:\n" + told_of("rich", None) + told_of("shop", limit))
    options = ("--network", network.path, "--spool", tmp_path / "s", "--tokens", callers)
    with running_server(tmp_path, *options, "--workers", 2) as server:
        rich, shop = Shopper(server, "rich"), Shopper(server, "shop")
        assert rich.store(blob(SMALL, 1)).cost == price
        before = network.balance()
        assert shop.store(blob(SMALL, 1)).cost == 0  # it is there already
        for seed in (2, 3):
            assert shop.store(blob(SMALL, seed)).cost == price
        for _ in range(4):  # both workers
            error = shop.refusal(blob(SMALL, 4))
            assert error.what == "FROST today"
            assert (error.needed, error.limit) == (3 * price, round(limit * FROST_PER_WAL))
            assert 0 < error.retry_after <= 86_400
        assert before - network.balance() == 2 * price
        assert rich.store(blob(SMALL, 4)).cost == price


def test_without_a_wallet_it_says_that_it_only_reads(network: Network, tmp_path: Path) -> None:
    described = json.loads(network.path.read_text())
    del described["wallet"]
    path = tmp_path / "network.json"
    path.write_text(json.dumps(described))
    options = ("--network", path, "--spool", tmp_path / "s")
    alone = {**places(tmp_path), "HOME": str(tmp_path)}
    with running_server(tmp_path, *options, environment=alone) as server:
        assert server.values["connected"]
        assert server.values["stores"] is False
        assert "has no wallet" in details(server.address)
    options = ("--network", network.path, *options[2:], "--metrics", "127.0.0.1:0")
    with running_server(tmp_path, *options) as server:
        assert server.values["stores"] is True
        with grpc.insecure_channel(server.address) as channel:
            next(blob_pb2_grpc.BlobServiceStub(channel).Store(iter([header(SMALL)])))
        [url] = server.values["metrics"]
        with urllib.request.urlopen(url) as page:
            told = page.read().decode()
    assert 'walrus_core_gateway_uploads{state="receiving"} 1.0' in told
    assert f'walrus_core_gateway_upload_bytes{{state="receiving"}} {SMALL:.1f}' in told


def test_uploads_are_of_one_network(network: Network, tmp_path: Path) -> None:
    """Another one's server does not know them, and so never pays for them."""
    loop, other = LoopThread(), LocalNetwork(nodes=4, n_shards=N_SHARDS)

    def knows(path: Path, upload_id: str) -> bool:
        with (
            running_server(tmp_path, "--network", path, "--spool", tmp_path / "s") as server,
            grpc.insecure_channel(server.address) as channel,
        ):
            stub = blob_pb2_grpc.BlobServiceStub(channel)
            try:
                stub.GetUploadStatus(pb.GetUploadStatusRequest(upload_id=upload_id))
            except grpc.RpcError as error:
                if error.code() is grpc.StatusCode.NOT_FOUND:
                    return False
                raise
            return True

    with (
        running_server(tmp_path, "--network", network.path, "--spool", tmp_path / "s") as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        storing = blob_pb2_grpc.BlobServiceStub(channel).Store(iter([header(SMALL)]))
        upload_id = next(storing).upload.upload_id
    try:
        loop.run(other.start())
        assert not knows(other.network, upload_id)
    finally:
        loop.run(other.stop())
        loop.close()
    assert knows(network.path, upload_id)


def test_stores_and_reads_in_progress_end_well(network: Network, tmp_path: Path) -> None:
    """SIGTERM comes in the middle of them, and they need the network to the end."""
    known, new = blob(LARGE, 7), blob(LARGE, 8)
    begun, hold = threading.Barrier(2), threading.Event()

    def slowly() -> Iterator[pb.StoreRequest]:
        first, *others = chunks(new)
        yield header(len(new), epochs=EPOCHS)
        yield first
        begun.wait(30)
        hold.wait(30)
        yield from others

    options = ("--network", network.path, "--spool", tmp_path / "s")
    with (
        running_server(tmp_path, *options) as server,
        grpc.insecure_channel(server.address) as channel,
    ):
        stub = blob_pb2_grpc.BlobServiceStub(channel)
        *_, stored = stub.Store(iter(store(known, epochs=EPOCHS)))
        storing = stub.Store(slowly())
        assert next(storing).upload.upload_id
        begun.wait(30)
        reading = stub.Reconstruct(pb.ReconstructRequest(blob_id=stored.blob.blob_id))
        read = [next(reading)]
        server.process.send_signal(signal.SIGTERM)
        until(lambda: refuses(stub))
        hold.set()
        *_, last = storing
        read += reading
        assert last.blob.size == len(new)
        assert b"".join(answer.chunk.data for answer in read) == known


def refuses(stub: Any) -> bool:
    """Whether new calls are taken no more."""
    try:
        stub.GetUploadStatus(pb.GetUploadStatusRequest(upload_id="0" * 32))
    except grpc.RpcError as error:
        return error.code() is grpc.StatusCode.UNAVAILABLE
    raise AssertionError("there is no such upload")


def test_a_worker_takes_no_calls_before_it_has_a_way_to_the_network(
    network: Network, tmp_path: Path
) -> None:
    """While one is replaced the other answers."""
    options = ("--network", network.path, "--spool", tmp_path / "s", "--workers", 2)
    with running_server(tmp_path, *options) as server:
        said = set()
        for serving in (3, 4):
            os.kill(children(server.process.pid)[0], signal.SIGKILL)
            while sum(event.endswith("serves") for event in server.events()) < serving:
                said.add(details(server.address))
        assert not [each for each in said if "not connected" in each]


def details(address: str) -> str:
    """What is answered, over a new connection, to who asks for an upload that is not there."""
    options = [("grpc.use_local_subchannel_pool", 1)]
    with grpc.insecure_channel(address, options) as channel:
        stub = blob_pb2_grpc.BlobServiceStub(channel)
        with pytest.raises(grpc.RpcError) as caught:
            stub.GetUploadStatus(pb.GetUploadStatusRequest(upload_id="0" * 32), timeout=20)
        return str(caught.value.details())
