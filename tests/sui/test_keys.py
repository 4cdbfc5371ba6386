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

# Made with @mysten/sui 2.33.1 from the secret 01 02 .. 20: (address, suiprivkey, signature over the
# transaction 01 02 03) of each scheme.
KNOWN = [
    (
        "0x7573c697fa68450f04fa0dee2d39dcdc8a5ccf5db547f3e47638a6f8eeeec110",
        "suiprivkey1qqqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqa4ffsr",
        "AIDyCaKbRJ3xYsMKZVCn1eEipPZwZMMYwXnz4oVh5BcjTkVQLVlcEeCfiKFhljKcW21vr2z02AeA7Eum7OzMhAd5"
        "tVYuj+ZU+UB4sRLoqYunkB+FOuaVvtfg45ELrQSWZA==",
    ),
    (
        "0x888ccd887822e692bceebbd29743917e77932d72c7bd5da6a2a502ddef4f5837",
        "suiprivkey1qyqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jq82ukn5",
        "AZLE3GmEIAzs2xMKw0ulR7/pQK+Bv3mP8zfInT/wyz8AGhc9kx3mWS7nyQBQY2ZTVVUq+t/+bZxybYOryvhvDCgC"
        "hL91YiYrvWlACFdI875q+lKuMXFVGB7OMbZjUcz/pLA=",
    ),
    (
        "0xae4618a47eb09f9015de8028a5775f4349eb387f2081c596b14b7bbf7e5a7551",
        "suiprivkey1qgqsyqcyq5rqwzqfpg9scrgwpugpzysnzs23v9ccrydpk8qarc0jqqz27ky",
        "AmvRz8ZqFTXp4ZYPm6hRFrRIEcsm4zmKHlhO009v26FSISh9gsZ2FCBPBH2ql/NciDeZ0jlj8OrEzAk7jyW3vewC"
        "UVw9brnjlrkE0/7Kf1T9zQzB6Ze/N13KUVrQpsO0A18=",
    ),
]


def keystore_text(scheme: int, secret: bytes = bytes(range(1, 33))) -> str:
    return base64.b64encode(bytes([scheme]) + secret).decode()


@pytest.mark.parametrize("scheme", [0, 1, 2])
def test_keys_of_every_scheme_are_the_official_ones(scheme: int) -> None:
    address, text, signature = KNOWN[scheme]
    for key in (Key.from_text(keystore_text(scheme)), Key.from_text(text)):
        assert key.address.hex() == address[2:]
        assert key.to_keystore() == keystore_text(scheme)
        assert base64.b64encode(key.sign(b"\1\2\3")).decode() == signature


def test_bad_text_is_not_quoted() -> None:
    text = KNOWN[0][1]
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
    assert key.address.hex() == KNOWN[0][0][2:]
