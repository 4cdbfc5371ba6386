"""The connection to a node that is away, slow, or none at all."""

import asyncio
import random
import socket
import time

import pytest
from sui.listeners import listener

from walrus_core.errors import ChainUnavailableError, InvalidArgumentError
from walrus_core.sui.connection import Connection

H2_SETTINGS = bytes.fromhex("000000040000000000")


async def ask(url: str, timeout: float = 1.0) -> int:
    async with Connection(url, timeout) as connection:
        return await connection.gas_price()


def test_connection_refused() -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}"
    with pytest.raises(ChainUnavailableError, match="refused") as caught:
        asyncio.run(ask(url))
    assert caught.value.url == url
    assert isinstance(caught.value.__cause__, ConnectionRefusedError)


def test_silence_ends_with_the_deadline() -> None:
    async def silent(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        while await reader.read(4096):
            pass

    async def run() -> None:
        async with listener(silent) as url:
            await ask(url, timeout=0.2)

    started = time.monotonic()
    with pytest.raises(ChainUnavailableError, match=r"0\.2 seconds"):
        asyncio.run(run())
    assert time.monotonic() - started < 5


@pytest.mark.parametrize("seed", range(20))
def test_garbage(seed: int) -> None:
    noise = random.Random(seed)

    async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(24)
        prefix = noise.choice([b"", H2_SETTINGS, b"HTTP/1.1 200 OK\r\n\r\n"])
        writer.write(prefix + noise.randbytes(noise.randrange(300)))
        await writer.drain()

    async def run() -> None:
        async with listener(garbage) as url:
            await ask(url, timeout=0.5)

    with pytest.raises(ChainUnavailableError):
        asyncio.run(run())


def test_connection_recovers() -> None:
    """After a failure the next question opens a channel of its own."""

    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async def run() -> None:
        async with listener(hang_up) as url, Connection(url, 1.0) as connection:
            for _ in range(3):
                with pytest.raises(ChainUnavailableError):
                    await connection.gas_price()

    asyncio.run(run())


@pytest.mark.parametrize(
    "url",
    [
        "",
        "127.0.0.1:9000",
        "http://127.0.0.1",
        "http://192.0.2.1:9000",
        "http://example.org:80",
        "http://127.0.0.1:port",
        "ftp://127.0.0.1:21",
    ],
)
def test_plaintext_goes_to_this_machine_only(url: str) -> None:
    with pytest.raises(InvalidArgumentError, match="this machine only"):
        Connection(url)


def test_tls_elsewhere() -> None:
    assert (
        Connection("https://fullnode.testnet.sui.io").url == "https://fullnode.testnet.sui.io:443"
    )


def test_tls_is_not_given_up() -> None:
    """A node that does not speak TLS where it should is not talked to in the clear."""
    heard = bytearray()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heard.extend(await reader.read(4096))
        writer.write(b"no TLS here")
        await writer.drain()

    async def run() -> None:
        async with listener(listen) as url:
            await ask(url.replace("http:", "https:"))

    with pytest.raises(ChainUnavailableError):
        asyncio.run(run())
    assert heard[:1] == b"\x16"  # a TLS handshake, and nothing else
    assert b"PRI * HTTP/2.0" not in heard
