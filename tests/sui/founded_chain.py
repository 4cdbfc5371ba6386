"""A local chain with founding nodes whose keys the tests hold, served on a real socket."""

import asyncio
import contextlib
import threading
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.epoch_driver import EpochDriver
from walrus_core.localnet.sui_node.genesis import Founder, Genesis
from walrus_core.localnet.sui_node.server import Server
from walrus_core.protocol.certificate import Certificate
from walrus_core.protocol.committee import Committee
from walrus_core.protocol.keys import KeyPair, Signature
from walrus_core.protocol.messages import Message
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.sui.addresses import address_text
from walrus_core.sui.chain import SuiChain
from walrus_core.sui.keys import Key, add_to_keystore
from walrus_core.sui.networks import Network

N_SHARDS = 100
SUI = WAL = 10**9

Act = Callable[[SuiChain, SuiChain], Awaitable[None]]
"""What a test does with one wallet in two processes."""


@dataclass(frozen=True)
class FoundedChain:
    """A chain that runs, and all its secrets."""

    chain: LocalChain
    network: Network
    operator: Key
    nodes: Mapping[str, KeyPair] = field(repr=False)  # by network address
    owner: Path  # the keystore of who holds the nodes' capabilities

    async def new_key(self, *, sui: int = 10 * SUI, wal: int = 1_000 * WAL) -> Key:
        """A wallet with so much money in it."""
        key = Key.generate()
        async with SuiChain(self.network, self.operator) as faucet:
            await faucet.wallet.give(key.address, mist=sui, frost=wal)
        return key

    def certificate(self, committee: Committee, message: Message) -> Certificate:
        """What all members sign, be it right or wrong."""
        signers = tuple(range(len(committee)))
        signed = [self.signed(committee, signer, message).signature for signer in signers]
        return Certificate(signers, bytes(message), Signature.aggregate(signed))

    def signed(self, committee: Committee, position: int, message: Message) -> SignedMessage:
        """What one member signs."""
        return SignedMessage.sign(self.nodes[committee.members[position].network_address], message)


@contextlib.contextmanager
def founded_chain(
    directory: Path,
    *,
    n_nodes: int = 5,
    epoch_duration_ms: int = 24 * 3_600_000,
    reports: bool = True,
) -> Iterator[FoundedChain]:
    """Serve a new chain from a thread of its own, where its epochs turn, too.

    Without `reports` the nodes are another's than the chain's, and have to report their shards.
    """
    operator = Key.generate()
    owner = operator if reports else Key.generate()
    add_to_keystore(directory / "owner.keystore", owner)
    nodes = {f"localhost:{9185 + number}": KeyPair.generate() for number in range(n_nodes)}
    genesis = Genesis(
        operator=operator.address,
        accounts=(owner.address,),
        seed=b"s" * 32,
        start_ms=time.time_ns() // 1_000_000,
        n_shards=N_SHARDS,
        epoch_duration_ms=epoch_duration_ms,
        founders=tuple(_founder(*node, owner.address) for node in nodes.items()),
    )
    chain = LocalChain.open(directory / "chain", genesis)
    with _served(chain, operator) as port:
        add_to_keystore(directory / "faucet.keystore", operator)
        network = Network(
            "local",
            f"http://127.0.0.1:{port}",
            chain.ids.system,
            chain.ids.staking,
            (chain.ids.exchange,),
            directory / "sui.keystore",
            directory / "faucet.keystore",
        )
        yield FoundedChain(chain, network, operator, nodes, directory / "owner.keystore")
    chain.close()


def description(network: Network) -> dict[str, object]:
    """What network.json says of a network."""
    return {
        "suiUrl": network.url,
        "systemId": address_text(network.system),
        "stakingId": address_text(network.staking),
        "exchangeIds": [address_text(exchange) for exchange in network.exchanges],
        "wallet": str(network.wallet),
        "faucet": str(network.faucet),
    }


def _founder(address: str, key: KeyPair, owner: bytes) -> Founder:
    return Founder(
        name=address,
        network_address=address,
        public_key=bytes(key.public_key),
        proof_of_possession=bytes(key.prove_possession(0, owner)),
        network_public_key=bytes(33),
        owner=owner,
    )


@contextlib.contextmanager
def _served(chain: LocalChain, operator: Key) -> Iterator[int]:
    """The port at which the chain is served."""
    ready = threading.Event()
    ports: list[int] = []
    loop = asyncio.new_event_loop()
    stop = asyncio.Event()

    async def serve() -> None:
        server = Server(chain)
        ports.append(await server.start("127.0.0.1", 0))
        driver = asyncio.create_task(EpochDriver(chain, operator.address, operator.sign).run())
        ready.set()
        await stop.wait()
        driver.cancel()
        await asyncio.gather(driver, return_exceptions=True)
        await server.stop()

    thread = threading.Thread(target=lambda: loop.run_until_complete(serve()))
    thread.start()
    try:
        assert ready.wait(30)
        yield ports[0]
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(30)
        loop.close()
