"""Arguments and options that commands share, and the command that takes IDs beginning with `-`."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import click

SIZE_TEXT = re.compile(r"([0-9]{1,20})(B|KiB|MiB|GiB)?")
SIZE_UNITS = {None: 1, "B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30}

DASHED_BLOB_ID = re.compile(r"-[A-Za-z0-9_-]{19,}")
"""Also IDs that lost or gained characters: they deserve a better error than `no such option`."""

FILE = click.Path(allow_dash=True)
"""A file; `-` is standard input or output."""


class Command(click.Command):
    """A command that takes `--json`, too."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(json_option())


class BlobIdCommand(Command):
    """A command with a blob ID among its arguments, which may begin with `-` like an option."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Move what reads as a blob ID behind the `--` that ends the options."""
        end = _end_of_options(args)
        options = {name for param in self.params for name in param.opts}
        dashed = [arg for arg in args[:end] if DASHED_BLOB_ID.fullmatch(arg)]
        blob_ids = [arg for arg in dashed if arg not in options]
        others = [arg for arg in args[:end] if arg not in blob_ids]
        return super().parse_args(ctx, [*others, "--", *blob_ids, *args[end + 1 :]])


def json_option() -> click.Option:
    """`--json`, for the help: `json_wanted` finds it, since usage errors must know of it, too."""
    explanation = "Print one JSON object instead of text."
    return click.Option(["--json"], is_flag=True, expose_value=False, help=explanation)


def json_wanted(args: list[str]) -> bool:
    """Whether `--json` stands anywhere among the options, before or after the subcommand."""
    return "--json" in args[: _end_of_options(args)]


def _end_of_options(args: list[str]) -> int:
    return args.index("--") if "--" in args else len(args)


n_shards = click.option(
    "--n-shards",
    type=int,
    default=1000,
    show_default=True,
    metavar="N",
    help="Shards of the network that the blob is for.",
)

threads = click.option(
    "--threads",
    type=int,
    metavar="N",
    help="Threads to work with.  [default: all CPUs that this process may use]",
)

sliver_directory = click.argument("directory", type=click.Path(path_type=Path), metavar="DIR")


def size_in_bytes(_ctx: click.Context, _param: click.Parameter, text: str | None) -> int | None:
    """The callback of options that take a number of bytes: `17`, `32MiB`."""
    if text is None:
        return None
    if match := SIZE_TEXT.fullmatch(text):
        return int(match[1]) * SIZE_UNITS[match[2]]
    raise click.BadParameter(f"{text!r} is not a number of bytes, such as 1000 or 32MiB")
