"""Every error of walrus-core.

    WalrusCoreError
    ├── InvalidArgumentError (ValueError)    a number or buffer that the function does not accept
    │   ├── BlobTooLargeError                .size > .max_size for this number of shards
    │   ├── InvalidRangeError                .start..=.end does not lie within .size bytes
    │   ├── WrongOffsetError                 what came begins at .got, not at .expected
    │   └── ChecksumError                    what came at .offset is not what was sent
    ├── InvalidEncodingError (ValueError)    bytes or text that are not a value's canonical form
    ├── VerificationError                    not what the blob ID commits to; .failures
    │   └── SignatureError                   not signed by the key, or not this message
    ├── NotEnoughWeightError                 signers hold .got < .needed shards
    ├── NotEnoughSliversError                .got < .needed slivers of one axis
    ├── NotEnoughSymbolsError                .got < .needed recovery symbols for one sliver
    ├── InconsistentBlobError                the blob's author encoded it wrongly; .proof
    ├── UnknownEngineError (ValueError)      .name is none of .available
    ├── OperationCancelledError              the call's cancel token was triggered
    ├── OutOfMemoryError (MemoryError)       .needed bytes could not be had
    ├── MissingDependencyError (ImportError) .package is not installed; the extra .extra has it
    ├── StorageError                         a file or directory is not as it should be; .path
    │   ├── DirectoryOccupiedError           .path holds .found, not .expected
    │   ├── StorageFullError                 .needed > .free bytes
    │   ├── StoreInUseError                  another process has the store open
    │   ├── StoreFormatError                 .found is not the on-disk format .supported
    │   └── DamagedStoreError                the store's index cannot be read
    ├── ConfigurationError                   the configuration file .path says what cannot be
    ├── NotRegisteredError                   no live registration of .blob_id is known here
    ├── NodeError                            what a storage node refuses, with its reason
    │   ├── MetadataNotFoundError            it has no metadata of .blob_id
    │   ├── SliverNotFoundError              it has none of the .count slivers asked for
    │   ├── ShardNotAssignedError            .shard is not its own in .epoch
    │   ├── MissingSliversError              .missing of its slivers of .blob_id have not arrived
    │   ├── InvalidBlobIdError               .blob_id was proven inconsistent
    │   ├── BufferFullError                  .needed > .free bytes for blobs not yet registered
    │   ├── WrongEpochError                  .got is not its epoch .expected
    │   ├── UnauthorizedError                the caller may not ask that
    │   └── OverloadedError                  too much at once; try again after .retry_after seconds
    ├── UploadError                          of an upload to a server, .upload_id
    │   ├── UploadNotFoundError              the caller has none of this ID
    │   ├── UploadInUseError                 another call sends its bytes
    │   ├── UploadInterruptedError           the server stops; it will go on with it
    │   └── UploadMismatchError              .name is .got, but was .expected when it began
    ├── UploadLimitError                     .needed > .limit of .what
    ├── UnauthenticatedError                 the server does not know who calls
    ├── QuotaExceededError                   the caller's .what is .needed > .limit
    ├── ServerStoppingError                  it takes no new calls; try again after .retry_after
    ├── NodeUnavailableError                 the storage node at .address does not answer
    ├── BlobNotFoundError                    enough nodes say that .blob_id is not stored
    ├── BlobUnavailableError                 .got < .needed slivers of .blob_id could be had
    ├── QuorumUnreachableError               only .got < .needed shards answer; nothing is paid
    ├── NotEnoughConfirmationsError          .got < .needed shards confirmed; .blob_id is registered
    ├── RegistrationEndedError               .object_id ended before enough nodes confirmed it
    ├── ProcessFailedError                   a process of the local network, .name, did not come up
    ├── Abort                                the contract refuses: .module, .code, .name
    ├── UnknownObjectError                   no such object lives in this ledger; .kind, .object_id
    ├── ChainUnavailableError                the node at .url does not answer, or not sensibly
    ├── InsufficientFundsError               .got < .needed of .coin in the wallet
    ├── TransactionRejectedError             refused before it was executed: .status, .reason
    ├── TransactionFailedError               .transaction was executed and failed, by no abort
    ├── TransactionUnknownError              sent, but what became of .transaction is not known
    └── SnapshotError                        bytes that are no snapshot, or cut or edited

The numbers are the constructor's arguments, so that errors survive pickling (process pools), and
the message is made from them: it prints the inequality that failed and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "Abort",
    "BlobNotFoundError",
    "BlobTooLargeError",
    "BlobUnavailableError",
    "BufferFullError",
    "ChainUnavailableError",
    "ChecksumError",
    "ConfigurationError",
    "DamagedStoreError",
    "DirectoryOccupiedError",
    "InconsistentBlobError",
    "InsufficientFundsError",
    "InvalidArgumentError",
    "InvalidBlobIdError",
    "InvalidEncodingError",
    "InvalidRangeError",
    "MetadataNotFoundError",
    "MissingDependencyError",
    "MissingSliversError",
    "NodeError",
    "NodeUnavailableError",
    "NotEnoughConfirmationsError",
    "NotEnoughSliversError",
    "NotEnoughSymbolsError",
    "NotEnoughWeightError",
    "NotRegisteredError",
    "OperationCancelledError",
    "OutOfMemoryError",
    "OverloadedError",
    "ProcessFailedError",
    "QuorumUnreachableError",
    "QuotaExceededError",
    "RegistrationEndedError",
    "ServerStoppingError",
    "ShardNotAssignedError",
    "SignatureError",
    "SliverNotFoundError",
    "SnapshotError",
    "StorageError",
    "StorageFullError",
    "StoreFormatError",
    "StoreInUseError",
    "TransactionFailedError",
    "TransactionRejectedError",
    "TransactionUnknownError",
    "UnauthenticatedError",
    "UnauthorizedError",
    "UnknownEngineError",
    "UnknownObjectError",
    "UploadError",
    "UploadInUseError",
    "UploadInterruptedError",
    "UploadLimitError",
    "UploadMismatchError",
    "UploadNotFoundError",
    "VerificationError",
    "WalrusCoreError",
    "WrongEpochError",
    "WrongOffsetError",
]


_LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def _seconds(count: float) -> str:
    """A time to wait, no more exactly than matters: `0.25 seconds`, `1 second`, `3,000 seconds`."""
    text = f"{count:.3g}" if count < 10 else f"{count:,.0f}"
    return f"{text} second{'' if text == '1' else 's'}"


class WalrusCoreError(Exception):
    """Base class: catch it to catch everything that walrus-core raises on purpose."""


class InvalidArgumentError(WalrusCoreError, ValueError):
    """A number, buffer or type that the function does not accept, whatever the blob."""


class BlobTooLargeError(InvalidArgumentError):
    """A blob for which no symbol size up to 65,534 bytes is enough, with this many shards; or one
    that a server does not accept.
    """

    def __init__(self, size: int, max_size: int) -> None:
        super().__init__(size, max_size)
        self.size = size
        self.max_size = max_size

    def __str__(self) -> str:
        return (
            f"blob size {self.size:,} > {self.max_size:,} bytes, the most for this n_shards,"
            " or that the server accepts; split the blob, or use more shards"
        )


class InvalidRangeError(InvalidArgumentError):
    """Bytes `start` to `end`, both included, of which not all are in a blob of `size` bytes."""

    def __init__(self, start: int, end: int, size: int) -> None:
        super().__init__(start, end, size)
        self.start = start
        self.end = end
        self.size = size

    def __str__(self) -> str:
        last = f"it has bytes 0 to {self.size - 1:,}" if self.size else "it is empty"
        if self.start >= self.size:
            return f"there is no byte {self.start:,} in the blob; {last}"
        if self.end < self.start:
            return f"a range ends before it begins: bytes {self.start:,} to {self.end:,}; {last}"
        return f"bytes {self.start:,} to {self.end:,} are not all in the blob; {last}"


class WrongOffsetError(InvalidArgumentError):
    """Bytes that come in order and without gaps go on at `expected`; these began at `got`."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return f"offset {self.got:,} != {self.expected:,}, where the next bytes belong"


class ChecksumError(InvalidArgumentError):
    """The bytes at `offset` do not have the CRC-32C that came with them."""

    def __init__(self, offset: int, expected: int, got: int) -> None:
        super().__init__(offset, expected, got)
        self.offset = offset
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return (
            f"the CRC-32C of the bytes at {self.offset:,} is {self.got:#010x}, not"
            f" {self.expected:#010x} as stated; send them again"
        )


class InvalidEncodingError(WalrusCoreError, ValueError):
    """Bytes or text that are no canonical form: of BCS, of a blob ID, of known metadata."""


class VerificationError(WalrusCoreError):
    """A well-formed value that is not what the blob ID commits to, or not what was signed.

    `failures` maps the position of each bad item of a batch to the reason; empty when one value was
    verified alone.
    """

    def __init__(self, message: str, failures: Mapping[int, str] | None = None) -> None:
        failures = dict(failures or {})
        super().__init__(message, failures)
        self.failures = failures

    @classmethod
    def of_batch(cls, failures: Mapping[int, str], count: int, items: str) -> VerificationError:
        """About at least one bad item among `count` `items`."""
        first = next(iter(failures.values()))
        return cls(f"{len(failures)} of {count} {items} are bad; the first: {first}", failures)

    def __str__(self) -> str:
        return str(self.args[0])


class SignatureError(VerificationError):
    """A well-formed signature that its key does not verify, or that is over another message."""


class NotEnoughWeightError(WalrusCoreError):
    """The members that signed hold fewer shards than the statement needs behind it."""

    def __init__(self, needed: int, got: int) -> None:
        super().__init__(needed, got)
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        missing = self.needed - self.got
        return (
            f"{self.got} < {self.needed} shards signed;"
            f" gather signatures of members that hold {missing} more"
        )


class NotEnoughSliversError(WalrusCoreError):
    """Fewer slivers of one axis than reconstruction needs."""

    def __init__(self, needed: int, got: int) -> None:
        super().__init__(needed, got)
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        missing = self.needed - self.got
        return f"{self.got} < {self.needed} slivers; gather {missing} more of the same axis"


class NotEnoughSymbolsError(WalrusCoreError):
    """Fewer valid, distinct recovery symbols than one sliver needs."""

    def __init__(self, needed: int, got: int) -> None:
        super().__init__(needed, got)
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        missing = self.needed - self.got
        return f"{self.got} < {self.needed} valid recovery symbols; gather {missing} more"


class InconsistentBlobError(WalrusCoreError):
    """The blob's metadata does not commit to any one blob: whoever encoded it did so wrongly.

    `proof` is the `InconsistencyProof` when recovery found out (it convinces others), None when
    decoding did.
    """

    def __init__(self, message: str, proof: Any = None) -> None:
        super().__init__(message, proof)
        self.proof = proof

    def __str__(self) -> str:
        return str(self.args[0])


class UnknownEngineError(WalrusCoreError, ValueError):
    """An engine name that is unknown, or that this CPU cannot run."""

    def __init__(self, name: str, available: tuple[str, ...]) -> None:
        super().__init__(name, available)
        self.name = name
        self.available = available

    def __str__(self) -> str:
        names = ", ".join(self.available)
        return f"engine {self.name!r} is unknown, or not for this CPU; choose one of: {names}"


class OperationCancelledError(WalrusCoreError):
    """The call was stopped through its cancel token; its outputs hold nothing of use."""

    def __init__(self, message: str = "the operation was cancelled") -> None:
        super().__init__(message)


class OutOfMemoryError(WalrusCoreError, MemoryError):
    """A buffer of `needed` bytes could not be allocated."""

    def __init__(self, needed: int) -> None:
        super().__init__(needed)
        self.needed = needed

    def __str__(self) -> str:
        return f"could not allocate {self.needed:,} bytes; free memory, or process a smaller blob"


class MissingDependencyError(WalrusCoreError, ImportError):
    """A library that only a part of walrus-core needs, and that is not installed or does not load.

    `extra` is the one of walrus-core that installs it.
    """

    def __init__(self, package: str, extra: str, reason: str) -> None:
        super().__init__(package, extra, reason)
        self.package = package
        self.extra = extra
        self.reason = reason

    @classmethod
    def of(
        cls, error: ImportError, extra: str, reason: str = "", package: str = "grpcio"
    ) -> MissingDependencyError:
        """What an import that failed says is missing, `package` if it does not say; and why."""
        package, *_ = (error.name or package).split(".")
        return cls(package, extra, reason or str(error))

    def __str__(self) -> str:
        return f"{self.package} is needed ({self.reason}): pip install 'walrus-core[{self.extra}]'"


class StorageError(WalrusCoreError):
    """The file or directory at `path` is not what it should be."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class DirectoryOccupiedError(StorageError):
    """A directory meant for one blob's slivers holds another's; both blob IDs in base64url."""

    def __init__(self, path: str, expected: str, found: str) -> None:
        super().__init__(path, f"holds blob {found}, not {expected}; choose another directory")
        self.args = (path, expected, found)
        self.expected = expected
        self.found = found


class StorageFullError(StorageError):
    """The store's limit, or its disk, leaves `free` bytes, fewer than the `needed` ones."""

    def __init__(self, path: str, needed: int, free: int) -> None:
        reason = f"{needed:,} bytes needed > {free:,} free; raise the limit, or free some space"
        super().__init__(path, reason)
        self.args = (path, needed, free)
        self.needed = needed
        self.free = free


class StoreInUseError(StorageError):
    """Another process, or another part of this one, has the store at `path` open."""

    def __init__(self, path: str) -> None:
        super().__init__(path, "this store is already open; stop whoever uses it first")
        self.args = (path,)


class StoreFormatError(StorageError):
    """The store at `path` is of format `found`; this version reads and writes `supported`."""

    def __init__(self, path: str, found: int, supported: int) -> None:
        super().__init__(
            path, f"on-disk format {found} != {supported}; use the version that wrote it"
        )
        self.args = (path, found, supported)
        self.found = found
        self.supported = supported


class DamagedStoreError(StorageError):
    """What the store at `path` needs to find anything at all cannot be read."""


class NotRegisteredError(WalrusCoreError):
    """A blob without a live registration: nothing is kept of it. `blob_id` in base64url."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(blob_id)
        self.blob_id = blob_id

    def __str__(self) -> str:
        return f"blob {self.blob_id} is not registered here; register it, or wait for the event"


class ConfigurationError(WalrusCoreError):
    """The configuration file at `path` is not one, or says what cannot be."""

    def __init__(self, path: str, reason: str) -> None:
        super().__init__(path, reason)
        self.path = path
        self.reason = reason

    def __str__(self) -> str:
        return f"{self.path}: {self.reason}"


class NodeError(WalrusCoreError):
    """Base class of what a storage node refuses for a reason of its own (spec, chapter 7).

    Blob IDs in base64url.
    """


class MetadataNotFoundError(NodeError):
    """A node without the blob's metadata: send them first, or ask another."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(blob_id)
        self.blob_id = blob_id

    def __str__(self) -> str:
        return f"no metadata of blob {self.blob_id} here; send them first, or ask another node"


class SliverNotFoundError(NodeError):
    """A node that has none of the `count` slivers of one axis that were asked for."""

    def __init__(self, blob_id: str, axis: str, count: int) -> None:
        super().__init__(blob_id, axis, count)
        self.blob_id = blob_id
        self.axis = axis
        self.count = count

    def __str__(self) -> str:
        return (
            f"none of {self.count} {self.axis} slivers of blob {self.blob_id} are here;"
            " ask for others, or later"
        )


class ShardNotAssignedError(NodeError):
    """A sliver pair of a shard that this node does not hold in `epoch`."""

    def __init__(self, shard: int, epoch: int) -> None:
        super().__init__(shard, epoch)
        self.shard = shard
        self.epoch = epoch

    def __str__(self) -> str:
        return (
            f"shard {self.shard} is another node's in epoch {self.epoch};"
            " look the committee up again"
        )


class MissingSliversError(NodeError):
    """A node confirms a blob only when it has both slivers of each of its shards."""

    def __init__(self, blob_id: str, missing: int) -> None:
        super().__init__(blob_id, missing)
        self.blob_id = blob_id
        self.missing = missing

    def __str__(self) -> str:
        return f"{self.missing} slivers of blob {self.blob_id} are missing here; send them first"


class InvalidBlobIdError(NodeError):
    """A blob that was proven inconsistent and invalidated on chain: nothing of it is kept."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(blob_id)
        self.blob_id = blob_id

    def __str__(self) -> str:
        return f"blob {self.blob_id} was encoded inconsistently and is invalid for good"


class BufferFullError(NodeError):
    """What came before its registration was seen finds no room: `needed` > `free` bytes."""

    def __init__(self, needed: int, free: int) -> None:
        super().__init__(needed, free)
        self.needed = needed
        self.free = free

    def __str__(self) -> str:
        return (
            f"{self.needed:,} > {self.free:,} bytes free for blobs that are not registered yet;"
            " register first, then send"
        )


class WrongEpochError(NodeError):
    """What was signed or asked in epoch `got` reached a node in epoch `expected`."""

    def __init__(self, expected: int, got: int) -> None:
        super().__init__(expected, got)
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return f"epoch {self.got} != {self.expected}, the node's; look the committee up again"


class UnauthorizedError(NodeError):
    """A caller who may not ask that: only members of the committee move shards."""


class OverloadedError(NodeError):
    """A node with too much to do; try again after `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"too much at once; try again in {_seconds(self.retry_after)}"


class UploadError(WalrusCoreError):
    """Base class of what a server refuses about the upload `upload_id`."""

    def __init__(self, upload_id: str) -> None:
        super().__init__(upload_id)
        self.upload_id = upload_id


class UploadNotFoundError(UploadError):
    """The caller has no upload of this ID: never begun, given up, or stored too long ago."""

    def __str__(self) -> str:
        return f"you have no upload {self.upload_id} here (any more); begin a new one"


class UploadInUseError(UploadError):
    """Another call sends the upload's bytes, or has taken over from this one."""

    def __str__(self) -> str:
        return f"another call is sending the bytes of upload {self.upload_id}; end it, or wait"


class UploadInterruptedError(UploadError):
    """The server stops while it stores the upload's blob."""

    def __str__(self) -> str:
        return (
            f"the server stops, and goes on with upload {self.upload_id} when it runs again; call"
            " Store with this ID then"
        )


class UploadMismatchError(UploadError):
    """What an upload is continued with is not what it was begun with."""

    def __init__(self, upload_id: str, name: str, expected: str, got: str) -> None:
        super().__init__(upload_id)
        self.args = (upload_id, name, expected, got)
        self.name = name
        self.expected = expected
        self.got = got

    def __str__(self) -> str:
        return (
            f"{self.name} {self.got} != {self.expected}, with which upload {self.upload_id} was"
            " begun; say the same, or begin a new one"
        )


class UploadLimitError(WalrusCoreError):
    """One more upload would be too much for this server: `needed` > `limit` of `what`."""

    def __init__(self, what: str, needed: int, limit: int) -> None:
        super().__init__(what, needed, limit)
        self.what = what
        self.needed = needed
        self.limit = limit

    def __str__(self) -> str:
        return (
            f"{self.needed:,} > {self.limit:,} {self.what} at once; finish some that are begun, or"
            " try again later"
        )


class UnauthenticatedError(WalrusCoreError):
    """A caller whom the server does not know: without a token or a certificate, or with another."""


class QuotaExceededError(WalrusCoreError):
    """What a caller may have of a server; there is more of it after `retry_after` seconds."""

    def __init__(self, what: str, needed: int, limit: int, retry_after: float) -> None:
        super().__init__(what, needed, limit, retry_after)
        self.what = what
        self.needed = needed
        self.limit = limit
        self.retry_after = retry_after

    def __str__(self) -> str:
        return (
            f"{self.what}: {self.needed:,} > {self.limit:,}, this caller's quota;"
            f" try again in {_seconds(self.retry_after)}, or ask for a larger one"
        )


class ServerStoppingError(WalrusCoreError):
    """A server that takes no new calls, since it stops; after `retry_after` seconds it is gone, and
    another one may be there.
    """

    def __init__(self, retry_after: float) -> None:
        super().__init__(retry_after)
        self.retry_after = retry_after

    def __str__(self) -> str:
        return f"the server stops; try again in {_seconds(self.retry_after)}"


class NodeUnavailableError(WalrusCoreError):
    """The storage node at `address` cannot be reached, is too slow, or answers nonsense."""

    def __init__(self, address: str, reason: str) -> None:
        super().__init__(address, reason)
        self.address = address
        self.reason = reason

    def __str__(self) -> str:
        return f"storage node {self.address}: {self.reason}"


class BlobNotFoundError(WalrusCoreError):
    """Nodes that hold more than f shards say that no such blob is stored, or not any more."""

    def __init__(self, blob_id: str) -> None:
        super().__init__(blob_id)
        self.blob_id = blob_id

    def __str__(self) -> str:
        return f"blob {self.blob_id} is not stored here: never certified, expired, or deleted"


class BlobUnavailableError(WalrusCoreError):
    """A blob that is stored, but of which only `got` of the `needed` slivers could be had now."""

    def __init__(self, blob_id: str, needed: int, got: int) -> None:
        super().__init__(blob_id, needed, got)
        self.blob_id = blob_id
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        return (
            f"{self.got} < {self.needed} slivers of blob {self.blob_id} can be had:"
            " too many nodes are down; try again later"
        )


class NotEnoughConfirmationsError(WalrusCoreError):
    """A blob that was paid for, but that nodes with only `got` < `needed` shards confirmed.

    It is registered as object `object_id` (0x and hexadecimal digits), and not certified.
    """

    def __init__(self, blob_id: str, object_id: str, needed: int, got: int) -> None:
        super().__init__(blob_id, object_id, needed, got)
        self.blob_id = blob_id
        self.object_id = object_id
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        return (
            f"nodes with {self.got} < {self.needed} shards confirmed blob {self.blob_id}; it is"
            f" registered as {self.object_id} but not certified: store the same file again, which"
            " goes on from here and pays nothing"
        )


class QuorumUnreachableError(WalrusCoreError):
    """Nodes with only `got` < `needed` shards answer, too few to store a blob: nothing is paid."""

    def __init__(self, needed: int, got: int) -> None:
        super().__init__(needed, got)
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        return (
            f"storage nodes with {self.got} < {self.needed} shards answer, too few to store a blob;"
            " nothing was paid: look at the network, then try again"
        )


class RegistrationEndedError(WalrusCoreError):
    """A blob's registration, object `object_id` (0x and digits), ended as epoch `end_epoch` began,
    before enough nodes had confirmed the blob.
    """

    def __init__(self, blob_id: str, object_id: str, end_epoch: int) -> None:
        super().__init__(blob_id, object_id, end_epoch)
        self.blob_id = blob_id
        self.object_id = object_id
        self.end_epoch = end_epoch

    def __str__(self) -> str:
        return (
            f"{self.object_id}, the registration of blob {self.blob_id}, ended in epoch"
            f" {self.end_epoch}, before enough nodes confirmed it; store the blob again, for more"
            " epochs: that takes a new registration"
        )


class ProcessFailedError(WalrusCoreError):
    """A process of the local network, `name`, ended or was not ready in time; see its `log`."""

    def __init__(self, name: str, reason: str, log: str) -> None:
        super().__init__(name, reason, log)
        self.name = name
        self.reason = reason
        self.log = log

    def __str__(self) -> str:
        return f"{self.name}: {self.reason}; {self.log} has its words"


class Abort(WalrusCoreError):  # noqa: N818 - the contract's own word
    """A call that the Walrus contract refuses; it changed nothing.

    `module` and `name` say which of the contract's checks failed; `code` is the number that the
    chain reports for it, None where a checked integer operation failed.
    """

    def __init__(self, module: str, code: int | None, name: str) -> None:
        super().__init__(module, code, name)
        self.module = module
        self.code = code
        self.name = name

    def __str__(self) -> str:
        code = "" if self.code is None else f"({self.code})"
        return f"the contract aborts: {self.module}::{self.name}{code}"


class UnknownObjectError(WalrusCoreError):
    """An object that is not, or no longer, at large in this ledger: consumed, wrapped, foreign."""

    def __init__(self, kind: str, object_id: bytes) -> None:
        super().__init__(kind, object_id)
        self.kind = kind
        self.object_id = object_id

    def __str__(self) -> str:
        return (
            f"{self.kind} 0x{self.object_id.hex()} is not at large in this ledger;"
            " it was consumed or wrapped, or belongs to another"
        )


class ChainUnavailableError(WalrusCoreError):
    """The chain's node at `url` cannot be reached, is too slow, or answers nonsense."""

    def __init__(self, url: str, reason: str) -> None:
        super().__init__(url, reason)
        self.url = url
        self.reason = reason

    def __str__(self) -> str:
        advice = "check that the node runs and is the one meant"
        if self.url.partition("//")[2].startswith(_LOOPBACK):
            advice = "is the local network up? `walrus-core network up` starts it"
        return f"{self.url}: {self.reason}; {advice}"


class InsufficientFundsError(WalrusCoreError):
    """A wallet holds less than a transaction takes: `coin` is "WAL" or "SUI" (as gas, too).

    `needed` and `got` in the coin's smallest unit, FROST or MIST.
    """

    def __init__(self, coin: str, needed: int, got: int) -> None:
        super().__init__(coin, needed, got)
        self.coin = coin
        self.needed = needed
        self.got = got

    def __str__(self) -> str:
        unit = {"WAL": "FROST", "SUI": "MIST"}.get(self.coin, "units")
        missing = self.needed - self.got
        return (
            f"{self.got:,} < {self.needed:,} {unit} of {self.coin} in the wallet;"
            f" add {missing:,} {unit}"
        )


class TransactionRejectedError(WalrusCoreError):
    """A transaction, or a question, that the chain's node refuses; nothing was executed or paid.

    `status` is the name of the gRPC status.
    """

    def __init__(self, status: str, reason: str) -> None:
        super().__init__(status, reason)
        self.status = status
        self.reason = reason

    def __str__(self) -> str:
        return f"the chain's node refuses ({self.status}): {self.reason}"


class TransactionFailedError(WalrusCoreError):
    """A transaction that failed while it was executed, but by no abort; at most gas was paid.

    `transaction` is its digest; empty if it was only simulated.
    """

    def __init__(self, transaction: str, kind: str, reason: str) -> None:
        super().__init__(transaction, kind, reason)
        self.transaction = transaction
        self.kind = kind
        self.reason = reason

    def __str__(self) -> str:
        which = f"transaction {self.transaction}" if self.transaction else "the transaction"
        return f"{which} fails ({self.kind}): {self.reason}"


class TransactionUnknownError(WalrusCoreError):
    """A transaction was sent, the answer was lost, and nobody could say whether it was executed."""

    def __init__(self, transaction: str, reason: str) -> None:
        super().__init__(transaction, reason)
        self.transaction = transaction
        self.reason = reason

    def __str__(self) -> str:
        return (
            f"what became of transaction {self.transaction} is unknown ({self.reason});"
            " look for it on chain before you pay again"
        )


class SnapshotError(WalrusCoreError):
    """Bytes that are no snapshot of a ledger, or one that was cut or edited."""
