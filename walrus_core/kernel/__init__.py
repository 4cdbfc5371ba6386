"""The kernel: bytes to bytes, fast. `_kernel.pyi` is its contract, `reference.py` its meaning."""

from walrus_core.kernel._kernel import (
    CancelToken,
    Progress,
    WindowEncoder,
    available_engines,
    decode_symbols,
    encode,
    engine_name,
    expand_sliver,
    extend,
    merkle_tree,
    proof_roots,
    reconstruct,
    reference_tables,
    select_engine,
    sliver_roots,
    tree_digests,
)

__all__ = [
    "CancelToken",
    "Progress",
    "WindowEncoder",
    "available_engines",
    "decode_symbols",
    "encode",
    "engine_name",
    "expand_sliver",
    "extend",
    "merkle_tree",
    "proof_roots",
    "reconstruct",
    "reference_tables",
    "select_engine",
    "sliver_roots",
    "tree_digests",
]
