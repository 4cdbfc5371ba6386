"""Requests with something wrong: good ones whose fields, order or bytes were changed, by what the
protocol's descriptors say is in them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from typing import Any

from google.protobuf.descriptor import FieldDescriptor as Field
from google.protobuf.message import Message
from rpc.blob_serving import store
from rpc.encoding_serving import batches, encode_requests, names_requests

from walrus_core.codec.encoder import encode
from walrus_core.rpc.blob_servicer import BLOB_SERVICE
from walrus_core.rpc.encoding_servicer import ENCODING_SERVICE
from walrus_core.rpc.v1 import blob_pb2, encoding_pb2 as pb, node_pb2

N_SHARDS = 10
BLOB = random.Random(11).randbytes(3000)
ENCODED = encode(BLOB, N_SHARDS)
METADATA = ENCODED.metadata.to_bcs_with_id()
BLOB_ID = ENCODED.metadata.blob_id.digest

MOST_COPIES = 3000
"""Of one element of a repeated field: more than any message may have."""

INTEGERS = (0, 1, 2, 127, 128, 1000, 1001, 65535, 65536, 2**31 - 1, 2**31, 2**32 - 1)
LONG_INTEGERS = (*INTEGERS, 2**32, 14 << 30, 2**53, 2**63 - 1, 2**63, 2**64 - 1)
TEXTS = ("", "..", "../../etc/passwd", "\0", "f" * 32, "F" * 32, "a" * 5000, "\u202e", "%s%n")


def _primaries() -> list[Any]:
    k = ENCODED.metadata.config.n_primary_source_symbols
    return list(batches((ENCODED.primary(pair) for pair in range(k)), N_SHARDS))


def _recover() -> list[Message]:
    header = pb.RecoverHeader(
        metadata=METADATA, target_axis=node_pb2.AXIS_PRIMARY, target_sliver_pair_index=3
    )
    symbols = [
        node_pb2.RecoverySymbol(
            target_sliver_pair_index=3,
            source_sliver_pair_index=source,
            data=bytes(ENCODED.metadata.symbol_size),
            path=bytes(4 * 32),
        )
        for source in range(7)
    ]
    return [
        pb.RecoverRequest(header=header),
        pb.RecoverRequest(symbols=pb.RecoverySymbolBatch(symbols=symbols)),
    ]


def _decode() -> list[Message]:
    header = pb.DecodeRequest(header=pb.DecodeHeader(metadata=METADATA))
    return [header, *(pb.DecodeRequest(slivers=batch) for batch in _primaries())]


def _verify() -> list[Message]:
    header = pb.VerifySliversRequest(header=pb.VerifySliversHeader(metadata=METADATA))
    return [header, *(pb.VerifySliversRequest(slivers=batch) for batch in _primaries())]


def _ask(message: Message) -> Callable[[], list[Message]]:
    return lambda: [message]


GOOD: Mapping[tuple[str, str], Callable[[], list[Message]]] = {
    (ENCODING_SERVICE, "Encode"): lambda: list(encode_requests(BLOB, n_shards=N_SHARDS, axes=[1])),
    (ENCODING_SERVICE, "ComputeBlobId"): lambda: list(names_requests(BLOB, n_shards=N_SHARDS)),
    (ENCODING_SERVICE, "Decode"): _decode,
    (ENCODING_SERVICE, "VerifySlivers"): _verify,
    (ENCODING_SERVICE, "Recover"): _recover,
    (BLOB_SERVICE, "Store"): lambda: list(store(BLOB, attributes={"a": "b"})),
    (BLOB_SERVICE, "GetUploadStatus"): _ask(blob_pb2.GetUploadStatusRequest(upload_id="0" * 32)),
    (BLOB_SERVICE, "Reconstruct"): _ask(
        blob_pb2.ReconstructRequest(
            blob_id=BLOB_ID, start=1, end=2, check=pb.CONSISTENCY_CHECK_DEFAULT
        )
    ),
    (BLOB_SERVICE, "GetStatus"): _ask(blob_pb2.GetStatusRequest(blob_id=BLOB_ID)),
}
"""A request of each method that could be answered."""

UNARY = {"GetUploadStatus", "Reconstruct", "GetStatus"}
"""Methods that take one message."""


def bad_request(method: tuple[str, str], chance: random.Random) -> list[bytes]:
    """One of this method's, with one to three changes."""
    messages = GOOD[method]()
    for _ in range(chance.randint(1, 3)):
        change = chance.choice((_field, _field, _field, _order))
        messages = change(messages, chance)
    request = [message.SerializeToString() for message in messages]
    if request and chance.random() < 0.4:
        at = chance.randrange(len(request))
        request[at] = chance.choice(_SPOILING)(request[at], chance)
    return request if method[1] not in UNARY else (request or [b""])[:1]


def _order(messages: list[Message], chance: random.Random) -> list[Message]:
    """One is lost, comes twice, or comes too early."""
    if not messages:
        return messages
    at, to = chance.randrange(len(messages)), chance.randrange(len(messages))
    kind = chance.randrange(3)
    if kind == 0:
        return messages[:at] + messages[at + 1 :]
    if kind == 1:
        return [*messages[:at], messages[to], *messages[at:]]
    messages[at], messages[to] = messages[to], messages[at]
    return messages


def _field(messages: list[Message], chance: random.Random) -> list[Message]:
    """Somewhere in one of them a field has another value, or none."""
    if not messages:
        return messages
    places = list(_places(chance.choice(messages)))
    message, field = chance.choice(places)
    if chance.random() < 0.15:
        message.ClearField(field.name)
    elif _is_map(field):
        entries = getattr(message, field.name)
        for number in range(chance.choice((1, 64, 65, 1000))):
            entries[f"{chance.choice(TEXTS)[:200]}{number}"] = chance.choice(TEXTS)
    elif field.is_repeated:
        _repeat(getattr(message, field.name), field, chance)
    elif field.message_type is not None:
        getattr(message, field.name).SetInParent()
    else:
        setattr(message, field.name, _value(getattr(message, field.name), field, chance))
    return messages


def _places(message: Message) -> list[tuple[Message, Any]]:
    """Every field of it and of the messages in it."""
    found = [(message, field) for field in message.DESCRIPTOR.fields]
    for field, value in message.ListFields():
        if field.message_type is not None and not _is_map(field):
            for inner in (value if field.is_repeated else [value])[:3]:
                found += _places(inner)
    return found


def _is_map(field: Field) -> bool:
    return bool(field.message_type and field.message_type.GetOptions().map_entry)


def _repeat(values: Any, field: Field, chance: random.Random) -> None:
    count = chance.choice((1, 2, 3, MOST_COPIES))
    if field.message_type is None:
        values.extend(_value(0, field, chance) for _ in range(count))
    elif values and chance.random() < 0.5:
        values.extend([chance.choice(values)] * count)
    else:
        values.add()


def _value(now: Any, field: Field, chance: random.Random) -> Any:
    """Another value of the field's type, near what is there or at an end of what can be."""
    match field.cpp_type:
        case Field.CPPTYPE_BOOL:
            return not now
        case Field.CPPTYPE_ENUM:
            return chance.choice((0, 1, 2, 3, 4, 99, 2**31 - 1, -1))
        case Field.CPPTYPE_STRING if field.type == Field.TYPE_BYTES:
            return _bytes(now, chance)
        case Field.CPPTYPE_STRING:
            return chance.choice(TEXTS)
        case Field.CPPTYPE_UINT64 | Field.CPPTYPE_INT64:
            near = [value for value in (now - 1, now + 1) if 0 <= value < 2**64]
            return chance.choice((*LONG_INTEGERS, *near))
        case _:
            return chance.choice(INTEGERS)


def _bytes(now: bytes, chance: random.Random) -> bytes:
    size = chance.choice((0, 1, 31, 32, 33, 70_000, (1 << 20) + 1))
    return chance.choice((_cut(now, chance), _flipped(now, chance), now + now, bytes(size)))


def _cut(data: bytes, chance: random.Random) -> bytes:
    return data[: chance.randint(0, len(data))]


def _flipped(data: bytes, chance: random.Random) -> bytes:
    if not data:
        return b"\xff"
    at = chance.randrange(min(len(data), 200))  # where the structure is
    return data[:at] + bytes([data[at] ^ chance.randint(1, 255)]) + data[at + 1 :]


def _inserted(data: bytes, chance: random.Random) -> bytes:
    at = chance.randint(0, len(data))
    return data[:at] + chance.randbytes(chance.randint(1, 20)) + data[at:]


def _nested(data: bytes, chance: random.Random) -> bytes:
    """A message in a message, deeper than parsers go."""
    return b"\x0a\x7f" * chance.choice((10, 1000, 50_000)) + data


def _endless(data: bytes, _: random.Random) -> bytes:
    """A length of 2^63, and an integer without end."""
    return data + b"\x0a" + b"\xff" * 8 + b"\x7f" + b"\x08" + b"\xff" * 20


def _unknown(data: bytes, chance: random.Random) -> bytes:
    """A field that nobody has, many times."""
    return data + b"\xf8\x07\x01" * chance.choice((1, 100_000))


_SPOILING = (_cut, _flipped, _inserted, _nested, _endless, _unknown)
