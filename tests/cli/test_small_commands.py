"""`blob-id`, `convert-blob-id`, `about`."""

from pathlib import Path

import pytest
from cli.command_line import Run

import walrus_core as wc
from walrus_core import kernel
from walrus_core.cli.exit_status import ExitStatus

# The worked example of the protocol description, chapter 2.
EXAMPLE = b"walrus blob id v1 regression test"
BASE64URL = "RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY"
DECIMAL = "32047538705383907710745794627166216794695117628018721399077707816295890470213"
HEXADECIMAL = "45c53cd8cc1ff82164bf52da23fdaa72900dc29194b86dd33309d5cd9c43da46"
ROOT = "dc3457c94140737f55ccfba619f79c96928f3845da745142c7c8e23396eedf88"

DASHED = "-TAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"


def test_blob_id_of_the_worked_example(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "example"
    path.write_bytes(EXAMPLE)
    outcome = run("blob-id", path, "--n-shards", 10)
    assert outcome.text == f"{BASE64URL}  {path}\n"
    values = run("blob-id", "-", "--n-shards", 10, "--json", stdin=EXAMPLE).json
    expected = {
        "file": "-",
        "blobId": BASE64URL,
        "rootHash": ROOT,
        "unencodedLength": 33,
        "encodedLength": 6940,
        "nShards": 10,
        "symbolSize": 2,
        "encodingType": "RS2",
        "engine": kernel.engine_name(),
    }
    assert values.items() >= expected.items()


def test_blob_ids_of_several_files(run: Run, tmp_path: Path) -> None:
    paths = [tmp_path / name for name in ("a", "b", "empty")]
    for path, content in zip(paths, (b"a", b"b", b""), strict=True):
        path.write_bytes(content)
    outcome = run("blob-id", *paths, "--n-shards", 10)
    expected = [f"{wc.compute_metadata(p.read_bytes(), 10).blob_id}  {p}" for p in paths]
    assert outcome.text.splitlines() == expected
    blobs = run("blob-id", *paths, "--n-shards", 10, "--json").json["blobs"]
    assert [blob["file"] for blob in blobs] == [str(path) for path in paths]


@pytest.mark.parametrize("given", [BASE64URL, DECIMAL, HEXADECIMAL, "0x" + HEXADECIMAL.upper()])
def test_convert_takes_any_form(run: Run, given: str) -> None:
    values = run("convert-blob-id", given, "--json").json
    assert values == {"blobId": BASE64URL, "u256": DECIMAL, "hex": HEXADECIMAL}
    text = run("convert-blob-id", given).text
    assert all(form in text for form in (BASE64URL, DECIMAL, HEXADECIMAL))


def test_convert_takes_ids_that_begin_with_a_dash(run: Run) -> None:
    for line in (["convert-blob-id", DASHED], ["convert-blob-id", "--", DASHED]):
        assert run("--json", *line).json["u256"] == "12537"


@pytest.mark.parametrize(
    "given",
    [
        "",
        "x",
        "A" * 42,
        "A" * 44,
        "-" * 42,
        "A" * 42 + "B",
        "+" + "A" * 42,
        "0x12",
        str(2**256),
        "9" * 5000,
    ],
)
def test_convert_refuses_what_is_no_blob_id(run: Run, given: str) -> None:
    outcome = run("convert-blob-id", given, "--json")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert outcome.error["type"] == "InvalidEncodingError"


def test_about_describes_the_installation(run: Run, engine: str) -> None:
    values = run("about", "--json").json
    assert values["version"] == wc.__version__
    assert values["engine"] == engine
    assert values["availableEngines"] == list(kernel.available_engines())
    assert values["threads"] >= 1
    assert values["maxBlobSize"] == 14_599_533_452
    assert f"walrus-core {wc.__version__}" in run("about").text


@pytest.mark.parametrize("given", [["--size", "17"], ["--size", "17B"], ["-"]])
def test_about_describes_an_encoding(run: Run, given: list[str]) -> None:
    values = run("about", *given, "--json", stdin=bytes(17)).json
    expected = {
        "unencodedLength": 17,
        "encodedLength": 66_034_000,
        "nShards": 1000,
        "symbolSize": 2,
        "encodingType": "RS2",
        "nPrimarySourceSymbols": 334,
        "nSecondarySourceSymbols": 667,
        "primarySliverSize": 1334,
        "secondarySliverSize": 668,
    }
    assert values.items() >= expected.items()


def test_about_takes_files_and_units(run: Run, blob_file: Path) -> None:
    assert run("about", blob_file, "--json").json["unencodedLength"] == 700
    assert run("about", "--size", "32MiB", "--json").json["unencodedLength"] == 32 << 20
    assert "32.0 MiB" in run("about", "--size", "32MiB").text


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["FILE", "--size", "1"], ExitStatus.USAGE),
        (["--size", "-1"], ExitStatus.USAGE),
        (["--size", "many"], ExitStatus.USAGE),
        (["--size", "14GiB"], ExitStatus.BAD_INPUT),
        (["--size", "9" * 20], ExitStatus.USAGE),  # more than a u64
        (["absent"], ExitStatus.BAD_INPUT),
    ],
)
def test_about_refuses_nonsense(run: Run, options: list[str], status: ExitStatus) -> None:
    outcome = run("about", *options, "--json")
    assert outcome.status == status
    assert outcome.error
