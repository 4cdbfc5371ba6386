"""`demo`: real work, small here."""

import random
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.command_line import Run

import walrus_core as wc
from walrus_core.cli.demo_offline import Accident
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.types import Axis

STEPS = ["encode", "lose", "damage", "verify", "recover", "decode", "compare"]


@pytest.fixture
def temporary(tmp_path: Path) -> Iterator[Path]:
    """An empty directory, where temporary files go."""
    directory = tmp_path / "temporary"
    directory.mkdir()
    usual, tempfile.tempdir = tempfile.tempdir, str(directory)
    yield directory
    tempfile.tempdir = usual


def test_demo_of_a_file(run: Run, blob_file: Path, temporary: Path, engine: str) -> None:
    outcome = run("demo", "--offline", blob_file, "--n-shards", 10, "--seed", 5, "--json")
    assert outcome.status == ExitStatus.DONE
    values = outcome.json
    assert values["blobId"] == str(wc.compute_metadata(blob_file.read_bytes(), 10).blob_id)
    assert values["engine"] == engine
    assert values["lostPairs"] == 3
    assert len(values["corruptedSlivers"]) == 3
    assert values["badSlivers"] == values["corruptedSlivers"]
    assert values["recovered"]["identical"] is True
    assert values["identical"] is True
    assert list(temporary.iterdir()) == []


def test_a_seed_repeats_a_demo(run: Run, blob_file: Path, temporary: Path) -> None:
    line = ("demo", "--offline", blob_file, "--n-shards", 31, "--json")
    first = run(*line).json
    again = run(*line, "--seed", first["seed"]).json
    for name in ("corruptedSlivers", "recovered", "lostPairs"):
        assert again[name] == first[name]
    assert list(temporary.iterdir()) == []


def test_demo_for_a_thousand_shards_tells_its_story(run: Run, temporary: Path) -> None:
    outcome = run("demo", "--offline", "--seed", 17)
    assert outcome.status == ExitStatus.DONE
    told = [line.split()[0] for line in outcome.text.splitlines()[1:-1]]
    assert told == STEPS
    assert "658 of 1,000 sliver pairs" in outcome.text
    assert "bit for bit" in outcome.text
    assert "--seed 17" in outcome.text
    assert list(temporary.iterdir()) == []


@pytest.mark.parametrize("n_shards", [4, 5, 6, 7, 10, 31, 100, 1000])
def test_accidents_leave_just_enough(n_shards: int) -> None:
    config = wc.EncodingConfig(n_shards)
    accident = Accident.plan(config, random.Random(n_shards))
    lost = set(accident.lost_pairs)
    bad = {pair for _, pair in accident.corrupted}
    assert lost
    assert bad
    assert not lost & bad
    bad_primary = {pair for axis, pair in accident.corrupted if axis is Axis.PRIMARY}
    assert n_shards - len(lost) - len(bad_primary) >= config.n_primary_source_symbols


def test_demo_of_what_is_no_file(run: Run, tmp_path: Path, temporary: Path) -> None:
    assert run("demo", "--offline", tmp_path / "absent", "--json").status == ExitStatus.BAD_INPUT
    assert (
        run("demo", "--offline", "--n-shards", 3, "--json").error["type"] == "InvalidArgumentError"
    )
    assert list(temporary.iterdir()) == []
