"""What every kernel call promises besides its result: it stops, reports progress, checks."""

import os
import signal
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from kernel.geometry import encode

from walrus_core import errors, kernel
from walrus_core.kernel import reference

N, K1, K2 = 1000, 334, 667
LONG = 2000  # symbol size of a blob that takes seconds


def run_until_cancelled(cancel: kernel.CancelToken, progress: kernel.Progress) -> None:
    with pytest.raises(errors.OperationCancelledError):
        long_encode(cancel, progress)


def long_encode(cancel: kernel.CancelToken, progress: kernel.Progress | None = None) -> None:
    blob = np.zeros(K1 * K2 * LONG, np.uint8)
    kernel.encode(blob.data, N, K1, K2, LONG, None, None, 2, cancel, progress)


@pytest.mark.usefixtures("engine")
def test_cancel_stops_a_running_call() -> None:
    cancel, progress = kernel.CancelToken(), kernel.Progress()
    stopped: list[float] = []

    def run() -> None:
        run_until_cancelled(cancel, progress)
        stopped.append(time.perf_counter())

    thread = threading.Thread(target=run)
    thread.start()
    while progress.done == 0:
        time.sleep(0.001)
    started = time.perf_counter()
    cancel.cancel()
    thread.join()
    assert cancel.cancelled
    assert progress.done < progress.total
    print(f"stopped after {1000 * (stopped[0] - started):.1f} ms")


def test_a_cancelled_token_stops_at_once() -> None:
    cancel = kernel.CancelToken()
    cancel.cancel()
    with pytest.raises(errors.OperationCancelledError):
        kernel.encode(b"x", 10, 4, 7, 2, None, None, 1, cancel)
    with pytest.raises(errors.OperationCancelledError):
        kernel.sliver_roots([b"12" * 7], 10, 2, 1, cancel)
    with pytest.raises(errors.OperationCancelledError):
        kernel.decode_symbols([b"12"] * 4, range(4), 4, 10, 2, bytearray(8), cancel)


INTERRUPTED = """
import sys, numpy as np
from walrus_core import kernel
blob = np.zeros(334 * 667 * 4000, np.uint8)
print("ready", flush=True)
try:
    kernel.encode(blob.data, 1000, 334, 667, 4000, None, None, int(sys.argv[1]))
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


@pytest.mark.parametrize("n_threads", ["1", "2"])
def test_ctrl_c_is_heard(n_threads: str) -> None:
    command = [sys.executable, "-c", INTERRUPTED, n_threads]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        assert process.stdout.read() == "interrupted\n"
    assert process.returncode == 0


def test_progress_counts_to_its_total(threads: int) -> None:
    progress = kernel.Progress()
    assert (progress.done, progress.total) == (0, 0)
    kernel.encode(bytes(100), 100, 34, 67, 2, None, None, threads, None, progress)
    assert progress.done == progress.total > 0


def test_a_reader_runs_while_the_kernel_works() -> None:
    """The GIL is free: this thread counts on while another encodes."""
    cancel, progress = kernel.CancelToken(), kernel.Progress()
    thread = threading.Thread(target=run_until_cancelled, args=(cancel, progress))
    thread.start()
    while progress.done == 0:
        time.sleep(0.001)
    before, rounds = progress.done, 0
    while progress.done == before:
        rounds += 1
    cancel.cancel()
    thread.join()
    assert rounds > 100


@pytest.mark.usefixtures("engine")
def test_concurrent_calls_do_not_meet() -> None:
    expected = encode(31, 6)
    results: list[bytes] = []
    threads = [
        threading.Thread(
            target=lambda: results.extend(encode(31, 6).pair_hashes for _ in range(20))
        )
        for _ in range(4)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == [expected.pair_hashes] * 80


def test_tables_equal_the_reference() -> None:
    tables = reference.tables()
    for found, expected in zip(
        kernel.reference_tables(), (tables.exp, tables.log, tables.skew), strict=True
    ):
        assert np.frombuffer(found, "<u2").tolist() == list(expected)


def test_engines_are_listed_best_first() -> None:
    assert kernel.available_engines()[-1] == "scalar"
    for name in kernel.available_engines():
        kernel.select_engine(name)
        assert kernel.engine_name() == name
    kernel.select_engine(None)
    best = os.environ.get("WALRUS_CORE_ENGINE", kernel.available_engines()[0])
    assert kernel.engine_name() == best


def test_unknown_engines_are_refused() -> None:
    with pytest.raises(errors.UnknownEngineError) as caught:
        kernel.select_engine("abacus")
    assert caught.value.name == "abacus"
    assert caught.value.available == kernel.available_engines()


GEOMETRY = (10, 4, 7, 2)


@pytest.mark.parametrize(
    "call",
    [
        lambda: kernel.encode(bytes(57), *GEOMETRY, None, None),
        lambda: kernel.encode(b"", *GEOMETRY, bytearray(83), None),
        lambda: kernel.encode(b"", *GEOMETRY, bytes(84), None),
        lambda: kernel.encode(b"", *GEOMETRY, None, bytearray(79)),
        lambda: kernel.encode(b"", 10, 4, 7, 3, None, None),
        lambda: kernel.encode(b"", 10, 4, 7, 0, None, None),
        lambda: kernel.encode(b"", 10, 10, 7, 2, None, None),
        lambda: kernel.encode(b"", 60000, 20000, 40000, 2, None, None),
        lambda: kernel.encode(b"", *GEOMETRY, None, None, 0),
        lambda: kernel.encode(np.zeros((8, 8), np.uint8)[:, ::2], *GEOMETRY, None, None),
        lambda: kernel.reconstruct([bytes(14)] * 4, [0, 1, 2, 2], 0, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(14)] * 3, [0, 1, 2], 0, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(14)] * 4, [0, 1, 2, 10], 0, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(14)] * 4, [0, 1, 2], 0, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(12)] * 4, [0, 1, 2, 3], 0, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(14)] * 4, [0, 1, 2, 3], 2, *GEOMETRY, bytearray(56)),
        lambda: kernel.reconstruct([bytes(14)] * 4, [0, 1, 2, 3], 0, *GEOMETRY, bytearray(55)),
        lambda: kernel.extend(b"123", 10, 2, bytearray(2)),
        lambda: kernel.sliver_roots([bytes(14), bytes(12)], 10, 2),
        lambda: kernel.proof_roots([b"12"], [1, 2], bytes(32), 1),
        lambda: kernel.proof_roots([b"12"], [1], bytes(31), 1),
        lambda: kernel.merkle_tree(b"", 2),
        lambda: kernel.tree_digests(0),
    ],
)
def test_arguments_are_checked(call: object) -> None:
    with pytest.raises(errors.InvalidArgumentError):
        call()  # type: ignore[operator]


LIMITED = """
import resource
resource.setrlimit(resource.RLIMIT_AS, (1 << 29, 1 << 29))
from walrus_core import errors, kernel
try:
    kernel.encode(b"", 1000, 334, 667, 8000, None, None)
except errors.OutOfMemoryError as error:
    print(error.needed)
"""


@pytest.mark.skipif(
    "libasan" in os.environ.get("LD_PRELOAD", ""), reason="the sanitiser reserves 16 TiB itself"
)
def test_memory_that_cannot_be_had() -> None:
    command = [sys.executable, "-c", LIMITED]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert int(done.stdout) == 333 * 334 * 8000  # the row extensions
