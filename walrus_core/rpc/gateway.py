"""The server for other programs: the engine and the network's blobs behind one port.

Over TCP, in plain text on loopback, over TLS elsewhere; over a Unix socket; or both.
"""

from __future__ import annotations

import asyncio
import os
import socket
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from walrus_core.errors import ConfigurationError
from walrus_core.rpc.addresses import host_and_port, is_loopback
from walrus_core.rpc.attendants import Attend, Gate, caller_name, open_gate
from walrus_core.rpc.blob_servicer import (
    BLOB_KINDS,
    BLOB_SERVICE,
    BlobServicer,
    add_blob_service,
)
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.described_server import DescribedServer
from walrus_core.rpc.encoding_servicer import (
    ENCODING_KINDS,
    ENCODING_SERVICE,
    EncodingServicer,
    add_encoding_service,
)
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.rules import CallRules, Limit
from walrus_core.services.engine import Engine
from walrus_core.services.reader import Reader
from walrus_core.services.uploads import Uploads

__all__ = ["Blobs", "GatewayLimits", "GatewayServer"]

LONGEST_PATH = 107
"""Bytes of a Unix socket's path; the system takes no more."""


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """At most so many calls of a kind at once; what is more is OverloadedError, to be tried again
    after `retry_after`. Times in seconds.

    `encodings` and `decodings` are of the engine, `stores` and `reconstructions` of the network,
    `questions` are short and take `question_seconds`, the others `stream_seconds`. Who neither
    sends nor takes anything for `idle_seconds` is not waited for, nor who brings less than
    `least_rate` bytes in a second.
    """

    encodings: int = 512
    decodings: int = 256
    stores: int = 256
    reconstructions: int = 128
    questions: int = 512
    question_seconds: float = 30.0
    stream_seconds: float = 3600.0
    idle_seconds: float = 30.0
    least_rate: int = 4 << 10
    retry_after: float = 1.0

    def rules(self, attend: Sequence[Attend]) -> CallRules:
        return CallRules(
            kinds={ENCODING_SERVICE: ENCODING_KINDS, BLOB_SERVICE: BLOB_KINDS},
            limits={
                "encodings": Limit(self.encodings, self.stream_seconds),
                "decodings": Limit(self.decodings, self.stream_seconds),
                "stores": Limit(self.stores, self.stream_seconds),
                "reconstructions": Limit(self.reconstructions, self.stream_seconds),
                "questions": Limit(self.questions, self.question_seconds),
            },
            idle_seconds=self.idle_seconds,
            least_rate=self.least_rate,
            retry_after=self.retry_after,
            attend=attend,
        )


@dataclass(frozen=True, slots=True)
class Blobs:
    """The way to a network."""

    uploads: Uploads
    reader: Reader


class GatewayServer:
    """Serves the engine, and a network's blobs if there is one, where it was told to listen.

    `share_port`: with other processes of the same server. `attend`: those who accompany each call.
    """

    def __init__(
        self,
        engine: Engine,
        blobs: Blobs | None = None,
        limits: GatewayLimits | None = None,
        *,
        gate: Gate = open_gate,
        attend: Sequence[Attend] = (),
        share_port: bool = False,
    ) -> None:
        rules = (limits or GatewayLimits()).rules(attend)
        self._server = DescribedServer(CallInterceptor(rules, gate), share_port=share_port)
        self._server.add(ENCODING_SERVICE, add_encoding_service, EncodingServicer(engine))
        self.services = [ENCODING_SERVICE]
        if blobs is not None:
            servicer = BlobServicer(blobs.uploads, blobs.reader, lambda _: caller_name.get())
            self._server.add(BLOB_SERVICE, add_blob_service, servicer)
            self.services.append(BLOB_SERVICE)

    def listen(
        self,
        host: str,
        port: int,
        certificate: LiveCertificate | None = None,
        *,
        plaintext: bool = False,
    ) -> int:
        """The port, which is any free one if `port` is 0. Without a certificate nobody is served
        off loopback, unless `plaintext` says that this is meant. ConfigurationError.
        """
        address = host_and_port(host, port)
        if certificate is None and not plaintext and not is_loopback(host):
            raise ConfigurationError(
                address,
                "is no loopback address: everybody on the way could read and change what is sent;"
                " give a certificate (--tls-cert, --tls-key), or say --insecure-plaintext",
            )
        return self._server.listen(address, certificate.credentials() if certificate else None)

    def listen_unix(self, path: Path) -> None:
        """At a Unix socket for processes of the same user. ConfigurationError."""
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise ConfigurationError(str(path), f"is longer than {LONGEST_PATH} bytes")
        _require_unused(path)
        with _for_owner_only():
            self._server.listen(f"unix:{path}")

    async def start(self) -> None:
        """Accept calls."""
        await self._server.start()

    async def stop(self, grace: float = 5.0, notice: float = 0.0) -> None:
        """Say that nothing is served any more, and serve for `notice` seconds more, for those who
        look at that only now and then. Then accept no more calls, let those in progress end for
        `grace` seconds, and cancel the rest.
        """
        await self._server.retire()
        await asyncio.sleep(notice)
        await self._server.stop(grace)


def _require_unused(path: Path) -> None:
    """What a server left that was killed may be replaced: nobody answers there any more."""
    try:
        mode = path.stat().st_mode
    except FileNotFoundError:
        return
    except OSError as error:
        raise ConfigurationError(str(path), error.strerror or str(error)) from None
    if not stat.S_ISSOCK(mode):
        raise ConfigurationError(str(path), "is there, and no socket; choose another path")
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as probe:
        try:
            probe.connect(str(path))
        except ConnectionRefusedError:
            return
        except OSError as error:
            raise ConfigurationError(str(path), error.strerror or str(error)) from None
    raise ConfigurationError(str(path), "another process serves there; choose another path")


@contextmanager
def _for_owner_only() -> Iterator[None]:
    """What is made meanwhile, this user alone may open."""
    before = os.umask(0o177)
    try:
        yield
    finally:
        os.umask(before)
