"""Peak resident memory of an encode, each in a process of its own; writes
benchmarks/results/memory.json.

The figures hold all there is: the interpreter, the blob, the slivers, and work space.
"""

import subprocess
import sys

from harness import MIB, OURS, RIVAL, Row, size_label
from material import N_SHARDS
from records import save

SIZES = (MIB, 32 * MIB, 256 * MIB)

PROGRAM = """
import os, resource, sys
blob = os.urandom({size})
{encode}
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
print(peak * (1 if sys.platform == "darwin" else 1024))
"""
ENCODE = {
    OURS: f"import walrus_core; result = walrus_core.encode(blob, n_shards={N_SHARDS}, threads=1)",
    RIVAL: f"import pysui_fastcrypto; result = pysui_fastcrypto.redstuff_encode(blob, {N_SHARDS})",
}


def peak_bytes(name: str, size: int) -> int:
    """The largest resident size of a process that makes a random blob and encodes it."""
    program = PROGRAM.format(size=size, encode=ENCODE[name])
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, check=True)
    return int(run.stdout)


def main() -> None:
    """Measure and save every size."""
    rows: list[Row] = []
    for size in SIZES:
        peaks = {name: peak_bytes(name, size) for name in ENCODE}
        rows.append({"contest": "encode", "size": size, "peak_bytes": peaks})
        shown = ", ".join(f"{name} {peak / MIB:.0f} MiB" for name, peak in peaks.items())
        print(f"encode, {size_label(size)}: {shown}", file=sys.stderr)
    save("memory", rows)


if __name__ == "__main__":
    main()
