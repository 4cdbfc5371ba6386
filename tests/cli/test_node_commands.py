"""`node init`, `check`, `export` and `import`: a node's files and disk, while it does not run."""

import os
import stat
from pathlib import Path
from typing import Any

import pytest
from cli.command_line import Outcome, Run
from storage.material import LARGE, SMALL, blob_id, fill, key
from storage.on_disk import spoil

from walrus_core.cli.exit_status import ExitStatus
from walrus_core.codec.encoder import encode
from walrus_core.daemon.node.config import load_config
from walrus_core.storage import BlobRecord, Changes, Registration
from walrus_core.storage.local import LocalStore, open_store
from walrus_core.types import Axis, BlobId, Epoch, ShardIndex, shard_to_pair


@pytest.fixture
def node(tmp_path: Path, run: Run) -> Path:
    """A node's configuration file."""
    directory = tmp_path / "node"
    outcome = run("node", "init", directory, "--network", "testnet", "--name", "it", "--json")
    assert outcome.status == ExitStatus.DONE
    assert outcome.json["config"] == str(directory / "node.yaml")
    return directory / "node.yaml"


def opened(config: Path) -> LocalStore:
    return open_store(load_config(config).storage_path)


def test_init_makes_what_serve_reads(node: Path) -> None:
    config = load_config(node)
    assert (config.name, config.public_port) == ("it", 9185)
    for path in (config.protocol_key, config.network_key, config.chain.wallet):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_init_overwrites_nothing(node: Path, run: Run) -> None:
    before = {path: path.read_bytes() for path in node.parent.iterdir()}
    outcome = run("node", "init", node.parent)
    assert outcome.status == ExitStatus.USAGE
    assert "is there already" in outcome.stderr
    assert {path: path.read_bytes() for path in node.parent.iterdir()} == before


def test_a_public_node_listens_everywhere_and_says_how_it_is_registered(
    tmp_path: Path, run: Run
) -> None:
    options = ["--public-host", "node.example", "--public-port", "9999", "--metrics-port", "0"]
    outcome = run("node", "init", tmp_path / "a b", "--network", "mainnet", *options)
    config = load_config(tmp_path / "a b" / "node.yaml")
    assert config.listen_address == ("0.0.0.0", 9999)
    assert config.metrics_address is None
    assert "--public-address node.example:9999" in outcome.text
    assert f"--wallet '{tmp_path}/a b/sui.keystore'" in outcome.text


@pytest.mark.parametrize("command", ["check", "export"])
def test_a_node_that_never_ran_has_nothing_to_look_at(node: Path, run: Run, command: str) -> None:
    out = ["--out", "-"] if command == "export" else []
    outcome = run("node", command, "--config", node, *out)
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "has never run" in outcome.stderr
    assert not load_config(node).storage_path.exists()


def test_check_of_a_good_disk(node: Path, run: Run) -> None:
    store = opened(node)
    fill(store, range(3), [0, 1], SMALL)
    size = store.usage().size
    store.close()
    outcome = run("node", "check", "--config", node, "--json")
    assert outcome.status == ExitStatus.DONE
    facts = outcome.json
    assert facts["damaged"] == []
    assert (facts["blobs"], facts["shards"], facts["storedBytes"]) == (3, 2, size)
    assert facts["items"] == 3 + 3 * 2 * 2


def test_an_index_that_cannot_be_read_is_repaired_if_asked(node: Path, run: Run) -> None:
    store = opened(node)
    fill(store, range(9), [0, 1], LARGE)
    store.close()
    table = max((load_config(node).storage_path / "index").glob("*.sst"))
    os.truncate(table, table.stat().st_size // 2)
    outcome = run("node", "check", "--config", node)
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert "check --repair" in outcome.stderr
    outcome = run("node", "check", "--config", node, "--repair", "--json")
    assert outcome.status == ExitStatus.DONE  # what was lost is not there, the rest is right
    assert outcome.json["repaired"]
    outcome = run("node", "check", "--config", node, "--repair", "--json")
    assert not outcome.json["repaired"]


@pytest.mark.parametrize("size", [SMALL, LARGE])
def test_check_finds_and_remembers_damage(node: Path, run: Run, size: int) -> None:
    store = opened(node)
    fill(store, range(3), [0, 1], size)
    spoil(store, key(1, 2, Axis.SECONDARY))
    spoil(store, blob_id(0))
    store.close()
    for _ in range(2):
        outcome = run("node", "check", "--config", node, "--json")
        assert outcome.status == ExitStatus.DAMAGE_FOUND
        assert {damage["what"] for damage in outcome.json["damaged"]} == {
            f"secondary sliver of {blob_id(2)} in shard 1",
            f"metadata of {blob_id(0)}",
        }
    text = run("node", "check", "--config", node)
    assert "2 items damaged" in text.text
    assert "heals them" in text.text


def test_check_refuses_a_disk_in_use(node: Path, run: Run) -> None:
    store = opened(node)
    try:
        outcome = run("node", "check", "--config", node)
    finally:
        store.close()
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "already open" in outcome.stderr


def true_blob(store: LocalStore) -> BlobId:
    """With slivers that verify, as an import wants them."""
    encoded = encode(b"what a node holds", n_shards=7)
    which = encoded.metadata.blob_id
    record = BlobRecord((Registration(bytes(32), Epoch(9), False),))
    store.commit(Changes({which: record}, cursor=b"here"))
    store.put_metadata(encoded.metadata)
    pair = shard_to_pair(which, ShardIndex(3), 7)
    store.put_slivers([(ShardIndex(3), encoded.primary(pair))])
    store.put_slivers([(ShardIndex(3), encoded.secondary(pair))])
    return which


@pytest.mark.parametrize("through", ["file", "pipe"])
def test_a_node_moves_to_another_disk(tmp_path: Path, node: Path, run: Run, through: str) -> None:
    store = opened(node)
    which = true_blob(store)
    store.close()
    export = str(tmp_path / "export") if through == "file" else "-"
    exported = run("node", "export", "--config", node, "--out", export)
    assert exported.status == ExitStatus.DONE

    run("node", "init", tmp_path / "other", "--network", "testnet")
    other = tmp_path / "other" / "node.yaml"
    given: dict[str, Any] = {} if through == "file" else {"stdin": exported.stdout}
    imported = run("node", "import", "--config", other, "--from", export, "--json", **given)
    assert imported.json == {"from": export, "items": 5, "leftOut": 0}

    store = opened(other)
    try:
        assert store.cursor() == b"here"
        assert store.metadata(which) is not None
        assert store.usage().shards[ShardIndex(3)].slivers == 2
    finally:
        store.close()


def test_a_cut_export_is_refused(tmp_path: Path, node: Path, run: Run) -> None:
    store = opened(node)
    true_blob(store)
    store.close()
    export = tmp_path / "export"
    run("node", "export", "--config", node, "--out", export)
    os.truncate(export, export.stat().st_size - 1)
    refused = run("node", "import", "--config", node, "--from", export)
    assert refused.status == ExitStatus.BAD_INPUT
    assert "cut or damaged" in refused.stderr


def test_a_wrong_configuration_is_named(node: Path, run: Run) -> None:
    node.write_text(node.read_text().replace("workers: 0", "workers: many"))
    outcome: Outcome = run("node", "check", "--config", node)
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "node.yaml: workers: 'many'" in outcome.stderr


def test_the_help_lists_all(run: Run) -> None:
    text = run("node", "--help").text
    for name in ["init", "serve", "check", "export", "import", "register", "vote"]:
        assert f"\n  {name} " in text
    assert "collect-commission" not in text
