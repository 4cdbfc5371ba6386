"""Encode, decode, verify and recover Walrus blobs, byte for byte like the official encoder.

    import walrus_core as wc

    encoded = wc.encode(b"a blob", n_shards=1000)
    slivers = [encoded.primary(pair) for pair in range(500, 834)]  # any 334 of the 1000
    assert wc.decode(encoded.metadata, slivers) == b"a blob"

Importing the package loads nothing else: modules are loaded when one of their names is first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from walrus_core import kernel
    from walrus_core.client.async_client import AsyncClient
    from walrus_core.client.client import Client
    from walrus_core.codec.batches import compute_metadata_many, encode_many
    from walrus_core.codec.config import EncodingConfig
    from walrus_core.codec.decoder import decode, decode_into
    from walrus_core.codec.directory_sink import DirectorySink
    from walrus_core.codec.encoder import EncodedBlob, compute_metadata, encode
    from walrus_core.codec.memory import release_buffers
    from walrus_core.codec.merkle import MerkleProof, MerkleTree
    from walrus_core.codec.metadata import UnverifiedMetadata, VerifiedMetadata
    from walrus_core.codec.progress import Progress
    from walrus_core.codec.recovery import InconsistencyProof, recover_sliver
    from walrus_core.codec.sinks import CallbackSink, FrameSink, SliverSink
    from walrus_core.codec.slivers import (
        Sliver,
        SliverPair,
        VerifiedSliver,
        check_slivers,
        verify_sliver,
        verify_slivers,
    )
    from walrus_core.codec.sources import map_file
    from walrus_core.codec.streaming import encode_into
    from walrus_core.codec.symbols import (
        RecoverySymbol,
        RecoverySymbols,
        recovery_symbol,
        recovery_symbols,
        verify_recovery_symbol,
        verify_recovery_symbols,
    )
    from walrus_core.errors import (
        Abort,
        BlobNotFoundError,
        BlobTooLargeError,
        BlobUnavailableError,
        BufferFullError,
        ChainUnavailableError,
        ChecksumError,
        ConfigurationError,
        DamagedStoreError,
        DirectoryOccupiedError,
        InconsistentBlobError,
        InsufficientFundsError,
        InvalidArgumentError,
        InvalidBlobIdError,
        InvalidEncodingError,
        InvalidRangeError,
        MetadataNotFoundError,
        MissingDependencyError,
        MissingSliversError,
        NodeError,
        NodeUnavailableError,
        NotEnoughConfirmationsError,
        NotEnoughSliversError,
        NotEnoughSymbolsError,
        NotEnoughWeightError,
        NotRegisteredError,
        OperationCancelledError,
        OutOfMemoryError,
        OverloadedError,
        ProcessFailedError,
        QuorumUnreachableError,
        QuotaExceededError,
        RegistrationEndedError,
        ShardNotAssignedError,
        SignatureError,
        SliverNotFoundError,
        SnapshotError,
        StorageError,
        StorageFullError,
        StoreFormatError,
        StoreInUseError,
        TransactionFailedError,
        TransactionRejectedError,
        TransactionUnknownError,
        UnauthenticatedError,
        UnauthorizedError,
        UnknownEngineError,
        UnknownObjectError,
        UploadError,
        UploadInterruptedError,
        UploadInUseError,
        UploadLimitError,
        UploadMismatchError,
        UploadNotFoundError,
        VerificationError,
        WalrusCoreError,
        WrongEpochError,
        WrongOffsetError,
    )
    from walrus_core.kernel import CancelToken
    from walrus_core.protocol.certificate import Certificate, CertificateBuilder
    from walrus_core.protocol.committee import Committee, Member
    from walrus_core.protocol.keys import KeyPair, PublicKey, Signature
    from walrus_core.protocol.messages import Confirmation, parse_message
    from walrus_core.protocol.quorum import Threshold
    from walrus_core.protocol.signed_message import SignedMessage
    from walrus_core.types import (
        Axis,
        BlobId,
        EncodingType,
        Epoch,
        ShardIndex,
        SliverIndex,
        SliverPairIndex,
        pair_to_shard,
        pair_to_sliver,
        shard_to_pair,
        sliver_to_pair,
    )

__version__ = "0.1.0"

__all__ = [
    "Abort",
    "AsyncClient",
    "Axis",
    "BlobId",
    "BlobNotFoundError",
    "BlobTooLargeError",
    "BlobUnavailableError",
    "BufferFullError",
    "CallbackSink",
    "CancelToken",
    "Certificate",
    "CertificateBuilder",
    "ChainUnavailableError",
    "ChecksumError",
    "Client",
    "Committee",
    "ConfigurationError",
    "Confirmation",
    "DamagedStoreError",
    "DirectoryOccupiedError",
    "DirectorySink",
    "EncodedBlob",
    "EncodingConfig",
    "EncodingType",
    "Epoch",
    "FrameSink",
    "InconsistencyProof",
    "InconsistentBlobError",
    "InsufficientFundsError",
    "InvalidArgumentError",
    "InvalidBlobIdError",
    "InvalidEncodingError",
    "InvalidRangeError",
    "KeyPair",
    "Member",
    "MerkleProof",
    "MerkleTree",
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
    "Progress",
    "PublicKey",
    "QuorumUnreachableError",
    "QuotaExceededError",
    "RecoverySymbol",
    "RecoverySymbols",
    "RegistrationEndedError",
    "ShardIndex",
    "ShardNotAssignedError",
    "Signature",
    "SignatureError",
    "SignedMessage",
    "Sliver",
    "SliverIndex",
    "SliverNotFoundError",
    "SliverPair",
    "SliverPairIndex",
    "SliverSink",
    "SnapshotError",
    "StorageError",
    "StorageFullError",
    "StoreFormatError",
    "StoreInUseError",
    "Threshold",
    "TransactionFailedError",
    "TransactionRejectedError",
    "TransactionUnknownError",
    "UnauthenticatedError",
    "UnauthorizedError",
    "UnknownEngineError",
    "UnknownObjectError",
    "UnverifiedMetadata",
    "UploadError",
    "UploadInUseError",
    "UploadInterruptedError",
    "UploadLimitError",
    "UploadMismatchError",
    "UploadNotFoundError",
    "VerificationError",
    "VerifiedMetadata",
    "VerifiedSliver",
    "WalrusCoreError",
    "WrongEpochError",
    "WrongOffsetError",
    "check_slivers",
    "compute_metadata",
    "compute_metadata_many",
    "decode",
    "decode_into",
    "encode",
    "encode_into",
    "encode_many",
    "kernel",
    "map_file",
    "pair_to_shard",
    "pair_to_sliver",
    "parse_message",
    "recover_sliver",
    "recovery_symbol",
    "recovery_symbols",
    "release_buffers",
    "shard_to_pair",
    "sliver_to_pair",
    "verify_recovery_symbol",
    "verify_recovery_symbols",
    "verify_sliver",
    "verify_slivers",
]

_NAMES_OF_MODULE = {
    "client.async_client": ("AsyncClient",),
    "client.client": ("Client",),
    "codec.batches": ("compute_metadata_many", "encode_many"),
    "codec.config": ("EncodingConfig",),
    "codec.decoder": ("decode", "decode_into"),
    "codec.directory_sink": ("DirectorySink",),
    "codec.encoder": ("EncodedBlob", "compute_metadata", "encode"),
    "codec.memory": ("release_buffers",),
    "codec.merkle": ("MerkleProof", "MerkleTree"),
    "codec.metadata": ("UnverifiedMetadata", "VerifiedMetadata"),
    "codec.progress": ("Progress",),
    "codec.recovery": ("InconsistencyProof", "recover_sliver"),
    "codec.sinks": ("CallbackSink", "FrameSink", "SliverSink"),
    "codec.slivers": (
        "Sliver",
        "SliverPair",
        "VerifiedSliver",
        "check_slivers",
        "verify_sliver",
        "verify_slivers",
    ),
    "codec.sources": ("map_file",),
    "codec.streaming": ("encode_into",),
    "codec.symbols": (
        "RecoverySymbol",
        "RecoverySymbols",
        "recovery_symbol",
        "recovery_symbols",
        "verify_recovery_symbol",
        "verify_recovery_symbols",
    ),
    "errors": (
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
    ),
    "kernel": ("CancelToken",),
    "protocol.certificate": ("Certificate", "CertificateBuilder"),
    "protocol.committee": ("Committee", "Member"),
    "protocol.keys": ("KeyPair", "PublicKey", "Signature"),
    "protocol.messages": ("Confirmation", "parse_message"),
    "protocol.quorum": ("Threshold",),
    "protocol.signed_message": ("SignedMessage",),
    "types": (
        "Axis",
        "BlobId",
        "EncodingType",
        "Epoch",
        "ShardIndex",
        "SliverIndex",
        "SliverPairIndex",
        "pair_to_shard",
        "pair_to_sliver",
        "shard_to_pair",
        "sliver_to_pair",
    ),
}
_MODULE_OF_NAME = {name: module for module, names in _NAMES_OF_MODULE.items() for name in names}


def __getattr__(name: str) -> Any:
    """Import the module that has a public name, and keep the name here for the next time."""
    if name == "kernel":
        return importlib.import_module("walrus_core.kernel")
    if name not in _MODULE_OF_NAME:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = importlib.import_module(f"{__name__}.{_MODULE_OF_NAME[name]}")
    value = globals()[name] = getattr(module, name)
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
