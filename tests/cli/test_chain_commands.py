"""The commands that talk to a chain, on a running one."""

import asyncio
import json
import random
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command_line import Run
from sui.founded_chain import SUI, WAL, FoundedChain, description, founded_chain
from sui.new_blobs import new_blob

from walrus_core.cli.app import ALIASES, COMMANDS
from walrus_core.codec.config import EncodingConfig
from walrus_core.protocol.messages import Confirmation
from walrus_core.services.ports import NewBlob
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import KEY_VARIABLE, read_keystore

SOURCE = random.Random(5)


@pytest.fixture(scope="module")
def founded(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundedChain]:
    with founded_chain(tmp_path_factory.mktemp("commands")) as chain:
        yield chain


@pytest.fixture(autouse=True)
def home(founded: FoundedChain, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory that describes the chain, with an empty wallet."""
    values = description(founded.network) | {"wallet": str(tmp_path / "sui.keystore")}
    (tmp_path / "network.json").write_text(json.dumps(values))
    monkeypatch.setenv("WALRUS_CORE_HOME", str(tmp_path))
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    return tmp_path


@pytest.fixture
def wallet(run: Run, home: Path) -> str:
    """The address of a wallet with 10 SUI and 100 WAL."""
    address = run("wallet", "new", "--json").json["address"]
    assert run("wallet", "faucet", "--json").json["walFrost"] == 100 * WAL
    assert stat.S_IMODE((home / "sui.keystore").stat().st_mode) == 0o600
    return str(address)


def register(founded: FoundedChain, home: Path, blob: NewBlob, *, certify: bool = False) -> str:
    """Put a blob into the wallet; its object id."""

    async def act() -> str:
        [key] = read_keystore(home / "sui.keystore")
        async with SuiChain(founded.network, key) as chain:
            object_id = (await chain.register(blob, 3)).object_id
            if certify:
                committee = (await chain.committees()).current
                owner = object_id if blob.deletable else None
                confirmation = Confirmation(committee.epoch, blob.blob_id, owner)
                await chain.certify(object_id, founded.certificate(committee, confirmation))
            return f"0x{object_id.hex()}"

    return asyncio.run(act())


def test_info(run: Run, founded: FoundedChain) -> None:
    info = run("chain", "info", "--committee", "--json").json
    assert (info["epoch"], info["nShards"], info["nMembers"]) == (1, 100, 5)
    assert info["suiUrl"] == founded.network.url
    shards = [shard for member in info["committee"] for shard in member["shards"]]
    assert sorted(shards) == list(range(100))
    text = run("chain", "info", "--committee").text
    assert "100,000 FROST per MiB and epoch" in text
    assert "localhost:9185" in text


@pytest.mark.parametrize(("size", "n_bytes"), [("17", 17), ("32MiB", 32 << 20)])
def test_price(run: Run, size: str, n_bytes: int) -> None:
    price = run("price", size, "--epochs", "3", "--json").json
    units = -(-EncodingConfig(100).encoded_size(n_bytes) // 2**20)
    assert price["storageFrost"] == units * 100_000 * 3
    assert price["writeFrost"] == units * 20_000
    assert f"{price['totalFrost']:,} FROST" in run("price", size, "--epochs", "3").text


def test_wallet(run: Run, wallet: str, home: Path) -> None:
    assert run("wallet", "address").text.strip() == wallet
    balance = run("wallet", "balance", "--json").json
    assert (balance["suiMist"], balance["walFrost"]) == (10 * SUI, 100 * WAL)
    assert "100.0000 WAL" in run("wallet", "balance", wallet).text
    exchanged = run("wallet", "exchange", "1.5SUI", "--json").json
    assert exchanged["walFrost"] == 1_500_000_000
    secret = json.loads((home / "sui.keystore").read_text())[0]
    for outcome in (run("wallet", "new"), run("wallet", "address"), run("blobs", "--json")):
        assert outcome.status == 0
        assert secret not in outcome.text + outcome.stderr
    second = f"0x{read_keystore(home / 'sui.keystore')[1].address.hex()}"
    assert run("wallet", "address", "--address", second).text.strip() == second
    assert "no key of 0x7" in run("wallet", "address", "--address", "0x7").stderr


def test_key_from_the_environment(
    run: Run, wallet: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(KEY_VARIABLE, json.loads((home / "sui.keystore").read_text())[0])
    (home / "sui.keystore").unlink()
    assert run("wallet", "address").text.strip() == wallet
    monkeypatch.setenv(KEY_VARIABLE, "suiprivkey1secret")
    failed = run("wallet", "address")
    assert failed.status == 3
    assert "secret" not in failed.stderr


def test_blobs(run: Run, founded: FoundedChain, home: Path, wallet: str) -> None:  # noqa: ARG001
    blob = new_blob(SOURCE, size=1000)
    assert run("blobs").text.strip() == "no blobs"
    object_id = register(founded, home, blob, certify=True)
    [listed] = run("list-blobs", "--json").json["blobs"]
    assert (listed["blobId"], listed["objectId"]) == (str(blob.blob_id), object_id)
    assert (listed["certifiedEpoch"], listed["endEpoch"]) == (1, 4)
    assert "certified" in run("blobs").text

    dry = run("extend", object_id, "--epochs", 2, "--dry-run", "--json").json
    assert (dry["walFrost"], dry["dryRun"]) == (-200_000, True)
    assert "dry run" in run("extend", object_id, "--epochs", 2, "--dry-run").text
    done = run("extend", str(blob.blob_id), "--epochs", 2, "--json").json
    assert (done["walFrost"], done["dryRun"]) == (-200_000, False)
    assert run("blobs", "--json").json["blobs"][0]["endEpoch"] == 6

    assert run("delete", str(blob.blob_id)).status == 0
    assert run("delete", str(blob.blob_id), "--json").error["type"] == "InvalidArgumentError"
    [storage] = run("storage", "list", "--json").json["storage"]
    assert storage["endEpoch"] == 6
    later = run("storage", "split", storage["objectId"], "--at-epoch", 3, "--json").json
    [created] = later["created"]
    assert created["type"] == "Storage"
    assert run("storage", "merge", storage["objectId"], created["objectId"]).status == 0
    assert "663,400" not in run("storage", "list").text  # sizes are for people
    assert run("storage", "split", storage["objectId"]).status == 2


def test_attributes(run: Run, founded: FoundedChain, home: Path, wallet: str) -> None:  # noqa: ARG001
    object_id = register(founded, home, new_blob(SOURCE))
    assert run("get-attributes", object_id).text.strip() == "no attributes"
    run("set-attribute", object_id, "--attr", "a", "1", "--attr", "b", "2")
    assert run("get-blob-attribute", object_id, "--json").json["attributes"] == {"a": "1", "b": "2"}
    run("set-attribute", object_id, "--remove", "a", "--attr", "c", "ü")
    assert run("get-attributes", object_id, "--json").json["attributes"] == {"b": "2", "c": "ü"}
    run("set-attribute", object_id, "--remove-all")
    assert run("get-attributes", object_id, "--json").json["attributes"] == {}
    assert run("set-attribute", object_id).status == 2


def test_sharing_and_burning(
    run: Run,
    founded: FoundedChain,
    home: Path,
    wallet: str,  # noqa: ARG001
) -> None:
    blob = new_blob(SOURCE, size=1000)
    object_id = register(founded, home, blob, certify=True)
    [shared] = run("share", object_id, "--amount", "1WAL", "--json").json["created"]
    assert shared["type"] == "SharedBlob"
    assert (
        run("fund-shared-blob", shared["objectId"], "--amount", "500", "--json").json["walFrost"]
        == -500
    )
    assert run("extend", shared["objectId"], "--epochs", 1, "--json").json["walFrost"] == 0
    ids = [register(founded, home, new_blob(SOURCE)) for _ in range(3)]
    assert run("burn", ids[0], "--json").json["objectIds"] == ids[:1]
    assert run("burn-blobs", "--all").status == 2
    assert len(run("burn-blobs", "--all", "--yes", "--json").json["objectIds"]) == 2
    assert run("burn", "--all-expired", "--json").error["type"] == "InvalidArgumentError"


def test_command_lines_of_the_official_client(
    run: Run,
    founded: FoundedChain,
    home: Path,
    wallet: str,  # noqa: ARG001
) -> None:
    ids = [register(founded, home, new_blob(SOURCE), certify=True) for _ in range(3)]
    extended = run("extend", "--blob-obj-id", ids[0], "--epochs-extended", 1, "--json").json
    assert extended["epochs"] == 1
    assert run("delete", "--object-ids", ids[0], ids[1], "--yes").status == 0
    assert run("burn-blobs", "--object-ids", ids[2]).status == 0
    assert run("info", "--json").json["nShards"] == 100
    assert run("get-wal", "--amount", SUI, "--json").json["walFrost"] == WAL
    assert run("generate-sui-wallet").status == 0
    node = run("info", "--committee", "--json").json["committee"][0]["nodeId"]
    staked = run("stake", "--node-ids", node, "--amounts", 2 * WAL, "--json").json
    assert (staked["walFrost"], staked["nodeId"]) == (-2 * WAL, node)


def test_stakes(run: Run, wallet: str) -> None:  # noqa: ARG001
    assert run("stakes").text.strip() == "no stakes"
    node = run("chain", "info", "--committee", "--json").json["committee"][0]["nodeId"]
    staked = run("stake", node, "2.5WAL", "--json").json
    assert staked["walFrost"] == -2_500_000_000
    [stake] = run("list-staked-wal", "--json").json["stakes"]
    assert (stake["nodeId"], stake["activationEpoch"]) == (node, 2)
    early = run("unstake", stake["objectId"], "--json").error
    assert (early["module"], early["name"]) == ("staking_pool", "EWithdrawDirectly")
    assert run("withdraw-stake", stake["objectId"], "--json").json["walFrost"] == 2_500_000_000


def test_node(run: Run, home: Path, wallet: str) -> None:  # noqa: ARG001
    keys = ["--protocol-key", home / "protocol.key", "--network-key", home / "network.key"]
    given = ["--name", "mine", "--public-address", "localhost:1", *keys]
    registered = run("node", "register", *given, "--json").json
    assert registered["nodeId"].startswith("0x")
    for name in ("protocol.key", "network.key"):
        assert stat.S_IMODE((home / name).stat().st_mode) == 0o600
    assert run("node", "vote", "--storage-price", "5", "--node-capacity", "1GiB").status == 0
    assert run("node", "commission", 700).status == 0
    assert run("node-admin", "collect-commission", "--node-id", registered["nodeId"]).status == 0
    assert run("node", "vote").status == 2


def test_events(run: Run, founded: FoundedChain, home: Path, wallet: str) -> None:  # noqa: ARG001
    blob = new_blob(SOURCE)
    object_id = register(founded, home, blob)
    events = run("chain", "events", "--json").json["events"]
    last = events[-1]
    assert (last["event"], last["objectId"]) == ("BlobRegistered", object_id)
    assert last["blobId"] == str(blob.blob_id)
    assert run("chain", "events", "--after", events[-2]["cursor"], "--json").json["events"] == [
        last
    ]
    assert object_id in run("chain", "events").text
    assert run("chain", "events", "--after", "xyz").status == 2


def test_errors_say_what_is_wrong(run: Run, wallet: str, home: Path) -> None:  # noqa: ARG001
    too_much = run("stake", "0x7", "1000WAL", "--json").error
    assert (too_much["needed"], too_much["got"]) == (1000 * WAL, 100 * WAL)
    assert run("extend", "nonsense", "--epochs", 1).status == 3
    assert run("stake", "0x7", "1.5SUI").status == 2
    assert run("wallet", "faucet", "--network", "testnet").status == 2
    (home / "network.json").unlink()
    missing = run("price", "1")
    assert missing.status == 3
    assert "network up" in missing.stderr


def test_a_chain_that_is_down(run: Run, home: Path) -> None:
    values = json.loads((home / "network.json").read_text()) | {"suiUrl": "http://127.0.0.1:1"}
    (home / "network.json").write_text(json.dumps(values))
    failed = run("chain", "info", "--json")
    assert failed.status == 1
    assert failed.error["type"] == "ChainUnavailableError"
    assert "refused" in failed.error["message"]
    assert "network up" in failed.error["message"]


def test_a_node_that_nobody_registered(run: Run, home: Path) -> None:
    assert run("node", "init", home / "node").status == 0
    serve = [sys.executable, "-m", "walrus_core", "node", "serve", "--config", "node/node.yaml"]
    failed = subprocess.run(serve, cwd=home, capture_output=True, text=True, timeout=60)
    assert failed.returncode == 3
    assert "walrus-core node register" in failed.stderr
    assert "walrus-core stake" in failed.stderr


@pytest.mark.parametrize("name", [*COMMANDS, *ALIASES])
def test_every_command_has_help(run: Run, name: str) -> None:
    assert "Usage:" in run(name, "--help").text
