"""The exception tree is as drawn, and errors travel between processes."""

import inspect
import pickle
import re

import pytest

import walrus_core
from walrus_core import errors

EXAMPLES = [
    errors.WalrusCoreError("anything"),
    errors.InvalidArgumentError("bad number"),
    errors.BlobTooLargeError(10, 9),
    errors.InvalidEncodingError("bad bytes"),
    errors.VerificationError("not the blob's"),
    errors.VerificationError.of_batch({3: "its hash is wrong"}, 5, "slivers"),
    errors.NotEnoughSliversError(334, 333),
    errors.NotEnoughSymbolsError(667, 0),
    errors.InconsistentBlobError("bad blob"),
    errors.InconsistentBlobError("bad blob", proof="evidence"),
    errors.UnknownEngineError("abacus", ("avx2", "scalar")),
    errors.OperationCancelledError(),
    errors.OutOfMemoryError(2**40),
    errors.StorageError("/some/where", "is a file"),
    errors.DirectoryOccupiedError("/some/where", expected="AAA", found="BBB"),
    errors.SignatureError("not this key's"),
    errors.NotEnoughWeightError(667, 600),
    errors.MissingDependencyError("abacus", "counting", "No module named 'abacus'"),
    errors.Abort("balance", 2, "ENotEnough"),
    errors.UnknownObjectError("Blob", bytes(32)),
    errors.SnapshotError("cut short"),
    errors.ChainUnavailableError("http://127.0.0.1:9", "connection refused"),
    errors.InsufficientFundsError("WAL", needed=5, got=3),
    errors.TransactionRejectedError("INVALID_ARGUMENT", "a stale object"),
    errors.TransactionFailedError("1abc", "INSUFFICIENT_GAS", "too little gas"),
    errors.TransactionUnknownError("1abc", "the node fell silent"),
    errors.StorageFullError("/some/where", needed=4096, free=1000),
    errors.StoreInUseError("/some/where"),
    errors.StoreFormatError("/some/where", found=9, supported=1),
    errors.DamagedStoreError("/some/where", "Corruption"),
    errors.NotRegisteredError("AAA"),
    errors.InvalidRangeError(0, 10, 10),
    errors.WrongOffsetError(1 << 20, 0),
    errors.ChecksumError(0, 1, 2),
    errors.ConfigurationError("node.yaml", "storage_path is missing"),
    errors.NodeError("refused"),
    errors.MetadataNotFoundError("AAA"),
    errors.SliverNotFoundError("AAA", "primary", 2),
    errors.ShardNotAssignedError(7, 2),
    errors.MissingSliversError("AAA", 3),
    errors.InvalidBlobIdError("AAA"),
    errors.BufferFullError(needed=9, free=8),
    errors.WrongEpochError(expected=2, got=1),
    errors.UnauthorizedError("not a member"),
    errors.UploadError("ab" * 16),
    errors.UploadNotFoundError("ab" * 16),
    errors.UploadInUseError("cd" * 16),
    errors.UploadInterruptedError("ef" * 16),
    errors.UploadMismatchError("01" * 16, "size", "5", "7"),
    errors.UploadLimitError("bytes of uploads", 1 << 40, 7),
    errors.UnauthenticatedError("nobody knows this token"),
    errors.QuotaExceededError("bytes today", 1 << 40, 7, 3000.5),
    errors.ServerStoppingError(0.25),
    errors.OverloadedError(0.5),
    errors.NodeUnavailableError("127.0.0.1:9", "connection refused"),
    errors.BlobNotFoundError("AAA"),
    errors.BlobUnavailableError("AAA", needed=34, got=33),
    errors.NotEnoughConfirmationsError("AAA", "0x01", needed=67, got=66),
    errors.QuorumUnreachableError(needed=67, got=66),
    errors.RegistrationEndedError("AAA", "0x01", 9),
    errors.ProcessFailedError("node 3", "ended with status 1", "nodes/3/log"),
]


@pytest.mark.parametrize("error", EXAMPLES, ids=lambda error: type(error).__name__)
def test_errors_pickle(error: errors.WalrusCoreError) -> None:
    copy = pickle.loads(pickle.dumps(error))
    assert type(copy) is type(error)
    assert str(copy) == str(error)
    assert copy.args == error.args
    assert vars(copy) == vars(error)


def test_every_error_is_tested() -> None:
    assert {type(error).__name__ for error in EXAMPLES} == set(errors.__all__)


def test_messages_print_the_inequality_and_what_to_do() -> None:
    messages = [str(error) for error in EXAMPLES]
    assert "blob size 10 > 9 bytes" in messages[2]
    assert messages[5] == "1 of 5 slivers are bad; the first: its hash is wrong"
    assert messages[6] == "333 < 334 slivers; gather 1 more of the same axis"
    assert messages[7] == "0 < 667 valid recovery symbols; gather 667 more"
    assert "'abacus'" in messages[10]
    assert "avx2, scalar" in messages[10]
    assert "1,099,511,627,776 bytes" in messages[12]
    assert messages[13] == "/some/where: is a file"
    assert messages[14] == "/some/where: holds blob BBB, not AAA; choose another directory"
    assert messages[16] == (
        "600 < 667 shards signed; gather signatures of members that hold 67 more"
    )
    assert messages[17].endswith("pip install 'walrus-core[counting]'")
    assert "4,096 bytes needed > 1,000 free" in messages[26]
    assert "format 9 != 1" in messages[28]


def test_a_range_says_what_is_wrong_with_it() -> None:
    behind, backwards = errors.InvalidRangeError(57_000, 56_999, 57_000), (5, 4, 10)
    assert str(behind) == "there is no byte 57,000 in the blob; it has bytes 0 to 56,999"
    assert "ends before it begins: bytes 5 to 4" in str(errors.InvalidRangeError(*backwards))
    assert "bytes 3 to 5,000 are not all" in str(errors.InvalidRangeError(3, 5000, 10))
    assert "it is empty" in str(errors.InvalidRangeError(0, 0, 0))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(1, "1 second"), (0.25, "0.25 seconds"), (0.9999, "1 second"), (3000.5, "3,000 seconds")],
)
def test_a_time_to_wait_has_its_unit(seconds: float, text: str) -> None:
    assert str(errors.OverloadedError(seconds)).endswith(f" in {text}")


def test_a_local_chain_that_is_down_is_started() -> None:
    assert "`walrus-core network up`" in str(
        errors.ChainUnavailableError("http://127.0.0.1:9000", "refused")
    )
    assert "check that the node runs" in str(
        errors.ChainUnavailableError("https://fullnode.testnet.sui.io:443", "refused")
    )


def test_numbers_are_attributes() -> None:
    assert EXAMPLES[5].failures == {3: "its hash is wrong"}
    assert EXAMPLES[4].failures == {}
    assert (EXAMPLES[14].path, EXAMPLES[14].expected, EXAMPLES[14].found) == (
        "/some/where",
        "AAA",
        "BBB",
    )


def test_the_tree_is_drawn_as_it_is() -> None:
    """Each class stands in the docstring, indented under its base, with its other base."""
    drawing = re.findall(
        r"^([ │├└─]*)(\w+Error|Abort)(?: \((\w+)\))?", errors.__doc__ or "", re.MULTILINE
    )
    above: dict[int, str] = {}
    drawn = {}
    for indent, name, other in drawing:
        depth = len(indent)
        parents = [above[d] for d in sorted(above) if d < depth]
        drawn[name] = (parents[-1] if parents else "Exception", other)
        above = {d: n for d, n in above.items() if d < depth} | {depth: name}
    actual = {}
    for name, error in inspect.getmembers(errors, inspect.isclass):
        if issubclass(error, errors.WalrusCoreError):
            first, *others = [base.__name__ for base in error.__bases__]
            actual[name] = (first, *(others or [""]))
    assert drawn == actual


def test_all_are_public() -> None:
    assert set(errors.__all__) <= set(walrus_core.__all__)
    assert all(getattr(walrus_core, name) is getattr(errors, name) for name in errors.__all__)
