"""One of several processes that serve: `python -m walrus_core.daemon.gateway.worker NUMBER`.

Its parent writes the configuration to standard input, and leaves it open for as long as it lives:
when that ends, so does the worker. What it has to say goes to standard output, once, in a line: a
`Ready`, or the error that kept it from serving. Both sides are the same program: they are pickles.
"""

from __future__ import annotations

import base64
import os
import pickle
import signal
import sys
import threading
from typing import Any

from walrus_core.daemon.gateway.process import run_gateway
from walrus_core.errors import WalrusCoreError

FAILED = 1


def main() -> int:
    """The status to end with."""
    number = int(sys.argv[1])
    config = pickle.loads(base64.b64decode(sys.stdin.readline()))
    answers = os.fdopen(os.dup(1), "w", encoding="ascii")
    os.dup2(2, 1)  # whatever prints is no answer

    def answer(value: Any) -> None:
        with answers:
            answers.write(base64.b64encode(pickle.dumps(value)).decode("ascii") + "\n")

    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        run_gateway(config, answer, number)
    except (WalrusCoreError, OSError) as error:
        if answers.closed:
            raise
        answer(error)
        return FAILED
    return 0


def _end_with_parent() -> None:
    """Wait until the parent is gone, then stop as if it had said so."""
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    sys.exit(main())
