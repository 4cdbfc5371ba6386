"""Widths, and the two divisions."""

from collections.abc import Callable

import pytest
from hypothesis import given, strategies as st

from walrus_core.localnet.ledger import Abort
from walrus_core.localnet.ledger.integers import (
    U64_MAX,
    ceil_div,
    floor_div,
    mul_div,
    u16,
    u32,
    u64,
    u128,
)

u64s = st.integers(0, U64_MAX)


@pytest.mark.parametrize(("checked", "bits"), [(u16, 16), (u32, 32), (u64, 64), (u128, 128)])
def test_widths(checked: Callable[[int], int], bits: int) -> None:
    for fits in (0, 1, 2**bits - 1):
        assert checked(fits) == fits
    for does_not in (-1, 2**bits, 2**300):
        with pytest.raises(Abort) as caught:
            checked(does_not)
        assert (caught.value.module, caught.value.code) == ("arithmetic", None)


@given(value=u64s, divisor=st.integers(1, U64_MAX))
def test_divisions_round_down_and_up(value: int, divisor: int) -> None:
    quotient, rest = divmod(value, divisor)
    assert floor_div(value, divisor) == quotient
    assert ceil_div(value, divisor) == quotient + (rest != 0)


def test_division_by_zero() -> None:
    for divide in (lambda: floor_div(1, 0), lambda: ceil_div(0, 0), lambda: mul_div(1, 1, 0)):
        with pytest.raises(Abort):
            divide()


def test_a_product_has_twice_the_width_and_the_result_does_not() -> None:
    assert mul_div(U64_MAX, U64_MAX, U64_MAX) == U64_MAX
    with pytest.raises(Abort):
        mul_div(U64_MAX, U64_MAX, U64_MAX - 1)
    with pytest.raises(Abort):
        mul_div(2**64, 2**64, 2**100)
