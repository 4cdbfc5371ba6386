"""Who may hold a blob's slivers, and who attests that they do.

`walrus_core` itself re-exports what is public. Bottom up: wire, signers, quorum, messages, which
need no library; curve, keys, member_keys, committee, signed_message, certificate, which load
py_arkworks_bls12381 (the extra `protocol`).
"""
