"""One printer for what commands return and for what stops them: text for people, JSON for scripts.

With `--json` exactly one object goes to standard output, whatever happens; without it, results go
to standard output and errors to standard error.
"""

from __future__ import annotations

import errno
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TextIO

import click

from walrus_core.cli.exit_status import ExitStatus, exit_status_of

Values = dict[str, object]
"""What `--json` prints: camelCase names, and values that JSON knows."""

ADVICE = {
    errno.ENOSPC: "free some space, then run the same command again",
    errno.EDQUOT: "free some of your quota, then run the same command again",
    errno.EFBIG: "raise the limit on file sizes (ulimit -f), or write to another file system",
    errno.EACCES: "choose a place that you may write to",
    errno.EROFS: "choose a place that can be written to",
}
"""What to do about an error of writing."""


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of text; the first `n_labels` are aligned to the left, the others to the right."""

    header: Sequence[str]
    rows: Sequence[Sequence[str]]
    n_labels: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What a command says: `values` to scripts; headline, facts, table and remarks to people.

    `array` goes to scripts instead, where the official command prints one.
    """

    values: Values
    headline: str = ""
    facts: Mapping[str, str] = field(default_factory=dict)
    table: Table | None = None
    remarks: Sequence[str] = ()
    status: ExitStatus = ExitStatus.DONE
    array: Sequence[Values] | None = None


class CommandError(Exception):
    """An error with what the command found out before it: `values` join the JSON error."""

    def __init__(self, error: BaseException, values: Values, remarks: Sequence[str] = ()) -> None:
        super().__init__(error, values, remarks)
        self.error = error
        self.values = values
        self.remarks = remarks


class Printer:
    """Prints the outcome of one command, and tells the status to end with."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.stdout_holds_blob = False

    def report(self, report: Report) -> ExitStatus:
        """Print what a command returned."""
        values = report.values if report.array is None else report.array
        lines = [json.dumps(values)] if self.as_json else _report_lines(report)
        _print(lines, self._result_stream)
        return report.status

    def error(self, error: BaseException) -> ExitStatus:
        """Print what stopped a command."""
        values: Values = {}
        remarks: Sequence[str] = ()
        if isinstance(error, CommandError):
            values, remarks, error = error.values, error.remarks, error.error
        status = exit_status_of(error)
        if self.as_json:
            self._json_error(type(error).__name__, _message(error), _numbers(error) | values)
        else:
            interrupted = status is ExitStatus.INTERRUPTED
            label = click.style("interrupted:" if interrupted else "error:", fg="red", bold=True)
            _print([*remarks, f"{label} {_message(error)}"], sys.stderr)
        return status

    def usage_error(self, error: click.ClickException) -> ExitStatus:
        """Print what click has to say about the command line."""
        if self.as_json:
            self._json_error("UsageError", error.format_message(), {})
        else:
            error.show(sys.stderr)
        return ExitStatus.USAGE

    @property
    def _result_stream(self) -> TextIO:
        return sys.stderr if self.stdout_holds_blob else sys.stdout

    def _json_error(self, name: str, message: str, values: Values) -> None:
        described = {"error": {"type": name, "message": message} | values}
        _print([json.dumps(described)], self._result_stream)


def camel_case(name: str) -> str:
    """`max_size` as JSON has it: `maxSize`."""
    first, *others = name.split("_")
    return first + "".join(map(str.capitalize, others))


def _print(lines: Sequence[str], stream: TextIO) -> None:
    """Write lines, whatever the stream's encoding lacks, and flush: a full disk shows now."""
    encoding = stream.encoding or "utf-8"
    for line in lines:
        printable = line.encode(encoding, "replace").decode(encoding)
        click.echo(printable, file=stream)  # without colours, unless it is a terminal
    stream.flush()


def _report_lines(report: Report) -> list[str]:
    lines = []
    if report.headline:
        good = report.status is ExitStatus.DONE
        mark = click.style("✓" if good else "✗", fg="green" if good else "red", bold=True)
        lines.append(f"{mark} {report.headline}")
    width = max(map(len, report.facts), default=0)
    for label, fact in report.facts.items():
        lines.append(f"  {click.style(f'{label:<{width}}', dim=True)}  {fact}")
    if report.table:
        lines += _table_lines(report.table)
    return [*lines, *report.remarks]


def _table_lines(table: Table) -> list[str]:
    columns = zip(table.header, *table.rows, strict=True)
    widths = [max(map(len, column)) for column in columns]

    def line(cells: Sequence[str]) -> str:
        labels = [c.ljust(w) for c, w in zip(cells, widths, strict=True)][: table.n_labels]
        numbers = [c.rjust(w) for c, w in zip(cells, widths, strict=True)][table.n_labels :]
        return "  ".join(["", *labels, *numbers]).rstrip()

    return [click.style(line(table.header), dim=True), *map(line, table.rows)]


def _message(error: BaseException) -> str:
    """The error in words, with what to do next; the errors of walrus-core bring that themselves."""
    if isinstance(error, KeyboardInterrupt):
        return str(error) or "no half-written file is left; run the same command to start over"
    if isinstance(error, OSError):
        what = f"{error.filename or 'standard output'}: {error.strerror or error}"
        return f"{what}; {ADVICE[error.errno]}" if error.errno in ADVICE else what
    if isinstance(error, MemoryError) and not str(error):
        return "not enough memory; free some, or process a smaller blob"
    return str(error)


def _numbers(error: BaseException) -> Values:
    """The plain attributes of an error under their JSON names."""
    attributes = dict(vars(error))
    if isinstance(error, OSError):
        attributes |= {"errno": error.errno, "path": error.filename}
    return {camel_case(name): value for name, value in attributes.items() if _is_plain(value)}


def _is_plain(value: object) -> bool:
    return isinstance(value, (int, str)) or (
        isinstance(value, tuple) and all(map(_is_plain, value))
    )
