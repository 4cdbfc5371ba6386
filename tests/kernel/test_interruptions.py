"""However often Ctrl-C is hit: when a call has ended, none of its threads is still at work."""

import subprocess
import sys

import pytest

# Signals come faster than threads end. Of a call that left one at work, progress would still
# change; or the process crash, for the memory would be the next call's.
HIT_AGAIN_AND_AGAIN = """
import os, signal, threading
from walrus_core import kernel

def work():
    while True:
        kernel.encode(blob, 1000, 334, 667, 700, None, None, {threads}, None, progress)

def interrupt(_, frame):
    while frame:
        if frame.f_code is work.__code__:
            raise KeyboardInterrupt
        frame = frame.f_back

def hit():
    while progress.done == 0:
        pass
    for _ in range(20):
        os.kill(os.getpid(), signal.SIGINT)
        over.wait(0.0002)
    over.set()

signal.signal(signal.SIGINT, interrupt)
blob = bytes(334 * 667 * 700)
for _ in range(15):
    progress, over = kernel.Progress(), threading.Event()
    threading.Thread(target=hit).start()
    try:
        work()
    except KeyboardInterrupt:
        done = progress.done
    over.wait()
    over.clear()
    over.wait(0.02)
    assert progress.done == done, (progress.done, done)
"""


@pytest.mark.parametrize("n_threads", [1, 2, 3])
def test_no_thread_outlives_its_call(n_threads: int) -> None:
    command = [sys.executable, "-c", HIT_AGAIN_AND_AGAIN.format(threads=n_threads)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=100, check=False)
    assert (done.returncode, done.stderr) == (0, "")
