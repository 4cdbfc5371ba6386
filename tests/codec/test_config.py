"""The numbers of an encoding."""

import pickle

import pytest

import walrus_core as wc


@pytest.mark.parametrize(
    ("n_shards", "n_primary", "n_secondary"),
    [
        (4, 2, 3), (5, 3, 4), (7, 3, 5), (9, 5, 7), (10, 4, 7), (13, 5, 9), (31, 11, 21),
        (51, 19, 35), (100, 34, 67), (101, 35, 68), (301, 101, 201), (1000, 334, 667),
        (49_155, 16_387, 32_771),
    ],
)  # fmt: skip
def test_source_symbols(n_shards: int, n_primary: int, n_secondary: int) -> None:
    config = wc.EncodingConfig(n_shards)
    assert config.n_primary_source_symbols == n_primary
    assert config.n_secondary_source_symbols == n_secondary
    assert config.n_slivers_needed("primary") == config.n_sliver_symbols("secondary") == n_primary
    assert config.n_slivers_needed("secondary") == config.n_sliver_symbols("primary") == n_secondary


@pytest.mark.parametrize(
    ("n_shards", "size", "encoded_size"),
    [
        (10, 0, 6940),
        (10, 1, 6940),
        (10, 2800, 10 * (11 * 100 + 672)),
        (1000, 1, 66_034_000),
        (1000, 17, 66_034_000),
        (1000, 22_277_800, 1000 * (1001 * 100 + 64_032)),
    ],
)
def test_encoded_size(n_shards: int, size: int, encoded_size: int) -> None:
    assert wc.EncodingConfig(n_shards).encoded_size(size) == encoded_size


@pytest.mark.parametrize("n_shards", [4, 10, 1000])
def test_symbol_size_steps_where_the_matrix_is_full(n_shards: int) -> None:
    config = wc.EncodingConfig(n_shards)
    n_symbols = config.n_primary_source_symbols * config.n_secondary_source_symbols
    sizes = [0, 1, 2 * n_symbols, 2 * n_symbols + 1, 4 * n_symbols, 4 * n_symbols + 1]
    assert [config.symbol_size(size) for size in sizes] == [2, 2, 2, 4, 4, 6]
    assert config.padded_size(2 * n_symbols + 1) == 4 * n_symbols
    assert config.sliver_size("primary", 1) == 2 * config.n_secondary_source_symbols
    assert config.sliver_size("secondary", 1) == 2 * config.n_primary_source_symbols


def test_the_largest_blob() -> None:
    config = wc.EncodingConfig(n_shards=1000)
    assert config.max_blob_size == 14_599_533_452
    assert config.symbol_size(config.max_blob_size) == 65_534
    with pytest.raises(wc.BlobTooLargeError) as caught:
        config.symbol_size(config.max_blob_size + 1)
    assert (caught.value.size, caught.value.max_size) == (14_599_533_453, 14_599_533_452)


@pytest.mark.parametrize(
    "n_shards",
    [3, 0, -1, 49_156, 2**70, pytest.param(1 << 20_000, id="huge"), True, 10.0, "10", None],
)
def test_bad_numbers_of_shards(n_shards: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="n_shards"):
        wc.EncodingConfig(n_shards)


@pytest.mark.parametrize("size", [-1, True, 1.0, None, 2**64])
def test_bad_sizes(size: object) -> None:
    with pytest.raises(wc.InvalidArgumentError, match="size"):
        wc.EncodingConfig().symbol_size(size)


def test_a_config_is_a_value() -> None:
    config = wc.EncodingConfig(10)
    assert pickle.loads(pickle.dumps(config)) == config != wc.EncodingConfig()
    assert repr(config) == "EncodingConfig(n_shards=10)"
