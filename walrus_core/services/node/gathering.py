"""The recovery symbols of some slivers of one blob and axis, as they come in.

All slivers that are to be rebuilt take their symbols from the same source slivers, so that each
node is asked once and extends each of its slivers once. A node's word is not believed: what was not
asked for is refused at once, and what does not verify is taken out again with the name of its
giver. Nothing here waits; what computes or reads is for a worker thread.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Sequence

from walrus_core.codec.merkle import path_length
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.recovery import recover_sliver
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.codec.symbols import RecoverySymbol, recovery_symbols
from walrus_core.errors import NotEnoughSymbolsError, VerificationError
from walrus_core.services.node.recovery_sources import Source
from walrus_core.storage.store import SliverKey, SliverStore
from walrus_core.types import Axis, SliverPairIndex, sliver_to_pair

__all__ = ["Gathering", "symbol_footprint"]

_DIGEST = 32
_OBJECTS = 400
"""About what Python itself takes for one symbol and its path."""

_Given = tuple[RecoverySymbol, bytes | None]
"""A symbol, and the ID of the node that gave it; None for this node's own."""


def symbol_size_with_path(metadata: VerifiedMetadata) -> int:
    """Bytes of one recovery symbol as they travel."""
    return metadata.symbol_size + _DIGEST * path_length(metadata.n_shards)


def symbol_footprint(metadata: VerifiedMetadata, axis: Axis) -> int:
    """About how many bytes of memory the symbols take from which one sliver is rebuilt."""
    one = symbol_size_with_path(metadata) + _OBJECTS
    return metadata.config.n_sliver_symbols(axis) * one


class Gathering:
    """Symbols for the slivers of `axis` in the pairs `targets`; done when all are rebuilt."""

    def __init__(
        self, metadata: VerifiedMetadata, axis: Axis, targets: Sequence[SliverPairIndex]
    ) -> None:
        self.metadata = metadata
        self.axis = axis
        self.needed = metadata.config.n_sliver_symbols(axis)
        # By target, then by the pair that a symbol's source sliver belongs to.
        self._given: dict[SliverPairIndex, dict[SliverPairIndex, _Given]] = {
            target: {} for target in targets
        }

    @property
    def targets(self) -> tuple[SliverPairIndex, ...]:
        """Those not rebuilt yet."""
        return tuple(self._given)

    @property
    def shortage(self) -> int:
        """How many more sources are needed by the target that lacks most; 0 if there is none."""
        return self.needed - min(map(len, self._given.values()), default=self.needed)

    def plan(self, waiting: deque[Source]) -> list[Source]:
        """Whom to ask now for what, so that no more comes than is short; taken out of `waiting`.

        A node of which not all pairs are needed keeps the others for later.
        """
        short = self.shortage
        taken = self._common_sources()
        asks: list[Source] = []
        later: list[Source] = []
        while waiting and short > 0:
            source = waiting.popleft()
            now = tuple(pair for pair in source.pairs if pair not in taken)[:short]
            rest = tuple(pair for pair in source.pairs if pair not in now)
            if now:
                asks.append(Source(source.member, now))
                taken.update(now)
                short -= len(now)
            if rest:
                later.append(Source(source.member, rest))
        waiting.extendleft(reversed(later))
        return asks

    def accept(self, source: Source, target: SliverPairIndex, symbol: RecoverySymbol) -> int:
        """Take what a node sent, and tell its bytes.

        VerificationError if it was not asked for, came already, or has another size: whoever sends
        that wants to fill our memory.
        """
        metadata, given = self.metadata, self._given.get(target)
        if given is None or symbol.axis is not self.axis or symbol.index >= metadata.n_shards:
            raise VerificationError(f"{symbol!r} was not asked for")
        pair = sliver_to_pair(self.axis.orthogonal, symbol.index, metadata.n_shards)
        if pair not in source.pairs or pair in given:
            raise VerificationError(f"{symbol!r} was not asked for, or comes twice")
        size = len(symbol.data) + _DIGEST * len(symbol.proof)
        if size != symbol_size_with_path(metadata):
            raise VerificationError(f"{symbol!r} has {size} bytes with its path")
        given[pair] = (symbol, source.member.node_id)
        return size

    def add_own(self, store: SliverStore) -> None:
        """Take from the slivers that are here, which costs no bytes, as many symbols as needed."""
        short = self.shortage
        for shard in sorted(store.usage().shards):
            if short <= 0:
                return
            key = SliverKey(shard, self.axis.orthogonal, self.metadata.blob_id)
            if (sliver := store.sliver(key)) is None:
                continue
            symbols = recovery_symbols(sliver, self.metadata.n_shards)
            pair = sliver_to_pair(sliver.axis, sliver.index, self.metadata.n_shards)
            for target, given in self._given.items():
                given[pair] = (symbols[target], None)
            short -= 1

    def rebuild(self) -> tuple[list[VerifiedSliver], list[bytes]]:
        """The slivers for which enough symbols are here, and who gave symbols that were wrong.

        What was wrong is taken out; who asks on finds the shortage of it. InconsistentBlobError.
        """
        rebuilt: list[VerifiedSliver] = []
        liars: dict[bytes, None] = {}
        for target, given in list(self._given.items()):
            if len(given) < self.needed:
                continue
            try:
                symbols = [symbol for symbol, _ in given.values()]
                rebuilt.append(recover_sliver(self.metadata, self.axis, target, symbols))
                del self._given[target]
            except NotEnoughSymbolsError as error:
                wrong = error.__cause__
                assert isinstance(wrong, VerificationError)  # all sources are distinct
                liars |= dict.fromkeys(self._without(given, wrong.failures))
        return rebuilt, list(liars)

    def _without(
        self, given: dict[SliverPairIndex, _Given], positions: Iterable[int]
    ) -> Iterable[bytes]:
        """Take the symbols at these positions out; who gave them."""
        pairs = list(given)
        for position in positions:
            _, giver = given.pop(pairs[position])
            if giver is not None:
                yield giver

    def _common_sources(self) -> set[SliverPairIndex]:
        """Source pairs of which every target has its symbol."""
        had = [given.keys() for given in self._given.values()]
        return set(had[0]).intersection(*had[1:]) if had else set()
