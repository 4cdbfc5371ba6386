"""Certificates with real signatures: what the contract accepts, and how it refuses the rest."""

import os
import subprocess
import sys
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from localnet.ledger.known_contract import node_id
from localnet.ledger.network import refused

from walrus_core.localnet.ledger import Ledger, LedgerConfig, events
from walrus_core.localnet.ledger.bls_committee import new_bls_committee
from walrus_core.localnet.ledger.encoding import RS2, derive_blob_id
from walrus_core.localnet.ledger.objects import Blob, StorageNodeCap
from walrus_core.protocol.keys import KeyPair, Signature
from walrus_core.protocol.messages import (
    Confirmation,
    DenyListBlobDeleted,
    DenyListUpdate,
    InvalidBlobId,
    Message,
    ProtocolVersion,
)
from walrus_core.protocol.signers import signers_to_bitmap
from walrus_core.types import BlobId

EPOCH = 3
WEIGHTS = [4, 3, 2, 1]
KEYS = [KeyPair(bytes(31) + bytes([number])) for number in range(1, 5)]
ALL, QUORUM, TOO_FEW, ONE_CORRECT, NOBODY_CORRECT = (0, 1, 2, 3), (0, 1), (0, 2), (0,), (2, 3)
BLOB_ID = BlobId(bytes(range(32)))


@dataclass
class Signing:
    """A ledger with a committee that can sign."""

    ledger: Ledger

    def sign(self, message: bytes, signers: Iterable[int] = ALL) -> tuple[bytes, bytes, bytes]:
        """Signature, bitmap and message, as the calls take them."""
        chosen = list(signers)
        signature = Signature.aggregate(KEYS[signer].sign(message) for signer in chosen)
        return bytes(signature), signers_to_bitmap(chosen, len(KEYS)), message

    def blob(self, deletable: bool = False) -> Blob:
        system, coin = self.ledger.system, self.ledger.wal.genesis_coin
        storage = system.reserve_space(10_000, 1, coin)
        blob_id = derive_blob_id(0xABC, RS2, 1)
        return system.register_blob(storage, blob_id, 0xABC, 1, RS2, deletable, coin)

    def cap(self, member: int) -> StorageNodeCap:
        with self.ledger.transaction() as tx:
            cap = StorageNodeCap(tx.fresh_id(), node_id(member), 0, None, 0, 0, 0)
            return self.ledger.objects.add(cap)


@pytest.fixture
def signing() -> Signing:
    ledger = Ledger(LedgerConfig(n_shards=sum(WEIGHTS)))
    with ledger.transaction():
        ledger.state.system.committee = new_bls_committee(
            EPOCH,
            (
                (node_id(number), weight, bytes(keys.public_key))
                for number, (weight, keys) in enumerate(zip(WEIGHTS, KEYS, strict=True))
            ),
        )
        ledger.state.system.total_capacity = 10**9
    return Signing(ledger)


def confirmation(blob: Blob, epoch: int = EPOCH) -> bytes:
    object_id = blob.id if blob.deletable else None
    return bytes(Confirmation(epoch, BlobId.from_u256(blob.blob_id), object_id))


@pytest.mark.parametrize("deletable", [False, True])
@pytest.mark.parametrize("signers", [ALL, QUORUM, (0, 2, 3)])
def test_a_quorum_certifies(signing: Signing, signers: tuple[int, ...], deletable: bool) -> None:
    blob = signing.blob(deletable)
    signing.ledger.system.certify_blob(blob, *signing.sign(confirmation(blob), signers))
    assert blob.certified_epoch == EPOCH
    with refused("blob", 5):
        signing.ledger.system.certify_blob(blob, *signing.sign(confirmation(blob), signers))


def test_a_bitmap_may_be_shorter_and_not_longer(signing: Signing) -> None:
    blob = signing.blob()
    signature, bitmap, message = signing.sign(confirmation(blob))
    certify = signing.ledger.system.certify_blob
    for wrong in (bitmap + b"\0", b"\x1f"):
        with refused("bls_aggregate", 0):
            certify(blob, signature, wrong, message)
    with refused("bls_aggregate", 2):  # nobody at all
        certify(blob, signature, b"", message)


def test_weight_is_checked_before_the_signature(signing: Signing) -> None:
    blob = signing.blob()
    _, bitmap, message = signing.sign(confirmation(blob), TOO_FEW)
    with refused("bls_aggregate", 2):
        signing.ledger.system.certify_blob(blob, b"no signature", bitmap, message)


def test_the_signature_must_be_that_of_these_signers_over_this_message(signing: Signing) -> None:
    blob = signing.blob()
    signature, bitmap, message = signing.sign(confirmation(blob))
    fewer, _, _ = signing.sign(message, QUORUM)
    other, _, _ = signing.sign(message + b"\0")
    for wrong in (fewer, other, b"", bytes(96), b"\xff" * 96, signature[:-1], signature + b"\0"):
        with refused("bls_aggregate", 1):
            signing.ledger.system.certify_blob(blob, wrong, bitmap, message)


@pytest.mark.parametrize(
    ("place", "value", "code"),
    [(1, 1, 3), (2, 4, 0), (3, EPOCH + 1, 1), (3, EPOCH - 1, 1), (0, 2, 2), (0, 9, 2), (39, 2, 4)],
    ids=["version", "application", "later", "earlier", "type", "unknown type", "persistence"],
)
def test_headers_and_tags(signing: Signing, place: int, value: int, code: int) -> None:
    blob = signing.blob()
    message = bytearray(confirmation(blob))
    message[place] = value
    with refused("messages", code):
        signing.ledger.system.certify_blob(blob, *signing.sign(bytes(message)))


def test_messages_are_read_from_their_start(signing: Signing) -> None:
    """What follows is ignored, what is missing is not."""
    blob = signing.blob(deletable=True)
    message = confirmation(blob)
    for length in range(len(message)):
        with refused("bcs", 0):
            signing.ledger.system.certify_blob(blob, *signing.sign(message[:length]))
    signing.ledger.system.certify_blob(blob, *signing.sign(message + b"more"))


def test_one_correct_node_is_enough_to_accuse(signing: Signing) -> None:
    system = signing.ledger.system
    message = bytes(InvalidBlobId(EPOCH, BLOB_ID))
    with signing.ledger.transaction() as tx:
        assert system.invalidate_blob_id(*signing.sign(message, ONE_CORRECT)) == BLOB_ID.to_u256()
    assert tx.events == [events.InvalidBlobID(EPOCH, BLOB_ID.to_u256())]
    with refused("bls_aggregate", 2):
        system.invalidate_blob_id(*signing.sign(message, NOBODY_CORRECT))


def test_one_correct_node_is_enough_to_delete(signing: Signing) -> None:
    message = bytes(DenyListBlobDeleted(EPOCH, BLOB_ID))
    with signing.ledger.transaction() as tx:
        signing.ledger.system.delete_deny_listed_blob(*signing.sign(message, ONE_CORRECT))
    assert tx.events == [events.DenyListBlobDeleted(EPOCH, BLOB_ID.to_u256())]


def test_deny_lists(signing: Signing) -> None:
    system, cap = signing.ledger.system, signing.cap(2)
    update = DenyListUpdate(EPOCH, cap.node_id, sequence=5, size=1000, root=0xD)
    with refused("system_state_inner", 8):
        system.update_deny_list(signing.cap(9), *signing.sign(bytes(update)))
    with refused("bls_aggregate", 2):
        system.update_deny_list(cap, *signing.sign(bytes(update), TOO_FEW))
    with refused("system_state_inner", 10):
        system.update_deny_list(signing.cap(1), *signing.sign(bytes(update)))
    with signing.ledger.transaction() as tx:
        system.update_deny_list(cap, *signing.sign(bytes(update), QUORUM))
    assert tx.events == [events.DenyListUpdate(EPOCH, 0xD, 5, cap.node_id)]
    assert (cap.deny_list_root, cap.deny_list_sequence, cap.deny_list_size) == (0xD, 5, 1000)
    assert signing.ledger.state.system.deny_list_sizes[cap.node_id] == 1000
    with refused("system_state_inner", 9):
        system.update_deny_list(cap, *signing.sign(bytes(update)))
    with refused("system_state_inner", 9):
        system.register_deny_list_update(cap, 0xE, 5)
    with refused("system_state_inner", 8):
        system.register_deny_list_update(signing.cap(9), 0xE, 6)


def test_protocol_versions(signing: Signing) -> None:
    system, cap = signing.ledger.system, signing.cap(0)

    def signed(start: int) -> tuple[bytes, bytes, bytes]:
        return signing.sign(bytes(ProtocolVersion(EPOCH, start, protocol_version=7)))

    with signing.ledger.transaction() as tx:
        system.update_protocol_version(cap, *signed(EPOCH))
    assert tx.events == [events.ProtocolVersionUpdated(EPOCH, EPOCH, 7)]
    with refused("system_state_inner", 12):
        system.update_protocol_version(cap, *signed(EPOCH - 1))
    with refused("system_state_inner", 8):
        system.update_protocol_version(signing.cap(9), *signed(EPOCH))


@pytest.mark.parametrize("message", [InvalidBlobId(EPOCH, BLOB_ID)])
def test_no_statement_serves_as_another(signing: Signing, message: Message) -> None:
    with refused("messages", 2):
        signing.ledger.system.delete_deny_listed_blob(*signing.sign(bytes(message)))


def test_a_new_committee_has_new_keys(signing: Signing) -> None:
    blob = signing.blob()
    signed = signing.sign(confirmation(blob))
    signing.ledger.system.certify_blob(blob, *signed)
    with signing.ledger.transaction():
        swapped = [(node_id(n), 5, bytes(KEYS[1 - n].public_key)) for n in range(2)]
        signing.ledger.state.system.committee = new_bls_committee(EPOCH, swapped)
    another = signing.blob()
    message = confirmation(another)
    signature = Signature.aggregate([KEYS[0].sign(message)])
    with refused("bls_aggregate", 2):
        signing.ledger.system.certify_blob(another, bytes(signature), b"\1", message)
    with refused("bls_aggregate", 1):
        signing.ledger.system.certify_blob(another, signed[0], b"\3", message)


def test_without_signatures_all_else_is_checked() -> None:
    ledger = Ledger(LedgerConfig(n_shards=10, verify_signatures=False))
    with ledger.transaction():
        members = [(node_id(n), weight, bytes(48)) for n, weight in enumerate(WEIGHTS)]
        ledger.state.system.committee = new_bls_committee(EPOCH, members)
    message = bytes(InvalidBlobId(EPOCH, BLOB_ID))
    ledger.system.invalidate_blob_id(b"", b"\1", message)
    with refused("bls_aggregate", 2):
        ledger.system.invalidate_blob_id(b"", b"\4", message)
    with refused("messages", 1):
        ledger.system.invalidate_blob_id(b"", b"\1", bytes(InvalidBlobId(EPOCH + 1, BLOB_ID)))


def test_a_member_without_weight() -> None:
    with refused("bls_aggregate", 3):
        new_bls_committee(1, [(node_id(1), 1, bytes(48)), (node_id(2), 0, bytes(48))])


WITHOUT_LIBRARY = """
import sys
sys.modules["py_arkworks_bls12381"] = None  # importing it fails
from localnet.ledger.network import Network
network = Network.of([10, 20])
network.next_epoch()
"""


def test_simulations_need_no_library_for_signatures() -> None:
    path = os.pathsep.join(filter(None, sys.path))
    environment = {**os.environ, "PYTHONPATH": path}
    subprocess.run([sys.executable, "-c", WITHOUT_LIBRARY], env=environment, check=True)
