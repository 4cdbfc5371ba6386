"""The chain port for storage nodes and readers, which start in no time: without pysui.

`LightChain` reads. `SuiNodeChain` also says what a node has to say, and loads pysui when it does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from walrus_core.errors import Abort, ChainUnavailableError, StorageError, WalrusCoreError
from walrus_core.services.ports import ChainEvent, ChainState, Committees
from walrus_core.sui import move
from walrus_core.sui.addresses import parse_address
from walrus_core.sui.committees import committees_of, member_ids, state_of
from walrus_core.sui.events import POLL_SECONDS, Frame, events_of
from walrus_core.sui.light_connection import DEFAULT_TIMEOUT, FoundObject, LightConnection
from walrus_core.sui.networks import Network
from walrus_core.sui.state_fields import ATTEMPTS, StateFields, States
from walrus_core.types import Epoch

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate
    from walrus_core.sui.chain import SuiChain

__all__ = ["LightChain", "SuiNodeChain"]


class LightChain:
    """Implements `services.ports.ChainReader`.

    `poll_seconds` pass between two looks for new events.
    """

    def __init__(
        self,
        network: Network,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        self.network = network
        self._connection = LightConnection(network.url, timeout)
        self._timeout = timeout
        self._poll_seconds = poll_seconds
        self._fields = StateFields(network)
        self._packages: set[bytes] = set()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        await self._connection.close()

    async def state(self) -> ChainState:
        states = await self._states(staking=True)
        try:
            system = move.read_system_inner(states.system)
            return state_of(system, move.read_staking_inner(states.staking))
        except WalrusCoreError as error:
            raise self._connection.nonsense(error) from error

    async def committees(self) -> Committees:
        states = await self._states(staking=True)
        try:
            staking = move.read_staking_inner(states.staking)
            ids = member_ids(staking)
            if len(ids) > 2 * staking.n_shards:  # before so many objects are asked for
                raise self._connection.nonsense(f"{len(ids):,} nodes for {staking.n_shards} shards")
            found = await self._connection.objects_if_any(ids)
            nodes = {
                node_id: move.read_node(pool.contents)
                for node_id, pool in zip(ids, found, strict=True)
                if pool
            }
            return committees_of(staking, nodes)
        except KeyError:
            raise self._connection.nonsense("a committee with unknown nodes") from None
        except WalrusCoreError as error:
            raise self._unavailable(error) from error

    async def events(
        self, cursor: bytes = b"", *, follow: bool = False
    ) -> AsyncIterator[ChainEvent]:
        if not self._packages:
            await self._states(staking=False)

        def search(start: bytes) -> AsyncIterator[Frame]:
            return self._connection.search(sorted(self._packages), start)

        async for event in events_of(search, cursor, follow=follow, pause=self._poll_seconds):
            yield event

    async def _states(self, *, staking: bool) -> States:
        """The states of System, and of Staking if wanted, and the packages that they name."""
        try:
            for _ in range(ATTEMPTS):
                ids = self._fields.ids(staking=staking)
                objects = await self._connection.objects_if_any(ids)
                system, staked = objects[:2]
                if system is None or staked is None:
                    break
                contents = [item.contents if item else b"" for item in objects]
                states = self._fields.found(ids, contents)
                if states:
                    self._packages = {_original(system), states.package}
                    return states
        except WalrusCoreError as error:
            raise self._unavailable(error) from error
        raise self._connection.nonsense("System, Staking or their state is not where it should be")

    def _unavailable(self, error: WalrusCoreError) -> WalrusCoreError:
        """Of whatever is wrong with an answer: that the chain cannot be asked."""
        if isinstance(error, ChainUnavailableError):
            return error
        return self._connection.nonsense(error)


def _original(system: FoundObject) -> bytes:
    """The package that declared the contract's types."""
    return parse_address(system.object_type.partition("::")[0])


class SuiNodeChain(LightChain):
    """Implements `services.ports.NodeChain` for the node `node_id`.

    `wallet`: the keystore with the key that holds the node's StorageNodeCap and pays for gas.
    """

    def __init__(
        self,
        network: Network,
        wallet: Path,
        node_id: bytes,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        poll_seconds: float = POLL_SECONDS,
    ) -> None:
        super().__init__(network, timeout=timeout, poll_seconds=poll_seconds)
        self._wallet = wallet
        self._node_id = node_id

    async def report_shards(self, epoch: Epoch) -> None:
        async with await self._speaking() as chain:
            try:
                await chain.nodes.report_shards(epoch, self._node_id)
            except Abort as error:
                if error.name != "EDuplicateSyncDone":
                    raise

    async def invalidate(self, certificate: Certificate) -> None:
        async with await self._speaking() as chain:
            await chain.nodes.invalidate(certificate)

    async def _speaking(self) -> SuiChain:
        """The chain to send a transaction to. Loading pysui takes a while: not in the loop."""
        return await asyncio.to_thread(_chain_of, self.network, self._wallet, self._timeout)


def _chain_of(network: Network, wallet: Path, timeout: float) -> SuiChain:
    from walrus_core.sui.chain import SuiChain
    from walrus_core.sui.keys import read_keystore

    keys = read_keystore(wallet)
    if not keys:
        raise StorageError(str(wallet), "there is no key in it")
    return SuiChain(network, keys[0], timeout=timeout)
