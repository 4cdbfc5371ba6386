"""Logs: one JSON object in a line, whatever is logged."""

import asyncio
import io
import json
import logging
from collections.abc import Iterator
from typing import Any

import pytest

from walrus_core.daemon.logs import LONGEST_TEXT, JsonLines

Log = tuple[logging.Logger, io.StringIO]


@pytest.fixture
def log() -> Iterator[Log]:
    stream, logger = io.StringIO(), logging.Logger("walrus_core.somewhere")
    handler = logging.StreamHandler(stream)
    handler.setFormatter(JsonLines({"node": "node-7"}))
    logger.addHandler(handler)
    yield logger, stream
    handler.close()


def lines(log: Log) -> list[dict[str, Any]]:
    return [json.loads(line) for line in log[1].getvalue().splitlines()]


def test_a_line_has_its_fields(log: Log) -> None:
    log[0].warning("shard %d is late", 5, extra={"shard": 5, "blob": b"\x01\xff"})
    [line] = lines(log)
    assert line.pop("time").endswith("Z")
    assert line == {
        "level": "warning",
        "node": "node-7",
        "logger": "walrus_core.somewhere",
        "event": "shard 5 is late",
        "task": None,
        "shard": 5,
        "blob": "01ff",
    }


def test_lines_of_one_call_have_one_task(log: Log) -> None:
    async def call(number: int) -> None:
        log[0].info("%d begins", number)
        await asyncio.sleep(0)
        log[0].info("%d ends", number)

    async def calls() -> None:
        await asyncio.gather(call(1), call(2))

    asyncio.run(calls())
    tasks = {line["event"]: line["task"] for line in lines(log)}
    assert tasks["1 begins"] == tasks["1 ends"] != tasks["2 begins"] == tasks["2 ends"]


def test_strangers_cannot_break_lines_or_fill_the_disk(log: Log) -> None:
    log[0].error("%s", 'x"\n{"level": "forged"}' + "y" * 10 * LONGEST_TEXT)
    [line] = lines(log)
    assert line["level"] == "error"
    assert len(line["event"]) < LONGEST_TEXT + 10


def test_errors_come_with_where_they_happened(log: Log) -> None:
    try:
        raise ValueError("of no use")
    except ValueError:
        log[0].exception("failed")
    assert "ValueError: of no use" in lines(log)[0]["exception"]
