"""The configuration as `serve --write-config` prints it: every key, with what it is for."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import TYPE_CHECKING

from walrus_core.daemon.gateway.config import GatewayConfig, is_size

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

__all__ = ["config_text"]

_TEXT = """\
# `walrus-core serve --config` with this file. Every key may be left out; what is shown is what
# holds then. Options of the command line come before it.
#
# Paths start at this file's directory. A key that is not listed here is refused. Sizes are bytes,
# or numbers with a unit (250GB, 32MiB); times are seconds.

# Where to listen: host:port, or none. Off loopback only with `tls`.
listen_address: {listen}
# A socket for processes of this machine, without TLS. With several workers the first one has it.
# unix_socket: serve.sock
# Who may connect to it: as chmod has it, in quotes; "660" lets its group in.
unix_socket_mode: "600"
# Serve in plain text where others can read along and change what is sent.
insecure_plaintext: false

# PEM files. They are read again when they change: new connections get what is in them then.
tls:
  # certificate: server.crt
  # key: server.key
  # The roots of those who may call: whoever cannot show a certificate of theirs is not let in.
  # client_ca: clients.crt

# Who may call, what, and how much of it; read again when it changes. Without it everybody may.
#   callers:
#     - name: ingest
#       token_sha256: 9f86d081...         # of the token: printf %s "$TOKEN" | sha256sum
#       scopes: [encode, store, read]     # all of them if left out
#       quotas: {{bytes_per_day: 100GB, streams: 16, wal_per_day: 2.5}}
#     - name: reader
#       certificate: reader.example.com   # a name in the client's certificate (tls.client_ca)
#       scopes: [read]
# callers: callers.yaml

# Whose blobs to store and read: local, testnet, mainnet, or a .json file. Without it, none.
# network: testnet
# The keystore that pays for stores; without one, the network's own or ~/.sui/sui_config's.
# wallet: sui.keystore

# Large input, unfinished uploads, and what callers have had today; for all workers.
# directory: /var/lib/walrus-core

# Processes that share the port, memory and threads; one that dies is replaced.
workers: {workers}
# For the buffers of all calls; who finds none waits, then is told to come back. Beside them each
# call may have 3 MiB on its way, and for the next calls an eighth of it is kept, and up to 256 MiB
# of what was freed, by each worker, until nobody calls.
memory: {memory}MiB
# To compute with; 0 is all CPUs.
threads: 0
# A larger one is refused.
largest_blob: {largest_blob}GiB

# Prometheus metrics, over plain HTTP: keep them on loopback. The second worker tells its own at the
# next port, and so on. Without it, there are none.
# metrics_address: 127.0.0.1:9187
# Traces, as the environment's OTEL_... variables say; takes the extra `otel`.
opentelemetry: false
# debug, info, warning or error: one JSON object in a line, on standard error; calls are info.
log_level: {log_level}

# After it was told to stop: for so long it says that it is not serving, and still is ...
shutdown_notice_seconds: {notice}
# ... and then new calls are refused (UNAVAILABLE), and those in progress get so long to end.
graceful_shutdown_seconds: {grace}

# Calls at once in each worker, by kind, and their times; who is one too many is to come back.
limits:
{limits}

# Uploads to the network: blobs that callers send, until they are stored. All workers together may
# have so much, unless it says otherwise.
uploads:
{uploads}
"""


_LIMITS = {
    "encodings": "Encode and ComputeBlobId",
    "decodings": "Decode, VerifySlivers and Recover",
    "stores": "Store",
    "reconstructions": "Reconstruct",
    "questions": "GetUploadStatus and GetStatus",
    "question_seconds": "How long such a question may take",
    "stream_seconds": "... and how long any other call",
    "idle_seconds": "Who neither sends nor takes anything for so long is not waited for",
    "least_rate": "... nor who sends fewer bytes in a second",
    "retry_after": "After so many seconds who was refused is to come back",
}
_UPLOADS = {
    "uploads": "Uploads that are not stored yet",
    "upload_bytes": "... and their bytes",
    "blob_bytes": "The largest of them",
    "caller_uploads": "How many of them one caller may have",
    "caller_bytes": "... and how many bytes",
    "spare_bytes": "So much of the disk is left to others",
    "abandoned_after": "What nobody has touched for so long (an hour if its place is needed) goes",
    "remembered_for": "What became of the others is remembered for so long",
    "remembered": "... but of no more than so many",
    "commit_bytes": "After so many bytes what came is made durable, and the caller is told",
    "small_bytes": "Blobs of up to so many bytes are stored in a lane of their own",
    "small_stores": "So many of them at once, in each worker",
    "large_stores": "... and so many larger ones",
    "look_seconds": "So often is looked for what a worker that died has left",
    "sweep_seconds": "... and for what is to be given up or forgotten",
}


def config_text() -> str:
    """The file, with what holds without it."""
    default = GatewayConfig()
    assert default.listen is not None
    host, port = default.listen
    return _TEXT.format(
        listen=f"{host}:{port}",
        workers=default.workers,
        memory=default.memory >> 20,
        largest_blob=default.largest_blob >> 30,
        log_level=default.log_level,
        notice=default.notice,
        grace=default.grace,
        limits=_explained(default.limits, _LIMITS),
        uploads=_explained(default.uploads, _UPLOADS),
    )


def _explained(limits: DataclassInstance, meanings: Mapping[str, str]) -> str:
    """Each key below the line that says what it is for."""
    lines = []
    for name in [each.name for each in dataclasses.fields(limits)]:
        lines += [f"  # {meanings[name]}", f"  {name}: {_value(name, getattr(limits, name))}"]
    return "\n".join(lines)


def _value(name: str, value: float) -> str:
    """Bytes in the largest unit of which they are a whole number."""
    if not is_size(name) or not isinstance(value, int):
        return f"{value}"
    unit = max((power for power in range(5) if value % 1024**power == 0), default=0)
    return f"{value // 1024**unit} {('B', 'KiB', 'MiB', 'GiB', 'TiB')[unit]}"
