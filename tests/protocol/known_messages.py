"""Known answers of the official Rust library: messages.json, and others of the same form."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

from walrus_core.protocol import messages
from walrus_core.types import BlobId

FILE = "messages.json"

Entry = dict[str, Any]


@dataclass(frozen=True)
class KnownMessages:
    """One file: key pairs, and messages that the first ones of them signed."""

    origin: str
    keys: list[Entry]
    messages: list[Entry]

    @classmethod
    def load(cls, directory: Path) -> Self:
        content = json.loads((directory / FILE).read_text(encoding="utf-8"))
        unknown = content.keys() - {"keys", "messages"}
        assert not unknown, f"{directory / FILE} has members that no test reads: {unknown}"
        return cls(directory.name, content["keys"], content["messages"])

    def labelled(self) -> Iterator[tuple[str, Entry]]:
        """Each message with a name that tells it apart."""
        for number, entry in enumerate(self.messages):
            yield f"{self.origin}-{number}-{entry['message']}", entry


def message_of(entry: Entry) -> messages.Message:
    """Made from an entry's fields; a field or kind of message that is unknown is an error."""
    kind = entry["message"]
    fields = dict(entry["fields"])
    epoch = fields.pop("epoch")
    made: messages.Message
    if kind == "confirmation":
        deletable = {"permanent": False, "deletable": True}[fields.pop("persistence")]
        object_id = bytes.fromhex(fields.pop("object_id")) if deletable else None
        made = messages.Confirmation(epoch, BlobId.from_str(fields.pop("blob_id")), object_id)
    elif kind == "invalid_blob_id":
        made = messages.InvalidBlobId(epoch, BlobId.from_str(fields.pop("blob_id")))
    elif kind == "proof_of_possession":
        address, key = fields.pop("sui_address"), fields.pop("public_key")
        made = messages.ProofOfPossession(epoch, bytes.fromhex(address), bytes.fromhex(key))
    elif kind == "sync_shard":
        start = BlobId.from_str(fields.pop("starting_blob_id"))
        shard, axis = fields.pop("shard_index"), fields.pop("axis")
        made = messages.SyncShardRequest(epoch, shard, axis, start, fields.pop("sliver_count"))
    else:
        raise AssertionError(f"{kind} is no kind of message that is known")
    assert not fields, f"fields that no test reads: {fields}"
    return made
