"""`walrus-core read`: a blob from a network, or a part of it."""

from __future__ import annotations

import asyncio
import re
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from walrus_core.cli.arguments import FILE
from walrus_core.cli.convert_blob_id import parse_blob_id
from walrus_core.cli.files import STANDARD_STREAM, check_writable, shown
from walrus_core.cli.network import Access, on_network
from walrus_core.cli.objects import ChainCommand
from walrus_core.cli.output import Printer, Report, Values
from walrus_core.cli.progress import progress_bar
from walrus_core.cli.quantities import duration_text, rate_text, size_text
from walrus_core.codec.progress import Progress
from walrus_core.errors import InvalidRangeError
from walrus_core.services.reader.traffic import ReadOutcome

if TYPE_CHECKING:
    from walrus_core.client import AsyncClient
    from walrus_core.codec.decoder import ConsistencyCheck
    from walrus_core.services.reader import Reader
    from walrus_core.types import BlobId

CHUNK = 4 << 20
WHOLE = (0, None)

RANGE_TEXT = re.compile(r"([0-9]{1,20})-([0-9]{1,20})?")


def byte_range(
    _ctx: click.Context, _param: click.Parameter, text: str | None
) -> tuple[int, int | None]:
    """The callback of `--range`: the first and the last byte, None for that of the blob."""
    if text is None:
        return WHOLE
    match = RANGE_TEXT.fullmatch(text)
    if match and (match[2] is None or int(match[1]) <= int(match[2])):
        return int(match[1]), None if match[2] is None else int(match[2])
    raise click.BadParameter(f"{text!r} is not a range of bytes, such as 0-99 or 100-")


@click.command("read", cls=ChainCommand, official=["--blob-id"])
@click.argument("blob_id", metavar="BLOB_ID")
@click.option(
    "--out",
    type=FILE,
    default=STANDARD_STREAM,
    metavar="FILE",
    help="Where the blob goes.  [default: standard output; the report then goes to standard error]",
)
@click.option(
    "--range",
    "wanted",
    callback=byte_range,
    metavar="A-B",
    help="Only the bytes from A to B, both included, counted from 0; A- is from A to the end.",
)
@click.option(
    "--strict-consistency-check",
    "check",
    flag_value="strict",
    help="Encode the blob again: its author made all slivers as the blob ID says.",
)
@click.option(
    "--skip-consistency-check",
    "check",
    flag_value="skip",
    help="Trust the blob's author; slivers are checked all the same.",
)
@on_network
@click.pass_obj
def command(
    printer: Printer,
    blob_id: str,
    out: str,
    wanted: tuple[int, int | None],
    check: ConsistencyCheck | None,
    access: Access,
) -> Report:
    """Read a blob from a network, or a part of it.

    Every sliver is checked against the blob ID. Of a range only the slivers that it lies in are
    fetched. FILE appears whole or not at all; to standard output, what is verified goes at once.
    """
    name, (start, end) = parse_blob_id(blob_id), wanted
    printer.stdout_holds_blob = out == STANDARD_STREAM
    check_writable(out)
    started = time.perf_counter()

    async def act(client: AsyncClient) -> ReadOutcome:
        reader = await client.reader()
        with progress_bar("reading", progress := Progress()):
            if out != STANDARD_STREAM:
                path, how = Path(out), check or "default"
                return await reader.read_to_file(
                    name, path, start, end, check=how, progress=progress
                )
            if check is None:
                return await _copy(reader, name, start, end, progress)
            outcome = await reader.read(name, start, end, check=check, progress=progress)
            _write(outcome.content)
            return outcome

    outcome = access.run_client(act)
    return _report(outcome, out, wanted, time.perf_counter() - started)


async def _copy(
    reader: Reader, blob_id: BlobId, start: int, end: int | None, progress: Progress
) -> ReadOutcome:
    """Write the blob to standard output, as it comes."""
    async with await reader.open(blob_id) as blob:
        last = blob.size - 1 if end is None else end
        if not start <= last < blob.size and (start, end, blob.size) != (0, None, 0):
            raise InvalidRangeError(start, last, blob.size)
        progress.start(last + 1 - start)
        blob.seek(start)
        while blob.tell() <= last:
            piece = await blob.read(min(CHUNK, last + 1 - blob.tell()))
            await asyncio.to_thread(_write, piece)
            progress.advance(len(piece))
        traffic, size = blob.traffic, last + 1 - start
        recovered = traffic.recovered
        return ReadOutcome(
            blob_id, size, traffic.received, recovered, bool(recovered), dict(traffic.faults)
        )


def _write(content: bytes) -> None:
    sys.stdout.buffer.write(content)
    sys.stdout.buffer.flush()


def _report(
    outcome: ReadOutcome, out: str, wanted: tuple[int, int | None], seconds: float
) -> Report:
    size, faults = outcome.size, outcome.faults
    values: Values = {
        "blobId": str(outcome.blob_id),
        "out": out,
        "start": wanted[0],
        "size": size,
        "received": outcome.received,
        "recovered": outcome.recovered,
        "wasDecoded": outcome.was_decoded,
        "faults": faults,
        "seconds": seconds,
    }
    way = "reconstructed from other slivers" if outcome.was_decoded else "as it lies there"
    facts = {
        "blob ID": str(outcome.blob_id),
        "size": f"{size_text(size)}, {way}; {size_text(outcome.received)} came from nodes",
        "time": f"{duration_text(seconds)} ({rate_text(size, seconds)})",
    }
    name = shown(out, "standard output")
    return Report(
        values,
        headline=f"{name}: {'the blob' if wanted == WHOLE else 'the range'} is there, verified",
        facts=facts,
        remarks=[f"  passed over {address}: {reason}" for address, reason in faults.items()],
    )
