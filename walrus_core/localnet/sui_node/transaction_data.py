"""Sui's TransactionData as values: version 1, of programmable transactions."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from typing import TypeAlias

from walrus_core.localnet.sui_node.move_types import MoveType

__all__ = [
    "Argument",
    "Command",
    "GasData",
    "Input",
    "InputKind",
    "MakeMoveVec",
    "MergeCoins",
    "MoveCall",
    "ObjectReference",
    "Place",
    "Programmable",
    "SplitCoins",
    "TransactionData",
    "TransferObjects",
]


@dataclass(frozen=True, slots=True)
class ObjectReference:
    """One version of an object."""

    id: bytes
    version: int
    digest: bytes


class InputKind(enum.IntEnum):
    """What an input is; an object of unknown kind is only met before resolution."""

    UNRESOLVED = 0
    PURE = 1
    OWNED = 2
    SHARED = 3
    RECEIVING = 4


@dataclass(frozen=True, slots=True)
class Input:
    """Of a transaction: bytes (PURE), or an object with what its kind asks for.

    An owned object (or an immutable one) and one that is received have version and digest; a shared
    one has the version at which it was shared, and whether the transaction may change it.
    """

    kind: InputKind
    pure: bytes = b""
    id: bytes = b""
    version: int = 0
    digest: bytes = b""
    mutable: bool = False


class Place(enum.IntEnum):
    """Where an argument comes from."""

    GAS = 0
    INPUT = 1
    RESULT = 2
    NESTED_RESULT = 3


@dataclass(frozen=True, slots=True)
class Argument:
    """`index` is that of the input or command; `nested` that of one of a command's results."""

    place: Place
    index: int = 0
    nested: int = 0


@dataclass(frozen=True, slots=True)
class MoveCall:
    """`package::module::function<type_arguments>(arguments)`."""

    package: bytes
    module: str
    function: str
    type_arguments: tuple[MoveType, ...]
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class TransferObjects:
    """Give objects to an address."""

    objects: tuple[Argument, ...]
    recipient: Argument


@dataclass(frozen=True, slots=True)
class SplitCoins:
    """A new coin for each amount, all taken from one."""

    coin: Argument
    amounts: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class MergeCoins:
    """All of some coins added to one."""

    coin: Argument
    merged: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class MakeMoveVec:
    """A vector; its type may go unsaid if there are objects in it."""

    item_type: MoveType | None
    items: tuple[Argument, ...]


Command: TypeAlias = MoveCall | TransferObjects | SplitCoins | MergeCoins | MakeMoveVec


@dataclass(frozen=True, slots=True)
class Programmable:
    """Inputs, and commands over them and over each other's results."""

    inputs: tuple[Input, ...]
    commands: tuple[Command, ...]


@dataclass(frozen=True, slots=True)
class GasData:
    """The coins that pay, whose they are, MIST per unit, and MIST at most."""

    payment: tuple[ObjectReference, ...]
    owner: bytes
    price: int
    budget: int


@dataclass(frozen=True, slots=True)
class TransactionData:
    """`expiration` is the last Sui epoch in which it may run, None without one."""

    kind: Programmable
    sender: bytes
    gas: GasData
    expiration: int | None = None
