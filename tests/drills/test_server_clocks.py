"""The machine's clock jumps, forth and back, while calls are answered (libfaketime)."""

import asyncio
from contextlib import ExitStack
from pathlib import Path

import pytest
from drills.callers import Code, Crowd, Tasks, connected, working
from drills.gateway import gateway

pytestmark = pytest.mark.drill

LIBRARIES = ("/usr/lib/*/faketime/libfaketimeMT.so.1", "/usr/local/lib/faketime/libfaketimeMT.so.1")
JUMPS = ("+1d", "-2d", "+400d", "-1h", "+0")
CALLERS, SECONDS, LONG_SECONDS = 4, 0.5, 10.0
N_SHARDS = 100


def test_clock_jumps(tmp_path: Path, is_long: bool, figures: list[str]) -> None:
    found = [path for each in LIBRARIES for path in Path("/").glob(each.lstrip("/"))]
    if not found:
        pytest.skip("there is no libfaketime")
    figures.append(asyncio.run(_clock_jumps(tmp_path, found[0], is_long)))


async def _clock_jumps(directory: Path, library: Path, is_long: bool) -> str:
    clock = directory / "clock"
    clock.write_text("+0\n", encoding="ascii")
    environment = {
        "LD_PRELOAD": str(library),
        "FAKETIME_TIMESTAMP_FILE": str(clock),
        "FAKETIME_NO_CACHE": "1",
        "FAKETIME_DONT_FAKE_MONOTONIC": "1",  # as a machine's clock that is set
    }
    tasks, crowd = Tasks((1000, 100_000), N_SHARDS), Crowd(CALLERS)
    async with gateway(directory, environment) as server:
        with ExitStack() as connections:
            channels = [
                connections.enter_context(connected(server.address)) for _ in range(CALLERS)
            ]
            living = crowd.come(working(server.address, tasks, channels))
            for jump in JUMPS:
                clock.write_text(f"{jump}\n", encoding="ascii")
                await asyncio.sleep(LONG_SECONDS if is_long else SECONDS)
            await crowd.leave(living)
        crowd.tally.assert_only(Code.OK)
        await server.idle()
        assert not server.failures()
        years = {line[10:14] for line in server.log.read_text(encoding="utf-8").splitlines()}
        assert len(years) > 1, "the server did not see the clock jump"
    return (
        f"clock set {', '.join(JUMPS)}: {crowd.tally}, p99"
        f" {1000 * crowd.tally.quantile(0.99):.0f} ms"
    )
