"""What the exit statuses of `walrus-core` mean, and which error ends with which."""

from __future__ import annotations

import enum

from walrus_core import errors


class ExitStatus(enum.IntEnum):
    """The status with which every command ends."""

    DONE = 0
    """The command did what it says; a decode that met bad slivers and got its blob is done, too."""

    FAILED = 1
    """Something outside the blob failed: disk or memory full, pipe closed, the chain or too many
    nodes down, walrus-core itself.
    """

    USAGE = 2
    """The command line or WALRUS_CORE_ENGINE is wrong: an unknown option, a number out of range."""

    BAD_INPUT = 3
    """What was given to work on cannot be: no such file, no blob ID, another blob's directory, a
    blob that is not stored.
    """

    NOT_RECONSTRUCTIBLE = 4
    """The slivers at hand, or to be had from nodes now, are too few, or the blob was encoded
    inconsistently by its author.
    """

    DAMAGE_FOUND = 5
    """Something does not match what the blob ID commits to, or a node's disk what was written."""

    INTERRUPTED = 130
    """Ctrl-C; every file that had not been written whole is gone, and a `store` goes on where it
    was when it is run again.
    """


_ENDS_WITH: tuple[tuple[type[BaseException], ExitStatus], ...] = (
    (errors.BlobTooLargeError, ExitStatus.BAD_INPUT),  # before its base class InvalidArgumentError
    (errors.InvalidArgumentError, ExitStatus.USAGE),
    (errors.UnknownEngineError, ExitStatus.USAGE),
    (errors.InvalidEncodingError, ExitStatus.BAD_INPUT),
    (errors.DamagedStoreError, ExitStatus.DAMAGE_FOUND),  # before its base class
    (errors.StorageError, ExitStatus.BAD_INPUT),
    (errors.ConfigurationError, ExitStatus.BAD_INPUT),
    (errors.BlobNotFoundError, ExitStatus.BAD_INPUT),
    (errors.BlobUnavailableError, ExitStatus.NOT_RECONSTRUCTIBLE),
    (errors.InvalidBlobIdError, ExitStatus.NOT_RECONSTRUCTIBLE),
    (errors.NotEnoughSliversError, ExitStatus.NOT_RECONSTRUCTIBLE),
    (errors.NotEnoughSymbolsError, ExitStatus.NOT_RECONSTRUCTIBLE),
    (errors.InconsistentBlobError, ExitStatus.NOT_RECONSTRUCTIBLE),
    (errors.VerificationError, ExitStatus.DAMAGE_FOUND),
    (errors.OperationCancelledError, ExitStatus.INTERRUPTED),
    (KeyboardInterrupt, ExitStatus.INTERRUPTED),
)


def exit_status_of(error: BaseException) -> ExitStatus:
    """The status a command ends with when `error` stopped it; FAILED for everything unforeseen."""
    return next(
        (status for kind, status in _ENDS_WITH if isinstance(error, kind)), ExitStatus.FAILED
    )
