"""`recover`: a lost sliver, back in its place."""

from pathlib import Path

import pytest
from cli.command_line import N_SHARDS, Run, files_in, flip_bit

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus


@pytest.mark.parametrize("axis", ["primary", "secondary"])
@pytest.mark.parametrize("pair", [0, 4, 9])
def test_a_lost_sliver_is_rebuilt_in_its_place(
    run: Run, slivers: Path, pristine: Path, axis: str, pair: int
) -> None:
    path = slivers / axis / f"{pair:05}.bcs"
    path.unlink()
    outcome = run("recover", slivers, "--pair", pair, "--axis", axis, "--json")
    assert outcome.status == ExitStatus.DONE
    needed = {"primary": 7, "secondary": 4}[axis]
    size = path.stat().st_size
    expected = {"axis": axis, "pair": pair, "out": str(path), "size": size, "badSlivers": []}
    assert outcome.json.items() >= expected.items()
    assert outcome.json["sourceSlivers"] == needed
    assert files_in(slivers) == files_in(pristine)


def test_a_damaged_sliver_is_replaced(run: Run, slivers: Path, pristine: Path, engine: str) -> None:
    flip_bit(slivers / "primary" / "00003.bcs")
    outcome = run("recover", slivers, "--pair", 3, "--axis", "primary")
    assert f"{engine} engine" in outcome.text
    assert files_in(slivers) == files_in(pristine)


def test_just_enough_good_sources_suffice(run: Run, slivers: Path, pristine: Path) -> None:
    for directory in ("primary", "secondary"):
        (slivers / directory / "00009.bcs").unlink()
    for pair in (0, 1, 2, 3):
        (slivers / "primary" / f"{pair:05}.bcs").unlink()
    flip_bit(slivers / "primary" / "00004.bcs")
    outcome = run("recover", slivers, "--pair", 9, "--axis", "secondary", "--json")
    assert outcome.status == ExitStatus.DONE
    assert [sliver["pair"] for sliver in outcome.json["badSlivers"]] == [4]
    name = "secondary/00009.bcs"
    assert files_in(slivers)[name] == files_in(pristine)[name]


def test_too_few_sources(run: Run, slivers: Path) -> None:
    (slivers / "primary" / "00000.bcs").unlink()
    for pair in range(3):
        (slivers / "secondary" / f"{pair:05}.bcs").unlink()
    flip_bit(slivers / "secondary" / "00005.bcs")
    before = files_in(slivers)
    outcome = run("recover", slivers, "--pair", 0, "--axis", "primary", "--json")
    assert outcome.status == ExitStatus.NOT_RECONSTRUCTIBLE
    assert outcome.error.items() >= {"type": "NotEnoughSymbolsError", "needed": 7, "got": 6}.items()
    assert [sliver["pair"] for sliver in outcome.error["badSlivers"]] == [5]
    assert files_in(slivers) == before


@pytest.mark.parametrize(
    ("pair", "axis"), [(N_SHARDS, "primary"), (-1, "secondary"), ("x", "primary"), (0, "third")]
)
def test_what_is_no_sliver_is_usage(run: Run, slivers: Path, pair: object, axis: str) -> None:
    outcome = run("recover", slivers, "--pair", pair, "--axis", axis, "--json")
    assert outcome.status == ExitStatus.USAGE
    assert outcome.error


@pytest.mark.parametrize("as_json", [True, False])
def test_an_inconsistent_blob_gives_a_proof(run: Run, inconsistent: Path, as_json: bool) -> None:
    target = inconsistent / "primary" / "00000.bcs"
    before = target.read_bytes()
    line = ("recover", inconsistent, "--pair", 0, "--axis", "primary")
    outcome = run(*line, *(["--json"] if as_json else []))
    assert outcome.status == ExitStatus.NOT_RECONSTRUCTIBLE
    proof_file = inconsistent / "inconsistency-proof-primary-00000.bcs"
    if as_json:
        assert outcome.error["type"] == "InconsistentBlobError"
        assert outcome.error["proofFile"] == str(proof_file)
    else:
        assert str(proof_file) in outcome.stderr
    content = (inconsistent / "metadata.bcs").read_bytes()
    metadata = wc.UnverifiedMetadata.from_bcs_with_id(content).verify()
    wc.InconsistencyProof.from_bcs("primary", proof_file.read_bytes()).verify(metadata)
    assert target.read_bytes() == before
