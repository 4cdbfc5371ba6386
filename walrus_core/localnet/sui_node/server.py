"""The server: the services of `sui.rpc.v2` for one chain, on one address."""

from __future__ import annotations

import grpc

from walrus_core.errors import StorageError
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.rpc.calls import LARGEST_REQUEST
from walrus_core.localnet.sui_node.rpc.services import services

__all__ = ["Server"]

_PACKAGE = "sui.rpc.v2"
_OPTIONS = [
    ("grpc.max_receive_message_length", LARGEST_REQUEST),
    ("grpc.max_send_message_length", -1),
    ("grpc.max_concurrent_streams", 1000),
    # Two servers on one port would share its calls: the second one shall fail instead.
    ("grpc.so_reuseport", 0),
]
_LAST_CALLS_SECONDS = 1.0
"""What calls in progress get to end in when the server stops; streams never do by themselves."""


class Server:
    """Serves a chain from `start` to `stop`."""

    def __init__(self, chain: LocalChain) -> None:
        self._server = grpc.aio.server(options=_OPTIONS)
        self._server.add_generic_rpc_handlers(
            [
                grpc.method_handlers_generic_handler(f"{_PACKAGE}.{name}", methods)
                for name, methods in services(chain).items()
            ]
        )

    async def start(self, host: str, port: int) -> int:
        """Accept calls, unencrypted; returns the port, which is any free one if `port` is 0.

        Raises StorageError if the address cannot be had.
        """
        address = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        try:
            bound: int = self._server.add_insecure_port(address)
        except RuntimeError as error:
            raise StorageError(address, "cannot listen there; choose another --port") from error
        await self._server.start()
        return bound

    async def stop(self) -> None:
        """Accept no more calls, let those in progress end, cut off what does not."""
        await self._server.stop(_LAST_CALLS_SECONDS)
