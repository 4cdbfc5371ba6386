"""The contract of the compiled kernel: bytes in, bytes out.

Words and shapes (chapters 1 and 2 of the Walrus encoding):
* `n_shards` n, `n_primary` k1 = source rows, `n_secondary` k2 = source columns, `symbol_size` s bytes (even, 2..65534).
* A primary sliver is k2*s bytes, a secondary sliver k1*s bytes; digests are 32 bytes (Blake2b-256).
* `axis` is 0 for primary slivers (rows) and 1 for secondary slivers (columns); sliver indices count on their own axis.

Every function checks the length of every buffer and raises InvalidArgumentError, releases the GIL while it works,
and stops within 50 ms of `cancel.cancel()` (OperationCancelledError) or, in the main thread, of Ctrl-C.
"""

from collections.abc import Sequence
from typing import Literal, Self, final

from typing_extensions import Buffer

def engine_name() -> str:
    """The engine in use; chosen at first use by CPU features, or by WALRUS_CORE_ENGINE (UnknownEngineError)."""

def available_engines() -> tuple[str, ...]:
    """The engines this CPU can run, best first."""

def select_engine(name: str | None) -> None:
    """Use `name` from now on in this process; None returns to the automatic choice. UnknownEngineError."""

@final
class CancelToken:
    """Shared with a running call from any thread: `cancel()` makes that call raise OperationCancelledError."""

    def cancel(self) -> None: ...
    @property
    def cancelled(self) -> bool: ...

@final
class Progress:
    """Counts a running call's finished units; read it from any thread. `total` is 0 before the start."""

    @property
    def done(self) -> int: ...
    @property
    def total(self) -> int: ...

def encode(
    blob: Buffer,
    n_shards: int,
    n_primary: int,
    n_secondary: int,
    symbol_size: int,
    primary_repair: Buffer | None,
    secondary: Buffer | None,
    threads: int = 1,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
) -> bytes:
    """Encode `blob` (at most k1*k2*s bytes, zero-padded here); the sliver pair hashes, n*64 bytes in pair order.

    `primary_repair`: writable, (n-k1)*k2*s bytes, receives primary slivers k1..n-1 (0..k1-1 are the padded blob).
    `secondary`: writable, n*k1*s bytes, receives secondary slivers 0..n-1 in sliver order. None for both: only hashes.
    """

@final
class WindowEncoder:
    """An encoding in steps, for outputs larger than memory: `extend_rows` once, `encode_columns` over all n columns in
    order, then `pair_hashes`. Arguments and result are those of `encode`; `blob` stays open as long as the encoder.
    """

    def __init__(
        self,
        blob: Buffer,
        n_shards: int,
        n_primary: int,
        n_secondary: int,
        symbol_size: int,
        repair_columns: Buffer,
    ) -> None:
        """`repair_columns`: writable, (n-k2)*k1*s bytes, holds secondary slivers k2..n-1 once the rows are extended."""

    @property
    def columns_per_unit(self) -> int:
        """Windows are multiples of this; or, where it is 8, fewer columns that never straddle a multiple of 8."""

    @property
    def columns_done(self) -> int: ...
    def extend_rows(
        self, threads: int = 1, cancel: CancelToken | None = None, progress: Progress | None = None
    ) -> None: ...
    def encode_columns(
        self,
        count: int,
        primary_repair: Buffer | None = None,
        secondary: Buffer | None = None,
        threads: int = 1,
        cancel: CancelToken | None = None,
        progress: Progress | None = None,
    ) -> None:
        """The next `count` columns, c of them below k2. `primary_repair`: writable, (n-k1)*c*s bytes, receives their
        symbols of primary slivers k1..n-1; `secondary`: writable, c*k1*s bytes, receives them as secondary slivers.
        """

    def pair_hashes(self, threads: int = 1, cancel: CancelToken | None = None) -> bytes: ...

def extend(symbols: Buffer, n_symbols: int, symbol_size: int, repair: Buffer) -> None:
    """One 1-D code: k = len(symbols)/s source symbols in, n-k repair symbols written to `repair`."""

def decode_symbols(
    symbols: Sequence[Buffer],
    indices: Sequence[int],
    n_source: int,
    n_symbols: int,
    symbol_size: int,
    source: Buffer,
    cancel: CancelToken | None = None,
) -> None:
    """One 1-D code: at least k distinct received symbols (index < n, s bytes each) in, k source symbols out; source
    symbols and then the first of the others are used.
    """

def expand_sliver(
    sliver: Buffer, n_shards: int, symbol_size: int, symbols: Buffer, tree: Buffer | None = None
) -> bytes:
    """Extend one sliver to its n symbols (`symbols`: writable, n*s bytes) and return the Merkle root over them.

    `tree`, if given, receives all levels from the n leaves up to the root: `tree_digests(n)` digests of 32 bytes;
    level i holds ceil(n / 2**i) of them.
    """

def tree_digests(n_leaves: int) -> int:
    """How many digests the levels of a tree over `n_leaves` >= 1 leaves hold, leaves and root included."""

def sliver_roots(
    slivers: Sequence[Buffer],
    n_shards: int,
    symbol_size: int,
    threads: int = 1,
    cancel: CancelToken | None = None,
) -> bytes:
    """Merkle roots (32 bytes each, in order) over the n symbols of each sliver; all slivers of one length k*s."""

def merkle_tree(leaves: Buffer, leaf_size: int, tree: Buffer | None = None) -> bytes:
    """Merkle root over len(leaves)/leaf_size leaves (at least one); `tree` as in expand_sliver."""

def proof_roots(
    leaves: Sequence[Buffer], indices: Sequence[int], paths: Buffer, depth: int
) -> bytes:
    """Roots (32 bytes each) that m equally long leaves give with their paths (m*depth*32 bytes, bottom to top; the
    Empty node is 32 zero bytes); bit i of an index says whether the node of level i is a right child.
    """

def reconstruct(
    slivers: Sequence[Buffer],
    indices: Sequence[int],
    axis: int,
    n_shards: int,
    n_primary: int,
    n_secondary: int,
    symbol_size: int,
    blob: Buffer,
    threads: int = 1,
    cancel: CancelToken | None = None,
    progress: Progress | None = None,
) -> None:
    """Blob (writable, exactly k1*k2*s bytes, padding included) from at least k1 primary or k2 secondary slivers with
    distinct indices; the first k are used (source slivers first). Nothing is authenticated here.
    """

def reference_tables() -> tuple[bytes, bytes, bytes]:
    """The kernel's own exp, log and skew tables (65536, 65536 and 65535 little-endian u16), for the tests."""

def run_bare(
    what: Literal["leaves", "parents", "transforms"], rounds: int, symbol_size: int = 2
) -> int:
    """For benchmarks: an inner function of the engine on data in the nearest cache; how many units
    it did: compressions (of leaves over symbols of `symbol_size` <= 2048 bytes, or of inner
    nodes), or butterflies of 128 bytes (in transforms of 512 positions).
    """

@final
class BytesBuffer(Buffer):
    """Uninitialised bytes to write to, in huge pages where that pays, which become `bytes` without being copied."""

    def __new__(cls, size: int) -> Self: ...
    def finish(self, length: int | None = None) -> bytes:
        """All bytes, or the first `length`; once. BufferError while any view is left."""

@final
class FileMapping(Buffer):
    """The first `size` bytes of an open file as a read-only buffer. Unlike mmap.mmap it keeps no descriptor open, so that
    there can be thousands. Needs no memory of its own; follows changes of the file; reading past its end is SIGBUS.
    """

    def __new__(cls, descriptor: int, size: int, path: str | None = None) -> Self: ...
    @property
    def path(self) -> str | None:
        """Where the file was when it was opened, as far as the caller knew."""
    @property
    def identity(self) -> tuple[int, int]:
        """The file's device and inode, which tell whether it still is there."""
    def will_read(
        self, part: Buffer, pattern: Literal["in order", "here and there", "soon", "not soon"]
    ) -> None:
        """How `part`, a view of this mapping, is going to be read; whatever is still on the disk is then read ahead, read
        page by page, or on its way into memory at once. What is not read soon counts as this process's memory no more
        until somebody reads it, which may be at the same time.
        """

    def offset_of(self, part: Buffer) -> int:
        """Where in the file `part`, a view of this mapping, begins."""
