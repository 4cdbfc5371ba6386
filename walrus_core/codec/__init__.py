"""Between a blob and its slivers: encoding, reconstruction, verification, recovery.

`walrus_core` itself re-exports what is public. Bottom up: config, buffers, threads, bcs; merkle,
metadata, slivers, symbols; encoder, decoder, recovery.
"""
