"""Blobs that their author encoded inconsistently: an error or always the same bytes."""

from dataclasses import dataclass
from pathlib import Path

import pytest
from services.reader.network import Fault, Network
from simulation.loop import run

from walrus_core import kernel
from walrus_core.codec.encoder import EncodedBlob
from walrus_core.codec.metadata import VerifiedMetadata
from walrus_core.codec.slivers import VerifiedSliver
from walrus_core.errors import InconsistentBlobError
from walrus_core.types import Axis, SliverIndex

BLOB = bytes(range(256)) * 700
WRONG = 1
"""The row that the metadata commit to otherwise than all other slivers have it."""


@dataclass
class CheatingBlob:
    """`honest`, but for one primary sliver that is another, with its true hash in the metadata."""

    honest: EncodedBlob

    def __post_init__(self) -> None:
        honest = self.honest.metadata
        self.row = bytes(byte ^ 0x55 for byte in self.honest.primary(WRONG).data)
        root = kernel.sliver_roots([self.row], honest.n_shards, honest.symbol_size)
        hashes = bytearray(honest.pair_hashes)
        hashes[WRONG * 64 : WRONG * 64 + 32] = root
        self.metadata = VerifiedMetadata.of(honest.unencoded_length, bytes(hashes))

    def primary(self, pair: int) -> VerifiedSliver:
        data = self.row if pair == WRONG else self.honest.primary(pair).data
        size, blob_id = self.metadata.symbol_size, self.metadata.blob_id
        return VerifiedSliver(Axis.PRIMARY, SliverIndex(pair), size, data, blob_id)

    def secondary(self, pair: int) -> VerifiedSliver:
        sliver = self.honest.secondary(pair)
        size, blob_id = self.metadata.symbol_size, self.metadata.blob_id
        return VerifiedSliver(Axis.SECONDARY, sliver.index, size, sliver.data, blob_id)


@pytest.fixture
def network() -> Network:
    network = Network(BLOB)
    cheat = CheatingBlob(network.blobs[network.blob_id])
    network.blobs[cheat.metadata.blob_id] = cheat  # type: ignore[assignment]
    network.ids = [cheat.metadata.blob_id]
    return network


def committed(network: Network) -> bytes:
    """What the source rows are that the metadata commit to."""
    blob = network.blobs[network.blob_id]
    return b"".join(bytes(blob.primary(row).data) for row in range(4))[: len(BLOB)]


@pytest.mark.parametrize("spool_from", [1, 1 << 20])
def test_the_committed_rows_or_an_error(network: Network, spool_from: int, tmp_path: Path) -> None:
    reader = network.reader(spool_from=spool_from)
    assert run(reader.read(network.blob_id)).content == committed(network)
    network.holder(0).fault = Fault.DOWN
    with pytest.raises(InconsistentBlobError):
        run(reader.read(network.blob_id))
    with pytest.raises(InconsistentBlobError):
        run(reader.read_to_file(network.blob_id, tmp_path / "blob"))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("spool_from", [1, 1 << 20])
def test_a_strict_check_finds_out(network: Network, spool_from: int) -> None:
    with pytest.raises(InconsistentBlobError):
        run(network.reader(spool_from=spool_from).read(network.blob_id, check="strict"))


def test_a_row_that_symbols_do_not_give(network: Network) -> None:
    """Its recovery proves it."""
    network.holder(WRONG).fault = Fault.DOWN
    row = len(network.blobs[network.blob_id].primary(0).data)
    with pytest.raises(InconsistentBlobError) as caught:
        run(network.reader().read(network.blob_id, WRONG * row, WRONG * row + 9))
    caught.value.proof.verify(network.blobs[network.blob_id].metadata)
