"""Known answers of the official encoder: the JSON files under vectors/, and others of the same
form. Those of messages and of the contract (`FILES` names all) are read where they are tested.

Blobs are not stored but made: SHAKE-128 of the seed's UTF-8 text, or one byte repeated (`fill`).
"""

import hashlib
import json
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Any

BUILT_IN = Path(__file__).parent / "vectors"
FILES = ("encode.json", "recovery.json", "contract.json", "messages.json")

Entry = dict[str, Any]


def entries(file: str, directories: Iterable[Path]) -> dict[str, Entry]:
    """The entries of `file` in each of the directories that has one, by a name that tells them
    apart.
    """
    found: dict[str, Entry] = {}
    for directory in directories:
        path = directory / file
        if not path.is_file():
            continue
        origin = "" if directory == BUILT_IN else f"{directory.name}:"
        for entry in json.loads(path.read_text(encoding="utf-8")):
            content = entry["seed"] if "seed" in entry else f"fill-{entry['fill']}"
            name = f"{origin}n{entry['n_shards']}-{entry['size']}-{content}"
            while name in found:
                name += "+"
            found[name] = entry
    return found


@lru_cache(maxsize=2)  # consecutive tests ask for the same blob; the largest is 256 MiB
def _blob(size: int, seed: str | None, fill: int | None) -> bytes:
    if seed is None:
        return bytes([fill or 0]) * size
    return hashlib.shake_128(seed.encode("utf-8")).digest(size)


def blob_of(entry: Entry) -> bytes:
    """The blob that an entry speaks of."""
    if "blob_hex" in entry:
        return bytes.fromhex(entry["blob_hex"])
    return _blob(entry["size"], entry.get("seed"), entry.get("fill"))


def encoding_work(entry: Entry) -> float:
    """What encoding costs, about, in Blake2b compressions: leaves, trees, transforms."""
    blocks_per_leaf = -(-(entry["symbol_size"] + 1) // 128)
    per_symbol: float = blocks_per_leaf + 2 + entry["symbol_size"] / 16
    return per_symbol * entry["n_shards"] ** 2


def is_small(entry: Entry) -> bool:
    """Whether plain Python, one symbol at a time, encodes it in about a second."""
    n_shards: int = entry["n_shards"]
    return n_shards <= 100 and n_shards**2 * entry["symbol_size"] <= 150_000
