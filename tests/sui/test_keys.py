"""Keys and keystores: official forms, tight permissions, no secret in sight."""

import base64
import json
import stat
from pathlib import Path

import pytest

from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.sui.keys import (
    KEY_VARIABLE,
    Key,
    add_to_keystore,
    key_from_environment,
    read_keystore,
)

# Made with @mysten/sui from the secret 00 01 .. 1f: scheme -> address.
KNOWN = {
    0: "0x160179a1565ea7cff27ead23f54cc7f50893bf58155cd7285156e57afa31c3ac",
}


def keystore_text(scheme: int, secret: bytes = bytes(range(32))) -> str:
    return base64.b64encode(bytes([scheme]) + secret).decode()


def test_known_address() -> None:
    key = Key.from_text(keystore_text(0))
    assert key.address.hex() == KNOWN[0][2:]
    assert key.to_keystore() == keystore_text(0)


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_every_scheme_signs(scheme: int) -> None:
    key = Key.from_text(keystore_text(scheme, bytes(range(1, 33))))
    signature = key.sign(b"a transaction")
    assert signature[0] == scheme
    assert len(signature) == 1 + 64 + (32 if scheme == 0 else 33)


def test_bech32_is_read_and_bad_text_is_not_quoted() -> None:
    text = Key.from_text(keystore_text(0))._pair.to_bech32()
    assert text.startswith("suiprivkey1")
    assert Key.from_text(text).address == Key.from_text(keystore_text(0)).address
    for bad in ("", "suiprivkey1secret", keystore_text(9), text[:-1], keystore_text(0)[:-4]):
        with pytest.raises(InvalidEncodingError) as caught:
            Key.from_text(bad)
        assert not bad or bad not in str(caught.value)
        assert caught.value.__cause__ is None


def test_no_secret_in_repr() -> None:
    key = Key.generate()
    assert key.to_keystore() not in repr(key)
    assert key.to_keystore() not in str(vars(type(key)))


def test_keystore_grows_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    path = tmp_path / "wallet" / "sui.keystore"
    keys = [Key.generate(), Key.generate()]
    for key in keys:
        add_to_keystore(path, key)
    assert [key.address for key in read_keystore(path)] == [key.address for key in keys]
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert json.loads(path.read_text()) == [key.to_keystore() for key in keys]
    assert [file.name for file in path.parent.iterdir()] == ["sui.keystore"]


def test_loose_permissions_are_tightened(tmp_path: Path) -> None:
    path = tmp_path / "sui.keystore"
    path.write_text("[]")
    path.chmod(0o644)
    add_to_keystore(path, Key.generate())
    assert stat.S_IMODE(path.stat().st_mode) == 0o600


@pytest.mark.parametrize("text", ["", "{}", "[1]", '["no base64!"]', '["AAAA"]', "\x00"])
def test_damaged_keystore(tmp_path: Path, text: str) -> None:
    path = tmp_path / "sui.keystore"
    path.write_text(text)
    with pytest.raises(StorageError, match=r"sui\.keystore"):
        read_keystore(path)


def test_missing_keystore_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="wallet new"):
        read_keystore(tmp_path / "none")


def test_key_in_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(KEY_VARIABLE, raising=False)
    assert key_from_environment() is None
    monkeypatch.setenv(KEY_VARIABLE, keystore_text(0))
    key = key_from_environment()
    assert key is not None
    assert key.address.hex() == KNOWN[0][2:]
