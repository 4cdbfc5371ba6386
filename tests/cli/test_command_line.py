"""What holds for every command: `--json` anywhere, errors as objects, help, cheap starts."""

import contextlib
import io
import os
import subprocess
import sys

import click
import pytest
from cli.command_line import Run

import walrus_core as wc
from walrus_core import errors
from walrus_core.cli.app import COMMANDS, app
from walrus_core.cli.exit_status import ExitStatus, exit_status_of
from walrus_core.cli.output import CommandError, Printer, Report, camel_case


@pytest.mark.parametrize(
    "line",
    [
        ["--json"],
        ["--json", "juggle"],
        ["juggle", "--json"],
        ["--bogus", "--json"],
        ["encode", "--json"],
        ["encode", "--json", "--bogus"],
        ["encode", "FILE", "--json"],
        ["encode", "FILE", "--out", "DIR", "--threads", "two", "--json"],
        ["encode", "FILE", "ANOTHER", "--out", "DIR", "--json"],
        ["--json", "decode", "DIR", "--out", "FILE", "--check", "never"],
        ["blob-id", "--json"],
        ["recover", "DIR", "--json"],
    ],
)
def test_usage_errors_are_objects(run: Run, line: list[str]) -> None:
    outcome = run(*line)
    assert outcome.status == ExitStatus.USAGE
    assert outcome.error["type"] == "UsageError"
    assert outcome.stderr == ""
    text = run(*(word for word in line if word != "--json"))
    assert text.status == ExitStatus.USAGE
    assert text.stdout == b""
    assert "Usage: walrus-core" in text.stderr


def test_json_stands_before_or_after_the_command(run: Run) -> None:
    before, after = run("--json", "about").json, run("about", "--json").json
    assert before == after


def test_json_after_two_dashes_is_an_argument(run: Run) -> None:
    outcome = run("blob-id", "--", "--json")
    assert outcome.status == ExitStatus.BAD_INPUT
    assert "error: --json: No such file" in outcome.stderr


def test_version(run: Run) -> None:
    assert run("--version").text == f"walrus-core {wc.__version__}\n"
    assert run("--json", "--version").json == {"version": wc.__version__}


def test_help_lists_what_the_commands_say_of_themselves(run: Run) -> None:
    text = " ".join(run("--help").text.split())
    for name, summary in COMMANDS.items():
        assert f"{name} {summary}" in text
        command = app.get_command(click.Context(app), name)
        assert command is not None
        assert command.name == name
        assert (command.help or "").startswith(summary)
        shown = run(name, "--help").text
        assert summary in shown
        assert "--json" in shown


def test_help_names_every_exit_status(run: Run) -> None:
    text = run("--help").text
    assert all(f"{status:d} " in text for status in ExitStatus)


PROGRAM = """
import sys
from walrus_core.cli.app import app
try:
    app.main(sys.argv[1:])
finally:
    loaded = sys.modules.keys() & {"numpy", "rich", "walrus_core.kernel", "walrus_core.codec"}
    print(*sorted(loaded), file=sys.stderr)
"""


@pytest.mark.parametrize("line", [["--help"], ["--version"], ["bogus"], ["convert-blob-id", "1"]])
def test_small_things_load_neither_numpy_nor_the_kernel(line: list[str]) -> None:
    command = [sys.executable, "-c", PROGRAM, *line]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stderr.splitlines()[-1] == ""


def test_every_error_has_its_status() -> None:
    assert exit_status_of(errors.BlobTooLargeError(2, 1)) == ExitStatus.BAD_INPUT
    assert exit_status_of(errors.InvalidArgumentError("no")) == ExitStatus.USAGE
    assert exit_status_of(errors.OutOfMemoryError(1 << 40)) == ExitStatus.FAILED
    assert exit_status_of(errors.NotEnoughSymbolsError(2, 1)) == ExitStatus.NOT_RECONSTRUCTIBLE
    assert exit_status_of(errors.BlobNotFoundError("AAA")) == ExitStatus.BAD_INPUT
    assert exit_status_of(errors.ConfigurationError("a", "b")) == ExitStatus.BAD_INPUT
    assert exit_status_of(errors.BlobUnavailableError("A", 2, 1)) == ExitStatus.NOT_RECONSTRUCTIBLE
    assert exit_status_of(errors.InvalidBlobIdError("AAA")) == ExitStatus.NOT_RECONSTRUCTIBLE
    assert exit_status_of(errors.NodeUnavailableError("a", "b")) == ExitStatus.FAILED
    assert exit_status_of(errors.ChainUnavailableError("a", "b")) == ExitStatus.FAILED
    assert exit_status_of(OSError()) == ExitStatus.FAILED
    assert exit_status_of(KeyboardInterrupt()) == ExitStatus.INTERRUPTED
    assert [status.value for status in ExitStatus] == [0, 1, 2, 3, 4, 5, 130]


def test_camel_case() -> None:
    assert camel_case("max_size") == "maxSize"
    assert camel_case("needed") == "needed"


def test_errors_bring_their_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    cause = errors.UnknownEngineError("abacus", ("avx2", "scalar"))
    Printer(as_json=True).error(CommandError(cause, {"pair": 3}))
    printed = capsys.readouterr().out
    assert '"name": "abacus", "available": ["avx2", "scalar"], "pair": 3' in printed


@pytest.mark.parametrize("encoding", ["ascii", "latin-1", "utf-8"])
def test_text_fits_the_stream_it_is_printed_to(encoding: str) -> None:
    """File names that are not Unicode, and a tick that ASCII lacks."""
    name = os.fsdecode(b"odd-\xff")
    stream = io.TextIOWrapper(io.BytesIO(), encoding=encoding)
    with contextlib.redirect_stdout(stream):
        Printer(as_json=False).report(Report({}, headline=f"µ {name} found"))
    assert b"found" in stream.buffer.getvalue()
