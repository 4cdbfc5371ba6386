"""Errors cross the wire as what they are: the class, its numbers, when to try again."""

import inspect
from typing import Any

import grpc
import pytest
from google.rpc import error_details_pb2, status_pb2
from rpc.known_errors import BLOB_ID, SAMPLES
from rpc.memory_node import MemoryNode
from rpc.serving import in_loop, served

from walrus_core import errors
from walrus_core.errors import (
    NodeUnavailableError,
    OverloadedError,
    ServerStoppingError,
    WalrusCoreError,
)
from walrus_core.rpc.status import DETAILS_KEY, DOMAIN, OFFICIAL, TABLE, error_from, to_status
from walrus_core.rpc.v1 import node_pb2 as pb
from walrus_core.types import BlobId

ANY_BLOB = BlobId(b"b" * 32)
SAMPLE_IDS = [type(error).__name__ for error in SAMPLES]

LOCAL = {
    "ConfigurationError",
    "DamagedStoreError",
    "DirectoryOccupiedError",
    "ProcessFailedError",
    "SnapshotError",
    "StoreFormatError",
    "StoreInUseError",
    "WalrusCoreError",
}
"""What can only happen to a process itself: to others it is a storage error, or an internal one."""


class RefusingNode(MemoryNode):
    """Answers one question, with an error."""

    def __init__(self, error: BaseException) -> None:
        super().__init__()
        self.error = error

    async def status(self, _: BlobId) -> Any:
        raise self.error


def details(status: status_pb2.Status) -> tuple[Any, Any]:
    """ErrorInfo and RetryInfo, None where there is none."""
    info, retry = error_details_pb2.ErrorInfo(), error_details_pb2.RetryInfo()
    found = [[each.Unpack(kind) for each in status.details].count(True) for kind in (info, retry)]
    assert found[0] == 1
    return info, retry if found[1] else None


def test_every_error_has_its_row() -> None:
    every = {
        name
        for name, value in vars(errors).items()
        if isinstance(value, type) and issubclass(value, WalrusCoreError)
    }
    assert {kind.__name__ for kind in TABLE} == every - LOCAL
    assert {type(error) for error in SAMPLES} == set(TABLE)
    assert {kind for _, kind in OFFICIAL} <= set(TABLE)


@pytest.mark.parametrize("kind", TABLE, ids=lambda kind: kind.__name__)
def test_rows_name_what_the_constructor_takes(kind: type[WalrusCoreError]) -> None:
    if "__init__" in {
        name for base in kind.__mro__[: kind.__mro__.index(WalrusCoreError)] for name in vars(base)
    }:
        taken = [name for name in inspect.signature(kind).parameters if name != "proof"]
    else:
        taken = ["message"]
    assert list(TABLE[kind].fields) == taken


@pytest.mark.parametrize(
    "error",
    [error for error in SAMPLES if not isinstance(error, ServerStoppingError)],
    ids=lambda error: type(error).__name__,
)
def test_errors_come_back_over_the_wire(error: WalrusCoreError) -> None:
    @in_loop
    async def run() -> None:
        async with served(RefusingNode(error)) as way:
            with pytest.raises(type(error)) as caught:
                await way.node.status(ANY_BLOB)
            assert type(caught.value) is type(error)
            expected = vars(error) | ({"path": way.address} if "path" in vars(error) else {})
            if "failures" in expected:
                expected["failures"] = {
                    position: " ".join(reason.split())
                    for position, reason in expected["failures"].items()
                }
            assert vars(caught.value) == expected
            if "path" not in expected:
                assert str(caught.value) == str(error)
            assert way.calls.made == [("GetBlobStatus", TABLE[type(error)].code.name)]

    run()


@in_loop
async def test_a_node_that_stops_is_one_that_is_not_there() -> None:
    """Another may be asked, or the same one again, by those who do so where nobody answers."""
    async with served(RefusingNode(ServerStoppingError(0.25))) as way:
        with pytest.raises(NodeUnavailableError, match="the server stops") as caught:
            await way.node.status(ANY_BLOB)
        assert caught.value.address == way.address
        assert way.calls.made == [("GetBlobStatus", "UNAVAILABLE")]


@pytest.mark.parametrize("error", SAMPLES, ids=SAMPLE_IDS)
def test_retrying_is_advised_where_it_helps(error: WalrusCoreError) -> None:
    info, retry = details(to_status(error))
    assert info.domain == DOMAIN
    passing = {grpc.StatusCode.UNAVAILABLE, grpc.StatusCode.RESOURCE_EXHAUSTED}
    row = TABLE[type(error)]
    if row.code in passing or row.reason in ("CACHE_SATURATED", "UPLOAD_IN_USE"):
        assert retry.retry_delay.ToTimedelta().total_seconds() > 0
    else:
        assert retry is None
    if isinstance(error, OverloadedError):
        assert retry.retry_delay.ToTimedelta().total_seconds() == error.retry_after


@pytest.mark.parametrize(
    ("method", "error", "code", "reason"),
    [
        ("GetMetadata", errors.MetadataNotFoundError(BLOB_ID), "NOT_FOUND", "METADATA_NOT_FOUND"),
        (
            "PutSlivers",
            errors.MetadataNotFoundError(BLOB_ID),
            "FAILED_PRECONDITION",
            "METADATA_NOT_FOUND",
        ),
        ("PutMetadata", errors.VerificationError("x"), "INVALID_ARGUMENT", "INVALID_METADATA"),
        ("PutSlivers", errors.VerificationError("x"), "INVALID_ARGUMENT", "INVALID_SLIVER"),
        ("AttestInconsistency", errors.VerificationError("x"), "INVALID_ARGUMENT", "INVALID_PROOF"),
        (
            "SyncShard",
            errors.SignatureError("x"),
            "INVALID_ARGUMENT",
            "MESSAGE_VERIFICATION_FAILED",
        ),
        ("SyncShard", errors.WrongEpochError(1, 2), "INVALID_ARGUMENT", "INVALID_EPOCH"),
        ("SyncShard", errors.UnauthorizedError("x"), "PERMISSION_DENIED", "REQUEST_UNAUTHORIZED"),
    ],
)
def test_reasons_are_the_official_ones(
    method: str, error: WalrusCoreError, code: str, reason: str
) -> None:
    status = to_status(error, method)
    info, _ = details(status)
    assert (status.code, info.reason) == (grpc.StatusCode[code].value[0], reason)
    assert type(error_from(status, "node")) is type(error)


@pytest.mark.parametrize(
    "error",
    [
        ValueError("secret"),
        errors.ConfigurationError("/secret", "secret"),
        errors.WalrusCoreError("secret"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_what_goes_wrong_inside_is_nobody_elses_business(error: Exception) -> None:
    @in_loop
    async def run() -> None:
        async with served(RefusingNode(error)) as way:
            with pytest.raises(NodeUnavailableError, match="internal error") as caught:
                await way.node.status(ANY_BLOB)
            assert "secret" not in str(caught.value)
            assert way.calls.made == [("GetBlobStatus", "INTERNAL")]
            assert await way.node.health()  # the server goes on

    run()


@pytest.mark.parametrize(
    "error",
    [
        errors.StorageError("/secret/store", "cannot write"),
        errors.StorageFullError("/secret/store", 5, 4),
        errors.DamagedStoreError("/secret/store", "cannot read"),
        errors.DirectoryOccupiedError("/secret/store", "a", "b"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_paths_stay_at_home(error: errors.StorageError) -> None:
    status = to_status(error)
    assert b"secret" not in status.SerializeToString()
    back = error_from(status, "node7:9185")
    assert isinstance(back, errors.StorageError)
    assert back.path == "node7:9185"


def test_batches_and_long_texts_fit_into_trailers() -> None:
    failures = dict.fromkeys(range(100_000), "x" * 1000)
    status = to_status(errors.VerificationError("y" * 10**6, failures))
    assert len(status.SerializeToString()) < 4096
    back = error_from(status, "node")
    assert isinstance(back, errors.VerificationError)
    assert 0 < len(back.failures) < 100


@pytest.mark.parametrize(
    "metadata",
    [
        {},
        {"error": "WrongEpochError"},
        {"error": "WrongEpochError", "expected": "1", "got": "many"},
        {"error": "WrongEpochError", "expected": "1", "got": "9" * 5000},
        {"error": "OverloadedError", "retry_after": "nan"},
        {"error": "OverloadedError", "retry_after": "-1"},
        {"error": "OverloadedError", "retry_after": "1e300"},
        {"error": "UnknownObjectError", "kind": "Blob", "object_id": "xy"},
        {"error": "SystemExit"},
    ],
)
def test_statuses_that_lie_are_nonsense(metadata: dict[str, str]) -> None:
    status = status_pb2.Status(code=9, message="m" * 10_000)
    info = error_details_pb2.ErrorInfo(domain=DOMAIN, reason="ANY", metadata=metadata)
    status.details.add().Pack(info)
    error = error_from(status, "node7:9185")
    assert type(error) is NodeUnavailableError
    assert error.address == "node7:9185"
    assert len(str(error)) < 1000


def test_other_domains_are_not_ours() -> None:
    status = to_status(errors.WrongEpochError(1, 2))
    info, _ = details(status)
    info.domain = "storage.walrus.space"
    del status.details[:]
    status.details.add().Pack(info)
    assert type(error_from(status, "node")) is NodeUnavailableError


@in_loop
async def test_details_are_in_the_standard_trailer() -> None:
    """As grpc-status, and so any language's library, finds them."""
    from grpc_status import rpc_status

    async with served(RefusingNode(errors.OverloadedError(3.0))) as way:
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await way.raw.GetBlobStatus(pb.GetBlobStatusRequest(blob_id=ANY_BLOB.digest))
        assert caught.value.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
        trailers = dict(caught.value.trailing_metadata() or ())
        status = status_pb2.Status.FromString(trailers[rpc_status.GRPC_DETAILS_METADATA_KEY])
        assert rpc_status.GRPC_DETAILS_METADATA_KEY == DETAILS_KEY
        assert (status.code, status.message) == (8, caught.value.details())
        assert details(status)[1].retry_delay.seconds == 3
