"""What the gateway tells Prometheus: its calls, and how busy the engine is."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import partial
from typing import TYPE_CHECKING

from prometheus_client import (
    CollectorRegistry,
    Gauge,
    PlatformCollector,
    ProcessCollector,
    generate_latest,
)
from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

from walrus_core.daemon.call_metrics import CallMetrics

if TYPE_CHECKING:
    from walrus_core.services.engine import Pool
    from walrus_core.services.engine.pool import Lane

__all__ = ["GatewayMetrics"]


class _KernelSeconds(Collector):
    """Read from the engine when somebody looks."""

    def __init__(self, lanes: Mapping[str, Lane]) -> None:
        self._lanes = lanes

    def collect(self) -> Iterator[CounterMetricFamily]:
        text = "For how long jobs had a processor, by their size"
        family = CounterMetricFamily("walrus_core_gateway_kernel_seconds", text, labels=["lane"])
        for name, lane in self._lanes.items():
            family.add_metric([name], lane.slots.seconds)
        yield family


class GatewayMetrics:
    """The metrics of one process."""

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.attend = CallMetrics(self._registry).attend

        def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
            name = f"walrus_core_gateway_{name}"
            return Gauge(name, text, labels, registry=self._registry)

        self._connected = gauge("network_connected", "1 if there is a way to the network's blobs")
        jobs = gauge("jobs", "Jobs of the engine that run or wait for a processor")
        jobs.set_function(lambda: pool.calls)
        disk = gauge("spool_bytes", "Bytes of temporary files that are lent")
        disk.set_function(lambda: pool.disk.lent)
        lanes = {"large": pool.large, "small": pool.small}

        def of_lanes(name: str, text: str, read: Callable[[Lane], float]) -> None:
            family = gauge(name, text, ("lane",))
            for lane_name, lane in lanes.items():
                family.labels(lane_name).set_function(partial(read, lane))

        of_lanes("jobs_running", "Jobs that have a processor", lambda lane: lane.slots.taken)
        of_lanes("jobs_waiting", "... that wait for one", lambda lane: lane.slots.waiting)
        of_lanes("memory_bytes", "Bytes of buffers that are lent", lambda lane: lane.memory.lent)
        self._registry.register(_KernelSeconds(lanes))
        of_lanes("memory_waiting", "Calls that wait for some", lambda lane: lane.memory.waiting)

    def connected(self) -> None:
        """The network's blobs are served."""
        self._connected.set(1)

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
