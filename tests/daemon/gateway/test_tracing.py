"""Calls as spans; where OpenTelemetry is installed."""

import pytest
from rpc.gateway_serving import served_gateway, way_to
from rpc.serving import in_loop

pytest.importorskip("opentelemetry.sdk")
pytest.importorskip("opentelemetry.exporter.otlp.proto.http")

TRACE, PARENT = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"


@in_loop
async def test_a_call_is_a_span_below_its_callers() -> None:
    from opentelemetry.sdk.trace.export import SimpleSpanProcessor
    from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter

    from walrus_core.daemon.gateway.tracing import Tracing

    exporter = InMemorySpanExporter()
    tracing = Tracing(SimpleSpanProcessor(exporter))
    async with served_gateway(attend=(tracing.attend,)) as (_, port), way_to(port) as way:
        parent = ("traceparent", f"00-{TRACE}-{PARENT}-01")
        await way.name(metadata=[parent, ("x-request-id", "order-17")])
    tracing.close()
    [span] = exporter.get_finished_spans()
    assert span.name == "walrus_core.rpc.v1.EncodingService/ComputeBlobId"
    assert f"{span.context.trace_id:032x}" == TRACE
    assert span.parent is not None
    assert f"{span.parent.span_id:016x}" == PARENT
    assert span.attributes is not None
    assert span.attributes["walrus_core.request_id"] == "order-17"
    assert span.attributes["rpc.grpc.status"] == "OK"
