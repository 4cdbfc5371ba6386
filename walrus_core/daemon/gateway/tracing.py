"""Each call as a span of OpenTelemetry, below the caller's own if it says which (traceparent).

Where spans go, the environment says, as for every program that has OpenTelemetry
(OTEL_SERVICE_NAME, OTEL_EXPORTER_OTLP_ENDPOINT, ...). Loaded only if it was asked for.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from walrus_core.errors import MissingDependencyError
from walrus_core.rpc.attendants import Attendant, Traffic, Visit, caller_name

try:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor
    from opentelemetry.trace import SpanKind, Status, StatusCode
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator
except ImportError as error:
    missing = MissingDependencyError.of(error, "otel", "it traces calls", "opentelemetry-sdk")
    raise missing from error

if TYPE_CHECKING:
    from opentelemetry.sdk.trace import SpanProcessor
    from opentelemetry.trace import Span

__all__ = ["Tracing"]


class Tracing:
    """Attends every call; `close` it, which sends what is left, and blocks.

    `processor`: of the spans, in the place of those that the environment names.
    """

    def __init__(self, processor: SpanProcessor | None = None) -> None:
        self._provider = TracerProvider()
        self._provider.add_span_processor(processor or BatchSpanProcessor(OTLPSpanExporter()))
        self._tracer = self._provider.get_tracer("walrus_core")
        self._propagator = TraceContextTextMapPropagator()

    def attend(self, visit: Visit) -> Attendant:
        method = visit.method
        texts = {key: value for key, value in visit.metadata.items() if isinstance(value, str)}
        span = self._tracer.start_span(
            f"{method.service}/{method.name}",
            self._propagator.extract(texts),
            SpanKind.SERVER,
            {
                "rpc.system": "grpc",
                "rpc.service": method.service,
                "rpc.method": method.name,
                "walrus_core.request_id": visit.request_id,
            },
        )
        return _TracedCall(span)

    def close(self) -> None:
        self._provider.shutdown()


class _TracedCall(Traffic):
    def __init__(self, span: Span) -> None:
        super().__init__()
        self._span = span

    def ended(self, code: str, _seconds: float) -> None:
        self._span.set_attributes(
            {
                "rpc.grpc.status": code,
                "walrus_core.caller": caller_name.get(),
                "walrus_core.received_bytes": self.bytes_received,
                "walrus_core.sent_bytes": self.bytes_sent,
            }
        )
        if code != "OK":
            self._span.set_status(Status(StatusCode.ERROR, code))
        self._span.end()
