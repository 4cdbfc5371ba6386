"""How many threads a call uses."""

import os

import pytest

import walrus_core as wc
from walrus_core.codec.threads import thread_count, usable_cpus


def test_the_default_is_what_this_process_may_use() -> None:
    assert thread_count(None) == usable_cpus()
    assert 1 <= usable_cpus() <= (os.cpu_count() or 1)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="no CPU affinity on this system")
def test_affinity_counts() -> None:
    allowed = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, {min(allowed)})
        assert usable_cpus() == 1
    finally:
        os.sched_setaffinity(0, allowed)


def test_a_given_number_is_taken() -> None:
    assert thread_count(7) == 7


@pytest.mark.parametrize("bad", [0, -1, 1025, 2**64, True, 1.0, "2"])
def test_bad_numbers_of_threads(bad: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="threads"):
        thread_count(bad)
    with pytest.raises(wc.InvalidArgumentError, match="threads"):
        wc.encode(b"", n_shards=4, threads=bad)
