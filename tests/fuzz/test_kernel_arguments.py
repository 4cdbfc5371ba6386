"""The kernel with arguments at random: an answer or an error of its own, never a crash or a hang.

Worth most under AddressSanitizer (`.ci/sanitize`), which sees what would else go unnoticed.
"""

import random
from collections.abc import Callable

import pytest

from walrus_core import kernel
from walrus_core.errors import WalrusCoreError

pytestmark = pytest.mark.usefixtures("engine")

ROUNDS = [
    pytest.param(400, id="short", marks=pytest.mark.sanitize),
    pytest.param(40_000, id="long", marks=pytest.mark.slow),
]
ODD_INTEGERS = (-1, 0, 1, 2, 3, 65_534, 65_535, 65_536, 65_537, 2**31, 2**63 - 1, 2**64, 2**100)
NO_SHARDS = (-1, 0, 1, 65_537, 2**31, 2**64)  # 65,535 shards are valid, and take minutes


class Dice:
    """Arguments that are mostly right, so that wrong ones get far."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def integer(self, right: int, odd: tuple[int, ...] = ODD_INTEGERS) -> int:
        chance = self.random.random()
        if chance < 0.9:
            return right
        return right + self.random.choice([-1, 1]) if chance < 0.95 else self.random.choice(odd)

    def size(self, right: int) -> int:
        return (
            max(0, right + self.random.choice([-64, -2, -1, 1, 2, 64]))
            if self.random.random() < 0.1
            else right
        )

    def data(self, right: int) -> bytes:
        return self.random.randbytes(self.size(right))

    def room(self, right: int) -> bytearray:
        return bytearray(self.size(right))

    def numbers(self) -> tuple[int, int, int, int]:
        """n, k1, k2, s of an encoding."""
        n = self.random.choice([4, 5, 7, 10, 13, 16, 31, 33])
        f = (n - 1) // 3
        return n, n - 2 * f, n - f, self.random.choice([2, 4, 6, 30, 64, 66, 128, 130, 258])


def encode(dice: Dice) -> None:
    n, k1, k2, s = dice.numbers()
    with_rows, with_columns = dice.random.random() < 0.7, dice.random.random() < 0.7
    hashes = kernel.encode(
        dice.random.randbytes(dice.random.randint(0, dice.size(k1 * k2 * s))),
        dice.integer(n, NO_SHARDS),
        dice.integer(k1),
        dice.integer(k2),
        dice.integer(s),
        dice.room((n - k1) * k2 * s) if with_rows else None,
        dice.room(n * k1 * s) if with_columns else None,
        threads=dice.integer(1),
    )
    assert len(hashes) % 64 == 0


def extend(dice: Dice) -> None:
    n, k, _, s = dice.numbers()
    kernel.extend(dice.data(k * s), dice.integer(n), dice.integer(s), dice.room((n - k) * s))


def decode_symbols(dice: Dice) -> None:
    n, k, _, s = dice.numbers()
    indices = [dice.integer(i) for i in dice.random.sample(range(n), dice.random.randint(k - 1, n))]
    symbols = [dice.data(s) for _ in range(dice.integer(len(indices)) % 100)]
    kernel.decode_symbols(
        symbols, indices, dice.integer(k), dice.integer(n), dice.integer(s), dice.room(k * s)
    )


def expand_sliver(dice: Dice) -> None:
    n, k1, k2, s = dice.numbers()
    k = dice.random.choice([k1, k2])
    tree = dice.room(32 * kernel.tree_digests(n)) if dice.random.random() < 0.5 else None
    root = kernel.expand_sliver(
        dice.data(k * s), dice.integer(n), dice.integer(s), dice.room(n * s), tree
    )
    assert len(root) == 32


def sliver_roots(dice: Dice) -> None:
    n, k1, k2, s = dice.numbers()
    k, count = dice.random.choice([k1, k2]), dice.random.randint(0, 20)
    roots = kernel.sliver_roots(
        [dice.data(k * s) for _ in range(count)], dice.integer(n), dice.integer(s), dice.integer(2)
    )
    assert len(roots) == 32 * count


def merkle_tree(dice: Dice) -> None:
    n, *_, s = dice.numbers()
    tree = dice.room(32 * kernel.tree_digests(n)) if dice.random.random() < 0.5 else None
    assert len(kernel.merkle_tree(dice.data(n * s), dice.integer(s), tree)) == 32


def proof_roots(dice: Dice) -> None:
    count, depth, s = (
        dice.random.randint(0, 20),
        dice.random.randint(0, 16),
        dice.random.randint(0, 300),
    )
    leaves = [dice.data(s) for _ in range(count)]
    indices = [dice.integer(dice.random.randrange(1 << depth)) for _ in range(count)]
    roots = kernel.proof_roots(leaves, indices, dice.data(count * depth * 32), dice.integer(depth))
    assert len(roots) == 32 * count


def reconstruct(dice: Dice) -> None:
    n, k1, k2, s = dice.numbers()
    axis = dice.random.choice([0, 1])
    needed, length = (k1, k2) if axis == 0 else (k2, k1)
    indices = dice.random.sample(range(n), dice.random.randint(needed, n))
    kernel.reconstruct(
        [dice.data(length * s) for _ in indices],
        [dice.integer(i) for i in indices],
        dice.integer(axis),
        dice.integer(n),
        dice.integer(k1),
        dice.integer(k2),
        dice.integer(s),
        dice.room(k1 * k2 * s),
        dice.integer(2),
    )


FUNCTIONS = (
    encode,
    extend,
    decode_symbols,
    expand_sliver,
    sliver_roots,
    merkle_tree,
    proof_roots,
    reconstruct,
)


@pytest.mark.parametrize("rounds", ROUNDS)
@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda function: function.__name__)
def test_an_answer_or_an_error(function: Callable[[Dice], None], rounds: int) -> None:
    answers = 0
    for seed in range(rounds):
        try:
            function(Dice(seed))
            answers += 1
        except WalrusCoreError:
            pass
    assert answers > rounds // 10  # the arguments do reach the C code


@pytest.mark.sanitize
@pytest.mark.parametrize("wrong", [None, "text", 7, object(), [b"x"], memoryview(b"abcdef")[::2]])
def test_things_that_are_no_buffers(wrong: object) -> None:
    with pytest.raises((WalrusCoreError, TypeError)):
        kernel.merkle_tree(wrong, 2)
    with pytest.raises((WalrusCoreError, TypeError)):
        kernel.encode(wrong, 4, 2, 3, 2, None, None)


@pytest.mark.sanitize
def test_a_read_only_output_is_refused() -> None:
    with pytest.raises(WalrusCoreError):
        kernel.extend(bytes(8), 10, 2, bytes(12))
