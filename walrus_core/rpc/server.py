"""The server: one node's service, its health and its own description, on one address."""

from __future__ import annotations

from typing import Any

import grpc

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.addresses import host_and_port, is_loopback
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.options import ServerOptions
from walrus_core.rpc.rules import NODE_SERVICE, node_rules
from walrus_core.rpc.servicers import NodeServicer, ServedNode
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.rpc.v1 import node_pb2_grpc

__all__ = ["NodeServer", "ServedNode", "ServerOptions"]

_OPTIONS = [
    # Two servers on one port would share its calls: the second one shall fail instead.
    ("grpc.so_reuseport", 0),
    ("grpc.max_concurrent_streams", 1000),
    # Who is silent for a minute is asked whether it is there, and may ask us every ten seconds.
    ("grpc.keepalive_time_ms", 60_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.http2.min_recv_ping_interval_without_data_ms", 10_000),
    ("grpc.max_connection_idle_ms", 600_000),
    ("grpc.server_handshake_timeout_ms", 10_000),
]


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
        self._server: Any = None
        self._health: Any = None

    async def start(self, host: str, port: int) -> int:
        """Accept calls; returns the port, which is any free one if `port` is 0.

        ConfigurationError if the address cannot be had, or not without TLS.
        """
        address = host_and_port(host, port)
        if self._identity is None and not is_loopback(host):
            raise ConfigurationError(
                address, "is no loopback address, so it needs a TLS identity; give the node its key"
            )
        self._server = grpc.aio.server(
            interceptors=[CallInterceptor(node_rules(self._options))], options=_OPTIONS
        )
        node_pb2_grpc.add_NodeServiceServicer_to_server(
            NodeServicer(self._node, self._options), self._server
        )
        await self._describe()
        try:
            if self._identity is None:
                bound: int = self._server.add_insecure_port(address)
            else:
                bound = self._server.add_secure_port(address, self._identity.server_credentials())
        except RuntimeError as error:
            raise ConfigurationError(
                address, "cannot listen there; choose another port, or stop who has it"
            ) from error
        await self._server.start()
        return bound

    async def stop(self, grace: float = 5.0) -> None:
        """Say that nothing is served any more, accept no more calls, let those in progress end for
        `grace` seconds, then cancel them.
        """
        if self._server is None:
            return
        await self._health.enter_graceful_shutdown()
        await self._server.stop(grace)

    async def _describe(self) -> None:
        """Health, which is of the whole server and of the service; and reflection."""
        # Loaded here: a client needs neither.
        from grpc_health.v1 import health, health_pb2, health_pb2_grpc
        from grpc_reflection.v1alpha import reflection

        self._health = health.aio.HealthServicer()
        health_pb2_grpc.add_HealthServicer_to_server(self._health, self._server)
        for name in ("", NODE_SERVICE):
            await self._health.set(name, health_pb2.HealthCheckResponse.SERVING)
        names = (NODE_SERVICE, health.SERVICE_NAME, reflection.SERVICE_NAME)
        reflection.enable_server_reflection(names, self._server)
