"""`walrus-core convert-blob-id`: one blob ID in its three forms."""

from __future__ import annotations

import re

import click

from walrus_core.cli.arguments import BlobIdCommand
from walrus_core.cli.output import Report
from walrus_core.errors import InvalidEncodingError
from walrus_core.types import BlobId

DECIMAL = re.compile(r"[0-9]{1,78}")
HEXADECIMAL = re.compile(r"(0[xX])?([0-9a-fA-F]{64})")


@click.command("convert-blob-id", cls=BlobIdCommand)
@click.argument("blob_id", metavar="BLOB_ID")
def command(blob_id: str) -> Report:
    """Convert a blob ID between base64url, decimal and hexadecimal.

    BLOB_ID is whichever of the three you have. The decimal form is the u256 that the chain uses:
    the 32 bytes read as a little-endian integer. The hexadecimal form is the bytes in their order.
    """
    parsed = parse_blob_id(blob_id)
    forms = {"blobId": str(parsed), "u256": str(parsed.to_u256()), "hex": parsed.hex()}
    facts = {"base64url": forms["blobId"], "decimal": forms["u256"], "hexadecimal": forms["hex"]}
    return Report(dict(forms), facts=facts)


def parse_blob_id(text: str) -> BlobId:
    """Read any of the three forms; digits alone are decimal. InvalidEncodingError."""
    if DECIMAL.fullmatch(text) and int(text) < 2**256:
        return BlobId.from_u256(int(text))
    if match := HEXADECIMAL.fullmatch(text):
        return BlobId(bytes.fromhex(match[2]))
    if len(text) == BlobId.TEXT_LENGTH:
        return BlobId.from_str(text)
    raise InvalidEncodingError(
        f"{text[:100]!r} is no blob ID; give {BlobId.TEXT_LENGTH} characters of base64url,"
        " a decimal number below 2^256, or 64 hexadecimal digits"
    )
