"""The server of one storage node, on one address."""

from __future__ import annotations

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.addresses import host_and_port, is_loopback
from walrus_core.rpc.described_server import DescribedServer
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.options import ServerOptions
from walrus_core.rpc.rules import NODE_SERVICE, node_rules
from walrus_core.rpc.servicers import NodeServicer, ServedNode
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.rpc.v1 import node_pb2_grpc

__all__ = ["NodeServer", "ServedNode", "ServerOptions"]


class NodeServer:
    """Serves `node` from `start` to `stop`.

    With an `identity` over TLS; without one in plain text, which is for loopback addresses only.
    """

    def __init__(
        self, node: ServedNode, identity: TlsIdentity | None, options: ServerOptions
    ) -> None:
        self._node = node
        self._identity = identity
        self._options = options
        self._server: DescribedServer | None = None

    async def start(self, host: str, port: int) -> int:
        """Accept calls; returns the port, which is any free one if `port` is 0.

        ConfigurationError if the address cannot be had, or not without TLS.
        """
        address = host_and_port(host, port)
        if self._identity is None and not is_loopback(host):
            raise ConfigurationError(
                address, "is no loopback address, so it needs a TLS identity; give the node its key"
            )
        server = self._server = DescribedServer(CallInterceptor(node_rules(self._options)))
        servicer = NodeServicer(self._node, self._options)
        server.add(NODE_SERVICE, node_pb2_grpc.add_NodeServiceServicer_to_server, servicer)
        identity = self._identity
        bound = server.listen(address, identity.server_credentials() if identity else None)
        await server.start()
        return bound

    async def stop(self, grace: float = 5.0) -> None:
        """Say that the node is not served any more, refuse new calls, let those in progress end for
        `grace` seconds, and cancel the rest.
        """
        if self._server is not None:
            await self._server.finish(grace)
