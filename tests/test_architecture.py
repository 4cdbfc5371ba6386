"""The floors of the house: imports point down, and rooms on one floor do not know each other."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import walrus_core

PACKAGE = Path(walrus_core.__file__).parent
FLOORS = [
    {"types", "errors"},
    {"kernel"},
    {"codec", "protocol"},
    {"storage"},
    {"services"},
    {"rpc", "sui", "http", "fs"},
    {"client"},
    {"daemon"},
    {"localnet"},
    {"cli"},
]
FLOOR = {room: number for number, rooms in enumerate(FLOORS) for room in rooms}
ADAPTERS = {"rpc", "sui", "http", "fs"}
OUTSIDE = {"grpc", "pysui", "pysui_fastcrypto", "aiohttp", "fastapi", "flask", "starlette"}


def imports(path: Path) -> Iterator[str]:
    """The dotted names that a module imports, wherever in it they stand."""
    here = path.relative_to(PACKAGE.parent).with_suffix("").parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            start = [*here[: len(here) - node.level]] if node.level else []
            origin = ".".join([*start, *filter(None, [node.module])])
            yield from (f"{origin}.{alias.name}" for alias in node.names)


def room(dotted: str) -> str:
    """The part of walrus_core that a dotted name belongs to; the package itself is the public face
    of codec.
    """
    name = dotted.split(".")[1]
    return name if name in FLOOR else "codec"


MODULES = sorted(
    path
    for path in PACKAGE.rglob("*.py")
    if (path.parent != PACKAGE or path.stem in FLOOR) and "v1" not in path.parts  # generated
)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    home = path.relative_to(PACKAGE).with_suffix("").parts[0]
    for name in imports(path):
        if name.startswith("walrus_core."):
            there = room(name)
            below = FLOOR[there] < FLOOR[home] or there == home or FLOOR[home] == 0 == FLOOR[there]
            assert below, f"{home} imports {name}"
            assert not name.startswith("walrus_core.kernel.reference"), (
                "only tests use the reference"
            )
        elif name.split(".")[0] in OUTSIDE:
            assert home in ADAPTERS or "sui_node" in path.parts, f"{home} imports {name}"
