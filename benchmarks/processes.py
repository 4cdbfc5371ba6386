"""Whole processes: start Python, read a file, encode or decode it, write files, exit.

The rival is a program of a few lines around pysui-fastcrypto that does the same with the same
files. They lie where temporary files go; what a run wrote is removed off the clock.
"""

import shutil
import subprocess
import sys
import tempfile
import weakref
from collections.abc import Callable, Sequence
from functools import lru_cache
from pathlib import Path

from harness import KIB, MIB, OURS, RIVAL, Contender, Contest, Run
from material import N_SHARDS, blob, encoded, verified

SIZES = (KIB, MIB, 32 * MIB)

OUR_ENCODE = ("-m", "walrus_core", "encode", "--threads", "1", "--out")
OUR_DECODE = ("-m", "walrus_core", "decode", "--threads", "1", "--out")

RIVAL_ENCODE = f"""
import sys
from pathlib import Path
import pysui_fastcrypto as rival
out, source = map(Path, sys.argv[1:])
result = rival.redstuff_encode(source.read_bytes(), {N_SHARDS})
for axis in ("primary", "secondary"):
    (out / axis).mkdir(parents=True)
(out / "metadata.bcs").write_bytes(result.blob_id + result.metadata_bcs)
for pair in result.slivers:
    for axis in ("primary", "secondary"):
        path = out / axis / f"{{pair.sliver_pair_index:05}}.bcs"
        path.write_bytes(getattr(pair, axis))
"""

RIVAL_DECODE = f"""
import sys
from pathlib import Path
import pysui_fastcrypto as rival
out, slivers = map(Path, sys.argv[1:])
metadata = rival.redstuff_verify_metadata((slivers / "metadata.bcs").read_bytes(), {N_SHARDS})
primary = [path.read_bytes() for path in (slivers / "primary").iterdir()]
out.write_bytes(rival.redstuff_decode_and_verify(primary, metadata, "primary"))
"""


class Scratch:
    """A new directory, gone with this object."""

    def __init__(self) -> None:
        self.path = Path(tempfile.mkdtemp(prefix="walrus-core-bench-"))
        weakref.finalize(self, shutil.rmtree, self.path)


def run_process(program: Sequence[str], source: Path) -> Scratch:
    """Run a program on `source`; what it writes is `out` in a new directory."""
    scratch = Scratch()
    command = [sys.executable, *program, str(scratch.path / "out"), str(source)]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    return scratch


@lru_cache(maxsize=1)
def files(size: int) -> Scratch:
    """The blob in a file, and a directory of 334 random primary slivers of it."""
    scratch = Scratch()
    (scratch.path / "blob").write_bytes(blob(size))
    primary = scratch.path / "slivers" / "primary"
    primary.mkdir(parents=True)
    metadata = encoded(size).metadata.to_bcs_with_id()
    (primary.parent / "metadata.bcs").write_bytes(metadata)
    for sliver in verified(size):
        (primary / f"{sliver.index:05}.bcs").write_bytes(sliver.to_bcs())
    return scratch


def on_file(*program: str) -> Callable[[int], Run]:
    """Of the blob."""

    def prepare(size: int) -> Run:
        scratch = files(size)
        return lambda: run_process(program, scratch.path / "blob")

    return prepare


def on_slivers(*program: str) -> Callable[[int], Run]:
    """Of the directory of slivers."""

    def prepare(size: int) -> Run:
        scratch = files(size)
        return lambda: run_process(program, scratch.path / "slivers")

    return prepare


PROCESSES: dict[str, Contest] = {
    "process_encode": Contest(
        "`walrus-core encode`, file to directory",
        (Contender(OURS, on_file(*OUR_ENCODE)), Contender(RIVAL, on_file("-c", RIVAL_ENCODE))),
        sizes=SIZES,
    ),
    "process_decode": Contest(
        "`walrus-core decode`, directory to file",
        (
            Contender(OURS, on_slivers(*OUR_DECODE)),
            Contender(RIVAL, on_slivers("-c", RIVAL_DECODE)),
        ),
        sizes=SIZES,
    ),
}
