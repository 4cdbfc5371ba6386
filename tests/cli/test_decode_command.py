"""`decode`: the blob from whatever is left of it."""

import shutil
from pathlib import Path

import pytest
from cli.command_line import Run, files_in, flip_bit

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus


def lose(slivers: Path, axis: str, pairs: range) -> None:
    for pair in pairs:
        (slivers / axis / f"{pair:05}.bcs").unlink()


@pytest.mark.parametrize("check", ["skip", "default", "strict"])
def test_a_whole_directory_gives_the_blob(
    run: Run, tmp_path: Path, slivers: Path, blob: bytes, check: str, engine: str
) -> None:
    out = tmp_path / "back"
    outcome = run("decode", slivers, "--out", out, "--check", check, "--json")
    assert outcome.status == ExitStatus.DONE
    assert out.read_bytes() == blob
    expected = {"engine": engine, "check": check, "axis": "primary", "badSlivers": []}
    assert outcome.json.items() >= expected.items()


@pytest.mark.parametrize(
    ("lost_primary", "lost_secondary", "axis"),
    [
        (range(6), range(10), "primary"),  # 4 of 4 needed are left
        (range(4, 10), range(10), "primary"),
        (range(7), range(3), "secondary"),  # 3 primary ones are too few, 7 secondary ones enough
        (range(10), range(7, 10), "secondary"),
    ],
)
def test_just_enough_of_either_axis_suffices(
    run: Run,
    tmp_path: Path,
    slivers: Path,
    blob: bytes,
    lost_primary: range,
    lost_secondary: range,
    axis: str,
) -> None:
    lose(slivers, "primary", lost_primary)
    lose(slivers, "secondary", lost_secondary)
    outcome = run("decode", slivers, "--out", tmp_path / "back", "--json")
    assert outcome.status == ExitStatus.DONE
    assert (tmp_path / "back").read_bytes() == blob
    assert outcome.json["axis"] == axis
    assert outcome.json["missingSlivers"] == len(lost_primary) + len(lost_secondary)


def test_bad_slivers_are_named_and_passed_over(
    run: Run, tmp_path: Path, slivers: Path, blob: bytes
) -> None:
    flip_bit(slivers / "primary" / "00002.bcs")
    with (slivers / "primary" / "00003.bcs").open("ab") as stream:
        stream.write(b"more")
    (slivers / "primary" / "00004.bcs").write_bytes(b"")
    flip_bit(slivers / "primary" / "00005.bcs", position=0)  # the length in front of the data
    flip_bit(slivers / "secondary" / "00000.bcs", position=-3)  # the symbol size
    shutil.copy(slivers / "secondary" / "00008.bcs", slivers / "secondary" / "00009.bcs")
    shutil.copy(slivers / "primary" / "00001.bcs", slivers / "secondary" / "00001.bcs")
    (slivers / "secondary" / "00006.bcs").unlink()
    (slivers / "secondary" / "00006.bcs").mkdir()
    outcome = run("decode", slivers, "--out", tmp_path / "back", "--json")
    assert outcome.status == ExitStatus.DONE
    assert (tmp_path / "back").read_bytes() == blob
    bad = outcome.json["badSlivers"]
    expected = [("primary", pair) for pair in (2, 3, 4, 5)]
    expected += [("secondary", pair) for pair in (0, 1, 6, 9)]
    assert [(sliver["axis"], sliver["pair"]) for sliver in bad] == expected
    assert all(sliver["reason"] for sliver in bad)
    text = run("decode", slivers, "--out", tmp_path / "back").text
    assert "bad: secondary/00009.bcs" in text


@pytest.mark.parametrize("as_json", [True, False])
def test_too_few_good_slivers_cannot_be_reconstructed(
    run: Run, tmp_path: Path, slivers: Path, as_json: bool
) -> None:
    lose(slivers, "primary", range(6))
    lose(slivers, "secondary", range(10))
    flip_bit(slivers / "primary" / "00008.bcs")
    out = tmp_path / "back"
    outcome = run("decode", slivers, "--out", out, *(["--json"] if as_json else []))
    assert outcome.status == ExitStatus.NOT_RECONSTRUCTIBLE
    assert not out.exists()
    if as_json:
        assert outcome.error["type"] == "NotEnoughSliversError"
        numbers = {"needed": 4, "got": 3, "axis": "primary", "missingSlivers": 16}
        assert outcome.error.items() >= numbers.items()
        assert [sliver["pair"] for sliver in outcome.error["badSlivers"]] == [8]
    else:
        assert outcome.stdout == b""
        assert "bad: primary/00008.bcs" in outcome.stderr
        assert "error: 3 < 4 slivers" in outcome.stderr


def test_standard_output_takes_the_blob_and_nothing_else(
    run: Run, slivers: Path, blob: bytes
) -> None:
    outcome = run("decode", slivers, "--out", "-")
    assert outcome.stdout == blob
    assert "came back" in outcome.stderr
    outcome = run("decode", slivers, "--out", "-", "--json")
    assert outcome.stdout == blob
    assert '"blobId"' in outcome.stderr


def test_an_error_does_not_pass_for_the_blob(run: Run, slivers: Path) -> None:
    (slivers / "metadata.bcs").unlink()
    outcome = run("decode", slivers, "--out", "-", "--json")
    assert outcome.stdout == b""
    assert '"StorageError"' in outcome.stderr


def test_an_old_output_file_is_replaced_whole(
    run: Run, tmp_path: Path, slivers: Path, blob: bytes
) -> None:
    out, link = tmp_path / "back", tmp_path / "link"
    out.write_bytes(b"old" * 1000)
    link.symlink_to(out)
    assert run("decode", slivers, "--out", link).status == ExitStatus.DONE
    assert link.is_symlink()
    assert out.read_bytes() == blob
    assert {path.name for path in tmp_path.iterdir()} == {"back", "link", "slivers"}


def test_an_output_that_cannot_be_is_refused_at_once(
    run: Run, tmp_path: Path, slivers: Path
) -> None:
    for out in (tmp_path, tmp_path / "absent" / "back"):
        outcome = run("decode", slivers, "--out", out, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "StorageError"


def test_a_directory_of_nothing_is_bad_input(run: Run, tmp_path: Path) -> None:
    for directory in (tmp_path / "absent", tmp_path):
        outcome = run("decode", directory, "--out", tmp_path / "back", "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "StorageError"


@pytest.mark.parametrize("position", [0, 32, 33, 35, 42, 43, -1])  # ID, version, type, length...
def test_damaged_metadata_stop_the_command(
    run: Run, tmp_path: Path, slivers: Path, position: int
) -> None:
    flip_bit(slivers / "metadata.bcs", position)
    outcome = run("decode", slivers, "--out", tmp_path / "back", "--json")
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert outcome.error["type"] == "VerificationError"
    assert "metadata.bcs" in outcome.error["message"]


def test_an_inconsistent_blob_is_reported(run: Run, tmp_path: Path, inconsistent: Path) -> None:
    out = tmp_path / "back"
    outcome = run("decode", inconsistent, "--out", out, "--json")
    assert outcome.status == ExitStatus.NOT_RECONSTRUCTIBLE
    assert outcome.error["type"] == "InconsistentBlobError"
    assert [sliver["pair"] for sliver in outcome.error["badSlivers"]] == [0]
    assert not out.exists()
    skipped = run("decode", inconsistent, "--out", out, "--check", "skip")
    assert skipped.status == ExitStatus.DONE


def test_a_thousand_shards(run: Run, tmp_path: Path) -> None:
    """Random 334 primary slivers' worth of a real network's directory."""
    blob = bytes(range(256)) * 4000
    slivers = tmp_path / "slivers"
    assert run("encode", "-", "--out", slivers, stdin=blob).status == ExitStatus.DONE
    lose(slivers, "primary", range(0, 1000, 2))
    lose(slivers, "secondary", range(400))
    lose(slivers, "primary", range(1, 333, 2))
    flip_bit(slivers / "secondary" / "00999.bcs")
    outcome = run("decode", slivers, "--out", tmp_path / "back", "--json")
    assert outcome.json["axis"] == "primary"
    counts = {"good": 334, "bad": 0, "missing": 666, "needed": 334}
    assert outcome.json["slivers"]["primary"] == counts
    assert [sliver["pair"] for sliver in outcome.json["badSlivers"]] == [999]
    assert (tmp_path / "back").read_bytes() == blob
    assert wc.compute_metadata(blob).blob_id == wc.BlobId.from_str(outcome.json["blobId"])


def test_decoding_leaves_the_directory_alone(run: Run, tmp_path: Path, slivers: Path) -> None:
    before = files_in(slivers)
    run("decode", slivers, "--out", tmp_path / "back")
    run("verify", slivers)
    assert files_in(slivers) == before
