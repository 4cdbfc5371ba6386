"""What `Reconstruct` cannot do without: bytes that come from several processes over TLS, and go on
to a caller; nothing is looked at. `server_reconstruct.py` runs it.

python benchmarks/server_relay.py source     sends as many bytes as it is asked for
python benchmarks/server_relay.py relay      asks sources, and sends on as much; in plain text
"""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from typing import Any

import grpc

from walrus_core.rpc.streams import MAX_DATA
from walrus_core.rpc.tls import TlsIdentity

SERVICE = "raw.Relay"
FETCH, RELAY = f"/{SERVICE}/Fetch", f"/{SERVICE}/Relay"
OPTIONS = [("grpc.ssl_target_name_override", "walrus-storage-node")]


def messages(size: int) -> list[bytes]:
    """So many bytes, in messages as nodes send them."""
    full = bytes(MAX_DATA)
    return [full] * (size // MAX_DATA) + [full[: size % MAX_DATA]]


async def fetch(request: bytes, _: Any) -> AsyncIterator[bytes]:
    for message in messages(int(request)):
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
            stream = self._channel(address, certificate).unary_stream(FETCH)(str(size).encode())
            async for message in stream:
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


def request_for(
    sources: Sequence[tuple[str, str]], sizes: Sequence[int], answers: Sequence[int]
) -> bytes:
    """So many bytes from each source, for answers of these sizes."""
    shares = [
        (*source, size) for source, size in zip(sources, sizes, strict=True) if size
    ]  # nobody asks for nothing
    return json.dumps({"sources": shares, "answers": answers}).encode()


async def serve(role: str) -> None:
    """Print the address, and the certificate if there is one."""
    server = grpc.aio.server()
    if role == "source":
        from cryptography.hazmat.primitives.asymmetric import ec

        identity = TlsIdentity.self_signed(ec.generate_private_key(ec.SECP256R1()))
        handlers = {"Fetch": grpc.unary_stream_rpc_method_handler(fetch)}
        port = server.add_secure_port("127.0.0.1:0", identity.server_credentials())
        shown = identity.certificate_pem.decode()
    else:
        handlers = {"Relay": grpc.unary_stream_rpc_method_handler(Relay().relay)}
        port, shown = server.add_insecure_port("127.0.0.1:0"), ""
    server.add_generic_rpc_handlers((grpc.method_handlers_generic_handler(SERVICE, handlers),))
    await server.start()
    print(json.dumps([f"127.0.0.1:{port}", shown]), flush=True)
    await server.wait_for_termination()


if __name__ == "__main__":
    asyncio.run(serve(sys.argv[1]))
