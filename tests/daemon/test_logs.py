"""Logs: one JSON object in a line, whatever is logged."""

import asyncio
import io
import json
import logging
import warnings
from collections.abc import Iterator
from typing import Any

import pytest

from walrus_core.daemon.logs import CHATTY, LONGEST_TEXT, JsonLines, log_to

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


def test_of_the_chain_library_only_what_is_wrong_is_logged() -> None:
    """It tells two lines for each question otherwise."""
    root = logging.getLogger()
    before, level, stream = root.handlers[:], root.level, io.StringIO()
    try:
        log_to(stream, "info", worker=1)
        for name in [*CHATTY, "pysui.sui.anything", "walrus_core.anything"]:
            logging.getLogger(name).info("Dispatching")
        logging.getLogger("pgrpc_client").warning("refused")
        with warnings.catch_warnings():
            warnings.simplefilter("always")
            logging.captureWarnings(False)  # a server in an earlier test may have begun to
            log_to(stream, "info", worker=1)
            warnings.warn("of old age", DeprecationWarning, stacklevel=1)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
        logging.captureWarnings(False)
    told = [json.loads(line) for line in stream.getvalue().splitlines()]
    assert [line["logger"] for line in told] == [
        "walrus_core.anything",
        "pgrpc_client",
        "py.warnings",
    ]
