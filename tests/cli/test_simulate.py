"""`simulate`: the examples, bad documents of every kind, pictures."""

import json
import sys
from pathlib import Path
from typing import Any

import pytest
from cli.command_line import Run

from walrus_core.cli.exit_status import ExitStatus

EXAMPLES = Path(__file__).parents[2] / "examples" / "simulate"
QUESTIONS = ["committee", "rewards", "prices", "cost"]

NODE = {"name": "a", "stake": 10, "storage_price": 5, "write_price": 1, "capacity": "1TiB"}
SMALL: dict[str, Any] = {
    "n_shards": 10,
    "nodes": [NODE, {**NODE, "name": "b", "stake": 5.5, "commission": 12.5}],
    "epochs": [{"usage": [{"size": "1MiB", "epochs": 2}]}],
}


@pytest.fixture
def scenario(tmp_path: Path) -> Any:
    """Write a scenario, changed by the arguments, and return its path."""

    def write(**changes: Any) -> Path:
        path = tmp_path / "scenario.json"
        path.write_text(json.dumps(SMALL | changes))
        return path

    return write


@pytest.mark.parametrize("question", QUESTIONS)
@pytest.mark.parametrize("example", sorted(EXAMPLES.iterdir()), ids=lambda path: path.name)
def test_every_example_answers_every_question(run: Run, example: Path, question: str) -> None:
    values = run("simulate", question, example, "--json").json
    assert values["file"] == str(example)
    assert (values["refused"], values["stuck"]) == ([], None)
    outcome = run("simulate", question, example)
    assert outcome.status == ExitStatus.DONE
    assert outcome.stderr == ""


def test_committees(run: Run) -> None:
    outcome = run("simulate", "committee", EXAMPLES / "rewards.yaml")
    headline, header, *rows, moved = outcome.text.splitlines()
    assert "shards of each node" in headline
    assert header.split()[:3] == ["node", "epoch", "1"]
    assert [row.split()[0] for row in rows] == ["alpha", "beta", "gamma", "delta"]
    assert moved.split() == ["moved", "0", "0", "0", "0", "0", "300", "0", "0", "0"]
    values = run("simulate", "committee", EXAMPLES / "rewards.yaml", "--json").json
    assert [c["moved"] for c in values["committees"]] == [0, 0, 0, 0, 0, 300, 0, 0, 0]
    for committee in values["committees"]:
        held = [shard for member in committee["members"] for shard in member["shardList"]]
        assert sorted(held) == list(range(1000))


def test_rewards(run: Run, scenario: Any) -> None:
    values = run("simulate", "rewards", scenario(), "--json").json
    (epoch,) = values["epochs"]
    units = 4  # begun MiB: the codeword of 10 shards is 3.9 times the blob
    assert epoch["income"] == units * 5 + units * 1
    paid = {reward["name"]: reward for reward in epoch["rewards"]}
    assert epoch["burned"] + sum(r["total"] for r in paid.values()) <= epoch["income"]
    assert paid["b"]["commission"] == paid["b"]["total"] * 1250 // 10_000
    assert [stake["principal"] for stake in values["stakes"]] == [10 * 10**9, 55 * 10**8]
    text = run("simulate", "rewards", scenario()).text
    assert "5.5000 WAL from epoch 1" in text


def test_prices(run: Run) -> None:
    values = run("simulate", "prices", EXAMPLES / "prices.yaml", "--json").json
    assert [e["storagePrice"] for e in values["epochs"]] == [120, 120, 100, 100, 100]
    capacities = [e["totalCapacity"] // 2**40 for e in values["epochs"]]
    assert capacities == [25, 25, 25, 25, 50]


def test_cost(run: Run, scenario: Any) -> None:
    line = ("simulate", "cost", scenario(), "--epochs", 2, "--size", "1MiB", "--lifetime", 3)
    values = run(*line, "--json").json
    bought = [(p["epoch"], p["where"], p["cost"]) for p in values["purchases"]]
    usage = "epochs[0].usage[0]"
    assert bought == [(1, usage, 44), (1, "--size", 64), (2, usage, 44), (2, "--size", 64)]
    assert values["cost"] == 2 * (44 + 64)
    assert "4 purchases: 216 FROST" in run(*line).text


def test_epochs_are_cut_or_continued_with_the_usage_alone(run: Run, scenario: Any) -> None:
    epochs = [{"usage": {"storage": "1MiB", "epochs": 1}, "stake": {"node": "a", "amount": 1}}]
    path = scenario(epochs=epochs)
    values = run("simulate", "rewards", path, "--epochs", 3, "--json").json
    assert [epoch["income"] for epoch in values["epochs"]] == [5, 6, 6], "5, and what was left over"
    assert len(values["stakes"]) == 3
    path = scenario(epochs=[{"repeat": 5}])
    assert len(run("simulate", "prices", path, "--epochs", 2, "--json").json["epochs"]) == 2
    path = scenario(epochs=[])
    assert len(run("simulate", "prices", path, "--json").json["epochs"]) == 1


def test_versions_of_the_contract(run: Run, scenario: Any) -> None:
    nodes = [{**NODE, "name": f"n{number}", "stake": 1000} for number in range(120)]
    path = scenario(nodes=nodes, n_shards=1000)
    for version, members in [(3, 111), (4, 120)]:
        line = ("simulate", "committee", path, "--contract-version", version, "--json")
        values = run(*line).json
        assert values["contractVersion"] == version
        assert len(values["committees"][0]["members"]) == members
    assert run("simulate", "committee", path, "--contract-version", 5).status == ExitStatus.USAGE


def test_refusals_are_told(run: Run, scenario: Any) -> None:
    path = scenario(epochs=[{"usage": [{"storage": "9PiB", "epochs": 1}]}])
    outcome = run("simulate", "cost", path)
    assert "epoch 1: epochs[0].usage[0]: " in outcome.text
    assert "EStorageExceeded" in outcome.text
    (refused,) = run("simulate", "cost", path, "--json").json["refused"]
    assert (refused["epoch"], refused["where"]) == (1, "epochs[0].usage[0]")


def test_an_epoch_that_never_ends(run: Run, scenario: Any) -> None:
    path = scenario(nodes=[{**NODE, "stake": 0}])
    assert "epoch 0 never ends" in run("simulate", "rewards", path).text
    assert "ENoStake" in run("simulate", "rewards", path, "--json").json["stuck"]


def test_standard_input(run: Run) -> None:
    example = EXAMPLES / "prices.yaml"
    values = run("simulate", "prices", "-", "--json", stdin=example.read_bytes()).json
    assert values["epochs"] == run("simulate", "prices", example, "--json").json["epochs"]


BAD = [
    ({"n_shards": 0}, "n_shards: must be from 1 to 65,535, not 0"),
    ({"n_shards": "ten"}, "n_shards: must be a whole number, not 'ten'"),
    ({"n_shards": True}, "n_shards: must be a whole number, not True"),
    ({"n_shard": 10}, "the document: has an unknown field 'n_shard'; did you mean 'n_shards'?"),
    ({"nodes": []}, "nodes: must have from 1 to 10,000 nodes, not 0"),
    ({"nodes": NODE}, "nodes: must be a list, not a mapping"),
    ({"nodes": ["a"]}, "nodes[0]: must be a mapping with name, stake"),
    ({"nodes": [NODE, NODE]}, "nodes[1]: is a second node named 'a'"),
    ({"nodes": [{**NODE, "name": 7}]}, "nodes[0].name: must be text (in quotes if need be), not 7"),
    ({"nodes": [{**NODE, "stake": 0.5}]}, "nodes[0].stake: must be 0 (no stake) or 1 WAL"),
    ({"nodes": [{**NODE, "stake": -1}]}, "nodes[0].stake: must be an amount of WAL"),
    ({"nodes": [{**NODE, "stake": "1.0000000001"}]}, "with 9 decimals at most"),
    ({"nodes": [{**NODE, "stake": 10**30}]}, "nodes[0].stake: must be an amount of WAL"),
    ({"nodes": [{**NODE, "stake": [1]}]}, "nodes[0].stake: must be an amount of WAL"),
    (
        {"nodes": [{**NODE, "capacity": "5 bananas"}]},
        "capacity: must be a number of bytes",
    ),
    ({"nodes": [{**NODE, "capacity": "99999999PiB"}]}, "must be from 0 to 2^64 - 1 bytes"),
    ({"nodes": [{**NODE, "commission": 101}]}, "must be a percentage from 0 to 100"),
    ({"nodes": [{**NODE, "commission": 0.001}]}, "with 2 decimals at most"),
    ({"nodes": [{**NODE, "storage_price": 1.5}]}, "storage_price: must be a whole number"),
    ({"nodes": [{**NODE, "storage_price": 2**64}]}, "storage_price: must be from 0 to"),
    ({"nodes": [{**NODE, "storage_price": 10**3000}]}, "not an integer of 9,966 bits"),
    ({"nodes": [{"name": "a"}]}, "nodes[0]: has no field 'stake'; add it"),
    ({"epochs": 3}, "epochs: must be a list, not 3"),
    ({"epochs": [{"steak": []}]}, "epochs[0]: has an unknown field 'steak'; did you mean 'stake'?"),
    ({"epochs": [{"stake": "a"}]}, "epochs[0].stake: must be a list, not 'a'"),
    (
        {"epochs": [{"stake": [{"node": "c", "amount": 1}]}]},
        "epochs[0].stake[0].node: names no node; there is a, b",
    ),
    ({"epochs": [{"unstake": {"node": "a", "amount": "most"}}]}, "epochs[0].unstake.amount: must"),
    ({"epochs": [{"vote": {"node": "a"}}]}, "epochs[0].vote: votes for nothing; add"),
    ({"epochs": [{"usage": {"size": 1}}]}, "epochs[0].usage: has no field 'epochs'; add it"),
    ({"epochs": [{"usage": {"size": 1, "epochs": 0}}]}, "usage.epochs: must be from 1 to"),
    ({"epochs": [{"usage": {"storage": 0, "epochs": 1}}]}, "usage.storage: must be from 1 to"),
    (
        {"epochs": [{"usage": {"storage": 1, "size": 1, "epochs": 1}}]},
        "epochs[0].usage: has an unknown field 'size'",
    ),
    ({"epochs": [{"usage": {"size": 1, "epochs": 1, "count": 10**6}}]}, "count: must be from 1 to"),
    (
        {"epochs": [{"usage": {"size": 1, "epochs": 1, "count": 10**5}, "repeat": 2}]},
        "epochs: store 200,000 > 100,000 blobs; use `storage` for bulk",
    ),
    ({"epochs": [{"repeat": 1001}]}, "epochs[0].repeat: must be from 1 to 1,000"),
    ({"epochs": [{"repeat": 999}, {}, {}]}, "epochs[2]: is beyond epoch 1,000"),
    ({"max_epochs_ahead": 1001}, "max_epochs_ahead: must be from 1 to 1,000"),
]


@pytest.mark.parametrize(("changes", "message"), BAD, ids=[message for _, message in BAD])
def test_bad_scenarios(run: Run, scenario: Any, changes: dict[str, Any], message: str) -> None:
    path = scenario(**changes)
    outcome = run("simulate", "committee", path, "--json")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert outcome.error["message"].startswith(f"{path}: ")
    assert message in outcome.error["message"]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("s.yaml", b"n_shards: 1\nn_shards: 2\n", "'n_shards' stands twice"),
        ("s.json", b'{"n_shards": 1, "n_shards": 2}', "'n_shards' stands twice"),
        ("s.yaml", b"nodes: [", "line 1"),
        ("s.yaml", b"- [1]: 2\n  ? [1]\n", "is no valid document"),
        ("s.yaml", b"a: 2026-13-45\n", "is no valid document"),
        ("s.yaml", b"n_shards: !!python/object:os.system 1\n", "could not determine a constructor"),
        ("s.json", b"{", "line 1"),
        ("s.json", b"[" * 100_000, "is nested too deeply"),
        ("s.yaml", b"", "the document: must be a mapping with n_shards, nodes"),
        ("s.yaml", b"\xff\xfe\x00", "is not UTF-8 text"),
        ("s.json", b"9" * 5000, "is no valid document"),
    ],
)
def test_bad_documents(run: Run, tmp_path: Path, name: str, content: bytes, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    outcome = run("simulate", "prices", path, "--json")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert message in outcome.error["message"]


def test_no_document(run: Run, tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "missing.yaml"):
        outcome = run("simulate", "cost", path, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert str(path) in outcome.error["message"]


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_picture(run: Run, tmp_path: Path, question: str) -> None:
    image = pytest.importorskip("matplotlib.image")
    picture = tmp_path / "picture.png"
    outcome = run("simulate", question, EXAMPLES / "rewards.yaml", "--plot", picture, "--json")
    assert outcome.json["plot"] == str(picture)
    pixels = image.imread(picture)
    colours = {tuple(pixel) for row in pixels[::7, ::7] for pixel in row}
    assert len(colours) > 3, "it is not blank"


@pytest.mark.parametrize("question", QUESTIONS)
def test_a_picture_of_much_and_of_nothing(
    run: Run, tmp_path: Path, scenario: Any, question: str
) -> None:
    pytest.importorskip("matplotlib")
    nodes = [{**NODE, "name": f"n{number}", "stake": 1 + number} for number in range(30)]
    usage = [{"usage": {"size": 1, "epochs": 1}, "repeat": 50}]
    much = scenario(nodes=nodes, n_shards=300, epochs=usage)
    for path in (much, scenario(nodes=[{**NODE, "stake": 0}], epochs=[])):
        picture = tmp_path / "picture.svg"
        assert run("simulate", question, path, "--plot", picture).status == ExitStatus.DONE
        assert picture.read_bytes().startswith(b"<?xml")


def test_a_picture_without_matplotlib(
    run: Run, tmp_path: Path, scenario: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    line = ("simulate", "cost", scenario(), "--plot", tmp_path / "picture.png", "--json")
    outcome = run(*line)
    assert outcome.status == ExitStatus.USAGE
    assert "walrus-core[plot]" in outcome.error["message"]


@pytest.mark.parametrize(
    "options", [["--epochs", 0], ["--epochs", 1001], ["--plot", "x.txt"], ["--lifetime", 0]]
)
def test_nonsense(run: Run, scenario: Any, options: list[object]) -> None:
    assert run("simulate", "cost", scenario(), *options).status == ExitStatus.USAGE


def test_long_and_empty_answers_say_what_is_missing(run: Run, scenario: Any) -> None:
    path = scenario(epochs=[{"repeat": 20}])
    assert "epochs in between are left out" in run("simulate", "committee", path).text
    assert len(run("simulate", "--json", "committee", path).json["committees"]) == 21
    assert "give --size" in run("simulate", "cost", path).text


def test_help_describes_the_document(run: Run) -> None:
    text = run("simulate", "--help").text
    for word in ("n_shards", "storage_price", "capacity", "unstake", "vote", "repeat", *QUESTIONS):
        assert word in text
