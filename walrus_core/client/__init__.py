"""Blobs stored on and read from a network, for programs: `AsyncClient`, and `Client` that waits.

Both are names of `walrus_core`, too. They need the extra `client`.
"""

from walrus_core.errors import MissingDependencyError

try:
    from walrus_core.client.async_client import AsyncClient
    from walrus_core.client.client import Client
    from walrus_core.client.journal import FileJournal
except ModuleNotFoundError as error:  # grpcio, protobuf, ...
    raise MissingDependencyError(error.name or "a library", "client", str(error)) from error

__all__ = ["AsyncClient", "Client", "FileJournal"]
