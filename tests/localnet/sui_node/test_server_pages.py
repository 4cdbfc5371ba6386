"""Pages: every item once, in order, and no token after the last."""

import pytest
from hypothesis import given, strategies as st

from walrus_core.localnet.sui_node.rpc.pages import among, page
from walrus_core.localnet.sui_node.rpc.statuses import RpcError

keys = st.lists(st.binary(min_size=1, max_size=3), unique=True, max_size=40)


def same(key: bytes) -> bytes:
    return key


def all_pages(items: list[bytes], size: int) -> list[bytes]:
    token, found = None, []
    while True:
        some, token = page(among(items, same), same, size, token)
        found += some
        if token is None:
            return found
        assert len(some) == size


@given(keys, st.integers(1, 10))
def test_every_item_once_and_in_order(items: list[bytes], size: int) -> None:
    assert all_pages(items, size) == sorted(items)


@given(keys, st.integers(1, 10), st.data())
def test_what_lives_through_both_pages_is_given_once(
    items: list[bytes], size: int, data: st.DataObject
) -> None:
    first, token = page(among(items, same), same, size, None)
    gone = data.draw(st.sets(st.sampled_from(items))) if items else set()
    if token is not None:
        left = [item for item in items if item not in gone]
        rest, _ = page(among(left, same), same, 1000, token)
        assert [*first, *rest] == sorted({*first, *left})


def test_sizes_have_a_default_and_an_end() -> None:
    items = [number.to_bytes(4, "big") for number in range(1500)]
    for size, count in [(None, 50), (0, 50), (7, 7), (1000, 1000), (2**32 - 1, 1000)]:
        some, token = page(among(items, same), same, size, None)
        assert (len(some), token) == (count, items[count - 1])


def test_a_token_too_long_is_refused() -> None:
    with pytest.raises(RpcError, match="INVALID_ARGUMENT: page_token"):
        page(among([b"a"], same), same, 1, bytes(1025))
