"""What a call of the server cannot do without, and nothing else: processes that move as many bytes
in as many messages, and look at none of them.

python benchmarks/server_bare.py stream     takes messages, and answers with as many as it is told
python benchmarks/server_bare.py source     sends as many bytes as it is asked for, over TLS
python benchmarks/server_bare.py relay      asks sources, and sends on as much

Each prints its address and its certificate, if it has one, as a list in JSON. `bare` runs one.
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import grpc
from server_processes import running

from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.tls import TlsIdentity

SERVICE = "raw.Bare"
STREAM, FETCH, RELAY = f"/{SERVICE}/Stream", f"/{SERVICE}/Fetch", f"/{SERVICE}/Relay"
OPTIONS = [("grpc.ssl_target_name_override", "walrus-storage-node")]


@contextmanager
def bare(role: str) -> Iterator[tuple[str, str]]:
    """Such a process: its address, and its certificate or nothing."""
    with running(__file__, role) as (_, line):
        address, certificate = json.loads(line)
        yield address, certificate


def stream_request(messages: Sequence[bytes], answers: Sequence[int]) -> list[bytes]:
    """These messages, for answers of these sizes."""
    return [json.dumps(answers).encode(), *messages]


def request_for(
    sources: Sequence[tuple[str, str]], sizes: Sequence[int], answers: Sequence[int]
) -> bytes:
    """So many bytes from each source, for answers of these sizes."""
    shares = [
        (*source, size) for source, size in zip(sources, sizes, strict=True) if size
    ]  # nobody asks for nothing
    return json.dumps({"sources": shares, "answers": answers}).encode()


async def stream(requests: AsyncIterator[bytes], _: Any) -> AsyncIterator[bytes]:
    """The first message says how long the answers are to be."""
    sizes: list[int] = json.loads(await anext(requests))
    async for _request in requests:
        pass
    answers = {size: bytes(size) for size in set(sizes)}
    for size in sizes:
        yield answers[size]


async def fetch(request: bytes, _: Any) -> AsyncIterator[bytes]:
    """So many bytes, in messages as nodes send them."""
    full, size = bytes(MAX_DATA), int(request)
    for message in [full] * (size // MAX_DATA) + [full[: size % MAX_DATA]]:
        yield message


class Relay:
    """Keeps its connections."""

    def __init__(self) -> None:
        self._channels: dict[str, Any] = {}

    async def relay(self, request: bytes, _: Any) -> AsyncIterator[bytes]:
        """The request says what to ask whom for, and how long the answers are to be; an answer goes
        as soon as so much has come.
        """
        asked = json.loads(request)
        coming: asyncio.Queue[int] = asyncio.Queue()

        async def receive(address: str, certificate: str, size: int) -> None:
            call = self._channel(address, certificate).unary_stream(FETCH)
            async for message in call(str(size).encode()):
                coming.put_nowait(len(message))

        tasks = [asyncio.create_task(receive(*each)) for each in asked["sources"]]
        came, left, answers = 0, 0, {size: bytes(size) for size in set(asked["answers"])}
        missing = sum(size for *_, size in asked["sources"])
        for size in asked["answers"]:
            left += size
            while came < min(left, missing):
                came += await coming.get()
            yield answers[size]
        await asyncio.gather(*tasks)

    def _channel(self, address: str, certificate: str) -> Any:
        if address not in self._channels:
            credentials = grpc.ssl_channel_credentials(certificate.encode())
            self._channels[address] = grpc.aio.secure_channel(address, credentials, OPTIONS)
        return self._channels[address]


METHODS = {
    "stream": lambda: {"Stream": grpc.stream_stream_rpc_method_handler(stream)},
    "source": lambda: {"Fetch": grpc.unary_stream_rpc_method_handler(fetch)},
    "relay": lambda: {"Relay": grpc.unary_stream_rpc_method_handler(Relay().relay)},
}


async def serve(role: str) -> None:
    """In plain text, except for sources: nodes speak TLS."""
    server, certificate = grpc.aio.server(), ""
    methods = grpc.method_handlers_generic_handler(SERVICE, METHODS[role]())
    server.add_generic_rpc_handlers((methods,))
    if role == "source":
        identity = made_up_identity()
        certificate = identity.certificate_pem.decode()
        port = server.add_secure_port("127.0.0.1:0", identity.server_credentials())
    else:
        port = server.add_insecure_port("127.0.0.1:0")
    await server.start()
    print(json.dumps([f"127.0.0.1:{port}", certificate]), flush=True)
    await server.wait_for_termination()


def made_up_identity() -> TlsIdentity:
    from cryptography.hazmat.primitives.asymmetric import ec

    return TlsIdentity.self_signed(ec.generate_private_key(ec.SECP256R1()))


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
