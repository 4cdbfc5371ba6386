"""The public functions of module `system`, as people, nodes and clients call them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from walrus_core.errors import InvalidArgumentError
from walrus_core.localnet.ledger import (
    blob as blobs,
    certified_messages,
    event_blob,
    pooled_blob,
    storage_pool,
    system_state,
)
from walrus_core.localnet.ledger.accounting import Ring
from walrus_core.localnet.ledger.calls import U8, U32, U64, U256, Face, Taken, call
from walrus_core.localnet.ledger.certificates import Body, Verifier, read_confirmation
from walrus_core.localnet.ledger.encoding import encoded_length
from walrus_core.localnet.ledger.objects import (
    Blob,
    Coin,
    Storage,
    StorageNodeCap,
    StoragePool,
)
from walrus_core.localnet.ledger.system_state import SystemState
from walrus_core.localnet.ledger.transaction import Transaction
from walrus_core.protocol.aborts import abort
from walrus_core.protocol.messages import (
    Confirmation,
    DenyListBlobDeleted,
    DenyListUpdate,
    InvalidBlobId,
    ProtocolVersion,
)

if TYPE_CHECKING:
    from walrus_core.localnet.ledger.ledger import Ledger

__all__ = ["System"]


class System(Face):
    """Calls of the module `system`. A `payment` is reduced by exactly the price."""

    def __init__(self, ledger: Ledger) -> None:
        super().__init__(ledger)
        self._verifier = Verifier(ledger.config.verify_signatures)

    def check_version(self) -> None:
        if self._state.version != self._ledger.config.contract_version:
            raise abort("system", "EWrongVersion")

    @property
    def _state(self) -> SystemState:
        return self._ledger.state.system

    @property
    def _tx(self) -> Transaction:
        return self._ledger.tx

    def _certified(
        self, signature: bytes, signers_bitmap: bytes, message: bytes, message_type: int
    ) -> Body:
        return self._verifier.verify(
            self._state.committee, signature, signers_bitmap, message, message_type
        )

    # What it says of itself.

    @call
    def epoch(self) -> int:
        return self._state.epoch

    @call
    def n_shards(self) -> int:
        """Of the committee: 0 in epoch 0."""
        return self._state.n_shards

    @call
    def total_capacity_size(self) -> int:
        """Encoded bytes for sale in one epoch."""
        return self._state.total_capacity

    @call
    def used_capacity_size(self) -> int:
        """Encoded bytes sold for the present epoch."""
        return self._state.used_capacity

    @call
    def future_accounting(self) -> Ring:
        return self._state.ring

    @call
    def version(self) -> int:
        return self._state.version

    # Storage.

    @call
    def reserve_space(self, storage_amount: U64, epochs_ahead: U32, payment: Coin) -> Storage:
        """Encoded bytes for this epoch and the `epochs_ahead - 1` after it."""
        return system_state.reserve_space(
            self._state, storage_amount, epochs_ahead, payment, self._tx
        )

    @call
    def reserve_space_for_epochs(
        self, storage_amount: U64, start_epoch: U32, end_epoch: U32, payment: Coin
    ) -> Storage:
        """Encoded bytes for start_epoch <= epoch < end_epoch."""
        return system_state.reserve_for_epochs(
            self._state, storage_amount, start_epoch, end_epoch, payment, self._tx
        )

    @call
    def add_subsidy(self, subsidy: Taken[Coin], epochs_ahead: U32) -> None:
        """Spread a coin over the rewards of the coming epochs; the remainder goes to this one."""
        if not 0 < epochs_ahead <= len(self._state.ring):
            raise abort("system_state_inner", "EInvalidEpochsAhead")
        each, rest = divmod(subsidy.value, epochs_ahead)
        system_state.add_subsidies(self._state, [each + rest] + [each] * (epochs_ahead - 1))

    @call
    def add_per_epoch_subsidies(self, subsidies: Sequence[Coin]) -> None:
        """Add the i-th coin to the rewards of the i-th coming epoch."""
        for coin in subsidies:
            if not isinstance(coin, Coin):
                raise InvalidArgumentError("subsidies must be coins")
            self._ledger.objects.take(coin)
        if len(subsidies) > len(self._state.ring):
            raise abort("system_state_inner", "EInvalidEpochsAhead")
        system_state.add_subsidies(self._state, [coin.value for coin in subsidies])

    # Blobs.

    @call
    def register_blob(
        self,
        storage: Taken[Storage],
        blob_id: U256,
        root_hash: U256,
        size: U64,
        encoding_type: U8,
        deletable: bool,
        write_payment: Coin,
    ) -> Blob:
        """Put a blob on storage; `size` is the unencoded one."""
        system, tx = self._state, self._tx
        blob = blobs.new_blob(
            system, storage, blob_id, root_hash, size, encoding_type, deletable, tx
        )
        encoded = encoded_length(size, system.n_shards, encoding_type)
        system_state.pay_write_fee(system, encoded, write_payment)
        return blob

    @call
    def certify_blob(
        self, blob: Blob, signature: bytes, signers_bitmap: bytes, message: bytes
    ) -> None:
        """A quorum stores the blob."""
        body = self._certified(signature, signers_bitmap, message, Confirmation.TYPE)
        blobs.certify(blob, self._state.epoch, *read_confirmation(body), self._tx)

    @call
    def delete_blob(self, blob: Taken[Blob]) -> Storage:
        """Give up a deletable blob for its storage."""
        return blobs.delete(blob, self._state.epoch, self._tx)

    @call
    def extend_blob(self, blob: Blob, extended_epochs: U32, payment: Coin) -> None:
        blobs.extend(self._state, blob, extended_epochs, payment, self._tx)

    @call
    def extend_blob_with_resource(self, blob: Blob, extension: Taken[Storage]) -> None:
        blobs.extend_with_resource(blob, extension, self._state.epoch, self._tx)

    # Storage pools.

    @call
    def create_storage_pool(
        self, reserved_encoded_capacity_bytes: U64, epochs_ahead: U32, payment: Coin
    ) -> StoragePool:
        storage = system_state.reserve_space(
            self._state, reserved_encoded_capacity_bytes, epochs_ahead, payment, self._tx
        )
        return storage_pool.create(self._state, storage, self._tx)

    @call
    def create_storage_pool_with_storage(self, storage: Taken[Storage]) -> StoragePool:
        return storage_pool.create(self._state, storage, self._tx)

    @call
    def register_pooled_blob(
        self,
        pool: StoragePool,
        blob_id: U256,
        root_hash: U256,
        unencoded_size: U64,
        encoding_type: U8,
        deletable: bool,
        write_payment: Coin,
    ) -> None:
        pooled_blob.register(
            self._state,
            pool,
            blob_id,
            root_hash,
            unencoded_size,
            encoding_type,
            deletable,
            write_payment,
            self._tx,
        )

    @call
    def certify_pooled_blob(
        self,
        pool: StoragePool,
        blob_id: U256,
        signature: bytes,
        signers_bitmap: bytes,
        message: bytes,
    ) -> None:
        """A quorum stores the blob."""
        body = self._certified(signature, signers_bitmap, message, Confirmation.TYPE)
        confirmed = read_confirmation(body)
        pooled_blob.certify(pool, blob_id, self._state.epoch, confirmed, self._tx)

    @call
    def delete_pooled_blob(self, pool: StoragePool, blob_id: U256) -> None:
        pooled_blob.delete(self._state, pool, blob_id, self._tx)

    @call
    def burn_expired_pooled_blob(self, pool: StoragePool, blob_id: U256) -> None:
        pooled_blob.burn_expired(self._state, pool, blob_id)

    @call
    def extend_storage_pool(self, pool: StoragePool, extended_epochs: U32, payment: Coin) -> None:
        storage_pool.extend(self._state, pool, extended_epochs, payment, self._tx)

    @call
    def increase_storage_pool_capacity(
        self, pool: StoragePool, additional_bytes: U64, payment: Coin
    ) -> None:
        storage_pool.increase(self._state, pool, additional_bytes, payment)

    @call
    def increase_storage_pool_capacity_with_storage(
        self, pool: StoragePool, storage: Taken[Storage]
    ) -> None:
        storage_pool.increase_with_storage(pool, storage, self._state.epoch)

    @call
    def decrease_storage_pool_capacity_by_size(self, pool: StoragePool, size: U64) -> Storage:
        return storage_pool.decrease_by_size(pool, size, self._state.epoch, self._tx)

    @call
    def decrease_storage_pool_unused_capacity_by_percent(
        self, pool: StoragePool, percent: U8
    ) -> Storage:
        return storage_pool.decrease_by_percent(pool, percent, self._state.epoch, self._tx)

    # What nodes attest.

    @call
    def certify_event_blob(
        self,
        cap: StorageNodeCap,
        blob_id: U256,
        root_hash: U256,
        size: U64,
        encoding_type: U8,
        ending_checkpoint_sequence_num: U64,
        epoch: U32,
    ) -> None:
        event_blob.attest(
            self._state,
            cap,
            blob_id,
            root_hash,
            size,
            encoding_type,
            ending_checkpoint_sequence_num,
            epoch,
            self._tx,
        )

    @call
    def register_deny_list_update(
        self, cap: StorageNodeCap, deny_list_root: U256, deny_list_sequence: U64
    ) -> None:
        certified_messages.register_deny_list_update(
            self._state, cap, deny_list_root, deny_list_sequence, self._tx
        )

    @call
    def update_deny_list(
        self, cap: StorageNodeCap, signature: bytes, members_bitmap: bytes, message: bytes
    ) -> None:
        self._state.require_member(cap.node_id)
        body = self._certified(signature, members_bitmap, message, DenyListUpdate.TYPE)
        certified_messages.update_deny_list(self._state, cap, body, self._tx)

    @call
    def delete_deny_listed_blob(
        self, signature: bytes, members_bitmap: bytes, message: bytes
    ) -> None:
        body = self._certified(signature, members_bitmap, message, DenyListBlobDeleted.TYPE)
        certified_messages.delete_deny_listed_blob(self._state, body, self._tx)

    @call
    def invalidate_blob_id(self, signature: bytes, members_bitmap: bytes, message: bytes) -> int:
        """Returns the id of a blob that one correct node at least found inconsistent."""
        body = self._certified(signature, members_bitmap, message, InvalidBlobId.TYPE)
        return certified_messages.invalidate_blob_id(self._state, body, self._tx)

    @call
    def update_protocol_version(
        self, cap: StorageNodeCap, signature: bytes, members_bitmap: bytes, message: bytes
    ) -> None:
        self._state.require_member(cap.node_id)
        body = self._certified(signature, members_bitmap, message, ProtocolVersion.TYPE)
        certified_messages.update_protocol_version(self._state, body, self._tx)
