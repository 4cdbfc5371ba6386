"""A server that answers every method with the bytes that a test gives it, as slowly as it likes."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import grpc
from rpc.serving import HOST, N_SHARDS, NO_KEY

from walrus_core.rpc.client import ClientOptions, RpcNode
from walrus_core.rpc.streams import GO_AHEAD

Answer = Callable[[AsyncIterator[bytes]], AsyncIterator[bytes]]
"""From the messages of a request to those of the answer."""


class _AnyMethod(grpc.GenericRpcHandler):
    def __init__(self, answer: Answer) -> None:
        self._answer = answer

    def service(self, _: Any) -> Any:
        async def behave(requests: AsyncIterator[bytes], context: Any) -> AsyncIterator[bytes]:
            await context.send_initial_metadata(((GO_AHEAD, "1"),))
            async for message in self._answer(requests):
                yield message

        return grpc.stream_stream_rpc_method_handler(behave)


@asynccontextmanager
async def lying(
    answer: Answer, options: ClientOptions | None = None, n_shards: int = N_SHARDS
) -> AsyncIterator[RpcNode]:
    server = grpc.aio.server()
    server.add_generic_rpc_handlers((_AnyMethod(answer),))
    port = server.add_insecure_port(f"{HOST}:0")
    await server.start()
    node = RpcNode(f"{HOST}:{port}", NO_KEY, n_shards, options)
    try:
        yield node
    finally:
        await node.close()
        await server.stop(0)
