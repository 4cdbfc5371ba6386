"""Renders proto/errors.md, for those who call from other languages.

    PYTHONPATH=. python tests/deploy/errors_document.py

The table is that of `walrus_core.rpc.status`.
"""

from pathlib import Path

from walrus_core.rpc.status import INTERNAL, OFFICIAL, TABLE, Row

DOCUMENT = Path(__file__).parents[2] / "proto" / "errors.md"

HEAD = """\
# Errors

Every error is a `google.rpc.Status`, in the trailer `grpc-status-details-bin`, which gRPC's
libraries for rich errors read. It has an `ErrorInfo` of domain `walrus-core` with one of these
reasons, whose metadata, texts, hold the numbers of the message, and as `error` the name of its
class in Python; and a `RetryInfo` where trying again helps, with the time after which. What else a
caller may see is gRPC's own: UNAVAILABLE when the server is gone, RESOURCE_EXHAUSTED for a message
of more than 4 MiB, UNIMPLEMENTED for a method that there is not, and DEADLINE_EXCEEDED; and
CANCELLED, which the caller did not ask for, for a call that came at the very moment in which the
server stopped, after more than a second without one: nothing of it was taken in, so that it can be
made again. BlobService of a server without a network, or without a wallet, is refused (`REFUSED`).

| code | reason | metadata | try again after |
| --- | --- | --- | --- |
"""

HIDDEN = {"message", "path"}
"""Arguments that are the status' own message, or nobody else's business."""


def rendered() -> str:
    rows = {_line(row) for row in (*TABLE.values(), INTERNAL)}
    base = {(row.code, row.reason) for row in TABLE.values()}
    for (method, kind), (code, reason) in OFFICIAL.items():
        if (code, reason) not in base:
            own = TABLE[kind]
            rows.add(_line(Row(code, reason, own.fields, own.retry), f" (`{method}`)"))
    return HEAD + "\n".join(sorted(rows)) + "\n"


def _line(row: Row, where: str = "") -> str:
    numbers = ", ".join(f"`{name}`" for name in row.fields if name not in HIDDEN)
    wait = "what it says" if "retry_after" in row.fields else row.retry and f"{row.retry:g} s"
    return f"| {row.code.name} | `{row.reason}`{where} | {numbers} | {wait or ''} |"


if __name__ == "__main__":
    DOCUMENT.write_text(rendered(), encoding="utf-8")
