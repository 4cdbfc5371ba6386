"""A chain that says what the test has it say: `NodeChain` over a list of events."""

from collections.abc import AsyncIterator, Iterable

from walrus_core.errors import ChainUnavailableError
from walrus_core.localnet.sui_node.ids import blake2b, digest_text
from walrus_core.protocol.certificate import Certificate
from walrus_core.protocol.committee import Committee, Member
from walrus_core.protocol.event_fields import FIELDS
from walrus_core.protocol.keys import KeyPair
from walrus_core.services.ports import ChainEvent, ChainState, Committees
from walrus_core.types import BlobId, Epoch, ShardIndex

N_SHARDS = 10

Shards = dict[int, Iterable[int]]
"""Node number -> shards."""


def key_pair(number: int) -> KeyPair:
    return KeyPair((1000 + number).to_bytes(32, "big"))


def node_id(number: int) -> bytes:
    return number.to_bytes(32, "big")


def object_id(number: int) -> bytes:
    return b"object" + number.to_bytes(26, "big")


def committee(epoch: int, shards: Shards) -> Committee:
    members = (
        Member(
            node_id(number),
            key_pair(number).public_key,
            f"node{number}:9185",
            tuple(ShardIndex(shard) for shard in held),
        )
        for number, held in shards.items()
    )
    return Committee(Epoch(epoch), N_SHARDS, tuple(members))


class ScriptedChain:
    """`fails` makes every question fail; `fails_after` only an answer with more events."""

    def __init__(self, shards: Shards, epoch: int = 1) -> None:
        self.told: list[ChainEvent] = []
        self.current = committee(epoch, shards)
        self.previous: Committee | None = None
        self.phase = "done"
        self.fails = False
        self.fails_after: int | None = None
        self.polls = 0
        self.cursors: list[bytes] = []
        self.reported: list[Epoch] = []
        self.invalidated: list[Certificate] = []

    # -- what it is made to say ---------------------------------------------------------------

    def tell(self, name: str, transaction: str | None = None, **fields: object) -> None:
        """Another event; those of the blob kinds take a BlobId."""
        values = {
            field: value.to_u256() if isinstance(value, BlobId) else value
            for field, value in {"epoch": self.current.epoch, **fields}.items()
        }
        assert set(values) >= {field for field, _ in FIELDS.get(name, [])}
        number = len(self.told) + 1
        transaction = transaction or digest_text(blake2b(number.to_bytes(8, "big")))
        self.told.append(ChainEvent(number.to_bytes(8, "big"), transaction, name, values))

    def register(
        self, blob_id: BlobId, number: int = 1, *, end_epoch: int = 9, deletable: bool = False
    ) -> None:
        """Object `number` for this blob."""
        self.tell(
            "BlobRegistered",
            blob_id=blob_id,
            size=1,
            encoding_type=1,
            end_epoch=end_epoch,
            deletable=deletable,
            object_id=object_id(number),
        )

    def certify(
        self,
        blob_id: BlobId,
        number: int = 1,
        *,
        end_epoch: int = 9,
        deletable: bool = False,
        is_extension: bool = False,
    ) -> None:
        self.tell(
            "BlobCertified",
            blob_id=blob_id,
            end_epoch=end_epoch,
            deletable=deletable,
            object_id=object_id(number),
            is_extension=is_extension,
        )

    def delete(self, blob_id: BlobId, number: int = 1) -> None:
        self.tell(
            "BlobDeleted",
            blob_id=blob_id,
            end_epoch=9,
            object_id=object_id(number),
            was_certified=True,
        )

    def begin_epoch(self, shards: Shards) -> None:
        self.previous, self.phase = self.current, "sync"
        self.current = committee(self.current.epoch + 1, shards)
        self.tell("EpochChangeStart")

    def end_change(self) -> None:
        self.phase = "done"
        self.tell("EpochChangeDone")

    # -- NodeChain ----------------------------------------------------------------------------

    async def state(self) -> ChainState:
        raise NotImplementedError

    async def committees(self) -> Committees:
        self._require()
        return Committees(self.current, self.previous, self.phase)

    async def events(
        self,
        cursor: bytes = b"",
        *,
        follow: bool = False,  # noqa: ARG002
    ) -> AsyncIterator[ChainEvent]:
        self._require()
        self.polls += 1
        self.cursors.append(cursor)
        for count, event in enumerate(self.told[int.from_bytes(cursor, "big") :]):
            if count == self.fails_after:
                raise ChainUnavailableError("scripted:", "it says no more")
            yield event

    async def report_shards(self, epoch: Epoch) -> None:
        self._require()
        self.reported.append(epoch)

    async def invalidate(self, certificate: Certificate) -> None:
        self._require()
        self.invalidated.append(certificate)

    def _require(self) -> None:
        if self.fails:
            raise ChainUnavailableError("scripted:", "it is down")
