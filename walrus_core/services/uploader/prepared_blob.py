"""A blob that is encoded to be stored: this takes no wallet."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.services.uploader.encoding import encode_source
from walrus_core.services.uploader.outcome import Phase, StoreProgress
from walrus_core.types import checked_int

if TYPE_CHECKING:
    from walrus_core.codec.sources import BlobSource
    from walrus_core.services.ports import ChainReader, Workers
    from walrus_core.services.uploader.encoding import Encoding
    from walrus_core.services.uploader.options import UploadOptions

__all__ = ["PreparedBlob", "prepare_blob"]


@dataclass(frozen=True, slots=True)
class PreparedBlob:
    """An encoding for the network, to be stored for `epochs` epochs.

    On the loop's clock it was `started`, the chain was `asked` for what to encode, and it was
    `done`.
    """

    encoding: Encoding
    epochs: int
    started: float
    asked: float
    done: float


async def prepare_blob(
    chain: ChainReader,
    source: BlobSource,
    epochs: int,
    workers: Workers,
    options: UploadOptions,
    progress: StoreProgress,
) -> PreparedBlob:
    """Encode a blob as `Uploader.store` takes it, which says the errors, too."""
    started = _now()
    state = await chain.state()
    checked_int("epochs", epochs, 1, state.max_epochs_ahead)
    asked = _now()
    progress.phase = Phase.ENCODING
    encoding = await encode_source(
        source,
        state.n_shards,
        workers,
        progress.encoding,
        in_memory=options.in_memory,
        directory=options.directory,
    )
    progress.blob_id = encoding.metadata.blob_id
    return PreparedBlob(encoding, epochs, started, asked, _now())


def _now() -> float:
    return asyncio.get_running_loop().time()
