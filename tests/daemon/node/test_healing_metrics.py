"""What a node tells of its healing."""

from prometheus_client import CollectorRegistry

from walrus_core.daemon.node.healing_metrics import HealingMetrics
from walrus_core.services.node.healing_progress import HealingProgress


def test_counters_are_read_when_somebody_looks() -> None:
    progress = HealingProgress(received=1500, failures=1, seconds=2.5)
    registry = CollectorRegistry()
    registry.register(HealingMetrics(progress))
    progress.healed(3, 900)

    def found(name: str) -> float | None:
        return registry.get_sample_value(f"walrus_core_node_{name}_total")

    assert found("healing_received_bytes") == 1500
    assert found("slivers_healed") == 3
    assert found("healed_bytes") == 900
    assert found("healing_failures") == 1
    assert found("healing_seconds") == 2.5
