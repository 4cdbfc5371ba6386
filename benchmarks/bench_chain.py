"""The local chain: how soon it is ready, how much it takes in, how soon it answers.

    python benchmarks/bench_chain.py [--transactions 100000] [--rounds 5] [--json FILE]

The chain is a process of its own (`walrus-core chain up`) on one core, and every transaction is on
disk (fsync) before it is answered: set TMPDIR to a real one. What was asked for: ready in 1.5 s,
500 transactions a second, 15 ms for a registration and a certification as the adapter sees them,
and 3 s for a restart with 100,000 transactions in the journal.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask

from walrus_core.codec.config import EncodingConfig
from walrus_core.codec.metadata import derive_blob_id
from walrus_core.localnet.sui_node import bcs, transaction_bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import parse_digest
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    GasData,
    Input,
    InputKind,
    ObjectReference,
    Place,
    Programmable,
    SplitCoins,
    TransactionData,
    TransferObjects,
)
from walrus_core.localnet.sui_node.world import SUI_COIN
from walrus_core.protocol.certificate import CertificateBuilder
from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.services.ports import NewBlob
from walrus_core.sui.addresses import parse_address
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import Key, read_keystore
from walrus_core.sui.networks import local_network

N_SHARDS = 100
IN_FLIGHT = 32
N_COINS = 500
"""As many transactions can be on their way at once."""
SUI = 10**9
GAS_BUDGET = 10**8
N_LATENCIES = 50
BLOB_SIZE = 1 << 20


@contextmanager
def chain_up(home: Path) -> Iterator[float]:
    """A chain in a process of its own on the first CPU; the seconds until it was ready."""
    first, *_ = sorted(os.sched_getaffinity(0))
    program = [sys.executable, "-m", "walrus_core"]
    started = time.perf_counter()
    process = subprocess.Popen(
        [*program, "chain", "up", "--json", "--dir", str(home), "--port", "0"],
        env=os.environ | {"WALRUS_CORE_HOME": str(home)},
        stdout=subprocess.PIPE,
        preexec_fn=lambda: os.sched_setaffinity(0, [first]),
    )
    assert process.stdout is not None
    try:
        json.loads(process.stdout.readline())
        yield time.perf_counter() - started
    finally:
        process.send_signal(signal.SIGINT)
        process.wait()
        process.stdout.close()


def ready_seconds(rounds: int, again: bool) -> float:
    """Of a new chain, or of one that comes back."""
    seconds = []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory() as home:
            if again:
                with chain_up(Path(home)):
                    pass
            with chain_up(Path(home)) as ready:
                seconds.append(ready)
    return statistics.median(seconds)


def transfer(coin: ObjectReference, amounts: list[int], key: Key) -> tuple[bytes, bytes]:
    """A signed transaction that splits amounts off a coin, which pays for it, and keeps them."""
    values = [*map(bcs.u64, amounts), key.address]
    inputs = tuple(Input(InputKind.PURE, value) for value in values)
    places = [Argument(Place.INPUT, index) for index in range(len(inputs))]
    results = tuple(Argument(Place.NESTED_RESULT, 0, index) for index in range(len(amounts)))
    commands = (
        SplitCoins(Argument(Place.GAS), tuple(places[:-1])),
        TransferObjects(results, places[-1]),
    )
    budget = GAS_BUDGET * (1 + len(amounts) // 10)
    gas = GasData((coin,), key.address, 1000, budget)
    data = TransactionData(Programmable(inputs, commands), key.address, gas)
    content = transaction_bcs.encode(data)
    return content, key.sign(content)


def reference(coin_id: str, version: int, digest: str) -> ObjectReference:
    return ObjectReference(parse_address(coin_id), version, parse_digest(digest))


async def execute(channel: grpc.aio.Channel, content: bytes, signature: bytes) -> ObjectReference:
    """Send a transaction; the coin that paid for it, as it is now."""
    request = v2.ExecuteTransactionRequest(
        transaction=v2.Transaction(bcs=v2.Bcs(value=content)),
        signatures=[v2.UserSignature(bcs=v2.Bcs(value=signature))],
    )
    call = channel.unary_unary("/sui.rpc.v2.TransactionExecutionService/ExecuteTransaction")
    answer = v2.ExecuteTransactionResponse.parse(await call(bytes(request)))
    effects = answer.transaction.effects
    assert effects.status.success, effects.status.error
    paid = effects.gas_object
    return reference(paid.object_id, paid.output_version, paid.output_digest)


async def coins_of(channel: grpc.aio.Channel, owner: bytes) -> list[tuple[ObjectReference, int]]:
    """SUI coins with their balances, a thousand at most."""
    request = v2.ListOwnedObjectsRequest(
        owner="0x" + owner.hex(),
        object_type=str(SUI_COIN),
        page_size=1000,
        read_mask=FieldMask(["object_id", "version", "digest", "balance"]),
    )
    call = channel.unary_unary("/sui.rpc.v2.StateService/ListOwnedObjects")
    answer = v2.ListOwnedObjectsResponse.parse(await call(bytes(request)))
    return [
        (reference(coin.object_id, coin.version, coin.digest), coin.balance)
        for coin in answer.objects
    ]


async def transaction_rate(address: str, key: Key, rounds: int) -> float:
    """Transactions a second, with `IN_FLIGHT` callers; signed before the clock starts."""
    options = [("grpc.max_receive_message_length", -1)]
    async with grpc.aio.insecure_channel(address, options) as channel:
        purse, _ = max(await coins_of(channel, key.address), key=lambda coin: coin[1])
        await execute(channel, *transfer(purse, [SUI] * N_COINS, key))
        coins = [coin for coin, balance in await coins_of(channel, key.address) if balance == SUI]
        rates = []
        for _ in range(rounds):
            waiting = iter([transfer(coin, [1], key) for coin in coins])
            coins = []

            async def caller(waiting: Iterator[tuple[bytes, bytes]], done: list[object]) -> None:
                for content, signature in waiting:
                    done.append(await execute(channel, content, signature))

            started = time.perf_counter()
            await asyncio.gather(*[caller(waiting, coins) for _ in range(IN_FLIGHT)])
            rates.append(len(coins) / (time.perf_counter() - started))
        return statistics.median(rates)


async def latencies(home: Path, key: Key) -> dict[str, float]:
    """Seconds for a registration with its storage, and for a certification, by the adapter."""
    node = KeyPair.from_base64((home / "founder.key").read_text().strip())
    source = random.Random(1)
    registering, certifying = [], []
    async with SuiChain(local_network(home), key) as chain:
        committee = (await chain.committees()).current
        for _ in range(N_LATENCIES):
            root = source.randbytes(32)
            encoded = EncodingConfig(N_SHARDS).encoded_size(BLOB_SIZE)
            blob = NewBlob(derive_blob_id(BLOB_SIZE, root), root, BLOB_SIZE, encoded)
            started = time.perf_counter()
            registration = await chain.register(blob, epochs=3)
            registering.append(time.perf_counter() - started)
            message = Confirmation(committee.epoch, blob.blob_id, registration.object_id)
            builder = CertificateBuilder(committee, message)
            builder.add(0, SignedMessage.sign(node, message))
            certificate = builder.certificate()
            started = time.perf_counter()
            await chain.certify(registration.object_id, certificate)
            certifying.append(time.perf_counter() - started)
    return {
        "register_seconds": statistics.median(registering),
        "certify_seconds": statistics.median(certifying),
    }


def fill(home: Path, key: Key, count: int) -> float:
    """Put transactions into the chain of a process that is not running; seconds that it took.

    It is left as `kill -9` leaves it: nothing is saved when it ends.
    """
    chain = LocalChain.open(home / "chain")
    started = time.perf_counter()
    coin = max(chain.owned_objects(key.address, SUI_COIN, None, 10), key=lambda c: c.balance or 0)
    purse = ObjectReference(coin.id, coin.version, coin.digest)
    for number in range(count):
        content, signature = transfer(purse, [1], key)
        executed = chain.submit(content, [signature])
        after = next(c.after for c in executed.effects.changes if c.id == purse.id)
        purse = ObjectReference(after.id, after.version, after.digest)
        if number % 1000 == 999:
            chain.flush()
    chain.flush()
    return time.perf_counter() - started


def wallet(home: Path) -> Key:
    [key] = read_keystore(home / "sui.keystore")
    return key


def measure(transactions: int, rounds: int) -> dict[str, float]:
    """All figures; times in seconds."""
    figures = {
        "ready_seconds": ready_seconds(rounds, again=False),
        "ready_again_seconds": ready_seconds(rounds, again=True),
    }
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with chain_up(home):
            network = local_network(home)
            figures |= asyncio.run(latencies(home, wallet(home)))
        with chain_up(home):
            address = local_network(home).url.removeprefix("http://")
            faucet = read_keystore(network.faucet)[0]
            figures["transactions_per_second"] = asyncio.run(
                transaction_rate(address, faucet, rounds)
            )
    with tempfile.TemporaryDirectory() as directory:
        home = Path(directory)
        with chain_up(home):
            pass
        figures["filling_seconds"] = fill(home, wallet(home), transactions)
        with chain_up(home) as ready:
            figures["restart_seconds"] = ready
        figures["restart_transactions"] = transactions
    return figures


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--transactions", type=int, default=100_000, metavar="N")
    parser.add_argument("--rounds", type=int, default=5, metavar="N")
    parser.add_argument("--json", type=Path, metavar="FILE")
    options = parser.parse_args()
    figures = measure(options.transactions, options.rounds)
    for name, figure in figures.items():
        print(f"{name:<26} {figure:>12,.4f}")
    if options.json is not None:
        options.json.write_text(json.dumps(figures, indent=2) + "\n")


if __name__ == "__main__":
    main()
