"""`walrus-core store`: files in, blobs on a network, paid and certified."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import FILE
from walrus_core.cli.files import STANDARD_STREAM, blob_source, shown
from walrus_core.cli.money import epochs_text
from walrus_core.cli.network import Access, with_money
from walrus_core.cli.objects import ChainCommand, object_text
from walrus_core.cli.output import CommandError, Report, Table, Values
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.quantities import count_text, duration_text, size_text, wal_text
from walrus_core.cli.store_progress import store_bars
from walrus_core.cli.store_values import store_facts, store_values
from walrus_core.codec.encoder import compute_metadata
from walrus_core.codec.progress import Progress
from walrus_core.errors import InvalidArgumentError, NotEnoughConfirmationsError
from walrus_core.services.uploader.outcome import Phase, StoreProgress
from walrus_core.types import EncodingType

if TYPE_CHECKING:
    from walrus_core.client import AsyncClient
    from walrus_core.codec.metadata import VerifiedMetadata
    from walrus_core.services.ports import Cost
    from walrus_core.services.uploader.outcome import StoreOutcome
    from walrus_core.sui.chain import SuiChain

MAX = "max"

START_OVER = "nothing was paid yet; run the same command to start over"
GO_ON = "run the same command again: it goes on where it was, and pays nothing twice"


def epochs_wanted(_ctx: click.Context, _param: click.Parameter, text: str) -> int | None:
    """The callback of `--epochs`: a number, or None for as many as the contract allows."""
    if text == MAX:
        return None
    if text.isascii() and text.isdecimal() and 1 <= int(text) <= 1000:
        return int(text)
    raise click.BadParameter(f"{text!r} is neither a number from 1 to 1000 nor {MAX}")


@click.command("store", cls=ChainCommand)
@click.argument("files", type=FILE, metavar="FILE...", nargs=-1, required=True)
@click.option(
    "--epochs",
    callback=epochs_wanted,
    default="1",
    show_default=True,
    metavar="N|max",
    help="For how long, the present epoch included; max is as long as the contract allows.",
)
@click.option("--permanent", is_flag=True, help="Nobody shall be able to delete it before its end.")
@click.option("--force", is_flag=True, help="Certify it once more, whatever is certified already.")
@click.option(
    "--ignore-resources", is_flag=True, help="Use no registration and no storage of the wallet."
)
@click.option("--deletable", is_flag=True, hidden=True, help="The default, as scripts have it.")
@with_money
def command(
    files: tuple[str, ...],
    epochs: int | None,
    permanent: bool,
    force: bool,
    ignore_resources: bool,
    deletable: bool,
    access: Access,
) -> Report:
    """Store files on a network, for some epochs.

    Each FILE becomes a blob: encoded here, paid for, sent to the storage nodes, and certified on
    chain once enough of them have confirmed that they hold it. A store that was cut off, by Ctrl-C
    or a crash, goes on where it was when it is run again, and nothing is paid twice.

    No more is paid than needed. With --permanent, a blob that is so for long enough, whoever stored
    it, is left as it is, even if the wallet has no object of it; --force stores it all the same.
    Registrations of the wallet are used, and extended if they end too early, and so is as much of
    its storage as it takes; --ignore-resources leaves both as they are.

    With --json, an array as the official command prints it.
    """
    if permanent and deletable:
        raise click.UsageError("give --permanent or --deletable, not both")
    if files.count(STANDARD_STREAM) > 1:
        raise InvalidArgumentError("standard input can be stored only once")
    store = Store(files, epochs, permanent, force=force, reuse_resources=not ignore_resources)
    if access.dry_run:
        return priced(access.run(store.price))
    try:
        access.spend_client(store.run)
    except (Exception, KeyboardInterrupt) as error:
        raise CommandError(*store.told_after(error)) from error
    return store.report()


class Store:
    """One command's files, and what became of them."""

    def __init__(
        self,
        files: Sequence[str],
        epochs: int | None,
        permanent: bool,
        *,
        force: bool = False,
        reuse_resources: bool = True,
    ) -> None:
        self._files = files
        self._epochs = epochs
        self._permanent = permanent
        self._force = force
        self._reuse_resources = reuse_resources
        self._progress: StoreProgress | None = None
        self._done: list[tuple[str, StoreOutcome]] = []

    async def run(self, client: AsyncClient) -> None:
        """Store one file after the other."""
        for file in self._files:
            self._progress = progress = StoreProgress()
            with store_bars(shown(file, "standard input"), progress):
                source = blob_source(file)
                outcome = await client.store(
                    source,
                    self._epochs or "max",
                    self._permanent,
                    force=self._force,
                    reuse_resources=self._reuse_resources,
                    progress=progress,
                )
            self._done.append((file, outcome))
            self._progress = None

    async def price(self, chain: SuiChain) -> list[Priced]:
        """What each file takes now, if nothing of it is there."""
        state = await chain.state()
        epochs, found = self._epochs or state.max_epochs_ahead, []
        for file in self._files:
            with progress_bar(file, progress := Progress()):
                metadata = compute_metadata(blob_source(file), state.n_shards, progress=progress)
            encoded = metadata.config.encoded_size(metadata.unencoded_length)
            cost = state.prices.cost(encoded, epochs)
            found.append(Priced(file, metadata, encoded, epochs, cost))
        return found

    def told_after(self, error: BaseException) -> tuple[BaseException, Values, list[str]]:
        """What stopped it, with what was paid for before and how to go on: all of that is told."""
        values: Values = {"stored": self._values} if self._done else {}
        remarks, progress = self._lines, self._progress
        if isinstance(error, KeyboardInterrupt) and progress:
            error = KeyboardInterrupt(START_OVER if progress.phase is Phase.ENCODING else GO_ON)
        if progress and progress.blob_id:
            values["blobId"] = str(progress.blob_id)
        if progress and progress.object_id:
            values["objectId"] = name = object_text(progress.object_id)
            known = f"blob {progress.blob_id} is registered as {name}, not certified"
            if isinstance(error, KeyboardInterrupt):  # whose words end the report
                remarks.append(known)
            elif not isinstance(error, NotEnoughConfirmationsError):  # which says all that itself
                remarks.append(f"{known}; {GO_ON}")
        return error, values, remarks

    def report(self) -> Report:
        if len(self._done) > 1:
            headline = f"{count_text(len(self._done), 'file')} stored"
            return Report({}, headline=headline, remarks=self._lines, array=self._values)
        [(file, outcome)] = self._done
        took = duration_text(outcome.seconds.total)
        verb = "was stored already" if outcome.already_certified else f"stored in {took}"
        went_on = "  went on where an earlier run was cut off" if outcome.resumed else ""
        return Report(
            {},
            headline=f"{shown(file, 'standard input')} {verb}",
            facts=store_facts(outcome),
            remarks=[went_on] if went_on else [],
            array=self._values,
        )

    @property
    def _values(self) -> list[Values]:
        return [store_values(outcome, file) for file, outcome in self._done]

    @property
    def _lines(self) -> list[str]:
        return [f"{outcome.blob_id}  {file}  {_object(outcome)}" for file, outcome in self._done]


def _object(outcome: StoreOutcome) -> str:
    if outcome.object_id is None:
        return "no object of the wallet's"
    return f"object {object_text(outcome.object_id)}"


@dataclass(frozen=True, slots=True)
class Priced:
    """A file, and what storing it would take at most."""

    file: str
    metadata: VerifiedMetadata
    encoded_size: int
    epochs: int
    cost: Cost


def priced(files: Sequence[Priced]) -> Report:
    """The report of `--dry-run`, to scripts in the official command's words."""
    values: list[Values] = [
        {
            "path": each.file,
            "blobId": str(each.metadata.blob_id),
            "encodingType": EncodingType.RS2.name,
            "unencodedSize": each.metadata.unencoded_length,
            "encodedSize": each.encoded_size,
            "storageCost": each.cost.total,
        }
        for each in files
    ]
    rows = [
        [
            str(each.metadata.blob_id),
            each.file,
            size_text(each.metadata.unencoded_length),
            size_text(each.encoded_size),
            wal_text(each.cost.total),
        ]
        for each in files
    ]
    table = Table(["blob ID", "file", "size", "encoded", "cost"], rows, 2)
    total = wal_text(sum(each.cost.total for each in files))
    most = f"at most {total} for {epochs_text(files[0].epochs)}, without gas"
    last = f"{most}; less if some of it is there (dry run: nothing was sent)"
    return Report({}, table=table, remarks=[last], array=values)
