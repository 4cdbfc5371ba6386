"""What a network begins with."""

import json
import stat
from pathlib import Path

import pytest

from walrus_core.daemon.node.config import load_config
from walrus_core.errors import ConfigurationError, InvalidArgumentError, StorageError
from walrus_core.localnet.network.founding import found, founded
from walrus_core.localnet.network.ports import free_ports
from walrus_core.localnet.sui_node.genesis_file import load_founders


def test_what_was_founded_is_found(tmp_path: Path) -> None:
    assert founded(tmp_path / "net") is None
    network = found(tmp_path / "net", 5)
    assert founded(tmp_path / "net") == founded(tmp_path / "net", 5) == network
    assert len(set(network.addresses)) == network.n_nodes == 5


def test_the_chain_gets_to_know_the_nodes_as_they_are(tmp_path: Path) -> None:
    network = found(tmp_path, 3)
    (tmp_path / "network.json").write_text(
        json.dumps({"suiUrl": "http://127.0.0.1:1", "systemId": "0x1", "stakingId": "0x2"})
    )
    founders = load_founders(tmp_path / "founders.json")
    assert len({founder.owner for founder in founders}) == 3
    assert len({founder.stake for founder in founders}) == 1
    for number, founder in enumerate(founders):
        config = load_config(network.config(number))
        assert founder.name == config.name == f"node-{number}"
        assert founder.network_address == f"{config.public_host}:{config.public_port}"
        assert config.listen_address == (config.public_host, config.public_port)


def test_nobody_else_reads_the_keys(tmp_path: Path) -> None:
    network = found(tmp_path / "net", 1)
    assert stat.S_IMODE((tmp_path / "net").stat().st_mode) == 0o700
    for name in ["protocol.key", "network.key", "sui.keystore"]:
        assert stat.S_IMODE((network.node(0) / name).stat().st_mode) == 0o600, name


def test_a_node_waits_for_its_chain_to_be_described(tmp_path: Path) -> None:
    network = found(tmp_path, 1)
    with pytest.raises(ConfigurationError, match=r"sui\.network"):
        load_config(network.config(0))


def test_another_number_of_nodes_is_refused(tmp_path: Path) -> None:
    found(tmp_path, 2)
    with pytest.raises(InvalidArgumentError, match="has 2 nodes, not 3"):
        founded(tmp_path, 3)


def test_a_chain_without_nodes_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "chain").mkdir()
    with pytest.raises(StorageError, match="began without nodes"):
        found(tmp_path, 2)
    assert [path.name for path in tmp_path.iterdir()] == ["chain"]


def test_a_founding_that_was_cut_short_is_done_again(tmp_path: Path) -> None:
    first = found(tmp_path, 2)
    (tmp_path / "founders.json").unlink()
    assert founded(tmp_path) is None
    again = found(tmp_path, 3)
    assert founded(tmp_path) == again
    assert again.n_nodes == 3 != first.n_nodes


@pytest.mark.parametrize("name", ["founders.json", "ports.json"])
@pytest.mark.parametrize("text", ["", "{}", "[1]", '[{"network_address"'])
def test_damaged_files_are_said(tmp_path: Path, name: str, text: str) -> None:
    found(tmp_path, 1)
    (tmp_path / name).write_text(text)
    with pytest.raises(StorageError, match="damaged"):
        founded(tmp_path)


def test_ports_are_different_and_not_for_outgoing_connections() -> None:
    ports = free_ports(50)
    assert len(set(ports)) == 50
    assert max(ports) < 32_768
