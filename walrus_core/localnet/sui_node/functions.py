"""What there is to call: functions with their signatures, structs with their abilities.

Parsed once from the declarations of `signatures_table`, with the addresses of one chain's packages.
Clients read signatures to learn types (GetFunction); the chain checks each call against them.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from walrus_core.localnet.sui_node.move_types import (
    FRAMEWORK,
    MOVE_STDLIB,
    SCALARS,
    MoveType,
    Struct,
    Vector,
)
from walrus_core.localnet.sui_node.signatures_table import FUNCTIONS, STRUCTS

__all__ = ["Catalogue", "Datatype", "Function", "Parameter", "is_type_parameter", "substitute"]

_FUNCTION = re.compile(r"(\w+)::(\w+)(?:<(.*?)>)?\((.*?)\)(?:: (.+))?")
_STRUCT = re.compile(r"(\w+)::(\w+):(.*)")
_WORD = re.compile(r"&mut |&|[\w]+|[<>,]")
TYPE_PARAMETER = "T"
"""Functions here have at most one type parameter; in signatures it is this name."""


@dataclass(frozen=True, slots=True)
class Parameter:
    """`reference` is "&", "&mut", or "" by value. A type of "T" is the function's type argument."""

    reference: str
    type: MoveType


@dataclass(frozen=True, slots=True)
class Function:
    """A public function; `type_parameters` holds the abilities that each one asks for."""

    package: bytes
    module: str
    name: str
    type_parameters: tuple[tuple[str, ...], ...]
    parameters: tuple[Parameter, ...]
    returns: tuple[Parameter, ...]


@dataclass(frozen=True, slots=True)
class Datatype:
    """A struct; `n_parameters` of type."""

    type: Struct
    abilities: frozenset[str]
    n_parameters: int


def is_type_parameter(type_: MoveType) -> bool:
    return type_ == TYPE_PARAMETER


def substitute(type_: MoveType, arguments: tuple[MoveType, ...]) -> MoveType:
    """A type of a signature with the type argument in its place."""
    if is_type_parameter(type_):
        return arguments[0]
    if isinstance(type_, Vector):
        return Vector(substitute(type_.item, arguments))
    if isinstance(type_, Struct) and type_.parameters:
        parameters = tuple(substitute(each, arguments) for each in type_.parameters)
        return Struct(type_.address, type_.module, type_.name, parameters)
    return type_


_GENERIC = {"Coin", "CoinMetadata", "Balance", "Option", "Wrapper", "Field"}


class Catalogue:
    """All functions and structs of one chain; `packages` maps the names of the table to ids."""

    def __init__(self, packages: Mapping[str, bytes]) -> None:
        addresses = {"framework": FRAMEWORK, "stdlib": MOVE_STDLIB, **packages}
        self.functions: dict[tuple[bytes, str, str], Function] = {}
        self.datatypes: dict[tuple[bytes, str, str], Datatype] = {}
        self._named: dict[str, Struct] = {}
        for package, table in STRUCTS.items():
            for line in table.strip().splitlines():
                self._declare(addresses[package], line)
        for package, table in FUNCTIONS.items():
            for line in table.strip().replace(",\n    ", ", ").splitlines():
                function = self._function(addresses[package], line)
                self.functions[function.package, function.module, function.name] = function

    def struct(self, name: str, *parameters: MoveType) -> Struct:
        """The struct of the table with this name; names are unique in it but for AdminCap."""
        found = self._named[name]
        return Struct(found.address, found.module, found.name, parameters)

    def type(self, text: str) -> MoveType:
        """A type in the table's own words: `Coin<WAL>`."""
        return _TypeReader(self, text).parameter().type

    def abilities(self, type_: MoveType) -> frozenset[str]:
        """What may be done with values of a type; of containers, what their items allow."""
        if isinstance(type_, str):
            return frozenset({"copy", "drop", "store"})
        if isinstance(type_, Vector):
            return self.abilities(type_.item) & {"copy", "drop", "store"}
        found = self.datatypes.get((type_.address, type_.module, type_.name))
        if found is None:
            return frozenset()
        if type_.name == "Option":
            return found.abilities & self.abilities(type_.parameters[0])
        return found.abilities

    def is_known(self, type_: MoveType) -> bool:
        """Whether all structs in a type are declared here, with the right number of parameters."""
        if isinstance(type_, str):
            return True
        if isinstance(type_, Vector):
            return self.is_known(type_.item)
        found = self.datatypes.get((type_.address, type_.module, type_.name))
        return (
            found is not None
            and found.n_parameters == len(type_.parameters)
            and all(map(self.is_known, type_.parameters))
        )

    def _declare(self, address: bytes, line: str) -> None:
        found = _STRUCT.fullmatch(line)
        assert found is not None, line
        module, name, abilities = found.groups()
        struct = Struct(address, module, name)
        words = frozenset(word.strip() for word in abilities.split(",") if word.strip())
        count = (2 if name == "Field" else 1) if name in _GENERIC else 0
        self.datatypes[address, module, name] = Datatype(struct, words, count)
        self._named.setdefault(name, struct)

    def _function(self, address: bytes, line: str) -> Function:
        found = _FUNCTION.fullmatch(line)
        assert found is not None, line
        module, name, type_parameter, parameters, returned = found.groups()
        abilities = []
        if type_parameter:
            bounds = type_parameter.partition(":")[2]
            abilities = [tuple(word.strip() for word in bounds.split("+") if word.strip())]
        results = (returned or "").removeprefix("(").removesuffix(")")
        return Function(
            address,
            module,
            name,
            tuple(abilities),
            _TypeReader(self, parameters).parameters(),
            _TypeReader(self, results).parameters(),
        )


class _TypeReader:
    """Reads the types of one declaration."""

    def __init__(self, catalogue: Catalogue, text: str) -> None:
        self._catalogue = catalogue
        self._words: list[str] = _WORD.findall(text)

    def parameters(self) -> tuple[Parameter, ...]:
        found = []
        while self._words:
            found.append(self.parameter())
            if self._words:
                self._words.pop(0)  # the comma
        return tuple(found)

    def parameter(self) -> Parameter:
        reference = self._words.pop(0).strip() if self._words[0].startswith("&") else ""
        return Parameter(reference, self._type())

    def _type(self) -> MoveType:
        word = self._words.pop(0)
        if word in SCALARS or word == TYPE_PARAMETER:
            return word
        argument: list[MoveType] = []
        if self._words and self._words[0] == "<":
            self._words.pop(0)
            argument.append(self._type())
            self._words.pop(0)
        if word == "vector":
            return Vector(argument[0])
        return self._catalogue.struct(word, *argument)
