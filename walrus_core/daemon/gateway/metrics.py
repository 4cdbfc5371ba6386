"""What the gateway tells Prometheus: its calls, how busy the engine is, what waits to be stored."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Protocol

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
from walrus_core.errors import StorageError

if TYPE_CHECKING:
    from walrus_core.rpc.certificates import LiveCertificate
    from walrus_core.services.engine import Pool
    from walrus_core.services.engine.pool import Lane
    from walrus_core.services.uploads import Uploads

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


class Reloaded(Protocol):
    """What is read again when it changes."""

    @property
    def failures(self) -> int:
        """How often what was new could not be used."""
        ...


class _ReloadFailures(Collector):
    """Of the files by their names."""

    def __init__(self) -> None:
        self.files: dict[str, Reloaded] = {}

    def collect(self) -> Iterator[CounterMetricFamily]:
        text = "Times that a file had changed and could not be used"
        family = CounterMetricFamily("walrus_core_gateway_reload_failures", text, labels=["file"])
        for name, file in self.files.items():
            family.add_metric([name], file.failures)
        yield family


class GatewayMetrics:
    """The metrics of one process; uploads are those of all, who share them."""

    def __init__(self, pool: Pool) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        PlatformCollector(registry=self._registry)
        self.attend = CallMetrics(self._registry).attend

        def gauge(name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
            name = f"walrus_core_gateway_{name}"
            return Gauge(name, text, labels, registry=self._registry)

        self._gauge = gauge
        self._uploads: Uploads | None = None
        self._reloads = _ReloadFailures()
        self._registry.register(self._reloads)
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
        self._n_uploads = gauge("uploads", "Uploads that are not stored yet", ("state",))
        self._upload_bytes = gauge("upload_bytes", "... and their bytes", ("state",))

    def connected(self, uploads: Uploads | None) -> None:
        """The network's blobs are served, and stored, if there are uploads."""
        self._connected.set(1)
        self._uploads = uploads

    def follow(self, callers: Reloaded | None, certificate: LiveCertificate | None) -> None:
        """Tell of these files, and when the certificate ends."""
        if callers is not None:
            self._reloads.files["callers"] = callers
        if certificate is None:
            return
        self._reloads.files["certificate"] = certificate
        text = "When the certificate of new connections ends, in seconds since 1970"
        end = self._gauge("certificate_end_timestamp_seconds", text)
        end.set_function(lambda: certificate.end)

    async def page(self) -> bytes:
        """As `text`, with the uploads as they are; as they were, if the disk fails."""
        if self._uploads is not None:
            with suppress(StorageError):
                for state, usage in (await self._uploads.census()).items():
                    self._n_uploads.labels(state).set(usage.uploads)
                    self._upload_bytes.labels(state).set(usage.size)
        return self.text()

    def text(self) -> bytes:
        """All of it, as Prometheus reads it."""
        return generate_latest(self._registry)
