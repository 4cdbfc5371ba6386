"""Networks: the ids of chapter 12, and the file of a local one."""

import json
from pathlib import Path

import pytest

from walrus_core.errors import InvalidArgumentError, InvalidEncodingError, StorageError
from walrus_core.sui.addresses import address_text, normal_type, parse_address
from walrus_core.sui.networks import MAINNET, TESTNET, local_network, network

DESCRIPTION = {
    "suiUrl": "http://127.0.0.1:9000",
    "chainId": "abc",
    "nShards": 100,
    "systemId": "0x51",
    "stakingId": "0x52",
    "exchangeIds": ["0x53"],
    "wallet": "/somewhere/sui.keystore",
    "faucet": "faucet.keystore",
}


def test_public_networks() -> None:
    assert address_text(MAINNET.system).startswith("0x2134d52768ea07e8")
    assert address_text(TESTNET.staking).startswith("0xbe46180321c30aab")
    assert network("testnet") is TESTNET
    assert len(TESTNET.exchanges) == 4
    assert not MAINNET.exchanges
    with pytest.raises(InvalidArgumentError, match="local, testnet, mainnet"):
        network("devnet")


def test_local_network(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "network.json").write_text(json.dumps(DESCRIPTION))
    monkeypatch.setenv("WALRUS_CORE_HOME", str(tmp_path))
    found = network("local")
    assert (found.name, found.url) == ("local", "http://127.0.0.1:9000")
    assert (found.system, found.exchanges) == (parse_address("0x51"), (parse_address("0x53"),))
    assert found.wallet == Path("/somewhere/sui.keystore")
    assert found.faucet == tmp_path / "faucet.keystore"


def test_network_of_a_file(tmp_path: Path) -> None:
    needed = {key: DESCRIPTION[key] for key in ("suiUrl", "systemId", "stakingId")}
    path = tmp_path / "mine.json"
    path.write_text(json.dumps(needed))
    found = network(str(path))
    assert (found.staking, found.exchanges) == (parse_address("0x52"), ())
    assert (found.wallet, found.faucet) == (None, None)
    with pytest.raises(StorageError, match="no such file"):
        network(str(tmp_path / "other.json"))


def test_no_local_network_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="network up"):
        local_network(tmp_path)


@pytest.mark.parametrize(
    "text",
    ["", "[]", "{}", json.dumps(DESCRIPTION | {"systemId": "nonsense"}), '{"suiUrl": 1}'],
)
def test_damaged_description(tmp_path: Path, text: str) -> None:
    (tmp_path / "network.json").write_text(text)
    with pytest.raises(StorageError, match=r"network\.json"):
        local_network(tmp_path)


def test_addresses() -> None:
    assert parse_address("0x2") == bytes(31) + b"\x02"
    assert normal_type("0x2::coin::Coin<0x2::sui::SUI>") == normal_type(
        f"{address_text(parse_address('0x2'))}::coin::Coin<0x02::sui::SUI>"
    )
    for bad in ("2", "0x", "0x" + "0" * 65, "0xg", " 0x2"):
        with pytest.raises(InvalidEncodingError):
            parse_address(bad)
