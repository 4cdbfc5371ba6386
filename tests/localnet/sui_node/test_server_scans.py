"""Lists of what happened: bounds, cursors, watermarks and ends, against a plain search."""

import asyncio

import pytest
from hypothesis import given, strategies as st
from pysui.sui.sui_grpc.suimsgs.sui.rpc import v2

from walrus_core.localnet.sui_node.rpc.scans import Frame, Scan, frames
from walrus_core.localnet.sui_node.rpc.statuses import RpcError

ITEMS = {1: "a", 2: "", 3: "bcd", 5: "e", 6: "fg"}
"""The events of each checkpoint, one letter each; 0 and 4 have none."""
TIP = 6
ALL = "abcdefg"


def find(checkpoint: int) -> list[tuple[int, str]]:
    return list(enumerate(ITEMS.get(checkpoint, "")))


def read(start: int | None = None, stop: int | None = None, **options: object) -> list[Frame[str]]:
    async def collected() -> list[Frame[str]]:
        scan = Scan.of(start, stop, v2.QueryOptions(**options), TIP)
        return [frame async for frame in frames(scan, find)]

    return asyncio.run(collected())


def letters(found: list[Frame[str]]) -> str:
    return "".join(frame.item or "" for frame in found)


def reason(found: list[Frame[str]]) -> str:
    *others, last = found
    assert all(frame.end is None for frame in others)
    assert last.end is not None
    assert last.end.reason is not None
    return last.end.reason.name


def cursor_of(letter: str) -> bytes:
    [cursor] = [f.watermark.cursor for f in read() if f.item == letter]
    assert cursor is not None
    return cursor


def test_everything() -> None:
    found = read()
    assert (letters(found), reason(found)) == (ALL, "LEDGER_TIP")
    assert [f.watermark.checkpoint for f in found] == [0, 2, 2, 2, 4, 5, 5, 6]
    assert found[-1].item is None


def test_everything_backwards() -> None:
    found = read(ordering=v2.Ordering.DESCENDING)
    assert (letters(found), reason(found)) == (ALL[::-1], "CHECKPOINT_BOUND")
    assert [f.watermark.checkpoint for f in found] == [None, None, 6, 4, 4, 4, 2, 0]


@pytest.mark.parametrize(
    ("start", "stop", "expected", "end"),
    [
        (3, 6, "bcde", "CHECKPOINT_BOUND"),
        (3, 7, "bcdefg", "CHECKPOINT_BOUND"),
        (3, 8, "bcdefg", "LEDGER_TIP"),
        (None, 3, "a", "CHECKPOINT_BOUND"),
        (6, None, "fg", "LEDGER_TIP"),
        (7, None, "", "LEDGER_TIP"),
        (4, 4, "", "CHECKPOINT_BOUND"),
        (0, 2**64 - 1, ALL, "LEDGER_TIP"),
    ],
)
def test_checkpoint_bounds(start: int | None, stop: int | None, expected: str, end: str) -> None:
    found = read(start, stop)
    assert (letters(found), reason(found)) == (expected, end)


def test_cursors_are_exclusive_in_both_directions() -> None:
    bounds = {"after": cursor_of("b"), "before": cursor_of("f")}
    forwards = read(**bounds)
    backwards = read(**bounds, ordering=v2.Ordering.DESCENDING)
    assert (letters(forwards), reason(forwards)) == ("cde", "CURSOR_BOUND")
    assert (letters(backwards), reason(backwards)) == ("edc", "CURSOR_BOUND")
    assert forwards[-1].watermark.cursor == bounds["before"]
    assert backwards[-1].watermark.cursor == bounds["after"]


def test_the_last_item_within_the_limit_carries_the_end() -> None:
    found = read(limit=3)
    assert (letters(found), reason(found), len(found)) == ("abc", "ITEM_LIMIT", 3)


@given(st.integers(1, 8), st.booleans())
def test_pages_are_the_whole(limit: int, descending: bool) -> None:
    """The last cursor of a page is where the next one starts."""
    ordering = v2.Ordering.DESCENDING if descending else v2.Ordering.ASCENDING
    direction = "before" if descending else "after"
    options: dict[str, object] = {}
    whole = ""
    while True:
        found = read(limit=limit, ordering=ordering, **options)
        whole += letters(found)
        if reason(found) != "ITEM_LIMIT":
            break
        options = {direction: found[-1].watermark.cursor}
    assert whole == (ALL[::-1] if descending else ALL)


def test_the_end_of_a_list_is_where_the_news_start() -> None:
    assert letters(read(after=read()[-1].watermark.cursor)) == ""


@pytest.mark.parametrize("cursor", [b"", b"x", bytes(11), bytes(13)])
def test_what_is_no_cursor_is_refused(cursor: bytes) -> None:
    with pytest.raises(RpcError, match=r"INVALID_ARGUMENT: options\.after"):
        read(after=cursor)


def test_bounds_the_wrong_way_round_are_refused() -> None:
    with pytest.raises(RpcError, match="start_checkpoint: 5 > end_checkpoint 4"):
        read(5, 4)
