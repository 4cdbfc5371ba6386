"""What a server tells Prometheus of the calls that it answers, under the names that gRPC servers
have there (`grpc_server_*`), and the bytes of their messages.
"""

from __future__ import annotations

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    disable_created_metrics,
)

from walrus_core.rpc.attendants import Attendant, Visit

__all__ = ["CallMetrics"]

SECONDS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0, 3.0, 10.0, 30.0, 100.0, 300.0)
"""Bounds of the histogram: from a question of memory to a shard's transfer."""

CALL = ("grpc_type", "grpc_service", "grpc_method")


class CallMetrics:
    """Attends every call of a server."""

    def __init__(self, registry: CollectorRegistry) -> None:
        # When each counter began is as many series again, for nobody.
        disable_created_metrics()  # type: ignore[no-untyped-call]

        def counter(name: str, text: str, labels: tuple[str, ...] = CALL) -> Counter:
            return Counter(f"grpc_server_{name}", text, labels, registry=registry)

        self.started = counter("started", "Calls that have begun")
        self.handled = counter("handled", "Calls that have ended", (*CALL, "grpc_code"))
        self.received = counter("msg_received", "Messages that came")
        self.sent = counter("msg_sent", "Messages that went")
        self.received_bytes = counter("msg_received_bytes", "Bytes of the messages that came")
        self.sent_bytes = counter("msg_sent_bytes", "Bytes of the messages that went")
        self.seconds = Histogram(
            "grpc_server_handling_seconds",
            "How long calls took",
            CALL,
            buckets=SECONDS,
            registry=registry,
        )
        self.running = Gauge(
            "grpc_server_in_flight", "Calls that are being answered", CALL, registry=registry
        )

    def attend(self, visit: Visit) -> Attendant:
        """Count one call."""
        return _CountedCall(self, visit)


class _CountedCall:
    def __init__(self, metrics: CallMetrics, visit: Visit) -> None:
        method = visit.method
        self._metrics = metrics
        self._labels = labels = (method.form, method.service, method.name)
        self._received = metrics.received.labels(*labels)
        self._received_bytes = metrics.received_bytes.labels(*labels)
        self._sent = metrics.sent.labels(*labels)
        self._sent_bytes = metrics.sent_bytes.labels(*labels)
        self._running = metrics.running.labels(*labels)
        metrics.started.labels(*labels).inc()
        self._running.inc()

    def received(self, size: int) -> None:
        self._received.inc()
        self._received_bytes.inc(size)

    def sent(self, size: int) -> None:
        self._sent.inc()
        self._sent_bytes.inc(size)

    def ended(self, code: str, seconds: float) -> None:
        self._running.dec()
        self._metrics.handled.labels(*self._labels, code).inc()
        self._metrics.seconds.labels(*self._labels).observe(seconds)
