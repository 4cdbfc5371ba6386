"""Who accompanies the calls of one process and tells of them: its log, its metrics, its traces."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from dataclasses import dataclass
from typing import TYPE_CHECKING

from walrus_core.daemon.gateway.call_log import log_call
from walrus_core.daemon.gateway.config import GatewayConfig
from walrus_core.daemon.settings import Address
from walrus_core.rpc.addresses import host_and_port
from walrus_core.services.engine import Pool

if TYPE_CHECKING:
    from walrus_core.daemon.gateway.metrics import GatewayMetrics
    from walrus_core.rpc.attendants import Attend

__all__ = ["Observers"]


@dataclass(slots=True)
class Observers:
    """`attend`: all of them. `metrics`: what is told of more than calls, at `metrics_url`."""

    attend: list[Attend]
    metrics: GatewayMetrics | None = None
    metrics_url: str | None = None

    @classmethod
    async def of(
        cls, config: GatewayConfig, pool: Pool, number: int, parts: AsyncExitStack
    ) -> Observers:
        """Those that are wanted: the libraries of others are not loaded. They end with `parts`."""
        observers = cls([log_call])
        if config.metrics is not None:
            await observers._add_metrics(config.metrics, pool, number, parts)
        if config.trace:
            observers._add_tracing(parts)
        return observers

    async def _add_metrics(
        self, address: Address, pool: Pool, number: int, parts: AsyncExitStack
    ) -> None:
        from walrus_core.daemon.gateway.metrics import GatewayMetrics
        from walrus_core.daemon.metrics_server import MetricsServer

        self.metrics = GatewayMetrics(pool)
        self.attend.append(self.metrics.attend)
        server = MetricsServer(self.metrics.page)
        host, port = address
        bound = await server.start(host, port + number if port else 0)
        parts.push_async_callback(server.stop)
        self.metrics_url = f"http://{host_and_port(host, bound)}/metrics"

    def _add_tracing(self, parts: AsyncExitStack) -> None:
        from walrus_core.daemon.gateway.tracing import Tracing

        tracing = Tracing()
        parts.push_async_callback(asyncio.to_thread, tracing.close)
        self.attend.append(tracing.attend)
