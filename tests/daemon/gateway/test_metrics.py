"""What the gateway tells of itself is what it did."""

from prometheus_client.parser import text_string_to_metric_families
from rpc.gateway_serving import BLOB, naming, way_to
from rpc.serving import HOST, in_loop

from walrus_core.daemon.gateway.metrics import GatewayMetrics
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.gateway import GatewayServer
from walrus_core.services.engine import Engine, Pool, PoolLimits


@in_loop
async def test_a_call_is_seen() -> None:
    pool = Pool(PoolLimits(threads=1))
    metrics = GatewayMetrics(pool)
    server = GatewayServer(Engine(pool), attend=(metrics.attend,))
    port = server.listen(HOST, 0)
    await server.start()
    async with way_to(port) as way:
        await way.name()
        open_call = way.encoding.ComputeBlobId()
        await open_call.write(next(naming(BLOB)))
        await way.name()
        told = {
            (sample.name, *sample.labels.values()): sample.value
            for family in text_string_to_metric_families(metrics.text().decode())
            for sample in family.samples
        }
        open_call.cancel()
    await server.stop(0)
    pool.close()
    call = (ENCODING_SERVICE, "ComputeBlobId", "client_stream")
    found = {(name, *sorted(labels)): value for (name, *labels), value in told.items()}
    assert found["grpc_server_started_total", *sorted(call)] == 3
    assert found["grpc_server_in_flight", *sorted(call)] == 1
    assert found["grpc_server_handled_total", *sorted((*call, "OK"))] == 2
    assert found["grpc_server_msg_received_total", *sorted(call)] == 5
    assert found["grpc_server_msg_received_bytes_total", *sorted(call)] > 2 * len(BLOB)
    assert found["walrus_core_gateway_kernel_seconds_total", "small"] > 0
    assert found["walrus_core_gateway_kernel_seconds_total", "large"] == 0
    assert found["walrus_core_gateway_network_connected",] == 0
