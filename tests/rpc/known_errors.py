"""One of each error that crosses the wire, with numbers that do not repeat."""

from walrus_core import errors
from walrus_core.errors import WalrusCoreError

BLOB_ID = "zRvxaRCn8ZYXT1ifFQrAGvWfMCQ35Kp05ofMYlfa8CE"

SAMPLES: list[WalrusCoreError] = [
    errors.InvalidArgumentError("pair 9 >= 7 shards"),
    errors.BlobTooLargeError(2**63, 2**62),
    errors.InvalidRangeError(3, 2, 10),
    errors.InvalidEncodingError("cut at byte 7"),
    errors.VerificationError("2 of 3 slivers are bad", {0: "the first\nreason", 2: "the other"}),
    errors.SignatureError("not signed by this key"),
    errors.NotEnoughWeightError(67, 66),
    errors.NotEnoughSliversError(34, 33),
    errors.NotEnoughSymbolsError(35, 1),
    errors.InconsistentBlobError("no blob has these metadata"),
    errors.UnknownEngineError("mmx", ("scalar", "avx2")),
    errors.OperationCancelledError(),
    errors.NotRegisteredError(BLOB_ID),
    errors.NodeError("refused"),
    errors.MetadataNotFoundError(BLOB_ID),
    errors.SliverNotFoundError(BLOB_ID, "secondary", 12),
    errors.ShardNotAssignedError(99, 21),
    errors.MissingSliversError(BLOB_ID, 3),
    errors.InvalidBlobIdError(BLOB_ID),
    errors.BufferFullError(10_000, 999),
    errors.WrongEpochError(21, 22),
    errors.UnauthorizedError("no member of the committee"),
    errors.OverloadedError(0.125),
    errors.OutOfMemoryError(2**40),
    errors.StorageError("/var/lib/walrus", "Input/output error"),
    errors.StorageFullError("/var/lib/walrus", 77, 66),
    errors.MissingDependencyError("rocksdict", "storage", "the store's index"),
    errors.NodeUnavailableError("node7.example:9185", "cannot be reached"),
    errors.BlobNotFoundError(BLOB_ID),
    errors.BlobUnavailableError(BLOB_ID, 34, 32),
    errors.NotEnoughConfirmationsError(BLOB_ID, "0x" + "ab" * 32, 67, 60),
    errors.Abort("blob", 4, "EInvalidBlobId"),
    errors.Abort("blob", None, "overflow"),
    errors.UnknownObjectError("Blob", b"\xab" * 32),
    errors.ChainUnavailableError("https://chain.example", "no answer"),
    errors.InsufficientFundsError("WAL", 1000, 10),
    errors.TransactionRejectedError("INVALID_ARGUMENT", "an old object"),
    errors.TransactionFailedError("7Zq", "InsufficientGas", "more gas"),
    errors.TransactionUnknownError("7Zr", "the link was cut"),
]
