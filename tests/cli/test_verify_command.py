"""`verify`: directories and files, with blob IDs that look like options."""

from pathlib import Path

import pytest
from cli.command_line import Run, flip_bit

import walrus_core as wc
from walrus_core.cli.exit_status import ExitStatus


@pytest.fixture(scope="session")
def dashed_blob() -> bytes:
    """A blob whose ID, encoded for 4 shards, begins with `-`."""
    candidates = (bytes([i]) for i in range(256))
    return next(
        blob for blob in candidates if str(wc.compute_metadata(blob, 4).blob_id).startswith("-")
    )


def test_a_good_directory(run: Run, slivers: Path, metadata: wc.VerifiedMetadata) -> None:
    outcome = run("verify", slivers, "--json")
    assert outcome.status == ExitStatus.DONE
    expected = {
        "verified": True,
        "reconstructible": True,
        "blobId": str(metadata.blob_id),
        "goodSlivers": 20,
        "missingSlivers": 0,
        "badSlivers": [],
    }
    assert outcome.json.items() >= expected.items()
    assert "every sliver that is there is good" in run("verify", slivers).text


def test_missing_slivers_are_no_damage(run: Run, slivers: Path) -> None:
    for pair in range(8):
        (slivers / "primary" / f"{pair:05}.bcs").unlink()
        (slivers / "secondary" / f"{pair:05}.bcs").unlink()
    outcome = run("verify", slivers, "--json")
    assert outcome.status == ExitStatus.DONE
    expected = {"verified": True, "reconstructible": False, "goodSlivers": 4, "missingSlivers": 16}
    assert outcome.json.items() >= expected.items()


@pytest.mark.parametrize("axis", ["primary", "secondary"])
def test_one_flipped_bit_is_damage(run: Run, slivers: Path, axis: str, engine: str) -> None:
    flip_bit(slivers / axis / "00004.bcs")
    outcome = run("verify", slivers, "--json")
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert outcome.json["verified"] is False
    assert outcome.json["engine"] == engine
    (bad,) = outcome.json["badSlivers"]
    assert (bad["axis"], bad["pair"]) == (axis, 4)
    text = run("verify", slivers)
    assert text.status == ExitStatus.DAMAGE_FOUND
    assert f"bad: {axis}/00004.bcs" in text.text


def test_text_names_a_screenful_of_damage(run: Run, tmp_path: Path) -> None:
    slivers = tmp_path / "slivers"
    run("encode", "-", "--out", slivers, "--n-shards", 30)
    for path in slivers.glob("*/*.bcs"):
        flip_bit(path, 1)
    outcome = run("verify", slivers)
    assert outcome.text.count("bad: ") == 20
    assert "and 40 more" in outcome.text


def test_damaged_metadata_are_damage(run: Run, slivers: Path) -> None:
    flip_bit(slivers / "metadata.bcs")
    outcome = run("verify", slivers, "--json")
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert outcome.json["verified"] is False
    assert "metadata.bcs" in outcome.json["badMetadata"]


def test_a_directory_against_a_blob_id(
    run: Run, slivers: Path, metadata: wc.VerifiedMetadata
) -> None:
    assert run("verify", slivers, metadata.blob_id).status == ExitStatus.DONE
    outcome = run("verify", slivers, "A" * 43, "--json")
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert outcome.json["blobId"] == str(metadata.blob_id)
    assert outcome.json["expectedBlobId"] == "A" * 43


def test_a_file_against_its_blob_id(
    run: Run, blob_file: Path, blob: bytes, metadata: wc.VerifiedMetadata
) -> None:
    line = ("verify", blob_file, metadata.blob_id, "--n-shards", 10, "--json")
    outcome = run(*line)
    assert outcome.status == ExitStatus.DONE
    assert outcome.json["verified"] is True
    outcome = run("verify", "-", metadata.blob_id, "--n-shards", 10, stdin=blob)
    assert outcome.status == ExitStatus.DONE
    flip_bit(blob_file)
    outcome = run(*line)
    assert outcome.status == ExitStatus.DAMAGE_FOUND
    assert outcome.json["verified"] is False
    assert outcome.json["blobId"] != outcome.json["expectedBlobId"] == str(metadata.blob_id)


def test_a_blob_id_may_begin_with_a_dash(run: Run, dashed_blob: bytes) -> None:
    blob_id = str(wc.compute_metadata(dashed_blob, 4).blob_id)
    assert blob_id.startswith("-")
    for line in (
        ["verify", "-", blob_id, "--n-shards", 4],
        ["verify", "--n-shards", 4, "-", blob_id],
        ["verify", "-", "--n-shards", 4, "--", blob_id],
    ):
        assert run(*line, stdin=dashed_blob).status == ExitStatus.DONE
        assert run(*line, stdin=b"other").status == ExitStatus.DAMAGE_FOUND
    for wrong in (blob_id[:-1], blob_id + "A"):
        outcome = run("verify", "-", wrong, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "InvalidEncodingError"


def test_what_cannot_be_verified(run: Run, tmp_path: Path, blob_file: Path) -> None:
    for path in (tmp_path / "absent", tmp_path):
        outcome = run("verify", path, "--json")
        assert outcome.status == ExitStatus.BAD_INPUT
        assert outcome.error["type"] == "StorageError"
    outcome = run("verify", blob_file, "--json")
    assert outcome.status == ExitStatus.USAGE
    assert "BLOB_ID" in outcome.error["message"]
    assert run("verify", blob_file, "not an ID").status == ExitStatus.BAD_INPUT
