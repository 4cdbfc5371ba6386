"""Points of the curves that are in no group, computed from the curves' equations.

G1: y^2 = x^3 + 4 over the integers modulo P; G2: y^2 = x^3 + 4 (1 + u) over those with u^2 = -1.
"""

from collections.abc import Iterator

P = int(
    "1a0111ea397fe69a4b1ba7b6434bacd764774b84f38512bf6730d2a0f6b0f6241eabfffeb153ffffb9feffffffffaaab",
    16,
)
COMPRESSED, INFINITE, LARGER = 0x80, 0x40, 0x20
SIZE = 48

IDENTITY_G1 = bytes([COMPRESSED | INFINITE]) + bytes(SIZE - 1)
IDENTITY_G2 = bytes([COMPRESSED | INFINITE]) + bytes(2 * SIZE - 1)

ORDER_THREE = bytes([COMPRESSED]) + bytes(SIZE - 1)
"""(0, 2): three times it is the identity."""


def root(value: int) -> int | None:
    """A square root modulo P, which is 3 modulo 4."""
    candidate = pow(value, (P + 1) // 4, P)
    return candidate if candidate * candidate % P == value % P else None


def is_square_in_extension(real: int, imaginary: int) -> bool:
    """Whether real + imaginary * u has a root: if and only if its norm has one modulo P."""
    return root(real * real + imaginary * imaginary) is not None


def points_outside_g1() -> Iterator[bytes]:
    """Compressed points with small x; the chance that one is in the group is 2^-126."""
    for x in range(1, 40):
        if root(x**3 + 4) is not None:
            data = bytearray(x.to_bytes(SIZE, "big"))
            data[0] |= COMPRESSED
            yield bytes(data)


def points_outside_g2() -> Iterator[bytes]:
    """Compressed points with small x = a + b u, written b first; the chance is 2^-508."""
    for a in range(1, 7):
        for b in range(7):
            # (a + bu)^3 = a^3 - 3ab^2 + (3a^2 b - b^3) u
            if is_square_in_extension(a**3 - 3 * a * b**2 + 4, 3 * a**2 * b - b**3 + 4):
                data = bytearray(b.to_bytes(SIZE, "big") + a.to_bytes(SIZE, "big"))
                data[0] |= COMPRESSED
                yield bytes(data)


def points_off_g1() -> Iterator[bytes]:
    """Values of x for which the curve has no y; and x not below P."""
    for x in [*(x for x in range(1, 40) if root(x**3 + 4) is None), P, P + 1]:
        data = bytearray(x.to_bytes(SIZE, "big"))
        data[0] |= COMPRESSED
        yield bytes(data)
