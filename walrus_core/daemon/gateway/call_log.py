"""Each call as a line of the log, when it has ended; and its name on each line before."""

from __future__ import annotations

import asyncio
import logging

from walrus_core.rpc.attendants import Attendant, Traffic, Visit, caller_name, request_id

__all__ = ["NamesOfCalls", "log_call"]

_log = logging.getLogger(__name__)


class NamesOfCalls(logging.Filter):
    """Adds the request's ID and its caller to what is logged while a call is answered."""

    def filter(self, record: logging.LogRecord) -> bool:
        if known := request_id.get():
            record.request_id = known
            record.caller = caller_name.get()
        return True


def log_call(visit: Visit) -> Attendant:
    """Attends a call."""
    return _LoggedCall(visit)


class _LoggedCall(Traffic):
    def __init__(self, visit: Visit) -> None:
        super().__init__()
        self._method = visit.method

    def ended(self, code: str, seconds: float) -> None:
        # The caller, who still waits for its answer, does not wait for the line.
        asyncio.get_running_loop().call_soon(self._write, code, seconds)

    def _write(self, code: str, seconds: float) -> None:
        _log.info(
            "%s: %s",
            self._method.name,
            code,
            extra={
                "service": self._method.service,
                "method": self._method.name,
                "code": code,
                "seconds": round(seconds, 6),
                "received": self.bytes_received,
                "sent": self.bytes_sent,
            },
        )
