"""The executable specification of the encoding: read this first; tests use it, nothing else does.

Naive on purpose: plain integers and bytes, one symbol at a time, every formula where the text of
the specification has it. Fast enough for 100 shards and symbols of a few dozen bytes.

The story in four parts: GF(2^16) and its tables; the 1-D Reed-Solomon code ("Leopard": FFTs over
GF(2^16) in the Cantor basis); hashes and Merkle trees; the 2-D encoding that ties them together.

Words: a symbol is `symbol_size` bytes; an element is one GF(2^16) value, an int below 65,536; n is
the number of shards; k symbols of a code are source symbols, the n - k others repair symbols.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache

# --------------------------------------------------------------------------------------------------
# The field GF(2^16)

POLYNOMIAL = 0x1002D
ORDER = 65536
MODULUS = 65535
"""Logarithms live modulo 65,535; the value 65,535 itself stands for the logarithm of zero."""

CANTOR_BASIS = (
    0x0001, 0xACCA, 0x3C0E, 0x163E, 0xC582, 0xED2E, 0x914C, 0x4012,
    0x6C98, 0x10D8, 0x6A72, 0xB900, 0xFDB8, 0xFB34, 0xFF38, 0x991E,
)  # fmt: skip

Symbol = list[int]
"""One symbol as its elements."""


@dataclass(frozen=True)
class Tables:
    """exp and log in the Cantor basis (65,536 entries); logarithms of skew factors (65,535)."""

    exp: list[int]
    log: list[int]
    skew: list[int]


@cache
def tables() -> Tables:
    """Built once, at first use."""
    exp, log = exp_and_log()
    return Tables(exp, log, skew_factors(exp, log))


def exp_and_log() -> tuple[list[int], list[int]]:
    """Powers of the generator x of GF(2)[x]/0x1002D, with elements renamed by the Cantor basis."""
    logarithm_of_polynomial = [0] * ORDER
    state = 1
    for power in range(MODULUS):
        logarithm_of_polynomial[state] = power
        state <<= 1
        if state >= ORDER:
            state ^= POLYNOMIAL
    logarithm_of_polynomial[0] = MODULUS

    polynomial_of_element = [0] * ORDER
    for bit, basis_vector in enumerate(CANTOR_BASIS):
        width = 1 << bit
        for j in range(width):
            polynomial_of_element[j + width] = polynomial_of_element[j] ^ basis_vector

    log = [logarithm_of_polynomial[polynomial] for polynomial in polynomial_of_element]
    exp = [0] * ORDER
    for element, logarithm in enumerate(log):
        exp[logarithm] = element
    exp[MODULUS] = exp[0]
    return exp, log


def add_modulo(a: int, b: int) -> int:
    """The sum modulo 65,535, by adding the carry back; 65,535 and 0 both stand for zero."""
    total = a + b
    return (total + (total >> 16)) & 0xFFFF


def skew_factors(exp: list[int], log: list[int]) -> list[int]:
    """Entry r + distance - 1: the logarithm of the factor of butterflies at offset r."""

    def multiply_by_log(x: int, logarithm: int) -> int:
        return 0 if x == 0 else exp[add_modulo(log[x], logarithm)]

    skew = [0] * MODULUS
    temp = [1 << i for i in range(1, 16)]
    for m in range(15):
        step = 1 << (m + 1)
        skew[(1 << m) - 1] = 0
        for i in range(m, 15):
            half = 1 << (i + 1)
            for j in range((1 << m) - 1, half, step):
                skew[j + half] = skew[j] ^ temp[i]
        temp[m] = MODULUS - log[multiply_by_log(temp[m], log[temp[m] ^ 1])]
        for i in range(m + 1, 15):
            temp[i] = multiply_by_log(temp[i], add_modulo(log[temp[i] ^ 1], temp[m]))
    return [log[factor] for factor in skew]


def multiply(symbol: Symbol, logarithm: int) -> Symbol:
    """Every element times the field value with this logarithm."""
    exp, log = tables().exp, tables().log
    return [exp[add_modulo(log[element], logarithm)] if element else 0 for element in symbol]


def add(a: Symbol, b: Symbol) -> Symbol:
    """Addition in a field of characteristic 2 is exclusive or."""
    return [x ^ y for x, y in zip(a, b, strict=True)]


def elements(symbol: bytes) -> Symbol:
    """A block of 64 bytes holds its elements' 32 low bytes, then their 32 high bytes.

    The last block may be shorter, and is split in two halves all the same: two bytes are a
    little-endian integer.
    """
    result: Symbol = []
    for start in range(0, len(symbol), 64):
        block = symbol[start : start + 64]
        half = len(block) // 2
        result += [low | high << 8 for low, high in zip(block[:half], block[half:], strict=True)]
    return result


def symbol_bytes(symbol: Symbol) -> bytes:
    """The inverse of `elements`."""
    result = bytearray()
    for start in range(0, len(symbol), 32):
        block = symbol[start : start + 32]
        result += bytes(element & 0xFF for element in block)
        result += bytes(element >> 8 for element in block)
    return bytes(result)


# --------------------------------------------------------------------------------------------------
# The 1-D code


def fft(data: list[Symbol], start: int, size: int, truncate: int, delta: int) -> None:
    """Values at the points delta, delta + 1, ... from coefficients, in data[start:start + size].

    `size` is a power of two; only the first `truncate` results are wanted, blocks beyond them are
    left alone.
    """
    distance = size // 2
    while distance:
        for block in range(0, truncate, 2 * distance):
            skew = tables().skew[block + distance + delta - 1]
            for i in range(start + block, start + block + distance):
                if skew != MODULUS:
                    data[i] = add(data[i], multiply(data[i + distance], skew))
                data[i + distance] = add(data[i + distance], data[i])
        distance //= 2


def ifft(data: list[Symbol], start: int, size: int, truncate: int, delta: int) -> None:
    """The inverse of `fft`, in place; values from `truncate` on are known to be zero."""
    distance = 1
    while distance < size:
        for block in range(0, truncate, 2 * distance):
            skew = tables().skew[block + distance + delta - 1]
            for i in range(start + block, start + block + distance):
                data[i + distance] = add(data[i + distance], data[i])
                if skew != MODULUS:
                    data[i] = add(data[i], multiply(data[i + distance], skew))
        distance *= 2


def next_power_of_two(x: int) -> int:
    return 1 << (x - 1).bit_length()


def is_high_rate(n_source: int, n_repair: int) -> bool:
    """Which arrangement of the code is used; on a tie the smaller side decides ("reversed")."""
    source, repair = next_power_of_two(n_source), next_power_of_two(n_repair)
    return n_source <= n_repair if source == repair else source > repair


def extend(source: Sequence[bytes], n: int) -> list[bytes]:
    """All n symbols of the code whose first k are `source`."""
    n_repair = n - len(source)
    encode = repair_high_rate if is_high_rate(len(source), n_repair) else repair_low_rate
    repair = encode([elements(symbol) for symbol in source], n_repair)
    return [*source, *(symbol_bytes(symbol) for symbol in repair)]


def repair_high_rate(source: list[Symbol], n_repair: int) -> list[Symbol]:
    """Many source symbols: a transform for each chunk of them, added up, and one back."""
    chunk = next_power_of_two(n_repair)
    zero = [0] * len(source[0])
    total = [zero] * chunk
    for start in range(0, len(source), chunk):
        part = source[start : start + chunk]
        n_real = len(part)
        part += [zero] * (chunk - n_real)
        ifft(part, 0, chunk, n_real, chunk + start)
        total = [add(a, b) for a, b in zip(total, part, strict=True)]
    fft(total, 0, chunk, n_repair, 0)
    return total[:n_repair]


def repair_low_rate(source: list[Symbol], n_repair: int) -> list[Symbol]:
    """Few source symbols: one transform of them, and one back for each chunk of repair."""
    chunk = next_power_of_two(len(source))
    coefficients = source + [[0] * len(source[0])] * (chunk - len(source))
    ifft(coefficients, 0, chunk, len(source), 0)
    repair: list[Symbol] = []
    for start in range(0, n_repair, chunk):
        part = list(coefficients)
        fft(part, 0, chunk, min(chunk, n_repair - start), chunk + start)
        repair += part
    return repair[:n_repair]


def decode(received: Mapping[int, bytes], n_source: int, n: int) -> list[bytes]:
    """The k source symbols from any k or more of the n symbols, given by index."""
    if all(index in received for index in range(n_source)):
        return [received[index] for index in range(n_source)]
    n_repair = n - n_source
    high = is_high_rate(n_source, n_repair)
    chunk = next_power_of_two(n_repair if high else n_source)
    # Positions in the codeword: the high rate has repair symbols first, the low rate source symbols
    # first.
    position_of = [chunk + i if high else i for i in range(n_source)]
    position_of += [i if high else chunk + i for i in range(n_repair)]
    end = chunk + (n_source if high else n_repair)
    size = next_power_of_two(end)

    known = {position_of[index]: elements(symbol) for index, symbol in received.items()}
    locator = error_locator(erased_positions(known, n_source, chunk, end, high))
    zero = [0] * (len(next(iter(received.values()))) // 2)
    data = [multiply(known[p], locator[p]) if p in known else zero for p in range(size)]
    ifft(data, 0, size, end, 0)
    formal_derivative(data)
    fft(data, 0, size, end, 0)

    def source_symbol(index: int) -> bytes:
        position = position_of[index]
        return received.get(index) or symbol_bytes(
            multiply(data[position], MODULUS - locator[position])
        )

    return [source_symbol(index) for index in range(n_source)]


def erased_positions(
    known: Mapping[int, Symbol], n_source: int, chunk: int, end: int, high: bool
) -> tuple[int, ...]:
    """1 for each of the 65,536 positions that counts as erased.

    High rate: whatever is missing before `end`, padding between repair and source symbols included.
    Low rate: what is missing, and everything from `end` on; padding between source and repair
    symbols is known to be zero.
    """
    if high:
        return tuple(int(p < end and p not in known) for p in range(ORDER))
    padding = range(n_source, chunk)
    return tuple(int(p not in known and p not in padding) for p in range(ORDER))


@lru_cache(maxsize=1)  # a blob's columns all miss the same symbols
def error_locator(erased: tuple[int, ...]) -> list[int]:
    """Logarithms of the polynomial that vanishes at the erased positions: a convolution."""
    transform = walsh_hadamard(erased)
    product = [a * b % MODULUS for a, b in zip(transform, transformed_logarithms(), strict=True)]
    return walsh_hadamard(product)


@cache
def transformed_logarithms() -> list[int]:
    return walsh_hadamard([0, *tables().log[1:]])


def walsh_hadamard(values: Sequence[int]) -> list[int]:
    """The fast Walsh-Hadamard transform modulo 65,535."""
    result = list(values)
    distance = 1
    while distance < len(result):
        for block in range(0, len(result), 2 * distance):
            for i in range(block, block + distance):
                a, b = result[i], result[i + distance]
                result[i], result[i + distance] = (a + b) % MODULUS, (a - b) % MODULUS
        distance *= 2
    return result


def formal_derivative(data: list[Symbol]) -> None:
    """Of the polynomial with these coefficients in the novel basis, in place."""
    for i in range(1, len(data)):
        width = i & -i
        for j in range(i - width, i):
            data[j] = add(data[j], data[j + width])


# --------------------------------------------------------------------------------------------------
# Hashes and Merkle trees

EMPTY = bytes(32)
"""The node that stands where a level has no right sibling."""


def blake2b(data: bytes) -> bytes:
    return hashlib.blake2b(data, digest_size=32).digest()


def leaf_hash(data: bytes) -> bytes:
    return blake2b(b"\x00" + data)


def inner_hash(left: bytes, right: bytes) -> bytes:
    return blake2b(b"\x01" + left + right)


def merkle_levels(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """The tree from its leaf hashes to its root."""
    levels = [[leaf_hash(leaf) for leaf in leaves]]
    while len(levels[-1]) > 1:
        level = levels[-1]
        padded = level + [EMPTY] * (len(level) % 2)
        levels.append([inner_hash(*padded[i : i + 2]) for i in range(0, len(padded), 2)])
    return levels


def merkle_root(leaves: Sequence[bytes]) -> bytes:
    return merkle_levels(leaves)[-1][0] if leaves else EMPTY


def merkle_path(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings on the way from a leaf to the root, bottom to top."""
    path = []
    for level in merkle_levels(leaves)[:-1]:
        sibling = index ^ 1
        path.append(level[sibling] if sibling < len(level) else EMPTY)
        index >>= 1
    return path


def root_from_path(leaf: bytes, index: int, path: Sequence[bytes]) -> bytes:
    """The root above a leaf; bit i of the index tells if its node on level i is a right child."""
    node = leaf_hash(leaf)
    for level, sibling in enumerate(path):
        node = inner_hash(sibling, node) if index >> level & 1 else inner_hash(node, sibling)
    return node


# --------------------------------------------------------------------------------------------------
# The 2-D encoding


def source_symbols(n: int) -> tuple[int, int]:
    """(k1, k2): the rows and columns of source symbols for n shards, of which f may be faulty."""
    f = (n - 1) // 3
    return n - 2 * f, n - f


def symbol_size(blob_size: int, n: int) -> int:
    """The least even size for which k1 * k2 symbols hold the blob; empty counts as one byte."""
    k1, k2 = source_symbols(n)
    size = -(-max(blob_size, 1) // (k1 * k2))
    return size + size % 2


@dataclass(frozen=True)
class Encoding:
    """A blob's n x n symbols, and what follows from them. `axis`: 0 for rows, 1 for columns."""

    n: int
    blob_size: int
    rows: list[list[bytes]]

    def line(self, axis: int, index: int) -> list[bytes]:
        """The n symbols of one row or column."""
        return self.rows[index] if axis == 0 else [row[index] for row in self.rows]

    def sliver(self, axis: int, index: int) -> bytes:
        """The source symbols of one row (k2 of them) or column (k1)."""
        k1, k2 = source_symbols(self.n)
        return b"".join(self.line(axis, index)[: k2 if axis == 0 else k1])

    @cached_property
    def pair_hashes(self) -> list[tuple[bytes, bytes]]:
        """The hashes of primary sliver p and secondary sliver n-1-p, for each pair p."""
        return [
            (merkle_root(self.line(0, p)), merkle_root(self.line(1, self.n - 1 - p)))
            for p in range(self.n)
        ]

    @cached_property
    def root_hash(self) -> bytes:
        return merkle_root([primary + secondary for primary, secondary in self.pair_hashes])

    @property
    def blob_id(self) -> bytes:
        """The hash of encoding type (RS2 = 1), length (u64, little-endian) and root."""
        return blake2b(b"\x01" + self.blob_size.to_bytes(8, "little") + self.root_hash)

    def metadata_bcs(self) -> bytes:
        """BlobMetadata V1: encoding type, length, pair hashes as Merkle nodes of variant 1."""
        pairs = [b"\x01" + primary + b"\x01" + secondary for primary, secondary in self.pair_hashes]
        return (
            b"\x00\x01" + self.blob_size.to_bytes(8, "little") + uleb128(self.n) + b"".join(pairs)
        )

    def sliver_bcs(self, axis: int, index: int) -> bytes:
        """SliverData: the symbols with their length, the symbol size, the index on its own axis."""
        return byte_vector(self.sliver(axis, index)) + u16(len(self.rows[0][0])) + u16(index)

    def recovery_symbol_bcs(self, target_axis: int, target: int, source: int) -> bytes:
        """What sliver `source` of the other axis contributes to sliver `target`: their common
        symbol, with the path to it in the tree of `source`.
        """
        line = self.line(1 - target_axis, source)
        path = merkle_path(line, target)
        nodes = [b"\x00" if node == EMPTY else b"\x01" + node for node in path]
        return u16(source) + byte_vector(line[target]) + uleb128(len(path)) + b"".join(nodes)


def encode(blob: bytes, n: int) -> Encoding:
    """The blob in k1 rows of k2 symbols; rows extended to n columns, these to n rows."""
    k1, k2 = source_symbols(n)
    size = symbol_size(len(blob), n)
    padded = blob.ljust(k1 * k2 * size, b"\x00")
    symbols = [padded[i : i + size] for i in range(0, len(padded), size)]
    source_rows = [extend(symbols[r * k2 : (r + 1) * k2], n) for r in range(k1)]
    columns = [extend([row[c] for row in source_rows], n) for c in range(n)]
    return Encoding(n, len(blob), [[column[r] for column in columns] for r in range(n)])


def reconstruct(slivers: Mapping[int, bytes], axis: int, n: int, size: int) -> bytes:
    """The padded blob from k1 primary or k2 secondary slivers of symbols of `size` bytes."""
    k1, k2 = source_symbols(n)
    length, needed = (k2, k1) if axis == 0 else (k1, k2)
    lines = [
        decode({i: sliver[c * size : (c + 1) * size] for i, sliver in slivers.items()}, needed, n)
        for c in range(length)
    ]  # one code per position within the slivers
    rows = zip(*lines, strict=True) if axis == 0 else lines
    return b"".join(symbol for row in rows for symbol in row)


# --------------------------------------------------------------------------------------------------
# BCS: integers are little-endian, lengths ULEB128


def u16(value: int) -> bytes:
    return value.to_bytes(2, "little")


def uleb128(value: int) -> bytes:
    result = bytearray()
    while value >= 0x80:
        result.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*result, value])


def byte_vector(data: bytes) -> bytes:
    return uleb128(len(data)) + data
