"""A node's keys in files."""

import base64
import json
import stat
from pathlib import Path

import pytest

from walrus_core.daemon.node import identity
from walrus_core.errors import StorageError
from walrus_core.sui.keys import read_keystore

MAKERS = [identity.protocol_key, identity.network_key]


@pytest.mark.parametrize("load", MAKERS)
def test_a_key_is_made_once_and_for_its_owner_only(tmp_path: Path, load: object) -> None:
    path = tmp_path / "key"
    load(path)  # type: ignore[operator]
    text = path.read_text()
    load(path)  # type: ignore[operator]
    assert path.read_text() == text
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


def test_the_official_forms(tmp_path: Path) -> None:
    """Base64 of the scheme's number and 32 bytes."""
    identity.protocol_key(tmp_path / "protocol")
    identity.network_key(tmp_path / "network")
    for name, flag in [("protocol", 4), ("network", 2)]:
        data = base64.b64decode((tmp_path / name).read_text())
        assert (data[0], len(data)) == (flag, 33)


def test_a_known_network_key(tmp_path: Path) -> None:
    """The number 1 is the curve's base point."""
    path = tmp_path / "key"
    path.write_text(base64.b64encode(b"\x02" + bytes(31) + b"\x01").decode())
    public = identity.network_public_key(identity.network_key(path))
    assert public.hex() == "036b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"


@pytest.mark.parametrize("load", MAKERS)
@pytest.mark.parametrize("text", ["", "secret", "AAAA", "é", "A" * 44])
def test_a_damaged_key_is_refused_and_kept(tmp_path: Path, load: object, text: str) -> None:
    path = tmp_path / "key"
    path.write_text(text)
    with pytest.raises(StorageError, match="holds no") as raised:
        load(path)  # type: ignore[operator]
    assert path.read_text() == text
    assert not text or text not in str(raised.value).replace(str(path), "")


@pytest.mark.parametrize("load", MAKERS)
def test_a_node_that_serves_makes_no_keys(tmp_path: Path, load: object) -> None:
    with pytest.raises(StorageError, match="node init"):
        load(tmp_path / "key", make=False)  # type: ignore[operator]
    assert not (tmp_path / "key").exists()


def test_an_account_is_as_pysui_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "sui.keystore"
    address = identity.make_account(path)
    assert [key.address for key in read_keystore(path)] == [address]
    assert len(json.loads(path.read_text())) == 1
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(FileExistsError):
        identity.make_account(path)
