"""Every error of walrus-core.

    WalrusCoreError
    ├── InvalidArgumentError (ValueError)    a number or buffer that the function does not accept
    │   └── BlobTooLargeError                .size > .max_size for this number of shards
    ├── InvalidEncodingError (ValueError)    bytes or text that are not a value's canonical form
    ├── VerificationError                    not what the blob ID commits to; .failures
    ├── NotEnoughSliversError                .got < .needed slivers of one axis
    ├── NotEnoughSymbolsError                .got < .needed recovery symbols for one sliver
    ├── InconsistentBlobError                the blob's author encoded it wrongly; .proof
    ├── UnknownEngineError (ValueError)      .name is none of .available
    ├── OperationCancelledError              the call's cancel token was triggered
    ├── OutOfMemoryError (MemoryError)       .needed bytes could not be had
    └── StorageError                         a file or directory is not as it should be; .path
        └── DirectoryOccupiedError           .path holds .found, not .expected

The numbers are the constructor's arguments, so that errors survive pickling (process pools), and
the message is made from them: it prints the inequality that failed and what to do about it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

__all__ = [
    "BlobTooLargeError",
    "DirectoryOccupiedError",
    "InconsistentBlobError",
    "InvalidArgumentError",
    "InvalidEncodingError",
    "NotEnoughSliversError",
    "NotEnoughSymbolsError",
    "OperationCancelledError",
    "OutOfMemoryError",
    "StorageError",
    "UnknownEngineError",
    "VerificationError",
    "WalrusCoreError",
]


class WalrusCoreError(Exception):
    """Base class: catch it to catch everything that walrus-core raises on purpose."""


class InvalidArgumentError(WalrusCoreError, ValueError):
    """A number, buffer or type that the function does not accept, whatever the blob."""


class BlobTooLargeError(InvalidArgumentError):
    """A blob for which no symbol size up to 65,534 bytes is enough, with this many shards."""

    def __init__(self, size: int, max_size: int) -> None:
        super().__init__(size, max_size)
        self.size = size
        self.max_size = max_size

    def __str__(self) -> str:
        return (
            f"blob size {self.size:,} > {self.max_size:,} bytes, the maximum for this n_shards;"
            " split the blob, or use more shards"
        )


class InvalidEncodingError(WalrusCoreError, ValueError):
    """Bytes or text that are no canonical form: of BCS, of a blob ID, of known metadata."""


class VerificationError(WalrusCoreError):
    """A well-formed value that does not match what the blob ID commits to.

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
