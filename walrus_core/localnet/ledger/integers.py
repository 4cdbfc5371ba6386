"""Move's unsigned integers: plain `int`, with the width checked where Move checks it.

Each function returns its argument if it fits and aborts if it does not, so that a rule reads as its
formula: `u64(price * units)`. Wrap each operation that Move checks by itself: a later subtraction
would hide an overflow.
"""

from __future__ import annotations

from walrus_core.protocol.aborts import arithmetic

__all__ = [
    "U8_MAX",
    "U16_MAX",
    "U32_MAX",
    "U64_MAX",
    "U128_MAX",
    "U256_MAX",
    "ceil_div",
    "floor_div",
    "mul_div",
    "u16",
    "u32",
    "u64",
    "u128",
]

U8_MAX = 2**8 - 1
U16_MAX = 2**16 - 1
U32_MAX = 2**32 - 1
U64_MAX = 2**64 - 1
U128_MAX = 2**128 - 1
U256_MAX = 2**256 - 1


def u16(value: int) -> int:
    if 0 <= value <= U16_MAX:
        return value
    raise arithmetic()


def u32(value: int) -> int:
    if 0 <= value <= U32_MAX:
        return value
    raise arithmetic()


def u64(value: int) -> int:
    if 0 <= value <= U64_MAX:
        return value
    raise arithmetic()


def u128(value: int) -> int:
    if 0 <= value <= U128_MAX:
        return value
    raise arithmetic()


def floor_div(numerator: int, denominator: int) -> int:
    """`/` of Move: the floor; division by zero aborts."""
    if not denominator:
        raise arithmetic()
    return numerator // denominator


def ceil_div(numerator: int, denominator: int) -> int:
    """The quotient, plus 1 when something remains."""
    if not denominator:
        raise arithmetic()
    return -(-numerator // denominator)


def mul_div(value: int, factor: int, divisor: int) -> int:
    """The floor of value * factor / divisor: a u128 product, the result cast back to u64."""
    return u64(floor_div(u128(value * factor), divisor))
