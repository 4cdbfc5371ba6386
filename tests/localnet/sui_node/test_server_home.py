"""Addresses as URLs, and the files of a local network."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from walrus_core.errors import StorageError
from walrus_core.localnet.sui_node.home import Home, Network, key_in
from walrus_core.localnet.sui_node.process import _url
from walrus_core.sui.networks import local_network

NETWORK = Network(
    sui_url="http://127.0.0.1:9000",
    chain_id="1" * 32,
    n_shards=100,
    system_id="0x" + "1" * 64,
    staking_id="0x" + "2" * 64,
    exchange_ids=("0x" + "3" * 64,),
    wallet="/somewhere/sui.keystore",
    wallet_address="0x" + "4" * 64,
    faucet="/somewhere/faucet.keystore",
)


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:9"),
        ("localhost", "http://localhost:9"),
        ("::1", "http://[::1]:9"),
        ("0.0.0.0", "http://127.0.0.1:9"),
        ("::", "http://127.0.0.1:9"),
    ],
)
def test_the_url_is_one_to_connect_to(host: str, url: str) -> None:
    assert _url(host, 9) == url


def test_what_is_told_is_what_the_adapter_reads(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WALRUS_CORE_HOME", str(tmp_path / "home"))
    for network in (NETWORK, replace(NETWORK, sui_url="http://127.0.0.1:9001")):
        Home(tmp_path / "chain").tell(network)
        assert json.loads((tmp_path / "chain/network.json").read_text()) == network.values
        found = local_network()
        assert found.url == network.sui_url
        assert (found.system, found.staking) == (b"\x11" * 32, b"\x22" * 32)
        assert found.wallet == Path(network.wallet)
        assert sorted(path.name for path in (tmp_path / "home").iterdir()) == ["network.json"]


def test_without_a_directory_it_is_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WALRUS_CORE_HOME", str(tmp_path))
    assert Home(None).directory == tmp_path


def test_one_holds_the_lock(tmp_path: Path) -> None:
    home = Home(tmp_path)
    refused = pytest.raises(StorageError, match="another process")
    with home.occupied(), refused, home.occupied():
        pass
    with home.occupied():
        pass


def test_a_key_is_made_once(tmp_path: Path) -> None:
    keystore = tmp_path / "new" / "sui.keystore"
    assert key_in(keystore).address == key_in(keystore).address
    keystore.write_text("[]")
    with pytest.raises(StorageError, match="holds no key"):
        key_in(keystore)
