"""What a server allows its callers: how many calls of which kind, how long, and how idle."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from walrus_core.rpc.attendants import Attend
from walrus_core.rpc.options import ServerOptions

__all__ = ["NODE_KINDS", "NODE_SERVICE", "CallRules", "Limit", "node_rules"]

NODE_SERVICE = "walrus_core.rpc.v1.NodeService"

NODE_KINDS = {
    "GetMetadata": "questions",
    "GetHoldings": "questions",
    "GetBlobStatus": "questions",
    "GetNodeHealth": "questions",
    "GetConfirmation": "waits",
    "GetSlivers": "reads",
    "GetRecoverySymbols": "reads",
    "PutMetadata": "writes",
    "PutSlivers": "writes",
    "AttestInconsistency": "writes",
    "SyncShard": "transfers",
}
"""Which of the limits in `ServerOptions` a method is under."""


@dataclass(frozen=True, slots=True)
class Limit:
    """How many calls of a kind at once, and how many seconds each of them may take."""

    calls: int
    seconds: float


@dataclass(frozen=True, slots=True)
class CallRules:
    """`kinds`: of each service, by its full name, the kind of each method; `limits`: of each kind.

    One call too many is OverloadedError, to be tried again after `retry_after` seconds. A caller
    may let `idle_seconds` pass before each message that it sends or takes; and all in all, while it
    is waited for, one second more for every `least_rate` bytes that it has sent.
    """

    kinds: Mapping[str, Mapping[str, str]]
    limits: Mapping[str, Limit]
    idle_seconds: float = 30.0
    least_rate: int = 4 << 10
    retry_after: float = 1.0
    attend: Sequence[Attend] = ()


def node_rules(options: ServerOptions) -> CallRules:
    """Those of a storage node."""
    return CallRules(
        kinds={NODE_SERVICE: NODE_KINDS},
        limits={
            "questions": Limit(options.questions, options.question_seconds),
            "waits": Limit(options.waits, options.wait_seconds),
            "reads": Limit(options.reads, options.stream_seconds),
            "writes": Limit(options.writes, options.stream_seconds),
            "transfers": Limit(options.transfers, options.stream_seconds),
        },
        idle_seconds=options.idle_seconds,
        retry_after=options.retry_after,
        attend=options.attend,
    )
