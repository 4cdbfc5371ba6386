"""What a signed transaction takes, read from its bytes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from pysui.sui.sui_bcs import bcs

from walrus_core.errors import InvalidEncodingError

__all__ = ["SignedInputs", "signed_inputs"]

OWNED = ("ImmOrOwnedObject", "Receiving")


@dataclass(frozen=True, slots=True)
class SignedInputs:
    """`versions`: of the owned objects and gas coins, by their ids. `gas_price` in MIST."""

    versions: Mapping[bytes, int]
    gas_price: int


def signed_inputs(transaction: bytes) -> SignedInputs:
    """What TransactionData takes; InvalidEncodingError for what is none."""
    try:
        data = bcs.TransactionData.deserialize(transaction).value
        arguments = [one.value for one in data.TransactionKind.value.Inputs]
    except Exception as error:  # whatever the library trips over
        raise InvalidEncodingError(f"TransactionData cannot be read: {error}") from error
    references = list(data.GasData.Payment)
    objects = (argument for argument in arguments if isinstance(argument, bcs.ObjectArg))
    references += [one.value for one in objects if one.enum_name in OWNED]
    return SignedInputs(
        {bytes(one.ObjectID.Address): int(one.SequenceNumber) for one in references},
        int(data.GasData.Price),
    )
