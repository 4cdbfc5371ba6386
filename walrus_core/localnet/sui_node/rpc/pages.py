"""Lists in pages.

A token is the key of the last item of its page: a list may grow or shrink between two pages, and
every item that lives through both is given exactly once.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterable, Sequence
from typing import TypeAlias, TypeVar

from walrus_core.localnet.sui_node.rpc.statuses import invalid

__all__ = ["among", "page"]

_USUAL_SIZE = 50
_LARGEST_SIZE = 1000
_LONGEST_TOKEN = 1024

_Item = TypeVar("_Item")
Fetch: TypeAlias = Callable[[bytes | None, int], Sequence[_Item]]
"""At most so many items behind a key, in its order."""


def page(
    fetch: Fetch[_Item], key: Callable[[_Item], bytes], size: int | None, token: bytes | None
) -> tuple[Sequence[_Item], bytes | None]:
    """The page after `token`, and the token of the next one.

    That is None after the last page: an empty token would mean one more. A `size` of 0 or None is
    the usual one, and what exceeds the largest is that. Raises RpcError (INVALID_ARGUMENT) for a
    token that cannot be one.
    """
    if token and len(token) > _LONGEST_TOKEN:
        raise invalid("page_token", "not a token of this server")
    count = min(size or _USUAL_SIZE, _LARGEST_SIZE)
    found = fetch(token or None, count + 1)
    return found[:count], key(found[count - 1]) if len(found) > count else None


def among(items: Iterable[_Item], key: Callable[[_Item], bytes]) -> Fetch[_Item]:
    """How to fetch from items in any order."""

    def fetch(after: bytes | None, count: int) -> Sequence[_Item]:
        later = (item for item in items if after is None or key(item) > after)
        return heapq.nsmallest(count, later, key=key)

    return fetch
