"""A local Sui chain with the Walrus contract on it: transactions as Sui has them, over the ledger.

    chain        LocalChain: what there is to ask and to do; all else is behind it
    server       the same as sui.rpc.v2 over gRPC, with what is in `rpc`

A transaction goes through `transaction_bcs`, `signatures`, `admission`, `execution` (with
`machine`, `move_calls`, `native_calls`), `changes`, `effects_bcs`, and into `durable_log`.
"""
