"""recovery.json: recovery symbols, recovered slivers and inconsistency proofs of the official
library.
"""

import hashlib
from collections.abc import Iterable, Iterator

import pytest
from known_answers import Entry, blob_of

import walrus_core as wc

AXES = ("primary", "secondary")

pytestmark = pytest.mark.usefixtures("engine")


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Network:
    """The sliver pairs of one blob, and what each contributes to the others; expanded once each."""

    def __init__(self, entry: Entry) -> None:
        self.n_shards = entry["n_shards"]
        self.encoded = wc.encode(blob_of(entry), n_shards=self.n_shards)
        self.metadata = self.encoded.metadata
        self._contributions: dict[tuple[str, int], wc.RecoverySymbols] = {}

    def symbols(self, axis: str, target_pair: int, pairs: Iterable[int]) -> list[wc.RecoverySymbol]:
        """What the slivers of the other axis, of these pairs, contribute to the target."""
        return [self._contribution(axis, pair)[target_pair] for pair in pairs]

    def _contribution(self, axis: str, pair: int) -> wc.RecoverySymbols:
        if (axis, pair) not in self._contributions:
            source = self.encoded.secondary if axis == "primary" else self.encoded.primary
            found = wc.recovery_symbols(source(pair), n_shards=self.n_shards)
            self._contributions[axis, pair] = found
        return self._contributions[axis, pair]


def targets(entry: Entry) -> Iterator[tuple[str, int, Entry]]:
    """Axis, pair and known answers of each sliver that was rebuilt."""
    for target in entry["targets"]:
        for axis in AXES:
            yield axis, target["target_pair_index"], target[axis]


def with_zeroed_hash(metadata: wc.VerifiedMetadata, axis: str, pair: int, blob_id: str) -> bytes:
    """BlobMetadataWithId in which one sliver's digest is 32 zero bytes."""
    data = bytearray(metadata.to_bcs_with_id())
    nodes = len(data) - metadata.n_shards * 66  # each pair is two nodes: 0x01 and a digest
    digest = nodes + 66 * pair + 33 * AXES.index(axis) + 1
    data[:32] = bytes(wc.BlobId.from_str(blob_id))
    data[digest : digest + 32] = bytes(32)
    return bytes(data)


def test_metadata_bcs(recovery_entry: Entry) -> None:
    metadata = wc.compute_metadata(blob_of(recovery_entry), n_shards=recovery_entry["n_shards"])
    assert str(metadata.blob_id) == recovery_entry["blob_id"]
    assert sha256(metadata.to_bcs()) == recovery_entry["metadata_bcs_sha256"]
    if "metadata_bcs" in recovery_entry:
        assert metadata.to_bcs().hex() == recovery_entry["metadata_bcs"]
    parsed = wc.UnverifiedMetadata.from_bcs_with_id(metadata.to_bcs_with_id()).verify()
    assert parsed == metadata


def test_recovery_symbols(recovery_entry: Entry) -> None:
    """The symbols for one target from all pairs, in both forms."""
    network = Network(recovery_entry)
    for axis, pair, known in targets(recovery_entry):
        symbols = network.symbols(axis, pair, range(network.n_shards))
        plain = [symbol.to_bcs() for symbol in symbols]
        general = [symbol.to_general_bcs(known["target_sliver_index"]) for symbol in symbols]
        assert plain[0].hex() == known["first_recovery_symbol_bcs"]
        assert general[0].hex() == known["first_general_recovery_symbol_bcs"]
        assert sha256(b"".join(plain)) == known["recovery_symbols_bcs_sha256"]
        assert sha256(b"".join(general)) == known["general_recovery_symbols_bcs_sha256"]


def test_recovered_slivers(recovery_entry: Entry) -> None:
    network = Network(recovery_entry)
    for axis, pair, known in targets(recovery_entry):
        assert len(known["source_pair_indices"]) == known["required"]
        symbols = network.symbols(axis, pair, known["source_pair_indices"])
        for symbol in symbols:
            wc.verify_recovery_symbol(network.metadata, symbol, axis, pair)
        sliver = wc.recover_sliver(network.metadata, axis, pair, symbols)
        assert sliver.index == known["target_sliver_index"]
        assert sha256(sliver.to_bcs()) == known["recovered_sliver_bcs_sha256"]
        if "recovered_sliver_bcs" in known:
            assert sliver.to_bcs().hex() == known["recovered_sliver_bcs"]


def test_inconsistency_proofs(recovery_entry: Entry) -> None:
    """Metadata that commit to a wrong hash of the target give a proof, which convinces others."""
    network = Network(recovery_entry)
    for axis, pair, known in targets(recovery_entry):
        zeroed = with_zeroed_hash(network.metadata, axis, pair, known["zeroed_hash_blob_id"])
        wrong = wc.UnverifiedMetadata.from_bcs_with_id(zeroed).verify()
        symbols = network.symbols(axis, pair, known["source_pair_indices"])
        with pytest.raises(wc.InconsistentBlobError) as caught:
            wc.recover_sliver(wrong, axis, pair, symbols)
        proof = caught.value.proof
        proof.verify(wrong)
        assert sha256(proof.to_bcs()) == known["inconsistency_proof_bcs_sha256"]
        if "inconsistency_proof_bcs" in known:
            assert proof.to_bcs().hex() == known["inconsistency_proof_bcs"]
        with pytest.raises(wc.VerificationError):
            proof.verify(network.metadata)  # nothing is wrong with the true metadata
