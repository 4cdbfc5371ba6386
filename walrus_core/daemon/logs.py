"""Logs for machines: one JSON object in a line.

    {"time": "2026-11-21T23:15:07.123Z", "level": "info", "node": "node-0",
     "logger": "walrus_core.services.node.follower", "event": "epoch 3 began", "task": "Task-5"}

The modules log with the standard library; what they pass as `extra` becomes fields of its own. Each
call is handled in a task of its own, so that `task` tells which lines belong together.
"""

from __future__ import annotations

import asyncio
import datetime
import json
import logging
from collections.abc import Mapping
from typing import TextIO

__all__ = ["LOG_LEVELS", "JsonLines", "log_to"]

LOG_LEVELS = ("debug", "info", "warning", "error")

LONGEST_TEXT = 4000
"""Characters of one field: strangers choose some of them."""

CHATTY = ("pysui", "pgrpc_client")
"""Loggers that tell two lines, of no use to an operator, for each question to the chain."""

_OWN = {*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"}
"""What every record has; anything else was given as `extra`."""


class JsonLines(logging.Formatter):
    """Formats each record as a line; `fields` are in each of them."""

    def __init__(self, fields: Mapping[str, object]) -> None:
        super().__init__()
        self._fields = fields

    def format(self, record: logging.LogRecord) -> str:
        time = datetime.datetime.fromtimestamp(record.created, datetime.UTC)
        values: dict[str, object] = {
            "time": time.isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "level": record.levelname.lower(),
            **self._fields,
            "logger": record.name,
            "event": record.getMessage(),
            "task": _task(),
            **{name: value for name, value in vars(record).items() if name not in _OWN},
        }
        if record.exc_info:
            values["exception"] = self.formatException(record.exc_info)
        return json.dumps({name: _plain(value) for name, value in values.items()})


def log_to(stream: TextIO, level: str, **fields: object) -> None:
    """Have everything that the process logs from `level` on written to `stream`, as JSON lines.

    Python's warnings are logged, too; of the `CHATTY` loggers only what is wrong is, except with
    "debug".
    """
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines(fields))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    logging.captureWarnings(True)
    for name in CHATTY:
        logging.getLogger(name).setLevel(logging.NOTSET if level == "debug" else logging.WARNING)


def _task() -> str | None:
    """The name of the task that logs; None in a thread without a loop."""
    try:
        task = asyncio.current_task()
    except RuntimeError:
        return None
    return None if task is None else task.get_name()


def _plain(value: object) -> object:
    """As JSON has it: bytes in hexadecimal, anything unknown as its text."""
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = value.hex() if isinstance(value, bytes) else str(value)
    return text if len(text) <= LONGEST_TEXT else text[:LONGEST_TEXT] + "..."
