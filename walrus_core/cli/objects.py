"""Naming the objects of a chain on the command line: by object id, or blobs by their blob ID."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from walrus_core.cli.arguments import BlobIdCommand
from walrus_core.cli.convert_blob_id import parse_blob_id
from walrus_core.errors import InvalidArgumentError, InvalidEncodingError

if TYPE_CHECKING:
    from walrus_core.sui.chain import SuiChain

_OBJECT_ID = re.compile(r"0x[0-9a-fA-F]{1,64}")


class ChainCommand(BlobIdCommand):
    """A command whose arguments may stand behind `official` options, as the official client wants.

    The options are dropped: what they name is an argument here.
    """

    def __init__(self, *args: Any, official: Sequence[str] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.official = official

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [arg for arg in args if arg not in self.official])


def object_id(_ctx: click.Context, _param: click.Parameter, text: str | None) -> bytes | None:
    """The callback of options that take an object id or address: `0x...`, as 32 bytes."""
    if text is None:
        return None
    if _OBJECT_ID.fullmatch(text):
        return _bytes(text)
    raise click.BadParameter(f"{text!r} is not 0x and up to 64 hexadecimal digits")


def object_text(object_id: bytes) -> str:
    return f"0x{object_id.hex()}"


async def blob_object(chain: SuiChain, text: str) -> bytes:
    """The object id of a blob, which is given itself, or by the blob ID of one that is owned."""
    if _OBJECT_ID.fullmatch(text):
        return _bytes(text)
    try:
        blob_id = parse_blob_id(text)
    except InvalidEncodingError:
        raise InvalidEncodingError(
            f"{text[:100]!r} is neither an object id (0x...) nor a blob ID"
        ) from None
    found = [blob.object_id for blob in await chain.blobs() if blob.blob_id == blob_id]
    if len(found) == 1:
        return found[0]
    if not found:
        raise InvalidArgumentError(f"the wallet owns no blob object with the blob ID {blob_id}")
    raise InvalidArgumentError(
        f"the wallet owns {len(found)} blob objects with the blob ID {blob_id};"
        f" name one: {', '.join(map(object_text, found))}"
    )


def _bytes(text: str) -> bytes:
    return bytes.fromhex(text[2:].zfill(64))
