"""Nodes that are served on loopback while a test runs, and the ways to them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec

import grpc
from cryptography.hazmat.primitives.asymmetric import ec

from walrus_core.rpc.attendants import Visit
from walrus_core.rpc.client import ClientOptions, RpcNode
from walrus_core.rpc.server import NodeServer, ServedNode, ServerOptions
from walrus_core.rpc.tls import TlsIdentity
from walrus_core.rpc.v1 import node_pb2_grpc

P = ParamSpec("P")

HOST = "127.0.0.1"
N_SHARDS = 7
SERVER = ServerOptions(n_shards=N_SHARDS)
NO_KEY = b"\x02" * 33
"""Where no TLS is spoken, no key is looked at."""

NETWORK_KEY = ec.derive_private_key(1234567, ec.SECP256R1())


def in_loop(test: Callable[P, Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """A test that is a coroutine, run in a loop of its own, which has a minute to end in."""

    @wraps(test)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        asyncio.run(asyncio.wait_for(test(*args, **kwargs), 60))

    return run


@dataclass
class Calls:
    """What the server's attendant has been told: method and status of each call."""

    made: list[tuple[str, str]] = field(default_factory=list)

    def attend(self, visit: Visit) -> "Heard":
        return Heard(visit, self.made)


@dataclass
class Heard:
    """Puts a call into the list when it has ended."""

    visit: Visit
    made: list[tuple[str, str]]

    def received(self, size: int) -> None:
        assert size >= 0

    def sent(self, size: int) -> None:
        assert size >= 0

    def ended(self, code: str, seconds: float) -> None:
        assert 0 <= seconds < 60
        self.made.append((self.visit.method.name, code))


@dataclass(frozen=True)
class Served:
    """A node's server, the client's view of it, and the bare methods for those who lie."""

    server: NodeServer
    port: int
    node: RpcNode
    calls: Calls
    raw: Any

    @property
    def address(self) -> str:
        return f"{HOST}:{self.port}"


@asynccontextmanager
async def served(
    node: ServedNode,
    *,
    tls: bool = False,
    options: ServerOptions = SERVER,
    patience: ClientOptions | None = None,
) -> AsyncIterator[Served]:
    calls = Calls()
    identity = TlsIdentity.self_signed(NETWORK_KEY) if tls else None
    server = NodeServer(node, identity, replace(options, attend=(calls.attend,)))
    port = await server.start(HOST, 0)
    key = identity.public_key if identity else NO_KEY
    client = RpcNode(f"{HOST}:{port}", key, options.n_shards, patience)
    channel = grpc.aio.insecure_channel(f"{HOST}:{port}")
    try:
        yield Served(server, port, client, calls, node_pb2_grpc.NodeServiceStub(channel))
    finally:
        await client.close()
        await channel.close()
        await server.stop(0)
