"""What `bench_server.py` measures, a row for each figure."""

from __future__ import annotations

import gc
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from functools import partial
from statistics import median

from harness import KIB, MIB, Row, spread
from material import N_SHARDS, blob, encoded, received
from server_bare import STREAM, stream_request
from server_processes import Server, call, connected
from server_requests import decoding, encoding, naming

import walrus_core as wc
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE

METHOD = f"/{ENCODING_SERVICE}/"
SECONDS = 2.0
"""How long each number of callers calls."""

CALLS_IN_TURN = 8
"""Of a call that is as quick as a processor needs to wake up."""

CALLERS = (1, 2, 4, 8, 16, 32, 64)
THROUGHPUT_SIZES = (KIB, 8 * MIB)
WORKER_CALLERS, WORKER_SIZE, WORKER_SECONDS = 32, MIB, 3.0
MEMORY_CALLS, MEMORY_SIZE, MEMORY_PAIRS = 8, 256 * MIB, range(100)


def kernel_encode(size: int) -> Callable[[], object]:
    return lambda: wc.encode(blob(size), n_shards=N_SHARDS, threads=1)


def kernel_decode(size: int) -> Callable[[], object]:
    """Authenticated, as the server has to."""
    metadata, raw = encoded(size).metadata, received(size)

    def decode() -> bytes:
        return wc.decode(metadata, [wc.Sliver.from_bcs("primary", each) for each in raw], threads=1)

    return decode


def stream(server: Server, raw: str, which: str, size: int, rounds: int) -> Row:
    """Through the server, against the bare stream and the kernel alone, which take turns."""
    messages = encoding(blob(size)) if which == "Encode" else decoding(size)
    kernel = kernel_encode(size) if which == "Encode" else kernel_decode(size)
    with connected(server.address) as channel, connected(raw) as raw_channel:
        answers = call(channel, METHOD + which, messages)
        bare = stream_request(messages, answers)
        runs: dict[str, Callable[[], object]] = {
            "server": lambda: call(channel, METHOD + which, messages),
            "raw": lambda: call(raw_channel, STREAM, bare),
            "kernel": kernel,
        }
        seconds = in_turns(runs, rounds)
    return {
        "contest": "stream",
        "call": which,
        "size": size,
        "rounds": rounds,
        "messages": [len(messages), len(answers)],
        "bytes": [sum(map(len, messages)), sum(answers)],
        "seconds": {name: spread(values) for name, values in seconds.items()},
        "factor": factor(seconds),
    }


def naming_latency(server: Server, size: int, rounds: int, *, id_only: bool) -> Row:
    """ComputeBlobId above the kernel: the time of one call, of several in each turn.

    A stream of one message is on the wire what a single message is. Sent as such it comes without
    the thread that gRPC's Python client starts for a stream, which takes half a millisecond.
    """
    [message] = naming(blob(size), id_only=id_only)
    with connected(server.address) as channel:
        compute = channel.unary_unary(METHOD + "ComputeBlobId")
        runs: dict[str, Callable[[], object]] = {
            "server": lambda: compute(message),
            "kernel": lambda: wc.compute_metadata(blob(size), n_shards=N_SHARDS, threads=1),
        }
        seconds = in_turns(
            {name: partial(_several, run, CALLS_IN_TURN) for name, run in runs.items()}, rounds
        )
    seconds = {name: [each / CALLS_IN_TURN for each in all_] for name, all_ in seconds.items()}
    above = [a - b for a, b in zip(seconds["server"], seconds["kernel"], strict=True)]
    return {
        "contest": "id",
        "answer": "ID" if id_only else "metadata",
        "size": size,
        "rounds": rounds,
        "calls_in_turn": CALLS_IN_TURN,
        "seconds": {name: spread(values) for name, values in seconds.items()},
        "above": spread(above),
    }


def throughput(server: Server, size: int, callers: int, seconds: float = SECONDS) -> Row:
    """So many callers, one call after the other each."""
    taken, elapsed = _calls(server, naming(blob(size)), callers, seconds)
    taken.sort()
    return {
        "contest": "throughput",
        "size": size,
        "callers": callers,
        "calls": len(taken),
        "rate": len(taken) / elapsed,
        "p50": median(taken),
        "p99": taken[min(len(taken) - 1, int(0.99 * len(taken)))],
    }


def workers(servers: Sequence[Server], rounds: int) -> Row:
    """Two workers against one, of one kernel thread each, by turns."""
    messages = naming(blob(WORKER_SIZE))
    rates: list[list[float]] = [[] for _ in servers]
    for number in range(rounds):
        order = list(enumerate(servers))
        for which, server in order if number % 2 else order[::-1]:
            taken, elapsed = _calls(server, messages, WORKER_CALLERS, WORKER_SECONDS)
            rates[which].append(len(taken) / elapsed)
    factors = [two / one for one, two in zip(*rates, strict=True)]
    return {
        "contest": "workers",
        "size": WORKER_SIZE,
        "callers": WORKER_CALLERS,
        "rounds": rounds,
        "rates": [spread(each) for each in rates],
        "factor": spread(factors),
    }


def memory(server: Server, allowed: int) -> Row:
    """The most that a server has for eight large encodings at once, and what it has before."""
    messages = encoding(blob(MEMORY_SIZE), MEMORY_PAIRS)
    before = server.anonymous_bytes()

    def encode(_: int) -> int:
        with connected(server.address) as channel:
            return sum(call(channel, METHOD + "Encode", messages))

    started = time.perf_counter()
    with server.watched() as seen, ThreadPoolExecutor(MEMORY_CALLS) as threads:
        list(threads.map(encode, range(MEMORY_CALLS)))
    return {
        "contest": "memory",
        "size": MEMORY_SIZE,
        "callers": MEMORY_CALLS,
        "allowed": allowed,
        "before": before,
        "peak": max(seen),
        "after": seen[-1],
        "seconds": time.perf_counter() - started,
    }


def in_turns(runs: dict[str, Callable[[], object]], rounds: int) -> dict[str, list[float]]:
    """Seconds of each, after one that does not count; every other round in reverse order."""
    seconds: dict[str, list[float]] = {name: [] for name in runs}
    for run in runs.values():
        run()
    for number in range(rounds):
        order = list(runs)
        for name in order if number % 2 else order[::-1]:
            gc.collect()
            started = time.perf_counter()
            result = runs[name]()
            seconds[name].append(time.perf_counter() - started)
            del result
    return seconds


def _several(run: Callable[[], object], count: int) -> None:
    for _ in range(count):
        run()


def factor(seconds: dict[str, list[float]]) -> Row:
    """How much longer the server takes than stream and kernel one after the other."""
    rounds = zip(seconds["server"], seconds["raw"], seconds["kernel"], strict=True)
    return spread([server / (raw + kernel) for server, raw, kernel in rounds])


def _calls(
    server: Server, messages: Sequence[bytes], callers: int, seconds: float
) -> tuple[list[float], float]:
    """The time of each call, over connections of their own, and of all."""
    over, taken = threading.Event(), list[float]()

    with ExitStack() as connections, ThreadPoolExecutor(callers) as threads:
        channels = [connections.enter_context(connected(server.address)) for _ in range(callers)]

        def live(number: int) -> None:
            pause = random.Random(number).random() * 0.05  # they do not come all at once
            over.wait(pause)
            while not over.is_set():
                began = time.perf_counter()
                call(channels[number], METHOD + "ComputeBlobId", messages)
                taken.append(time.perf_counter() - began)

        started = time.perf_counter()
        living = [threads.submit(live, number) for number in range(callers)]
        over.wait(seconds)
        over.set()
        for each in living:
            each.result()
        return taken, time.perf_counter() - started
