"""`walrus-core about`: this installation, or the numbers of an encoding."""

from __future__ import annotations

import platform

import click

import walrus_core
from walrus_core import kernel
from walrus_core.cli.arguments import FILE, Command, n_shards, size_in_bytes
from walrus_core.cli.files import blob_source
from walrus_core.cli.output import Report, Values
from walrus_core.cli.quantities import size_text
from walrus_core.cli.summary import encoding_values
from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.sources import opened_blob
from walrus_core.codec.threads import thread_count
from walrus_core.types import Axis


@click.command("about", cls=Command)
@click.argument("file", type=FILE, metavar="[FILE]", required=False)
@click.option(
    "--size",
    callback=size_in_bytes,
    metavar="N",
    help="Size of a blob: bytes, or a number with KiB, MiB, GiB.",
)
@n_shards
def command(file: str | None, size: int | None, n_shards: int) -> Report:
    """Describe this installation, or the encoding of a blob.

    With a FILE or a --size: what the blob takes when it is encoded for --n-shards shards.
    """
    if file is not None and size is not None:
        raise click.UsageError("give a FILE or a --size, not both")
    config = EncodingConfig(n_shards)
    if file is not None:
        with opened_blob(blob_source(file), config.max_blob_size) as blob:
            size = blob.nbytes
    return describe_installation(config) if size is None else describe_encoding(config, size)


def describe_installation(config: EncodingConfig) -> Report:
    """Version, engines, threads, and what holds for every blob."""
    engine, engines = kernel.engine_name(), kernel.available_engines()
    values: Values = {
        "version": walrus_core.__version__,
        "python": platform.python_version(),
        "engine": engine,
        "availableEngines": list(engines),
        "threads": thread_count(None),
        **_shard_values(config),
    }
    facts = {
        "python": f"{platform.python_version()} on {platform.machine()}",
        "engine": f"{engine}, of {', '.join(engines)} on this CPU (WALRUS_CORE_ENGINE chooses)",
        "threads": f"{values['threads']}",
        **_shard_facts(config),
    }
    return Report(values, headline=f"walrus-core {walrus_core.__version__}", facts=facts)


def describe_encoding(config: EncodingConfig, size: int) -> Report:
    """What a blob of `size` bytes becomes."""
    sliver_sizes = {axis: config.sliver_size(axis, size) for axis in Axis}
    values = {f"{axis}SliverSize": n for axis, n in sliver_sizes.items()}
    encoded = config.encoded_size(size)
    facts = {
        "size": f"{size_text(size)} ({size:,} bytes)",
        "encoded": f"{size_text(encoded)} ({encoded:,} bytes, what storage is paid for)",
        "symbol size": f"{config.symbol_size(size):,} bytes",
        "slivers": ", ".join(f"{axis} {size_text(n)}" for axis, n in sliver_sizes.items()),
        **_shard_facts(config),
    }
    work: Values = {"engine": kernel.engine_name(), "threads": thread_count(None)}
    return Report(
        encoding_values(config, size) | _shard_values(config) | values | work, facts=facts
    )


def _shard_values(config: EncodingConfig) -> Values:
    return {
        "nShards": config.n_shards,
        "nFaultyShards": config.n_faulty_shards,
        "nPrimarySourceSymbols": config.n_primary_source_symbols,
        "nSecondarySourceSymbols": config.n_secondary_source_symbols,
        "maxBlobSize": config.max_blob_size,
    }


def _shard_facts(config: EncodingConfig) -> dict[str, str]:
    primary, secondary = (config.n_slivers_needed(axis) for axis in Axis)
    return {
        "shards": f"{config.n_shards:,}, of which {config.n_faulty_shards:,} may fail or lie",
        "reconstruct from": f"{primary:,} primary or {secondary:,} secondary slivers",
        "largest blob": f"{size_text(config.max_blob_size)} ({config.max_blob_size:,} bytes)",
    }
