"""The chain port on Sui: `SuiChain`, and what of it a wallet, stakers and node operators use.

async with SuiChain(networks.network("local"), key) as chain:
registration = await chain.register(blob, epochs=3)
...upload, gather confirmations...
await chain.certify(registration.object_id, certificate)
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Self

from walrus_core.errors import InvalidArgumentError, UnknownObjectError
from walrus_core.services.ports import (
    BlobObject,
    ChainEvent,
    ChainState,
    Committees,
    Cost,
    NewBlob,
    OnSigned,
    Place,
    Receipt,
    Registration,
    StorageResource,
)
from walrus_core.sui import move, transactions
from walrus_core.sui.addresses import BYTE_VECTOR_TAG, field_id
from walrus_core.sui.blobs import Blobs, certificate_parts
from walrus_core.sui.committees import committees_of, member_ids, state_of
from walrus_core.sui.connection import DEFAULT_TIMEOUT, Connection
from walrus_core.sui.contract import ContractReader, View, contents_of
from walrus_core.sui.draft import CoinRef, Draft
from walrus_core.sui.events import Frame, events_of
from walrus_core.sui.execution import Execution
from walrus_core.sui.keys import Key
from walrus_core.sui.networks import Network
from walrus_core.sui.nodes import Nodes
from walrus_core.sui.outcome import event_of
from walrus_core.sui.signed_registration import SignedRegistration
from walrus_core.sui.stakes import Stakes
from walrus_core.sui.storage import Storages
from walrus_core.sui.wallet import Wallet
from walrus_core.types import Epoch

if TYPE_CHECKING:
    from walrus_core.protocol.certificate import Certificate

__all__ = ["SuiChain"]

ATTRIBUTES_KEY = b"\x08metadata"

Planned = tuple[Draft, Cost]
"""A transaction, and what it pays."""


class SuiChain:
    """Implements `services.ports.Chain`; without a key it only reads.

    With `dry_run` transactions are simulated, and their receipts say so.
    """

    def __init__(
        self,
        network: Network,
        key: Key | None = None,
        *,
        timeout: float = DEFAULT_TIMEOUT,
        dry_run: bool = False,
    ) -> None:
        self.network = network
        self.connection = Connection(network.url, timeout)
        self.reader = ContractReader(self.connection, network)
        self._key = key
        self._dry_run = dry_run

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.connection.close()

    @property
    def address(self) -> bytes:
        return self.key.address

    @property
    def key(self) -> Key:
        """Who signs; InvalidArgumentError without one."""
        if self._key is None:
            raise InvalidArgumentError("this takes a wallet; give the chain a key")
        return self._key

    @cached_property
    def execution(self) -> Execution:
        """Executes the wallet's transactions."""
        return Execution(self.connection, self.reader, self.key, dry_run=self._dry_run)

    @cached_property
    def wallet(self) -> Wallet:
        return Wallet(self)

    @cached_property
    def owned(self) -> Blobs:
        """Blobs beyond the port: burn, share, fund."""
        return Blobs(self)

    @cached_property
    def storage(self) -> Storages:
        return Storages(self)

    @cached_property
    def stakes(self) -> Stakes:
        return Stakes(self)

    @cached_property
    def nodes(self) -> Nodes:
        return Nodes(self)

    async def state(self) -> ChainState:
        view, staking = await self.reader.view_with_staking()
        return state_of(view.system, staking)

    async def committees(self) -> Committees:
        _, staking = await self.reader.view_with_staking()
        ids = member_ids(staking)
        pools = await self.connection.objects_if_any(ids)
        nodes = {
            node_id: move.read_node(contents_of(pool))
            for node_id, pool in zip(ids, pools, strict=True)
            if pool
        }
        for node_id, _ in staking.committee:
            if node_id not in nodes:
                raise UnknownObjectError("object", node_id)
        return committees_of(staking, nodes)

    async def price(self, encoded_size: int, epochs: int) -> Cost:
        view = await self.reader.view()
        return view.system.prices.cost(encoded_size, epochs)

    async def register(
        self, blob: NewBlob, epochs: int, on_signed: OnSigned | None = None
    ) -> Registration:
        async def plan(view: View) -> Planned:
            cost = view.system.prices.cost(blob.encoded_size, epochs)
            coins, owner = await self.wal(view, cost.total), self.address
            return transactions.register(view.contract, blob, epochs, cost, coins, owner), cost

        return await self.purchase(plan, on_signed)

    async def purchase(
        self, plan: Callable[[View], Awaitable[Planned]], on_signed: OnSigned | None
    ) -> Registration:
        """Execute what registers or extends a blob, as `Chain.register` does."""
        cost = Cost(0, 0)

        async def drafted(view: View) -> Draft:
            nonlocal cost
            draft, cost = await plan(view)
            return draft

        async def keep(transaction: bytes, signature: bytes) -> None:
            if on_signed is not None:
                await on_signed(SignedRegistration(transaction, signature, cost).to_bytes())

        receipt = await self.execution.run(drafted, keep)
        return self._registration(cost, receipt)

    async def settle(self, signed: bytes) -> Registration | None:
        """See `Chain`. InvalidEncodingError, TransactionRejectedError if the refusal may pass."""
        known = SignedRegistration.from_bytes(signed)
        receipt = await self.execution.settle(known.transaction, known.signature)
        return None if receipt is None else self._registration(known.cost, receipt)

    async def register_on(
        self, blob: NewBlob, place: Place, on_signed: OnSigned | None = None
    ) -> Registration:
        async def plan(view: View) -> Planned:
            cost = Cost(0, view.system.prices.write_cost(blob.encoded_size))
            storage, cuts = await self.storage.find(place, blob.encoded_size)
            coins, owner = await self.wal(view, cost.write), self.address
            draft = transactions.register_on(
                view.contract, blob, storage, cuts, cost.write, coins, owner
            )
            return draft, cost

        return await self.purchase(plan, on_signed)

    async def certify(self, object_id: bytes, certificate: Certificate) -> Receipt:
        async def plan(view: View) -> Draft:
            blob = await self.owned.reference(object_id)
            signed = certificate_parts(certificate, view.system.n_members)
            return transactions.certify(view.contract, blob, signed)

        return await self.execution.run(plan)

    async def extend(self, object_id: bytes, epochs: int) -> Receipt:
        return await self.owned.extend(object_id, epochs)

    async def prolong(
        self,
        object_id: bytes,
        end_epoch: Epoch,
        certificate: Certificate | None = None,
        on_signed: OnSigned | None = None,
    ) -> Registration:
        return await self.owned.prolong(object_id, end_epoch, certificate, on_signed)

    async def delete(self, object_id: bytes) -> Receipt:
        async def plan(view: View) -> Draft:
            blob = await self.owned.reference(object_id)
            return transactions.delete(view.contract, blob, self.address)

        return await self.execution.run(plan)

    async def blob(self, object_id: bytes) -> BlobObject:
        return (await self.owned.find(object_id)).blob

    async def blobs(self) -> Sequence[BlobObject]:
        return await self.owned.list()

    async def storages(self) -> Sequence[StorageResource]:
        return await self.storage.list()

    async def attributes(self, object_id: bytes) -> Mapping[str, str]:
        found = await self._attributes(object_id)
        if found is None:
            await self.blob(object_id)  # or UnknownObjectError
        return found or {}

    async def set_attributes(self, object_id: bytes, values: Mapping[str, str | None]) -> Receipt:
        async def plan(view: View) -> Draft:
            blob = await self.owned.reference(object_id)
            known = await self._attributes(object_id)
            return transactions.set_attributes(view.contract, blob, values, first=known is None)

        return await self.execution.run(plan)

    async def remove_attributes(self, object_id: bytes) -> Receipt:
        """Remove all attributes of a blob."""

        async def plan(view: View) -> Draft:
            blob = await self.owned.reference(object_id)
            return transactions.remove_attributes(view.contract, blob)

        return await self.execution.run(plan)

    async def events(
        self, cursor: bytes = b"", *, follow: bool = False
    ) -> AsyncIterator[ChainEvent]:
        contract = (await self.reader.view()).contract
        packages = sorted({contract.original, contract.package})

        async def search(start: bytes) -> AsyncIterator[Frame]:
            async for answer in self.connection.events(packages, start):
                reached = (answer.watermark and answer.watermark.cursor) or b""
                event = event_of(answer.event, cursor=reached) if answer.event else None
                yield reached, event

        async for event in events_of(search, cursor, follow=follow):
            yield event

    async def wal(self, view: View, amount: int) -> list[CoinRef]:
        """The wallet's coins that hold `amount` FROST; InsufficientFundsError."""
        return await self.execution.coins(view.contract.wal_type, "WAL", amount)

    def _registration(self, cost: Cost, receipt: Receipt) -> Registration:
        """What the last event of a registration, or an extension, says of it."""
        for event in reversed(receipt.events):
            object_id, end_epoch = event.fields.get("object_id"), event.fields.get("end_epoch")
            if isinstance(object_id, bytes) and isinstance(end_epoch, int):
                return Registration(object_id, Epoch(end_epoch), cost, receipt)
        raise self.connection.nonsense("a registration without its event")

    async def _attributes(self, object_id: bytes) -> dict[str, str] | None:
        field = field_id(object_id, ATTRIBUTES_KEY, BYTE_VECTOR_TAG)
        [found] = await self.connection.objects_if_any([field])
        return None if found is None else move.read_attributes(contents_of(found))
