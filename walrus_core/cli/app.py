"""The command `walrus-core`: loads the subcommand, runs it, prints the outcome and exits."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Any, NoReturn

import click

import walrus_core
from walrus_core.cli.arguments import json_option, json_wanted
from walrus_core.cli.exit_status import ExitStatus
from walrus_core.cli.output import CommandError, Printer, Report
from walrus_core.errors import WalrusCoreError

COMMANDS = {
    "encode": "Encode a blob and write its slivers to a directory.",
    "decode": "Reconstruct a blob from the slivers in a directory.",
    "verify": "Check a directory of slivers, or a file against a blob ID.",
    "recover": "Rebuild a lost sliver from the others.",
    "store": "Store files on a network, for some epochs.",
    "read": "Read a blob from a network, or a part of it.",
    "status": "Say what a network knows of a blob.",
    "blob-id": "Print the blob ID of files.",
    "convert-blob-id": "Convert a blob ID between base64url, decimal and hexadecimal.",
    "about": "Describe this installation, or the encoding of a blob.",
    "chain": "Run a local chain, or look at a network's.",
    "wallet": "Make keys, and see, get and exchange money.",
    "price": "Say what storing a blob takes.",
    "blobs": "List the blobs that the wallet owns, with when they expire.",
    "extend": "Store a blob for N more epochs.",
    "delete": "Delete blobs that were registered as deletable.",
    "burn": "Destroy blob objects, for good.",
    "get-attributes": "Print the attributes of a blob.",
    "set-attribute": "Set and remove attributes of a blob, in one transaction.",
    "share": "Make a blob shared, for good, so that everybody can extend it.",
    "fund": "Give a shared blob WAL for its extension.",
    "storage": "List, split and merge the storage that the wallet owns.",
    "stake": "Stake AMOUNT with a node.",
    "unstake": "Ask for a stake back, which takes until a later epoch.",
    "withdraw": "Take a stake and what it earned back.",
    "stakes": "List the stakes that the wallet owns.",
    "node": "Run a storage node, register it, vote, and collect its commission.",
    "network": "Run a whole network on this machine, or see how one is.",
    "serve": "Serve other programs: encode, store and read over gRPC.",
    "simulate": "Answer what-if questions about stakes, shards, prices and costs.",
    "bench": "Measure encoding, decoding, verification and recovery here.",
    "demo": "Store a file on a network of processes, kill some, and read it back.",
}
"""In the order of the help."""

PLACES = {
    **dict.fromkeys(["extend", "delete", "burn", "share", "fund"], "blobs"),
    "network": "network_group",
    **dict.fromkeys(["unstake", "withdraw", "stakes"], "stake"),
    **dict.fromkeys(["get-attributes", "set-attribute"], "attributes"),
}
"""The modules of commands that share one, where each stands under its own name. Another command is
`command` in the module of its name (`_` for `-`). Only the module of the one called is loaded.
"""

ALIASES = {
    "write": "store",
    "blob-status": "status",
    "list-blobs": "blobs",
    "burn-blobs": "burn",
    "fund-shared-blob": "fund",
    "get-blob-attribute": "get-attributes",
    "set-blob-attribute": "set-attribute",
    "request-withdraw-stake": "unstake",
    "withdraw-stake": "withdraw",
    "list-staked-wal": "stakes",
    "node-admin": "node",
    "info": "chain info",
    "get-wal": "wallet exchange",
    "generate-sui-wallet": "wallet new",
}
"""What the official client calls some of them."""

EXPECTED = (WalrusCoreError, OSError, MemoryError, KeyboardInterrupt, CommandError)
"""What may end a command without being a defect of walrus-core."""


class App(click.Group):
    """The group of all commands, and the only place that exits."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        """The names of the commands, without loading them."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """Load a command."""
        name, _, subcommand = ALIASES.get(cmd_name, cmd_name).partition(" ")
        if name not in COMMANDS:
            return None
        shared, own = PLACES.get(name), name.replace("-", "_")
        module = import_module(f"walrus_core.cli.{shared or own}")
        command: click.Command = getattr(module, own if shared else "command")
        if subcommand and isinstance(command, click.Group):
            return command.get_command(ctx, subcommand)
        return command

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without loading them: their modules bring numpy and the kernel."""
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))

    def main(self, args: Sequence[str] | None = None, *_args: Any, **_extra: Any) -> NoReturn:
        """Run a command line (by default this process's) and exit."""
        args = list(sys.argv[1:] if args is None else args)
        printer = Printer(as_json=json_wanted(args))
        try:
            status = self._run(args, printer)
        except OSError as error:  # nobody reads standard output any more, or its disk is full
            status = ExitStatus.FAILED
            _abandon_stdout(error)
        sys.exit(status)

    def _run(self, args: list[str], printer: Printer) -> ExitStatus:
        try:
            outcome = super().main(args, "walrus-core", standalone_mode=False, obj=printer)
            return printer.report(outcome) if isinstance(outcome, Report) else ExitStatus.DONE
        except click.ClickException as error:
            return printer.usage_error(error)
        except click.Abort as error:  # how click passes Ctrl-C on
            return printer.error(error.__cause__ or KeyboardInterrupt())
        except BrokenPipeError:
            raise
        except EXPECTED as error:
            return printer.error(error)
        except Exception as error:
            sys.excepthook(type(error), error, error.__traceback__)
            return printer.error(error)


def _print_version(ctx: click.Context, _: click.Parameter, wanted: bool) -> None:
    if wanted:
        version = walrus_core.__version__
        report = Report({"version": version}, remarks=[f"walrus-core {version}"])
        ctx.ensure_object(Printer).report(report)
        ctx.exit()


def _abandon_stdout(error: OSError) -> None:
    """Point standard output nowhere: the interpreter must not stumble over it at its end.

    A reader who closed the pipe has all that it wants; any other trouble is worth a line.
    """
    if not isinstance(error, BrokenPipeError):
        print(f"error: standard output: {error.strerror}", file=sys.stderr)
    sys.stdout = Path(os.devnull).open("w", encoding="utf-8")  # noqa: SIM115 (open to the end)


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"]})
@click.option(
    "--version",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_print_version,
    help="Show the version and exit.",
)
def app() -> None:
    """Encode, decode, verify and recover Walrus blobs.

    A FILE may be -, standard input or output. A DIR holds the slivers of one blob: metadata.bcs,
    primary/00000.bcs and secondary/00000.bcs onwards, named by sliver pair.

    \b
    Exit statuses:  0 done            3 bad input
                    1 failed          4 cannot be reconstructed
                    2 usage           5 damage found            130 interrupted
    """  # noqa: D301 (click takes a backspace for "leave these lines alone")


app.params.append(json_option())


def main() -> NoReturn:
    """The entry point: a polite kill stops a command as Ctrl-C does, so that it cleans up."""
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    os.environ.setdefault("GRPC_VERBOSITY", "ERROR")  # else it tells of each handshake that fails
    if sys.stdout is None or sys.stderr is None:  # closed by the caller: nothing could be told
        sys.exit(ExitStatus.FAILED)
    app.main()
