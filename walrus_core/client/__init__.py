"""Blobs stored on and read from a network, for programs: `AsyncClient`, and `Client` that waits.

Both are names of `walrus_core`, too.
"""

from walrus_core.client.async_client import AsyncClient
from walrus_core.client.client import Client
from walrus_core.client.journal import FileJournal

__all__ = ["AsyncClient", "Client", "FileJournal"]
