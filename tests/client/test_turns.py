"""Turns by locked files: one at a time, whoever dies."""

import asyncio
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from walrus_core.client.turns import FileTurns
from walrus_core.errors import InvalidArgumentError

HOLDER = """
import asyncio, sys
from pathlib import Path
from walrus_core.client.turns import FileTurns

async def main():
    async with FileTurns(Path(sys.argv[1])).turn("a"):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


def test_one_at_a_time(tmp_path: Path) -> None:
    """Each with an object of its own, as processes have."""
    inside: list[int] = []

    async def visit(number: int) -> None:
        async with FileTurns(tmp_path / "turns").turn("a"):
            inside.append(number)
            await asyncio.sleep(0.001)
            assert inside.pop() == number
            assert not inside

    async def main() -> None:
        await asyncio.gather(*[visit(number) for number in range(20)])

    asyncio.run(main())
    assert list((tmp_path / "turns").iterdir()) == []


def test_other_names_do_not_wait(tmp_path: Path) -> None:
    async def main() -> None:
        turns = FileTurns(tmp_path)
        async with turns.turn("a"), turns.turn("b"):
            pass

    asyncio.run(main())


def test_a_turn_of_the_dead_is_over(tmp_path: Path) -> None:
    process = subprocess.Popen(
        [sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    with process, process.stdout:
        assert process.stdout.readline() == "held\n"

        async def main() -> None:
            turns = FileTurns(tmp_path)
            with pytest.raises(TimeoutError):
                async with asyncio.timeout(0.3), turns.turn("a"):
                    pass
            os.kill(process.pid, signal.SIGKILL)
            async with asyncio.timeout(10), turns.turn("a"):
                pass

        asyncio.run(main())


@pytest.mark.parametrize("name", ["", "../a", "a/b", ".a", "a" * 201, "\0"])
def test_names_that_could_lead_elsewhere(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidArgumentError):
        FileTurns(tmp_path).turn(name)
