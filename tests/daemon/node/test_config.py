"""The configuration file: what `node init` writes can be read, and what is wrong is said."""

from pathlib import Path

import pytest

from walrus_core.daemon.node.config import NodeConfig, load_config
from walrus_core.daemon.node.config_file import Choices, config_text
from walrus_core.errors import ConfigurationError
from walrus_core.services.node.limits import NodeLimits
from walrus_core.sui.networks import TESTNET

CHOICES = Choices(
    name='a "node": #1',
    public_host="walrus.example",
    public_port=9185,
    listen_address="0.0.0.0:9185",
    metrics_address="127.0.0.1:9184",
    network="testnet",
    storage_limit="250GB",
)
TEXT = config_text(CHOICES)


def load(directory: Path, text: str = TEXT) -> NodeConfig:
    path = directory / "node.yaml"
    path.write_text(text, encoding="utf-8")
    return load_config(path)


def test_what_init_writes_says_what_was_chosen(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.name == CHOICES.name
    assert (config.public_host, config.public_port) == ("walrus.example", 9185)
    assert config.listen_address == ("0.0.0.0", 9185)
    assert config.metrics_address == ("127.0.0.1", 9184)
    assert config.storage_limit == 250 * 10**9
    assert config.chain.network == TESTNET
    assert config.limits == NodeLimits()


def test_paths_start_at_the_file(tmp_path: Path) -> None:
    config = load(tmp_path)
    assert config.storage_path == tmp_path / "store"
    assert config.protocol_key == tmp_path / "protocol.key"
    assert config.network_key == tmp_path / "network.key"
    assert config.chain.wallet == tmp_path / "sui.keystore"
    assert load(tmp_path, TEXT.replace('"store"', "/srv/walrus")).storage_path == Path(
        "/srv/walrus"
    )


def test_every_limit_that_is_listed_can_be_set(tmp_path: Path) -> None:
    head, _, limits = TEXT.partition("\nlimits:\n")
    uncommented = head + "\nlimits:\n" + limits.replace("# ", "")
    assert load(tmp_path, uncommented).limits == NodeLimits()
    changed = load(tmp_path, uncommented.replace("poll_interval: 0.4", "poll_interval: 2"))
    assert changed.limits.poll_interval == 2.0
    inner = load(tmp_path, uncommented.replace("blobs_at_once: 8", "blobs_at_once: 9"))
    assert inner.limits.healing.blobs_at_once == 9


def test_a_network_by_its_parts(tmp_path: Path) -> None:
    parts = 'rpc: http://127.0.0.1:1\n  system_object: "0x5"\n  staking_object: "0x6"'
    network = load(tmp_path, TEXT.replace('network: "testnet"', parts)).chain.network
    assert (network.url, network.system[-1], network.staking[-1]) == ("http://127.0.0.1:1", 5, 6)


def test_another_address_for_a_known_network(tmp_path: Path) -> None:
    text = TEXT.replace('network: "testnet"', 'network: "testnet"\n  rpc: https://mine:443')
    network = load(tmp_path, text).chain.network
    assert (network.url, network.system) == ("https://mine:443", TESTNET.system)


@pytest.mark.parametrize(
    ("before", "after", "key"),
    [
        ("name:", "nmae:", "name"),
        ("storage_path:", "storage_paths: x\nstorage_path:", "storage_paths"),
        ("public_port: 9185", "public_port: 0", "public_port"),
        ("public_port: 9185", "public_port: true", "public_port"),
        ('"0.0.0.0:9185"', '"0.0.0.0"', "listen_address"),
        ('"0.0.0.0:9185"', '"0.0.0.0:65536"', "listen_address"),
        ('"127.0.0.1:9184"', "9184", "metrics_address"),
        ('"250GB"', '"250 gigabytes"', "storage_limit"),
        ('"250GB"', "0", "storage_limit"),
        ('path: "protocol.key"', "file: protocol.key", "protocol_key_pair.path"),
        ('network: "testnet"', 'network: "mars"', "sui.network"),
        ('network: "testnet"', "rpc: http://127.0.0.1:1", "sui.network"),
        ('network: "testnet"', 'network: testnet\n  system_object: "0x5"', "sui.network"),
        ("# node_id: 0x...", "node_id: wxyz", "sui.node_id"),
        ("log_level: info", "log_level: loud", "log_level"),
        ("workers: 0", "workers: 65", "workers"),
        ("graceful_shutdown_seconds: 10", "graceful_shutdown_seconds: -1", "graceful_shutdown"),
        ("limits:\n", "limits:\n  patience: 1\n", "limits.patience"),
        ("limits:\n", "limits:\n  poll_interval: soon\n", "limits.poll_interval"),
        ("sui:\n", "sui: []\nsoo:\n", "sui"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, before: str, after: str, key: str) -> None:
    assert before in TEXT
    with pytest.raises(ConfigurationError) as raised:
        load(tmp_path, TEXT.replace(before, after, 1))
    assert f"node.yaml: {key}" in str(raised.value)


@pytest.mark.parametrize("text", ["", "[]", "a: [", "\0", "x" * (2 << 20), "&a [*a]"])
def test_what_is_no_configuration_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"node\.yaml"):
        load(tmp_path, text)


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="node init"):
        load_config(tmp_path / "node.yaml")
