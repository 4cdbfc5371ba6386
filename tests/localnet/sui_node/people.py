"""Keys that sign, transactions that they write, and a chain with a committee to write them for."""

import dataclasses
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from walrus_core.localnet.ledger.encoding import derive_blob_id, encoded_length
from walrus_core.localnet.sui_node import bcs, transaction_bcs
from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.genesis import Founder, Genesis
from walrus_core.localnet.sui_node.ids import address_of_key
from walrus_core.localnet.sui_node.move_types import MoveType
from walrus_core.localnet.sui_node.signatures import signing_digest
from walrus_core.localnet.sui_node.transaction_data import (
    Argument,
    Command,
    GasData,
    Input,
    InputKind,
    MakeMoveVec,
    MergeCoins,
    MoveCall,
    ObjectReference,
    Place,
    Programmable,
    SplitCoins,
    TransactionData,
    TransferObjects,
)
from walrus_core.localnet.sui_node.values import ExecutedTransaction, IdOperation, ObjectRecord
from walrus_core.localnet.sui_node.world import SUI_COIN
from walrus_core.protocol.keys import KeyPair, Signature

FRAMEWORK = bytes(31) + b"\2"
UNIT = 2**20
BUDGET = 200_000_000
N_SHARDS = 20
STORAGE_PRICE, WRITE_PRICE = 100, 20


class Person:
    """Somebody with an ed25519 key, always the same for a name."""

    def __init__(self, name: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(hashlib.sha256(name.encode()).digest())
        self._public = self._key.public_key().public_bytes_raw()
        self.address = address_of_key(0, self._public)

    def sign(self, content: bytes) -> bytes:
        return b"\0" + self._key.sign(signing_digest(content)) + self._public


OPERATOR, ALICE, BOB = map(Person, ("operator", "alice", "bob"))


@cache
def node_key(number: int) -> KeyPair:
    return KeyPair((number + 1).to_bytes(32, "big"))


def founder(number: int) -> Founder:
    key = node_key(number)
    return Founder(
        name=f"node {number}",
        network_address=f"127.0.0.1:{9000 + number}",
        public_key=bytes(key.public_key),
        proof_of_possession=bytes(key.prove_possession(0, OPERATOR.address)),
        network_public_key=bytes(33),
        owner=OPERATOR.address,
        storage_price=STORAGE_PRICE,
        write_price=WRITE_PRICE,
    )


@cache
def genesis(n_founders: int = 4, epoch_duration_ms: int = 3_600_000) -> Genesis:
    return Genesis(
        operator=OPERATOR.address,
        seed=bytes(range(32)),
        start_ms=1_700_000_000_000,
        n_shards=N_SHARDS,
        epoch_duration_ms=epoch_duration_ms,
        accounts=(ALICE.address, BOB.address),
        founders=tuple(map(founder, range(n_founders))),
    )


def new_chain(directory: Path, **options: int) -> LocalChain:
    return LocalChain.open(directory, genesis(**options))


def reference(record: ObjectRecord) -> ObjectReference:
    return ObjectReference(record.id, record.version, record.digest)


@dataclass
class Draft:
    """A transaction in the making. Methods return the arguments that name what they add."""

    chain: LocalChain
    person: Person = ALICE
    inputs: list[Input] = field(default_factory=list)
    commands: list[Command] = field(default_factory=list)
    budget: int = BUDGET
    price: int = 1000
    payment: tuple[ObjectReference, ...] | None = None
    expiration: int | None = None

    GAS = Argument(Place.GAS)

    def add_input(self, value: Input) -> Argument:
        """An object is an input once, however often it is named."""
        for index, known in enumerate(self.inputs):
            if value.id and known.id == value.id:
                return Argument(Place.INPUT, index)
        self.inputs.append(value)
        return Argument(Place.INPUT, len(self.inputs) - 1)

    def pure(self, content: bytes) -> Argument:
        return self.add_input(Input(InputKind.PURE, content))

    def u64(self, value: int) -> Argument:
        return self.pure(bcs.u64(value))

    def u32(self, value: int) -> Argument:
        return self.pure(bcs.u32(value))

    def owned(self, object_id: bytes) -> Argument:
        record = self.chain.get_object(object_id)
        assert record is not None
        return self.add_input(Input(InputKind.OWNED, b"", record.id, record.version, record.digest))

    def shared(self, object_id: bytes, mutable: bool = True) -> Argument:
        record = self.chain.get_object(object_id)
        assert record is not None
        first = record.owner.initial_shared_version or 0
        return self.add_input(Input(InputKind.SHARED, b"", object_id, first, b"", mutable))

    def system(self, mutable: bool = True) -> Argument:
        return self.shared(self.chain.ids.system, mutable)

    def wal(self) -> Argument:
        """The person's largest WAL coin."""
        return self.owned(coins(self.chain, self.person, wal=True)[0].id)

    def _add(self, command: Command) -> int:
        self.commands.append(command)
        return len(self.commands) - 1

    def call(
        self,
        target: str,
        *arguments: Argument,
        types: tuple[MoveType, ...] = (),
        package: bytes | None = None,
    ) -> Argument:
        module, _, function = target.partition("::")
        package = package or self.chain.ids.walrus_package
        return Argument(
            Place.RESULT, self._add(MoveCall(package, module, function, types, arguments))
        )

    def framework(self, target: str, *arguments: Argument, wal: bool = True) -> Argument:
        world = self.chain.world
        kind = (world.wal_coin_type if wal else SUI_COIN).parameters
        return self.call(target, *arguments, types=kind, package=FRAMEWORK)

    def split(self, coin: Argument, *amounts: int) -> list[Argument]:
        index = self._add(SplitCoins(coin, tuple(map(self.u64, amounts))))
        return [Argument(Place.NESTED_RESULT, index, nested) for nested in range(len(amounts))]

    def merge(self, coin: Argument, *others: Argument) -> None:
        self._add(MergeCoins(coin, others))

    def vector(self, *items: Argument, of: MoveType | None = None) -> Argument:
        return Argument(Place.RESULT, self._add(MakeMoveVec(of, items)))

    def transfer(self, *objects: Argument, to: bytes | None = None) -> None:
        recipient = self.pure(to or self.person.address)
        self._add(TransferObjects(objects, recipient))

    def data(self) -> TransactionData:
        payment = self.payment
        if payment is None:
            used = {each.id for each in self.inputs}
            paying = [c for c in coins(self.chain, self.person) if c.id not in used]
            payment = (reference(paying[0]),)
        gas = GasData(payment, self.person.address, self.price, self.budget)
        kind = Programmable(tuple(self.inputs), tuple(self.commands))
        return TransactionData(kind, self.person.address, gas, self.expiration)

    def content(self) -> bytes:
        return transaction_bcs.encode(self.data())

    def run(self) -> ExecutedTransaction:
        content = self.content()
        return self.chain.execute_now(content, [self.person.sign(content)])

    def succeed(self) -> ExecutedTransaction:
        executed = self.run()
        assert executed.effects.failure is None, executed.effects.failure
        return executed


def coins(chain: LocalChain, person: Person, *, wal: bool = False) -> list[ObjectRecord]:
    """The largest first."""
    kind = chain.world.wal_coin_type if wal else SUI_COIN
    found = chain.owned_objects(person.address, kind, None, 10_000)
    return sorted(found, key=lambda coin: -(coin.balance or 0))


def created(executed: ExecutedTransaction, name: str) -> ObjectRecord:
    """The one new object of that struct."""
    [found] = [
        change.after
        for change in executed.effects.changes
        if change.operation is IdOperation.CREATED
        and change.after is not None
        and change.after.type is not None
        and change.after.type.name == name
    ]
    return found


@dataclass(frozen=True)
class Content:
    """A blob to be: what its registration says."""

    size: int = 1000
    root: int = 7

    @property
    def blob_id(self) -> int:
        return derive_blob_id(self.root, 1, self.size)

    @property
    def encoded(self) -> int:
        return encoded_length(self.size, N_SHARDS, 1)

    @property
    def units(self) -> int:
        return -(-self.encoded // UNIT)


def register(
    draft: Draft, content: Content, *, epochs: int = 3, deletable: bool = False
) -> Argument:
    """Commands that pay for a blob and register it, as clients order them."""
    wal = draft.wal()
    write, storage = draft.split(
        wal, content.units * WRITE_PRICE, content.units * STORAGE_PRICE * epochs
    )
    system = draft.system()
    space = draft.call(
        "system::reserve_space", system, draft.u64(content.encoded), draft.u32(epochs), storage
    )
    draft.framework("coin::destroy_zero", storage)
    blob = draft.call(
        "system::register_blob",
        system,
        space,
        draft.pure(bcs.u256(content.blob_id)),
        draft.pure(bcs.u256(content.root)),
        draft.u64(content.size),
        draft.pure(b"\1"),
        draft.pure(bcs.boolean(deletable)),
        write,
    )
    draft.framework("coin::destroy_zero", write)
    return blob


def registered(
    chain: LocalChain, content: Content, *, epochs: int = 3, deletable: bool = False
) -> ObjectRecord:
    """A new blob of Alice's."""
    draft = Draft(chain)
    draft.transfer(register(draft, content, epochs=epochs, deletable=deletable))
    return created(draft.succeed(), "Blob")


def confirmation(chain: LocalChain, content: Content, blob: ObjectRecord | None = None) -> bytes:
    """The message that nodes sign, for a permanent blob or for this deletable one."""
    epoch = chain.world.ledger.state.system.epoch
    tail = b"\0" if blob is None else b"\1" + blob.id
    return b"\1\0\3" + bcs.u32(epoch) + bcs.u256(content.blob_id) + tail


def certificate(chain: LocalChain, message: bytes, signers: Sequence[int]) -> tuple[bytes, bytes]:
    """(signature, bitmap) of the founders with these numbers."""
    members = chain.world.ledger.state.system.committee.members
    keys = {bytes(node_key(number).public_key): number for number in range(8)}
    positions = {keys[member.public_key]: at for at, member in enumerate(members)}
    bitmap = bytearray((len(members) + 7) // 8)
    for number in signers:
        bitmap[positions[number] // 8] |= 1 << positions[number] % 8
    signature = Signature.aggregate([node_key(number).sign(message) for number in signers])
    return bytes(signature), bytes(bitmap)


def certify(
    draft: Draft, blob: ObjectRecord, message: bytes, signers: Sequence[int] = (0, 1, 2)
) -> None:
    signature, bitmap = certificate(draft.chain, message, signers)
    parts = [draft.pure(bcs.byte_vector(part)) for part in (signature, bitmap, message)]
    draft.call("system::certify_blob", draft.system(mutable=False), draft.owned(blob.id), *parts)


def with_gas(data: TransactionData, **changes: object) -> TransactionData:
    gas = dataclasses.replace(data.gas, **changes)  # type: ignore[arg-type]
    return dataclasses.replace(data, gas=gas)


def fingerprint(chain: LocalChain) -> bytes:
    """Of all that the chain is, but for the time."""
    content = hashlib.blake2b(chain.world.ledger.digest())
    for record in sorted(chain.world.store, key=lambda each: each.id):
        content.update(record.id + bcs.u64(record.version) + record.digest)
    return content.digest()
