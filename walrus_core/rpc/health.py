# ruff: noqa: N802 - methods of a service are named as in the .proto
"""What a server says of its health, as grpc.health.v1 has it.

The servicer that comes with gRPC holds a lock while it writes to one who watches, and never ends a
watch: who does not read, or only watches, keeps the server from ending.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import grpc
from grpc_health.v1 import health_pb2 as pb, health_pb2_grpc

__all__ = ["HealthServicer"]

Response = pb.HealthCheckResponse


class HealthServicer(health_pb2_grpc.HealthServicer):  # type: ignore[misc]  # grpc has no types
    """Of services by their names, each with whether it is served."""

    def __init__(self, services: Mapping[str, bool]) -> None:
        self._services = dict(services)
        self._changed = asyncio.Event()
        self._is_over = False

    def ready(self, name: str) -> None:
        """The service is served from now on, though it was not before."""
        if not self._is_over:
            self._services[name] = True
            self._tell()

    def retire(self) -> None:
        """Nothing is served any more; that is for good."""
        self._services = dict.fromkeys(self._services, False)
        self._is_over = True
        self._tell()

    async def Check(self, request: pb.HealthCheckRequest, context: Any) -> pb.HealthCheckResponse:
        status = self._status(request.service)
        if status == Response.SERVICE_UNKNOWN:
            await context.abort(grpc.StatusCode.NOT_FOUND)
        return Response(status=status)

    async def List(self, _: pb.HealthListRequest, __: Any) -> pb.HealthListResponse:
        statuses = {name: Response(status=self._status(name)) for name in self._services}
        return pb.HealthListResponse(statuses=statuses)

    async def Watch(self, request: pb.HealthCheckRequest, context: Any) -> None:
        told = None
        while True:
            changed = self._changed
            if (status := self._status(request.service)) != told:
                told = status
                await context.write(Response(status=status))
            elif self._is_over:
                await context.abort(grpc.StatusCode.UNAVAILABLE, "the server stops")
            else:
                await changed.wait()

    def _status(self, name: str) -> int:
        is_served = self._services.get(name)
        if is_served is None:
            return int(Response.SERVICE_UNKNOWN)
        return int(Response.SERVING if is_served else Response.NOT_SERVING)

    def _tell(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
