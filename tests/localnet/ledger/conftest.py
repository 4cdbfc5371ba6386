"""The known answers of every contract.json there is."""

from pathlib import Path

import pytest
from known_answers import BUILT_IN
from localnet.ledger.known_contract import FILE, KnownContract


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "known_case" in metafunc.fixturenames:
        extra: Path | None = metafunc.config.getoption("--vectors")
        directories = [BUILT_IN, *([extra.resolve()] if extra else [])]
        files = [KnownContract.load(path) for path in directories if (path / FILE).is_file()]
        cases = [
            pytest.param(file, group, case, id=label)
            for file in files
            for label, group, case in file.labelled()
        ]
        metafunc.parametrize(("known_contract", "group", "known_case"), cases)
