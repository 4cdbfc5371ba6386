"""Walrus on Sui: the chain port over a Sui node's gRPC interface, through pysui.

Bottom up: addresses, networks and keys (where the contract is, and who pays); move (its structs as
bytes); connection (questions to a node); drafts and transactions (offline, byte for byte the
official SDK's); execution (gas, signatures, retries); chain, which is the port, and beside it
wallet, storage, staking and nodes.

Needs the extra `sui`; nothing outside of this package imports pysui.
"""
