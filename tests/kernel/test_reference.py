"""The reference is right: the specification's check values, and the official library's answers.

That its encodings are the official ones, `test_vectors_encode.py` says.
"""

import base64
import hashlib
import random

import pytest
from known_answers import BUILT_IN, Entry, blob_of, entries

from walrus_core.kernel import reference

RECOVERIES = entries("recovery.json", [BUILT_IN])
SMALL = {name: entry for name, entry in RECOVERIES.items() if entry["n_shards"] <= 100}


def test_tables() -> None:
    tables = reference.tables()
    assert tables.exp[:4] == [1, 18064, 26072, 25296]
    assert tables.log[:4] == [65535, 0, 21845, 43690]
    assert tables.log[65535] == 45925
    assert tables.skew[:8] == [65535, 65535, 21845, 65535, 17476, 21845, 34952, 65535]
    assert [len(table) for table in (tables.exp, tables.log, tables.skew)] == [65536, 65536, 65535]


@pytest.mark.parametrize("size", [2, 4, 62, 64, 66, 126, 128, 130])
def test_elements_round_trip(size: int) -> None:
    symbol = random.Random(size).randbytes(size)
    elements = reference.elements(symbol)
    assert len(elements) == size // 2
    assert reference.symbol_bytes(elements) == symbol


@pytest.mark.parametrize(
    ("source", "n", "repair"),
    [
        ("0102 0304 0506 0708", 10, "ab06 d70e 0e03 7203 ba01 6700"),
        ("0001 0203 0405 0607 0809 0a0b 0c0d", 10, "bb0d 9c03 a206"),
    ],
    ids=["low rate", "high rate"],
)
def test_known_codes(source: str, n: int, repair: str) -> None:
    symbols = [bytes.fromhex(symbol) for symbol in source.split()]
    extended = reference.extend(symbols, n)
    assert extended[: len(symbols)] == symbols
    assert extended[len(symbols) :] == [bytes.fromhex(symbol) for symbol in repair.split()]


def test_known_code_of_long_symbols() -> None:
    data = bytes(i % 251 for i in range(4 * 66))
    repair = reference.extend([data[i : i + 66] for i in range(0, len(data), 66)], 10)[4:]
    digest = hashlib.sha256(b"".join(repair)).hexdigest()
    assert digest == "ab07b8594e3fe0caf1374e7d503820aef8695dac8c544c6f96db48e75dc62691"


@pytest.mark.parametrize(
    ("k", "n"), [(2, 4), (3, 4), (4, 10), (7, 10), (8, 16), (11, 31), (21, 31)]
)
def test_any_k_symbols_decode(k: int, n: int) -> None:
    rng = random.Random(n)
    source = [rng.randbytes(4) for _ in range(k)]
    symbols = reference.extend(source, n)
    for received in (range(k), range(n - k, n), rng.sample(range(n), k)):
        assert reference.decode({i: symbols[i] for i in received}, k, n) == source


def test_worked_example() -> None:
    """Chapter 2 of the specification."""
    encoding = reference.encode(b"walrus blob id v1 regression test", 10)
    assert b"".join(encoding.line(0, 0)).hex() == "77616c72757320626c6f6220696405f61a1ec2f8"
    assert b"".join(encoding.line(1, 0)).hex() == "7761207620740000cdab6837488c9a73f55ff592"
    primary_hash, _ = encoding.pair_hashes[0]
    assert primary_hash.hex() == "e72fef473a7821fd33d556b2c2cee51481e6198fbccc8904232ae517c25b507f"
    _, secondary_hash = encoding.pair_hashes[0]
    assert secondary_hash.hex() == (
        "3e97b1aacf9199e3d46a777da0c6026de6aede8aeb509e53a5df0b01a5beacd2"
    )
    assert encoding.root_hash.hex() == (
        "dc3457c94140737f55ccfba619f79c96928f3845da745142c7c8e23396eedf88"
    )
    assert base64.urlsafe_b64encode(encoding.blob_id) == (
        b"RcU82Mwf-CFkv1LaI_2qcpANwpGUuG3TMwnVzZxD2kY="
    )
    metadata = encoding.metadata_bcs()
    assert len(metadata) == 671
    assert hashlib.sha256(metadata).hexdigest() == (
        "65902e14c6215ea949ba8ef93bf22de7f861863a6b360d32bd9bec13c945cd9d"
    )


def sha256(parts: list[bytes]) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()


@pytest.mark.parametrize("entry", SMALL.values(), ids=SMALL)
def test_known_recovery_symbols(entry: Entry) -> None:
    n = entry["n_shards"]
    encoding = reference.encode(blob_of(entry), n)
    assert sha256([encoding.metadata_bcs()]) == entry["metadata_bcs_sha256"]
    for targets in entry["targets"]:
        for axis, name in enumerate(("primary", "secondary")):
            expected = targets[name]
            target = expected["target_sliver_index"]
            sources = [n - 1 - pair if axis == 0 else pair for pair in range(n)]
            symbols = [encoding.recovery_symbol_bcs(axis, target, source) for source in sources]
            assert sha256(symbols) == expected["recovery_symbols_bcs_sha256"]
            assert (
                sha256([encoding.sliver_bcs(axis, target)])
                == (expected["recovered_sliver_bcs_sha256"])
            )


@pytest.mark.parametrize("axis", [0, 1])
def test_reconstruction(axis: int) -> None:
    encoding = reference.encode(random.Random(5).randbytes(100), 7)
    k1, k2 = reference.source_symbols(7)
    size = reference.symbol_size(100, 7)
    needed = k1 if axis == 0 else k2
    padded = b"".join(encoding.sliver(0, row) for row in range(k1))
    for indices in (range(needed), range(7 - needed, 7)):
        slivers = {index: encoding.sliver(axis, index) for index in indices}
        assert reference.reconstruct(slivers, axis, 7, size) == padded
