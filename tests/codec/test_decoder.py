"""Reconstruction: which slivers are used, and what is done about wrong ones."""

import pytest

import walrus_core as wc


def unverified(sliver: wc.Sliver) -> wc.Sliver:
    return wc.Sliver.from_bcs(sliver.axis, sliver.to_bcs())


@pytest.fixture(scope="module")
def primary(encoded: wc.EncodedBlob) -> list[wc.Sliver]:
    return [unverified(encoded.primary(pair)) for pair in range(10)]


@pytest.fixture(scope="module")
def secondary(encoded: wc.EncodedBlob) -> list[wc.Sliver]:
    return [unverified(encoded.secondary(pair)) for pair in range(10)]


def damaged(sliver: wc.Sliver) -> wc.Sliver:
    data = bytearray(sliver.data)
    data[5] ^= 1
    return wc.Sliver(sliver.axis, sliver.index, sliver.symbol_size, data)


@pytest.mark.parametrize("check", ["skip", "default", "strict"])
def test_the_blob_comes_back(
    engine: str,
    threads: int,
    check: str,
    metadata: wc.VerifiedMetadata,
    primary: list[wc.Sliver],
    secondary: list[wc.Sliver],
    blob: bytes,
) -> None:
    for slivers in (primary, primary[:4], primary[6:], secondary, secondary[:7], secondary[3:]):
        result = wc.decode(metadata, iter(slivers), check, threads)
        assert type(result) is bytes
        assert result == blob, engine


def test_verified_slivers_are_taken_as_they_are(encoded: wc.EncodedBlob, blob: bytes) -> None:
    slivers = [encoded.primary(pair) for pair in (8, 6, 7, 9)]
    assert wc.decode(encoded.metadata, slivers) == blob


def test_source_slivers_first_the_rest_ignored(
    metadata: wc.VerifiedMetadata, primary: list[wc.Sliver], blob: bytes
) -> None:
    bad = [damaged(sliver) for sliver in primary]
    assert wc.decode(metadata, [*bad[4:], *primary[:4]]) == blob
    with pytest.raises(wc.VerificationError, match="primary sliver 2") as caught:
        wc.decode(metadata, [*primary[4:], bad[2], bad[3]])
    assert list(caught.value.failures) == [6, 7]  # positions among the slivers given


@pytest.mark.parametrize("check", ["skip", "default", "strict"])
def test_bad_slivers_are_named(
    check: str, metadata: wc.VerifiedMetadata, primary: list, secondary: list
) -> None:
    for slivers, n_needed in ((primary, 4), (secondary, 7)):
        used = slivers[-n_needed:]
        used[2] = damaged(used[2])
        with pytest.raises(wc.VerificationError, match=f"sliver {used[2].index}") as caught:
            wc.decode(metadata, used, check)
        assert list(caught.value.failures) == [2]


def test_too_few(metadata: wc.VerifiedMetadata, primary: list, secondary: list) -> None:
    for slivers, needed in (([], 4), (primary[:3], 4), (secondary[:6], 7)):
        with pytest.raises(wc.NotEnoughSliversError) as caught:
            wc.decode(metadata, slivers)
        assert (caught.value.needed, caught.value.got) == (needed, len(slivers))


def test_slivers_that_do_not_go_together(
    metadata: wc.VerifiedMetadata, primary: list, secondary: list, other: wc.EncodedBlob
) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="both axes"):
        wc.decode(metadata, [*primary[:4], secondary[0]])
    with pytest.raises(wc.InvalidArgumentError, match="primary sliver 1 is given twice"):
        wc.decode(metadata, [*primary[:4], primary[1]])
    with pytest.raises(wc.InvalidArgumentError, match="item 4 is no Sliver"):
        wc.decode(metadata, [*primary[:4], b"sliver"])
    with pytest.raises(wc.VerificationError, match="hash"):
        wc.decode(metadata, [*primary[:3], other.primary(3)])
    with pytest.raises(wc.VerificationError, match="symbol size 52 != 26"):
        wc.decode(metadata, [*primary[:3], wc.Sliver("primary", 3, 52, bytes(7 * 52))])
    with pytest.raises(wc.VerificationError, match="index 10 >= 10"):
        wc.decode(metadata, [*primary[:3], wc.Sliver("primary", 10, 26, bytes(7 * 26))])


@pytest.mark.parametrize("check", ["", "Strict", None, True])
def test_bad_checks(metadata: wc.VerifiedMetadata, primary: list, check: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="check must be one of"):
        wc.decode(metadata, primary, check)


class TestInconsistentBlob:
    """Every sliver is authentic; primary sliver 9 just does not follow from the others."""

    def test_skip_gives_a_blob_that_depends_on_the_slivers(
        self, misencoded, blob: bytes, engine: str
    ) -> None:
        slivers = misencoded.primary
        assert wc.decode(misencoded.metadata, slivers[5:9], "skip") == blob, engine
        assert wc.decode(misencoded.metadata, slivers[6:], "skip") != blob

    def test_default_gives_one_blob_or_an_error(self, misencoded, blob: bytes, engine: str) -> None:
        slivers = misencoded.primary
        assert wc.decode(misencoded.metadata, slivers[:4]) == blob, engine
        assert wc.decode(misencoded.metadata, slivers[3:7]) == blob
        for some in (slivers[6:], slivers[:0:-1][:4]):
            with pytest.raises(wc.InconsistentBlobError, match="primary sliver") as caught:
                wc.decode(misencoded.metadata, [s for s in some if s.index >= 4])
            assert caught.value.proof is None

    def test_a_result_that_is_proven_needs_no_authentic_slivers(
        self, misencoded, encoded: wc.EncodedBlob, blob: bytes
    ) -> None:
        """The sliver that does follow from the others is not the one that the author commits to."""
        slivers = [*misencoded.primary[6:9], unverified(encoded.primary(9))]
        assert wc.decode(misencoded.metadata, slivers) == blob
        for check in ("skip", "strict"):
            with pytest.raises(wc.VerificationError, match="primary sliver 9") as caught:
                wc.decode(misencoded.metadata, slivers, check)
            assert list(caught.value.failures) == [3]

    def test_strict_gives_an_error(self, misencoded) -> None:
        for slivers in (misencoded.primary[:4], misencoded.primary[6:]):
            with pytest.raises(wc.InconsistentBlobError, match="encodes to blob"):
                wc.decode(misencoded.metadata, slivers, "strict")


def test_padding_that_is_not_zero(encoded: wc.EncodedBlob, blob: bytes) -> None:
    """A shorter length with the same symbol size makes the blob's last bytes padding."""
    shorter = wc.VerifiedMetadata.of(690, encoded.metadata.pair_hashes)
    slivers = [unverified(encoded.secondary(pair)) for pair in range(7)]
    assert wc.decode(shorter, slivers) == blob[:690]
    with pytest.raises(wc.InconsistentBlobError):
        wc.decode(shorter, slivers, "strict")


@pytest.mark.parametrize("size", [0, 1, 2])
def test_the_smallest_blobs(size: int) -> None:
    encoded = wc.encode(b"ab"[:size], n_shards=4)
    for slivers in (
        [encoded.primary(2), encoded.primary(3)],
        [encoded.secondary(p) for p in (0, 1, 2)],
    ):
        assert wc.decode(encoded.metadata, slivers, "strict") == b"ab"[:size]


def test_cancelling_and_progress(metadata: wc.VerifiedMetadata, encoded: wc.EncodedBlob) -> None:
    slivers = [encoded.primary(pair) for pair in range(6, 10)]
    progress = wc.Progress()
    wc.decode(metadata, slivers, progress=progress)
    assert progress.done == progress.total > 0
    token = wc.CancelToken()
    token.cancel()
    with pytest.raises(wc.OperationCancelledError):
        wc.decode(metadata, slivers, cancel=token)
