"""`encode`: the directory it writes, completes and refuses."""

import os
from pathlib import Path

import pytest
from cli.command_line import Run, files_in, flip_bit

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus


def test_writes_the_official_layout(run: Run, tmp_path: Path, blob: bytes, blob_file: Path) -> None:
    out = tmp_path / "new" / "slivers"
    outcome = run("encode", blob_file, "--out", out, "--n-shards", 10, "--json")
    assert outcome.status == ExitStatus.DONE
    encoded = wc.encode(blob, 10)
    expected = {"metadata.bcs": encoded.metadata.to_bcs_with_id()}
    for pair in range(10):
        expected[f"primary/{pair:05}.bcs"] = encoded.primary(pair).to_bcs()
        expected[f"secondary/{pair:05}.bcs"] = encoded.secondary(pair).to_bcs()
    assert files_in(out) == expected


def test_json_holds_the_numbers(
    run: Run, tmp_path: Path, blob_file: Path, metadata: wc.VerifiedMetadata, engine: str
) -> None:
    out = tmp_path / "out"
    line = ("--json", "encode", blob_file, "--out", out, "--n-shards", 10, "--threads", 1)
    values = run(*line).json
    expected = {
        "blobId": str(metadata.blob_id),
        "rootHash": metadata.root_hash.hex(),
        "unencodedLength": 700,
        "encodedLength": metadata.config.encoded_size(700),
        "nShards": 10,
        "symbolSize": 26,
        "encodingType": "RS2",
        "engine": engine,
        "threads": 1,
        "out": str(out),
        "writtenFiles": 21,
        "keptFiles": 0,
    }
    assert values.items() >= expected.items()
    assert values["seconds"] > 0


def test_text_names_blob_and_directory(
    run: Run, tmp_path: Path, blob_file: Path, metadata: wc.VerifiedMetadata
) -> None:
    outcome = run("encode", blob_file, "--out", tmp_path / "out", "--n-shards", 10)
    assert str(metadata.blob_id) in outcome.text
    assert "20 slivers in" in outcome.text
    assert outcome.stderr == ""


def test_a_thousand_shards_are_the_default(run: Run, tmp_path: Path, blob_file: Path) -> None:
    out = tmp_path / "out"
    assert run("encode", blob_file, "--out", out, "--json").json["nShards"] == 1000
    assert len(files_in(out)) == 2001


def test_an_empty_blob_is_a_blob(run: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert run("encode", "-", "--out", out, "--n-shards", 10).status == ExitStatus.DONE
    assert run("decode", out, "--out", tmp_path / "back").status == ExitStatus.DONE
    assert (tmp_path / "back").read_bytes() == b""


@pytest.mark.parametrize("lost", ["metadata.bcs", "primary/00003.bcs", "secondary/00009.bcs"])
def test_completes_a_directory_of_the_same_blob(
    run: Run, slivers: Path, pristine: Path, blob_file: Path, lost: str
) -> None:
    (slivers / lost).unlink()
    flip_bit(slivers / "primary" / "00007.bcs")
    untouched = slivers / "primary" / "00001.bcs"
    os.utime(untouched, ns=(0, 0))
    outcome = run("encode", blob_file, "--out", slivers, "--n-shards", 10, "--json")
    assert outcome.json["writtenFiles"] == 2
    assert outcome.json["keptFiles"] == 19
    assert files_in(slivers) == files_in(pristine)
    assert untouched.stat().st_mtime_ns == 0


def test_mends_damaged_metadata_of_the_same_blob(
    run: Run, slivers: Path, pristine: Path, blob_file: Path
) -> None:
    flip_bit(slivers / "metadata.bcs")
    assert run("encode", blob_file, "--out", slivers, "--n-shards", 10).status == ExitStatus.DONE
    assert files_in(slivers) == files_in(pristine)


@pytest.mark.parametrize("damage", [None, "flip", "unlink"])
def test_refuses_a_directory_of_another_blob(
    run: Run, slivers: Path, metadata: wc.VerifiedMetadata, damage: str | None
) -> None:
    if damage == "flip":
        flip_bit(slivers / "metadata.bcs")
    elif damage == "unlink":
        (slivers / "metadata.bcs").unlink()
    before = files_in(slivers)
    line = ("encode", "-", "--out", slivers, "--n-shards", 10, "--json")
    outcome = run(*line, stdin=b"another blob")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert outcome.error["type"] == "DirectoryOccupiedError"
    assert outcome.error["path"] == str(slivers)
    if damage is None:
        assert outcome.error["found"] == str(metadata.blob_id)
    assert files_in(slivers) == before


def test_refuses_a_file_as_directory(run: Run, blob_file: Path) -> None:
    outcome = run("encode", "-", "--out", blob_file, "--n-shards", 10, "--json")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert outcome.error["type"] == "StorageError"


@pytest.mark.parametrize(
    ("options", "status", "error"),
    [
        (["--n-shards", 3], ExitStatus.USAGE, "InvalidArgumentError"),
        (["--n-shards", 49_156], ExitStatus.USAGE, "InvalidArgumentError"),
        (["--n-shards", "ten"], ExitStatus.USAGE, "UsageError"),
        (["--threads", 0], ExitStatus.USAGE, "InvalidArgumentError"),
        (["--n-shards", 4], ExitStatus.BAD_INPUT, "BlobTooLargeError"),
    ],
)
def test_bad_numbers_leave_no_directory(
    run: Run, tmp_path: Path, options: list[object], status: ExitStatus, error: str
) -> None:
    big = bytes(2 * 2 * 3 * 65534)
    outcome = run("encode", "-", "--out", tmp_path / "out", *options, "--json", stdin=big)
    assert outcome.status == status
    assert outcome.error["type"] == error
    assert not (tmp_path / "out").exists()


def test_too_large_a_file_is_not_even_read(run: Run, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse"
    with sparse.open("wb") as stream:
        stream.truncate(1 << 40)
    for command in (["encode", sparse, "--out", tmp_path / "out"], ["blob-id", sparse]):
        outcome = run(*command, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error.items() >= {"size": 1 << 40, "maxSize": 14_599_533_452}.items()


@pytest.mark.parametrize("name", ["absent", "."])
def test_an_unreadable_file_is_bad_input(run: Run, tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    for command in (["encode", path, "--out", tmp_path / "out"], ["blob-id", path]):
        outcome = run(*command, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "StorageError"
        assert outcome.error["path"] == str(path)
