"""What a server of a node allows, and what a client of one puts up with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from walrus_core.rpc.attendants import Attend

__all__ = ["ClientOptions", "ServerOptions"]


@dataclass(frozen=True, slots=True)
class ServerOptions:
    """`n_shards`: of the network. Times in seconds.

    At most so many calls of a kind at once; what is more is OverloadedError, to be tried again
    after `retry_after`: `questions` are short, `waits` are for confirmations, `reads` of slivers
    and symbols, `writes` of metadata, slivers and proofs, `transfers` of shards. The writes have
    `upload_bytes` of memory together for what they have received in part.

    A question may take `question_seconds`, a wait `wait_seconds`, any other call `stream_seconds`;
    and who neither sends nor takes anything for `idle_seconds` is not waited for.

    Those who `attend` accompany each call.
    """

    n_shards: int
    questions: int = 512
    waits: int = 1024
    reads: int = 128
    writes: int = 128
    transfers: int = 8
    upload_bytes: int = 512 << 20
    retry_after: float = 1.0
    question_seconds: float = 30.0
    wait_seconds: float = 90.0
    stream_seconds: float = 900.0
    idle_seconds: float = 30.0
    attend: Sequence[Attend] = ()


@dataclass(frozen=True, slots=True)
class ClientOptions:
    """How patient to be with a node; times in seconds.

    `connect_seconds`: to be connected and have shown its key. `call_seconds`: to answer a question,
    or to make durable what it has been sent. Of a stream, the first message and each one after may
    take `idle_seconds`, and altogether no more than that and a second for every `least_rate` bytes
    that came.
    """

    connect_seconds: float = 5.0
    call_seconds: float = 30.0
    idle_seconds: float = 20.0
    least_rate: int = 64 << 10
