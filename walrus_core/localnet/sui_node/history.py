"""What has happened: executed transactions by digest and number, and the checkpoints they are in.

Each transaction has a checkpoint of its own, and its number; number 0 is genesis, which is none.
The transactions lie in the journal; in memory there are their digests, and those last asked for.
"""

from __future__ import annotations

import itertools
from array import array
from collections import OrderedDict

from walrus_core.localnet.sui_node import bcs
from walrus_core.localnet.sui_node.archive import Entry, unpack
from walrus_core.localnet.sui_node.ids import ID_SIZE, digest_of
from walrus_core.localnet.sui_node.journal import Journal
from walrus_core.localnet.sui_node.values import Checkpoint, ExecutedTransaction, GasUsed

__all__ = ["NO_GAS", "History", "genesis_checkpoint"]

NO_GAS = GasUsed(0, 0, 0, 0)
_KEPT = 4096
_ROW = 2 * ID_SIZE + 8


class History:
    """`genesis` is checkpoint 0."""

    def __init__(self, journal: Journal, genesis: Checkpoint) -> None:
        self._journal = journal
        self._genesis = genesis
        self._numbers: dict[bytes, int] = {}
        self._digests: list[bytes] = []
        self._checkpoints: list[bytes] = [genesis.digest]
        self._checkpoint_numbers: dict[bytes, int] = {genesis.digest: 0}
        self._offsets = array("Q")
        self._recent: OrderedDict[int, Entry] = OrderedDict()
        self.rolling_gas = NO_GAS

    @property
    def last(self) -> int:
        """The number of the last transaction; 0 if there is none."""
        return len(self._offsets)

    @property
    def head(self) -> bytes:
        """The digest of the last checkpoint."""
        return self._checkpoints[-1]

    def next_entry(self, executed: ExecutedTransaction) -> Entry:
        """A transaction as the next record of the journal."""
        used, past = executed.effects.gas_used, self.rolling_gas
        rolling = GasUsed(
            past.computation + used.computation,
            past.storage + used.storage,
            past.rebate + used.rebate,
            past.non_refundable + used.non_refundable,
        )
        return Entry(executed, self.head, rolling)

    def add(self, entry: Entry, offset: int) -> None:
        """The next transaction, whose record is at this offset."""
        self._offsets.append(offset)
        self._name(entry.executed.digest, _checkpoint(entry).digest)
        self.rolling_gas = entry.rolling_gas

    def _name(self, digest: bytes, checkpoint: bytes) -> None:
        self._digests.append(digest)
        self._checkpoints.append(checkpoint)
        self._numbers[digest] = len(self._digests)
        self._checkpoint_numbers[checkpoint] = len(self._digests)

    def number_of(self, digest: bytes) -> int | None:
        return self._numbers.get(digest)

    def entry_of(self, digest: bytes) -> Entry | None:
        """The transaction with this digest."""
        number = self._numbers.get(digest)
        return None if number is None else self.entry(number)

    def entry(self, number: int) -> Entry | None:
        """The transaction with this number."""
        if not 1 <= number <= self.last:
            return None
        found = self._recent.get(number)
        if found is None:
            found = unpack(self._journal.read(self._offsets[number - 1]))
            self._recent[number] = found
            if len(self._recent) > _KEPT:
                self._recent.popitem(last=False)
        return found

    def checkpoint(self, number: int) -> Checkpoint | None:
        if number == 0:
            return self._genesis
        entry = self.entry(number)
        return None if entry is None else _checkpoint(entry)

    def checkpoint_number(self, digest: bytes) -> int | None:
        return self._checkpoint_numbers.get(digest)

    # What a snapshot keeps: of each transaction its digest, its checkpoint's, and its offset.

    def rows(self, after: int) -> bytes:
        """Of the transactions with numbers above `after`."""
        rows = zip(
            self._digests[after:],
            self._checkpoints[after + 1 :],
            self._offsets[after:],
            strict=True,
        )
        return b"".join([digest + head + bcs.u64(offset) for digest, head, offset in rows])

    def restore(self, rows: bytes, rolling_gas: GasUsed) -> None:
        """Take up rows that follow those that are here."""
        for start, middle, end in zip(
            range(0, len(rows), _ROW),
            range(ID_SIZE, len(rows), _ROW),
            range(2 * ID_SIZE, len(rows), _ROW),
            strict=False,
        ):
            self._offsets.append(int.from_bytes(rows[end : end + 8], "little"))
            self._name(rows[start:middle], rows[middle:end])
        self.rolling_gas = rolling_gas


def genesis_checkpoint(digest: bytes, timestamp_ms: int, sui_epoch: int) -> Checkpoint:
    """Number 0, named after what the chain began with."""
    head = digest_of("CheckpointSummary", digest)
    return Checkpoint(0, head, None, digest, sui_epoch, timestamp_ms, 0, NO_GAS, ())


def _checkpoint(entry: Entry) -> Checkpoint:
    executed, gas = entry.executed, entry.rolling_gas
    number = executed.checkpoint or 0
    content = digest_of("CheckpointContents", executed.digest + executed.effects.digest)
    numbers = itertools.chain(
        (executed.effects.sui_epoch, number, number, executed.timestamp_ms),
        (gas.computation, gas.storage, gas.rebate, gas.non_refundable),
    )
    summary = b"".join(map(bcs.u64, numbers)) + content + entry.previous_checkpoint
    return Checkpoint(
        number,
        digest_of("CheckpointSummary", summary),
        entry.previous_checkpoint,
        content,
        executed.effects.sui_epoch,
        executed.timestamp_ms,
        number,
        gas,
        (executed.digest,),
    )
