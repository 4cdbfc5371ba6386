"""A blob in, its metadata out: no sliver is kept."""

from __future__ import annotations

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.encoder import compute_metadata, repair_columns_size
from walrus_core.codec.memory import LARGEST_ANONYMOUS
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.services.engine.intake import Content, check_size, lane_for, lent, received
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.pool import Job, Pool
from walrus_core.services.spooling import spooling

__all__ = ["named"]


async def named(
    content: Content, config: EncodingConfig, pool: Pool, options: EngineOptions
) -> VerifiedMetadata:
    """The metadata, and with them the blob ID."""
    size = content.size
    check_size(config, size, options)
    lane = lane_for(config, size, pool)
    extension = repair_columns_size(config, size)
    parts = [size <= options.in_memory, extension <= LARGEST_ANONYMOUS]
    memory = size * parts[0] + extension * parts[1]
    disk = size + extension - memory
    async with (
        lent(lane, memory, pool, disk),
        received(content, pool, options, ahead=True) as blob,
    ):

        def compute(job: Job) -> VerifiedMetadata:
            with spooling(extension, options.directory):
                return compute_metadata(
                    blob,
                    config.n_shards,
                    job.threads,
                    job.cancel,
                    work_directory=options.directory,
                )

        return await pool.run(lane, compute)
