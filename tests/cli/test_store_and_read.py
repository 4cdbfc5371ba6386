"""`store`, `read`, `status` on a network of processes."""

import json
import random
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from cli.command_line import Outcome, Run
from localnet.running_network import RunningNetwork, places, running_network

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.store import Store
from walrus_core.services.uploader.outcome import Phase, StoreProgress

N_SHARDS = 31
SOURCE = random.Random(21)


@pytest.fixture(scope="module")
def network(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningNetwork]:
    home = tmp_path_factory.mktemp("network")
    with running_network(home, "--nodes", "4", "--n-shards", str(N_SHARDS)) as running:
        yield running


@pytest.fixture(autouse=True)
def _at_home(network: RunningNetwork, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in places(network.home).items():
        monkeypatch.setenv(name, value)


@pytest.fixture
def new_file(tmp_path: Path) -> Path:
    path = tmp_path / "photo.jpg"
    path.write_bytes(SOURCE.randbytes(20_000))
    return path


def blob_id_of(path: Path) -> str:
    return str(wc.compute_metadata(path.read_bytes(), N_SHARDS).blob_id)


def only(values: Any) -> dict[str, Any]:
    """The result of the one file that was stored."""
    assert isinstance(values, list)
    [value] = values
    return dict(value)


def test_store_then_read(run: Run, new_file: Path, tmp_path: Path) -> None:
    stored = run("store", new_file, "--epochs", 3)
    assert stored.status == 0, stored.stderr
    blob_id = blob_id_of(new_file)
    for told in (blob_id, "0x", "until epoch 4", "deletable", "FROST", "gas", "3 epochs", "encode"):
        assert told in stored.text
    back = tmp_path / "back.jpg"
    read = run("read", blob_id, "--out", back)
    assert read.status == 0, read.stderr
    assert back.read_bytes() == new_file.read_bytes()
    assert blob_id in read.text
    to_pipe = run("read", "--blob-id", blob_id)
    assert to_pipe.stdout == new_file.read_bytes()
    assert "verified" in to_pipe.stderr


def test_json_as_the_official_command_prints_it(run: Run, new_file: Path) -> None:
    first = run("store", new_file, "--json", "--epochs", "max", "--permanent")
    result = only(json.loads(first.text))
    assert result["path"] == str(new_file)
    created = result["blobStoreResult"]["newlyCreated"]
    size, config = new_file.stat().st_size, wc.EncodingConfig(N_SHARDS)
    blob = created["blobObject"]
    assert re.fullmatch("0x[0-9a-f]{64}", blob["id"])
    assert blob | {"id": "", "storage": {}} == {
        "id": "",
        "registeredEpoch": 1,
        "blobId": blob_id_of(new_file),
        "size": size,
        "encodingType": "RS2",
        "certifiedEpoch": 1,
        "storage": {},
        "deletable": False,
    }
    assert (blob["storage"]["startEpoch"], blob["storage"]["endEpoch"]) == (1, 54)
    assert blob["storage"]["storageSize"] == config.encoded_size(size)
    operation = {"encodedLength": config.encoded_size(size), "epochsAhead": 53}
    assert created["resourceOperation"] == {"registerFromScratch": operation}
    priced = run("price", size, "--epochs", 53, "--json").json
    assert created["cost"] == priced["totalFrost"]
    ask = ("blob-status", "--file", new_file, "--json")
    wait_for(lambda: bool(run(*ask).json["status"]["permanent"]["isCertified"]))
    status = run(*ask).json
    assert status["blobId"] == blob["blobId"]
    permanent = status["status"]["permanent"]
    assert permanent["endEpoch"] == 54
    assert permanent["initialCertifiedEpoch"] == 1
    assert 40 < len(permanent["statusEvent"]["txDigest"]) < 46
    again = only(json.loads(run("write", new_file, "--json", "--permanent").text))
    certified = again["blobStoreResult"]["alreadyCertified"]
    event = permanent["statusEvent"]
    assert certified == {"blobId": blob["blobId"], "event": event, "endEpoch": 54}


def operation(outcome: Outcome) -> tuple[str, dict[str, Any]]:
    """What the one file took, in the official words, and the values that tell of it."""
    result = only(json.loads(outcome.text))["blobStoreResult"]
    [(kind, told)] = result.items()
    if kind != "newlyCreated":
        return kind, told
    [(name, values)] = told["resourceOperation"].items()
    return name, values | {"cost": told["cost"], "blob": told["blobObject"]}


def test_a_blob_that_is_stored_is_not_paid_again(run: Run, new_file: Path) -> None:
    run("store", new_file)
    before = run("wallet", "balance", "--json").json
    again = run("store", new_file)
    assert "stored already" in again.text
    assert run("wallet", "balance", "--json").json == before
    name, told = operation(run("store", new_file, "--json"))
    assert (name, "object" in told) == ("alreadyCertified", True)
    forced, _ = operation(run("store", new_file, "--force", "--ignore-resources", "--json"))
    assert forced == "registerFromScratch"


def test_what_somebody_else_has_stored_for_good_is_not_paid_at_all(
    run: Run, new_file: Path, tmp_path: Path
) -> None:
    _, theirs = operation(run("store", new_file, "--permanent", "--epochs", 4, "--json"))
    ask = ("status", "--file", new_file, "--json")
    wait_for(lambda: bool(run(*ask).json["status"]["permanent"]["isCertified"]))
    poor = tmp_path / "poor"  # with no money at all
    assert run("wallet", "new", "--wallet", poor).status == 0
    again = ("store", new_file, "--permanent", "--wallet", poor)
    stored = run(*again, "--epochs", 4, "--json")
    assert stored.status == 0, stored.stderr
    assert operation(stored) == (
        "alreadyCertified",
        {
            "blobId": theirs["blob"]["blobId"],
            "event": run(*ask).json["status"]["permanent"]["statusEvent"],
            "endEpoch": 5,
        },
    )
    told = run(*again)
    assert "stored already" in told.text
    assert "somebody else" in told.text
    for more in (["--epochs", 5], ["--force"]):
        assert "FROST of WAL" in run(*again, *more).stderr
    deletable = [each for each in again if each != "--permanent"]
    assert "FROST of WAL" in run(*deletable).stderr


def test_what_the_wallet_has_is_used_before_more_is_bought(
    run: Run, new_file: Path, tmp_path: Path
) -> None:
    """A longer life costs what it adds; storage of a blob that was deleted serves the next."""
    _, first = operation(run("store", new_file, "--epochs", 2, "--json"))
    size = new_file.stat().st_size
    prices = {
        epochs: run("price", size, "--epochs", epochs, "--json").json["totalFrost"]
        for epochs in (1, 2)
    }
    epoch = prices[2] - prices[1]
    name, longer = operation(run("store", new_file, "--epochs", 5, "--json"))
    assert (name, longer["epochsExtended"], longer["cost"]) == ("reuseAndExtend", 3, 3 * epoch)
    assert longer["blob"]["id"] == first["blob"]["id"]
    assert "3 epochs more" in run("store", new_file, "--epochs", 8).text
    assert run("delete", first["blob"]["id"]).status == 0
    other = tmp_path / "other"
    other.write_bytes(SOURCE.randbytes(size))
    name, on_storage = operation(run("store", other, "--epochs", 5, "--json"))
    assert (name, on_storage["cost"]) == ("reuseStorage", prices[1] - epoch)
    assert on_storage["blob"]["storage"]["endEpoch"] == 6
    [rest] = run("storage", "list", "--json").json["storage"]
    assert (rest["startEpoch"], rest["endEpoch"]) == (6, 9)
    third = tmp_path / "third"
    third.write_bytes(SOURCE.randbytes(size))
    name, _ = operation(run("store", third, "--ignore-resources", "--json"))
    assert name == "registerFromScratch"


def test_several_files(run: Run, new_file: Path, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.write_bytes(b"")
    outcome = run("store", new_file, other)
    assert "2 files stored" in outcome.text
    assert blob_id_of(other) in outcome.text
    results = json.loads(run("store", new_file, other, "--json").text)
    assert [result["path"] for result in results] == [str(new_file), str(other)]
    assert run("read", blob_id_of(other)).stdout == b""


def test_what_was_paid_for_is_told_when_a_later_file_fails(
    run: Run, new_file: Path, tmp_path: Path
) -> None:
    failed = run("store", new_file, tmp_path / "absent", "--json")
    assert failed.status == ExitStatus.BAD_INPUT
    [stored] = failed.error["stored"]
    assert stored["path"] == str(new_file)
    failed = run("store", new_file, tmp_path / "absent")
    assert blob_id_of(new_file) in failed.stderr


def test_standard_input(run: Run) -> None:
    content = SOURCE.randbytes(999)
    stored = run("store", "-", "--json", stdin=content)
    blob_id = only(json.loads(stored.text))["blobStoreResult"]["newlyCreated"]["blobObject"][
        "blobId"
    ]
    assert run("read", blob_id).stdout == content


def test_dry_run(run: Run, new_file: Path) -> None:
    before = run("wallet", "balance", "--json").json
    told = run("store", new_file, "--epochs", 2, "--dry-run")
    assert "nothing was sent" in told.text
    value = only(json.loads(run("store", new_file, "--epochs", 2, "--dry-run", "--json").text))
    size = new_file.stat().st_size
    assert value["storageCost"] == run("price", size, "--epochs", 2, "--json").json["totalFrost"]
    assert value["blobId"] == blob_id_of(new_file)
    assert run("wallet", "balance", "--json").json == before
    assert run("status", value["blobId"], "--json").json["status"] == "nonexistent"


@pytest.mark.parametrize(
    ("text", "start", "end"), [("0-0", 0, 0), ("17-5016", 17, 5016), ("19999-", 19999, 19999)]
)
def test_ranges_include_both_ends(
    run: Run, new_file: Path, tmp_path: Path, text: str, start: int, end: int
) -> None:
    run("store", new_file)
    expected = new_file.read_bytes()[start : end + 1]
    blob_id, out = blob_id_of(new_file), tmp_path / "part"
    assert run("read", blob_id, "--range", text).stdout == expected
    assert run("read", blob_id, "--range", text, "--out", out).status == 0
    assert out.read_bytes() == expected


@pytest.mark.parametrize("check", ["--strict-consistency-check", "--skip-consistency-check"])
def test_consistency_checks(run: Run, new_file: Path, tmp_path: Path, check: str) -> None:
    run("store", new_file)
    blob_id, out = blob_id_of(new_file), tmp_path / "back"
    assert run("read", blob_id, check).stdout == new_file.read_bytes()
    assert run("read", blob_id, check, "--out", out).status == 0
    assert out.read_bytes() == new_file.read_bytes()


def test_ranges_that_are_none(run: Run, new_file: Path) -> None:
    run("store", new_file)
    blob_id = blob_id_of(new_file)
    for text in ("5-4", "x", "-5", "1-2-3"):
        assert run("read", blob_id, f"--range={text}").status == ExitStatus.USAGE
    beyond = run("read", blob_id, "--range", "0-20000", "--json")
    assert beyond.status == ExitStatus.USAGE
    assert beyond.stdout == b""
    assert json.loads(beyond.stderr)["error"]["size"] == 20_000


def test_a_blob_that_is_not_there(run: Run, tmp_path: Path) -> None:
    blob_id = str(wc.compute_metadata(SOURCE.randbytes(10), N_SHARDS).blob_id)
    missing = run("read", blob_id, "--out", tmp_path / "out", "--json")
    assert missing.status == ExitStatus.BAD_INPUT
    assert missing.error["type"] == "BlobNotFoundError"
    assert list(tmp_path.iterdir()) == []
    assert "not stored here" in run("status", blob_id).text
    assert run("read", "what?").status == ExitStatus.BAD_INPUT


def test_misuse(run: Run, new_file: Path, tmp_path: Path) -> None:
    assert run("store", new_file, "--epochs", 0).status == ExitStatus.USAGE
    assert run("store", new_file, "--epochs", 54).status == ExitStatus.USAGE
    assert run("store", new_file, "--permanent", "--deletable").status == ExitStatus.USAGE
    assert run("store", "-", "-").status == ExitStatus.USAGE
    assert run("store").status == ExitStatus.USAGE
    assert run("status").status == ExitStatus.USAGE
    assert run("status", "x", "--file", new_file).status == ExitStatus.USAGE
    assert run("store", tmp_path / "absent").status == ExitStatus.BAD_INPUT
    poor = run("wallet", "new", "--wallet", tmp_path / "poor", "--json")
    assert poor.status == 0
    assert run("store", new_file, "--wallet", tmp_path / "poor", "--json").error["type"] == (
        "InsufficientFundsError"
    )


def test_deleted(run: Run, new_file: Path) -> None:
    created = only(json.loads(run("store", new_file, "--json").text))
    object_id = created["blobStoreResult"]["newlyCreated"]["blobObject"]["id"]
    blob_id = blob_id_of(new_file)
    wait_for(lambda: "deletable, certified" in run("status", blob_id).text)
    assert run("delete", object_id).status == 0
    wait_for(lambda: run("status", blob_id, "--json").json["status"] == "nonexistent")
    assert run("read", blob_id, "--json").status == ExitStatus.BAD_INPUT


def wait_for(condition: Callable[[], bool]) -> None:
    """Nodes hear of what happens on chain a little later."""
    deadline = time.monotonic() + 20
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.1)


def test_ctrl_c_says_how_to_go_on(network: RunningNetwork, tmp_path: Path) -> None:
    """Cut off once it has begun to pay, it goes on when it is run again, and pays once."""
    path = tmp_path / "large"
    path.write_bytes(SOURCE.randbytes(6 << 20))
    command = [sys.executable, "-m", "walrus_core", "store", str(path), "--json"]
    begun = subprocess.Popen(command, env=network.environment, stdout=subprocess.PIPE)
    while not list((network.home / "client").rglob("*.record")):
        assert begun.poll() is None
        time.sleep(0.001)
    begun.send_signal(signal.SIGINT)
    out, _ = begun.communicate(timeout=30)
    assert begun.returncode == ExitStatus.INTERRUPTED
    error = json.loads(out)["error"]
    assert "pays nothing twice" in error["message"]
    assert error["blobId"] == blob_id_of(path)
    again = subprocess.run(command, env=network.environment, capture_output=True, check=True)
    [result] = json.loads(again.stdout)
    assert result["path"] == str(path)
    [blob] = [blob for blob in blobs_of(network) if blob["blobId"] == blob_id_of(path)]
    assert blob["certifiedEpoch"] == 1
    assert not list((network.home / "client").rglob("*.record"))


def test_reading_needs_no_pysui(run: Run, network: RunningNetwork, new_file: Path) -> None:
    """It alone takes longer to load than all the rest."""
    assert run("store", new_file).status == 0
    program = (
        "import sys; sys.modules['pysui'] = None; from walrus_core.cli.app import main; main()"
    )
    for line in (["read", blob_id_of(new_file)], ["status", "--file", str(new_file)]):
        command = [sys.executable, "-c", program, *line]
        subprocess.run(command, env=network.environment, capture_output=True, check=True)


@pytest.mark.parametrize(
    "error", [KeyboardInterrupt(), wc.ChainUnavailableError("http://[::1]:1", "gone")]
)
def test_what_is_registered_and_how_to_go_on(error: BaseException) -> None:
    """Whatever stops a store once it has registered the blob."""
    store = Store(["photo.jpg"], 1, permanent=False)
    store._progress = progress = StoreProgress(Phase.UPLOADING)
    progress.blob_id = wc.compute_metadata(b"photo", N_SHARDS).blob_id
    progress.object_id = b"o" * 32
    told, values, remarks = store.told_after(error)
    assert type(told) is type(error)
    assert values == {"blobId": str(progress.blob_id), "objectId": f"0x{'6f' * 32}"}
    assert f"registered as 0x{'6f' * 32}, not certified" in remarks[0]
    assert "run the same command again" in f"{told} {remarks[0]}"


def blobs_of(network: RunningNetwork) -> list[dict[str, Any]]:
    command = [sys.executable, "-m", "walrus_core", "blobs", "--json"]
    done = subprocess.run(command, env=network.environment, capture_output=True, check=True)
    return list(json.loads(done.stdout)["blobs"])
