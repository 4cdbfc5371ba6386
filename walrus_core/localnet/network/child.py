"""`python -m walrus_core.localnet.network.child MODULE ...`: a module as `python -m` runs it, in a
process that ends when the one that started it has ended, however it ended.

Its standard input is a pipe that nobody writes to, and whose other end the starter alone holds.
"""

from __future__ import annotations

import os
import runpy
import signal
import sys
import threading
import time

LAST_SECONDS = 15.0
"""What the module gets to end in, once it is told to."""


def main() -> None:
    threading.Thread(target=_end_with_starter, daemon=True).start()
    sys.argv = sys.argv[1:]
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)


def _end_with_starter() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)
    time.sleep(LAST_SECONDS)
    os._exit(1)


if __name__ == "__main__":
    main()
