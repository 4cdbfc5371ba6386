"""What a node tells Prometheus: the calls that it answers, and how it is.

Calls are counted by `CallMetrics`. How the node is stands in gauges, which are brought up to date
when somebody looks.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from prometheus_client import CollectorRegistry, Gauge, ProcessCollector, generate_latest

from walrus_core.daemon.call_metrics import CallMetrics
from walrus_core.daemon.node.healing_metrics import HealingMetrics

if TYPE_CHECKING:
    from walrus_core.services.node.healing_progress import HealingProgress
    from walrus_core.services.node_api import NodeHealth
    from walrus_core.storage.store import Usage

__all__ = ["NodeMetrics"]

_HEALTH = {
    "uptime": ("uptime_seconds", "Since the node started"),
    "epoch": ("epoch", "The Walrus epoch that the node is in"),
    "events": ("events_followed", "Events of the chain that the node has followed"),
    "blobs": ("blobs", "Blobs that the node knows"),
    "healing": ("slivers_healing", "Blobs of which the node lacks slivers that it is healing"),
    "damaged": ("slivers_damaged", "Slivers that the disk lost and that are not healed yet"),
    "stored": ("stored_bytes", "Bytes of slivers and metadata"),
    "free": ("free_bytes", "Bytes that can still be stored"),
}


class NodeMetrics:
    """The metrics of one node."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        ProcessCollector(registry=self._registry)
        self.attend = CallMetrics(self._registry).attend
        self._health = {field: self._gauge(name, text) for field, (name, text) in _HEALTH.items()}
        self._limit = self._gauge("storage_limit_bytes", "The most that may be stored; 0: no limit")
        self._slivers = self._gauge("slivers_stored", "Slivers on disk")
        self._shards = self._gauge("shards", "Shards by their state", ("status",))
        self._status = self._gauge("status", "1 for the state that the node is in", ("status",))

    def follow(self, healing: HealingProgress) -> None:
        """Tell of a node's healing, too; to be called once."""
        self._registry.register(HealingMetrics(healing))

    def text(self, health: NodeHealth, usage: Usage) -> bytes:
        """All of it, as Prometheus reads it."""
        for field, gauge in self._health.items():
            gauge.set(getattr(health, field))
        self._limit.set(health.limit or 0)
        self._slivers.set(sum(shard.slivers for shard in usage.shards.values()))
        self._shards.clear()
        for status in health.shards.values():
            self._shards.labels(str(status)).inc()
        self._status.clear()
        self._status.labels(health.status).set(1)
        return generate_latest(self._registry)

    def _gauge(self, name: str, text: str, labels: tuple[str, ...] = ()) -> Gauge:
        return Gauge(f"walrus_core_node_{name}", text, labels, registry=self._registry)
