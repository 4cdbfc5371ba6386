"""Read masks: which fields of an answer the caller wants.

A mask is a set of paths of proto field names ("effects.status"); a path through a repeated field
means that field of every item, a path that ends early means everything below, and "*" everything.
"""

from __future__ import annotations

import functools
from collections.abc import Iterable
from typing import TypeVar, get_args, get_origin, get_type_hints

import betterproto2
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask

from walrus_core.localnet.sui_node.rpc.statuses import invalid

__all__ = ["Mask", "mask_of", "message_in"]

_MOST_PATHS = 200
_DEEPEST = 16

_Message = TypeVar("_Message", bound=betterproto2.Message)


class Mask:
    """The wanted fields of one message, as a tree; no branches mean the whole message."""

    __slots__ = ("_branches",)

    def __init__(self, branches: dict[str, Mask] | None = None) -> None:
        self._branches = branches

    def wants(self, path: str) -> bool:
        """Whether anything at or below `path` is wanted."""
        mask = self
        for name in path.split("."):
            if mask._branches is None:
                return True
            if name not in mask._branches:
                return False
            mask = mask._branches[name]
        return True

    def below(self, name: str) -> Mask:
        """The mask of the field `name`, which is wanted."""
        return self if self._branches is None else self._branches[name]

    def pruned(self, message: _Message) -> _Message:
        """`message` itself, with the fields that nobody asked for taken out."""
        if self._branches is None:
            return message
        for name in _field_types(type(message)):
            value = getattr(message, name)
            if value is None or value == []:
                continue
            if name not in self._branches:
                setattr(message, name, type(value)() if isinstance(value, (list, dict)) else None)
            elif isinstance(value, list):
                for item in value:
                    self._branches[name].pruned(item)
            else:
                self._branches[name].pruned(value)
        return message


def mask_of(given: FieldMask | None, message: type[betterproto2.Message], default: str) -> Mask:
    """The mask of a request for `message`; `default` holds comma-separated paths.

    Raises RpcError (INVALID_ARGUMENT) if a path is none of the message's.
    """
    if given is None or not given.paths:
        return _tree(message, tuple(default.split(",")))
    if len(given.paths) > _MOST_PATHS:
        raise invalid("read_mask", f"{len(given.paths)} paths > {_MOST_PATHS}")
    return _tree(message, tuple(given.paths))


@functools.lru_cache(maxsize=256)
def _tree(message: type[betterproto2.Message], paths: tuple[str, ...]) -> Mask:
    if "*" in paths:
        return Mask()
    return Mask(_branches(message, [(path, path.split(".")) for path in paths]))


def _branches(
    message: type[betterproto2.Message], paths: Iterable[tuple[str, list[str]]]
) -> dict[str, Mask]:
    """The tree of `paths`, each with its steps from here; the whole path is for the complaint."""
    tails: dict[str, list[tuple[str, list[str]]]] = {}
    for path, (name, *tail) in paths:
        if name not in _field_types(message) or len(tail) > _DEEPEST:
            raise invalid("read_mask", f"invalid path {path!r:.100}")
        tails.setdefault(name, []).append((path, tail))
    branches: dict[str, Mask] = {}
    for name, below in tails.items():
        if any(not tail for _, tail in below):
            branches[name] = Mask()
            continue
        kind = _field_types(message)[name]
        if kind is None:
            raise invalid("read_mask", f"invalid path {below[0][0]!r:.100}: {name} has no fields")
        branches[name] = Mask(_branches(kind, below))
    return branches


@functools.cache
def _field_types(
    message: type[betterproto2.Message],
) -> dict[str, type[betterproto2.Message] | None]:
    """The fields of a message, with the class of those that are messages, single or repeated."""
    return {name: message_in(hint) for name, hint in get_type_hints(message).items()}


def message_in(hint: object) -> type[betterproto2.Message] | None:
    """The message that a field with this annotation holds, once or often; None if it does not."""
    if isinstance(hint, type) and issubclass(hint, betterproto2.Message):
        return hint
    if get_origin(hint) is dict:  # a map is wanted as a whole
        return None
    return next((kind for kind in map(message_in, get_args(hint)) if kind is not None), None)
