"""The known messages of every file there is, and committees to sign them."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pytest
from known_answers import BUILT_IN
from protocol.known_messages import FILE, Entry, KnownMessages

import walrus_core as wc


def files_of(config: pytest.Config) -> list[KnownMessages]:
    """The built-in file and, with --vectors, the one in that directory."""
    extra: Path | None = config.getoption("--vectors")
    directories = [BUILT_IN, *([extra.resolve()] if extra else [])]
    return [KnownMessages.load(path) for path in directories if (path / FILE).is_file()]


# Fixture -> which of the known messages.
ENTRIES: dict[str, Callable[[Entry], bool]] = {
    "known_message": lambda _: True,
    "proof": lambda entry: entry["message"] == "proof_of_possession",
    "sent_message": lambda entry: "first_signed_bcs" in entry,
    "confirmed_message": lambda entry: "storage_confirmation_json" in entry,
    "certified_message": lambda entry: "certificate_bcs" in entry,
}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run a test on each entry that it asks for, and tell it the file as `messages_file`."""
    for fixture in ENTRIES.keys() & set(metafunc.fixturenames):
        cases = [
            pytest.param(entry, file, id=label)
            for file in files_of(metafunc.config)
            for label, entry in file.labelled()
            if ENTRIES[fixture](entry)
        ]
        metafunc.parametrize((fixture, "messages_file"), cases)


@pytest.fixture(scope="session")
def messages_files(pytestconfig: pytest.Config) -> list[KnownMessages]:
    return files_of(pytestconfig)


@pytest.fixture(scope="session")
def key_pairs() -> list[wc.KeyPair]:
    """Ten, the same each time; no two sets of them have the same sum, as small numbers would."""
    secrets = [b"\0" + hashlib.sha256(bytes([number])).digest()[1:] for number in range(10)]
    return [wc.KeyPair(secret) for secret in secrets]


@pytest.fixture(scope="session")
def committee(key_pairs: list[wc.KeyPair]) -> wc.Committee:
    """Four nodes that hold 4, 3, 2 and 1 of ten shards, in epoch 21: 7 are a quorum, 4 validity."""
    shards = [(0, 1, 2, 9), (8, 3, 4), (5, 6), (7,)]
    members = [
        wc.Member(bytes(31) + bytes([position]), key_pair.public_key, f"node{position}:9185", held)
        for position, (key_pair, held) in enumerate(zip(key_pairs, shards, strict=False))
    ]
    return wc.Committee(21, 10, members)
