"""What a node tells Prometheus of its healing: counters, read when somebody looks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from prometheus_client.core import CounterMetricFamily
from prometheus_client.registry import Collector

if TYPE_CHECKING:
    from walrus_core.services.node.healing_progress import HealingProgress

__all__ = ["HealingMetrics"]

_COUNTERS = {
    "received": ("healing_received_bytes", "Recovery symbols and their proofs, taken from nodes"),
    "slivers": ("slivers_healed", "Slivers put back"),
    "size": ("healed_bytes", "Bytes of the slivers put back"),
    "failures": ("healing_failures", "Attempts at a blob that did not put back everything"),
    "seconds": ("healing_seconds", "How long healing was at work"),
}


class HealingMetrics(Collector):
    """`progress` as Prometheus reads it: `healed_bytes / healing_seconds` is the rate."""

    def __init__(self, progress: HealingProgress) -> None:
        self._progress = progress

    def collect(self) -> Iterator[CounterMetricFamily]:
        for field, (name, text) in _COUNTERS.items():
            value = getattr(self._progress, field)
            yield CounterMetricFamily(f"walrus_core_node_{name}", text, value=value)
