# ruff: noqa: N802 - methods of a service are named as in the .proto
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
from typing import Any

from walrus_core.errors import ChainUnavailableError, ConfigurationError, NodeError
from walrus_core.rpc.addresses import host_and_port, is_loopback
from walrus_core.rpc.attendants import Attend, Gate, caller_name, open_gate
from walrus_core.rpc.blob_servicer import BLOB_KINDS, BLOB_SERVICE, BlobServicer
from walrus_core.rpc.certificates import LiveCertificate
from walrus_core.rpc.described_server import DescribedServer
from walrus_core.rpc.encoding_servicer import (
    ENCODING_KINDS,
    ENCODING_SERVICE,
    EncodingServicer,
)
from walrus_core.rpc.gateway_options import GatewayLimits
from walrus_core.rpc.interceptor import CallInterceptor
from walrus_core.rpc.parting import Hearing
from walrus_core.rpc.rules import CallRules, Limit
from walrus_core.rpc.v1 import blob_pb2_grpc, encoding_pb2_grpc
from walrus_core.services.engine import Engine
from walrus_core.services.reader import Reader
from walrus_core.services.uploads import Uploads

__all__ = ["Blobs", "GatewayServer"]

LONGEST_PATH = 107
"""Bytes of a Unix socket's path; the system takes no more."""


def gateway_rules(limits: GatewayLimits, attend: Sequence[Attend]) -> CallRules:
    """Those of the gateway's services."""
    return CallRules(
        kinds={ENCODING_SERVICE: ENCODING_KINDS, BLOB_SERVICE: BLOB_KINDS},
        limits={
            "encodings": Limit(limits.encodings, limits.stream_seconds),
            "decodings": Limit(limits.decodings, limits.stream_seconds),
            "stores": Limit(limits.stores, limits.stream_seconds),
            "reconstructions": Limit(limits.reconstructions, limits.stream_seconds),
            "questions": Limit(limits.questions, limits.question_seconds),
        },
        idle_seconds=limits.idle_seconds,
        least_rate=limits.least_rate,
        retry_after=limits.retry_after,
        attend=attend,
    )


@dataclass(frozen=True, slots=True)
class Blobs:
    """The way to a network; without uploads it can only be read."""

    uploads: Uploads | None
    reader: Reader


class ComingBlobs:
    """The service of blobs from before there is a way to them: until `come` every call of it is
    ChainUnavailableError; without a network, by its name, it is NodeError for ever.
    """

    def __init__(self, network: str | None) -> None:
        self._network = network
        self._servicer: BlobServicer | None = None

    def come(self, blobs: Blobs) -> None:
        self._servicer = BlobServicer(blobs.uploads, blobs.reader, lambda _: caller_name.get())

    def Store(self, requests: Any, context: Any) -> Any:
        return self._there.Store(requests, context)

    def GetUploadStatus(self, request: Any, context: Any) -> Any:
        return self._there.GetUploadStatus(request, context)

    def Reconstruct(self, request: Any, context: Any) -> Any:
        return self._there.Reconstruct(request, context)

    def GetStatus(self, request: Any, context: Any) -> Any:
        return self._there.GetStatus(request, context)

    @property
    def _there(self) -> BlobServicer:
        if self._network is None:
            raise NodeError(
                "this server has no network, so it neither stores nor reads; it encodes, decodes,"
                " verifies and recovers"
            )
        if self._servicer is None:
            raise ChainUnavailableError(self._network, "the server is not connected yet")
        return self._servicer


class GatewayServer:
    """Serves the engine where it was told to listen; with a `network`, by its name, also its blobs,
    as soon as there is a way to them (`come`).

    `share_port`: with other processes of the same server. `attend`: those who accompany each call.
    """

    def __init__(
        self,
        engine: Engine,
        network: str | None = None,
        limits: GatewayLimits | None = None,
        *,
        gate: Gate = open_gate,
        attend: Sequence[Attend] = (),
        share_port: bool = False,
    ) -> None:
        rules = gateway_rules(limits or GatewayLimits(), attend)
        interceptor = CallInterceptor(rules, gate, Hearing())
        self._server = DescribedServer(interceptor, share_port=share_port)
        add_engine = encoding_pb2_grpc.add_EncodingServiceServicer_to_server
        self._server.add(ENCODING_SERVICE, add_engine, EncodingServicer(engine))
        self.services = [ENCODING_SERVICE]
        self._blobs = ComingBlobs(network)
        add_blobs = blob_pb2_grpc.add_BlobServiceServicer_to_server
        if network is None:
            self._server.refuse(add_blobs, self._blobs)
        else:
            self._server.add(BLOB_SERVICE, add_blobs, self._blobs, ready=False)
            self.services.append(BLOB_SERVICE)

    async def come(self, blobs: Blobs) -> None:
        """Serve a network's blobs from now on."""
        self._blobs.come(blobs)
        self._server.ready(BLOB_SERVICE)

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

    def listen_unix(self, path: Path, mode: int = 0o600) -> None:
        """At a Unix socket, for those whom the mode lets write to it. ConfigurationError."""
        if len(os.fsencode(path)) > LONGEST_PATH:
            raise ConfigurationError(str(path), f"is longer than {LONGEST_PATH} bytes")
        _require_unused(path)
        with _made_with(mode):
            self._server.listen(f"unix:{path}")

    async def start(self) -> None:
        """Accept calls."""
        await self._server.start()

    async def stop(self, grace: float = 5.0, notice: float = 0.0) -> None:
        """Say that nothing is served any more, and serve for `notice` seconds more, for those who
        look at that only now and then. Then refuse new calls, let those in progress end for `grace`
        seconds, and cancel the rest; a caller who was refused is told when to try again.
        """
        self._server.retire()
        await asyncio.sleep(notice)
        await self._server.drain(grace)


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
def _made_with(mode: int) -> Iterator[None]:
    """What is made meanwhile has no more than this mode, from the first moment on."""
    before = os.umask(0o777 & ~mode)
    try:
        yield
    finally:
        os.umask(before)
