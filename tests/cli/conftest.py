"""A blob, its directory of slivers, and a way to run the real command line."""

import random
import shutil
from pathlib import Path

import pytest
from cli.command_line import N_SHARDS, Outcome, Run
from click.testing import CliRunner

import walrus_core as wc
from walrus_core.cli.app import app


@pytest.fixture
def run() -> Run:
    """Run `walrus-core` with these arguments in this process."""

    def run(*args: object, stdin: bytes = b"") -> Outcome:
        result = CliRunner().invoke(app, [str(arg) for arg in args], input=stdin)
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Outcome(result.exit_code, result.stdout_bytes, result.stderr)

    return run


@pytest.fixture(scope="session")
def blob() -> bytes:
    """700 bytes: the symbol size is 26, and the last row is padded."""
    return random.Random(1).randbytes(700)


@pytest.fixture
def blob_file(tmp_path: Path, blob: bytes) -> Path:
    path = tmp_path / "blob"
    path.write_bytes(blob)
    return path


@pytest.fixture(scope="session")
def metadata(blob: bytes) -> wc.VerifiedMetadata:
    return wc.compute_metadata(blob, N_SHARDS)


@pytest.fixture(scope="session")
def pristine(tmp_path_factory: pytest.TempPathFactory, blob: bytes) -> Path:
    """The blob's slivers as `encode` writes them; not to be touched."""
    directory = tmp_path_factory.mktemp("pristine") / "slivers"
    arguments = ["encode", "-", "--out", str(directory), "--n-shards", str(N_SHARDS)]
    assert CliRunner().invoke(app, arguments, input=blob).exit_code == 0
    return directory


@pytest.fixture
def slivers(tmp_path: Path, pristine: Path) -> Path:
    """A copy of the blob's slivers, to lose and to damage."""
    return Path(shutil.copytree(pristine, tmp_path / "slivers"))


@pytest.fixture
def inconsistent(tmp_path: Path, pristine: Path, metadata: wc.VerifiedMetadata) -> Path:
    """Slivers whose metadata promise another primary sliver 0 than the others give."""
    directory = Path(shutil.copytree(pristine, tmp_path / "inconsistent"))
    pair_hashes = metadata.sliver_pair_hashes.copy()
    pair_hashes[0, 0] = 7
    wrong = wc.VerifiedMetadata.of(metadata.unencoded_length, pair_hashes.tobytes())
    (directory / "metadata.bcs").write_bytes(wrong.to_bcs_with_id())
    return directory
