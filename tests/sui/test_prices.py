"""What is said to be the price is what is taken, and no money appears or vanishes."""

import asyncio
import random
from collections.abc import Iterator

import pytest
from sui.founded_chain import SUI, WAL, FoundedChain, founded_chain
from sui.new_blobs import new_blob

from walrus_core.localnet.sui_node.world import SUI_COIN
from walrus_core.services.ports import Receipt
from walrus_core.sui.chain import SuiChain

N_CASES = 1000
N_PRICES = 10


@pytest.fixture(scope="module")
def changing(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FoundedChain]:
    """A chain whose prices are voted for."""
    with founded_chain(tmp_path_factory.mktemp("prices")) as chain:
        yield chain


def test_price_equals_charge_in_1000_random_cases(changing: FoundedChain) -> None:
    source = random.Random(6)

    async def run() -> None:
        key = await changing.new_key(sui=100 * SUI, wal=1_000_000 * WAL)
        async with SuiChain(changing.network, key) as chain:
            seen = set()
            for _ in range(N_PRICES):
                await set_prices(changing, source)
                seen.add((await chain.state()).prices)
                before = await chain.wallet.balance()
                accounts = accounts_of(changing)
                receipts = [await charged(chain, source) for _ in range(N_CASES // N_PRICES)]
                after = await chain.wallet.balance()
                paid = -sum(receipt.wal for receipt in receipts)
                gas = sum(receipt.gas for receipt in receipts)
                assert (before.wal - after.wal, before.sui - after.sui) == (paid, gas)
                assert accounts_of(changing) == (accounts[0] + paid, accounts[1] - gas)
            assert len(seen) == N_PRICES

    asyncio.run(run())


async def charged(chain: SuiChain, source: random.Random) -> Receipt:
    """Register a random blob and check what it took."""
    size, epochs = int(2 ** (27 * source.random())), source.randint(1, 53)
    blob = new_blob(source, size=size)
    price = await chain.price(blob.encoded_size, epochs)
    registration = await chain.register(blob, epochs)
    assert registration.cost == price
    assert registration.receipt.wal == -price.total
    return registration.receipt


async def set_prices(changing: FoundedChain, source: random.Random) -> None:
    """Have every node vote for the same new prices, one of which may be 0."""
    values = {
        "storage_price": source.randrange(0, 200_000),
        "write_price": source.choice([0, source.randrange(50_000)]),
    }
    async with SuiChain(changing.network, changing.operator) as operator:
        for node_id in await operator.nodes.capabilities():
            await operator.nodes.vote(values, node_id)
        await operator.nodes.update_prices()


def accounts_of(changing: FoundedChain) -> tuple[int, int]:
    """FROST that the contract holds as rewards to come, and MIST in everybody's coins."""
    world = changing.chain.world
    ring = world.ledger.state.system.ring
    coins = (record for record in world.store if record.type == SUI_COIN)
    return sum(ring[offset].rewards for offset in range(len(ring))), sum(
        coin.balance or 0 for coin in coins
    )
