"""`bench`: real measurements, small here."""

import importlib.util
import itertools
import sys
from pathlib import Path

import pytest
from cli.command_line import Run

from walrus_core import kernel
from walrus_core.cli.bench_plot import draw
from walrus_core.cli.bench_rounds import ENOUGH, Measurement, turns
from walrus_core.cli.bench_tasks import Contender
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.progress import Counter

BEST, *OTHERS = kernel.available_engines()
RIVALS = ["pysui-fastcrypto"] if importlib.util.find_spec("pysui_fastcrypto") else []
OPERATIONS = ["encode", "decode", "verify", "symbol", "symbols", "recover"]
LINE = ("bench", "--n-shards", 10, "--rounds", 1)

BEGINNINGS = {".png": b"\x89PNG\r\n", ".svg": b"<?xml", ".pdf": b"%PDF-"}


def test_everybody_does_what_they_can(run: Run) -> None:
    line = ("bench", "--n-shards", 10, "--size", "100", "--size", "1KiB", "--rounds", 2)
    values = run(*line, "--threads", 2, "--json").json
    assert (values["nShards"], values["threads"], values["rounds"]) == (10, 2, 2)
    assert bool(values["rival"]) == bool(RIVALS)
    measured = {(r["contender"], r["operation"], r["unencodedLength"]) for r in values["results"]}
    expected = set(itertools.product([BEST, *OTHERS], OPERATIONS, [100, 1024]))
    expected |= set(itertools.product(["2 threads"], OPERATIONS[:2], [100, 1024]))
    expected |= set(itertools.product(RIVALS, OPERATIONS[:3], [100, 1024]))
    assert measured == expected
    assert all(len(result["runs"]) == 2 for result in values["results"])
    assert all(min(result["runs"]) > 0 for result in values["results"])


def test_results_say_whose_they_are(run: Run) -> None:
    results = run(*LINE, "--size", 1, "--threads", 2, "--json").json["results"]
    who = {(result["contender"], result["engine"], result["threads"]) for result in results}
    assert who == {
        ("2 threads", BEST, 2),
        *((engine, engine, 1) for engine in [BEST, *OTHERS]),
        *((rival, None, 1) for rival in RIVALS),
    }


def test_encoding_is_held_against_its_bound(run: Run) -> None:
    for result in run(*LINE, "--size", "1KiB", "--json").json["results"]:
        if result["operation"] == "encode" and result["engine"]:
            share = result["boundSeconds"] / result["seconds"]
            assert 0 < result["shareOfBound"] == pytest.approx(share)
        else:
            assert result["boundSeconds"] is result["shareOfBound"] is None


def test_the_table(run: Run) -> None:
    outcome = run(*LINE, "--size", "100", "--threads", 2)
    headline, header, *rows = outcome.text.splitlines()
    assert "10 shards" in headline
    for column in (BEST, "spread", "of bound", "2 threads", *OTHERS, *RIVALS):
        assert column in header
    assert [row.split()[0] for row in rows[: len(OPERATIONS)]] == OPERATIONS


def test_one_thread_alone(run: Run) -> None:
    values = run(*LINE, "--size", 1, "--threads", 1, "--json").json
    assert values["threads"] == 1
    assert {result["threads"] for result in values["results"]} == {1}


def test_the_engine_is_restored(run: Run) -> None:
    chosen = kernel.engine_name()
    run(*LINE, "--size", 1)
    assert kernel.engine_name() == chosen


def test_a_picture(run: Run, tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = tmp_path / "picture.png"
    assert run(*LINE, "--size", 1, "--plot", picture, "--json").json["plot"] == str(picture)
    assert picture.read_bytes().startswith(BEGINNINGS[".png"])
    assert list(tmp_path.iterdir()) == [picture]


@pytest.mark.parametrize("suffix", BEGINNINGS)
def test_formats_of_pictures(tmp_path: Path, suffix: str) -> None:
    pytest.importorskip("matplotlib")
    ours, theirs = Contender("ours", {}, BEST), Contender("theirs", {})
    measurements = [
        Measurement("encode", 1 << 10, ours, [0.02, 0.03], bound=0.01),
        Measurement("encode", 1 << 20, ours, [0.05, 0.04], bound=0.03),
        Measurement("encode", 1 << 10, theirs, [0.7, 0.8]),
        Measurement("recover", 1 << 20, ours, [0.004]),
    ]
    picture = tmp_path / f"picture{suffix}"
    draw(str(picture), measurements, "two operations")
    assert picture.read_bytes().startswith(BEGINNINGS[suffix])


def test_a_picture_without_matplotlib(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    monkeypatch.delitem(sys.modules, "matplotlib.figure", raising=False)
    outcome = run(*LINE, "--plot", tmp_path / "picture.png", "--json")
    assert outcome.status == ExitStatus.USAGE
    assert "walrus-core[plot]" in outcome.error["message"]


@pytest.mark.parametrize(
    ("picture", "status"),
    [("-", ExitStatus.USAGE), ("x.txt", ExitStatus.USAGE), ("no/x.svg", ExitStatus.BAD_INPUT)],
)
def test_a_picture_that_cannot_be(
    run: Run, tmp_path: Path, picture: str, status: ExitStatus
) -> None:
    pytest.importorskip("matplotlib")
    path = picture if picture == "-" else tmp_path / picture
    assert run(*LINE, "--plot", path, "--json").status == status


@pytest.mark.parametrize("options", [["--size", "x"], ["--rounds", "0"], ["--threads", "0"]])
def test_nonsense(run: Run, options: list[str]) -> None:
    assert run("bench", *options, "--json").status == ExitStatus.USAGE


def test_rounds_wanted() -> None:
    assert list(turns(2, 0, Counter(0))) == [0, 1, 2]


@pytest.mark.parametrize(("until", "last"), [(0, 1), (float("1e9"), ENOUGH)])
def test_rounds_that_fit(until: float, last: int) -> None:
    counter = Counter(0)
    assert list(turns(None, until, counter)) == list(range(last + 1))
    assert counter.total == last + 1
