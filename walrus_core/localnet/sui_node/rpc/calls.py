"""From a method of ours to a gRPC handler: bytes in, bytes out, and every error a status.

gRPC hands over bytes, not messages, so that whatever is wrong with them is refused here with
INVALID_ARGUMENT, and one place knows what becomes of an error.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TypeAlias, TypeVar

import betterproto2
import grpc

from walrus_core.errors import InvalidEncodingError, StorageError
from walrus_core.localnet.sui_node.refusals import RefusedError
from walrus_core.localnet.sui_node.rpc import wire
from walrus_core.localnet.sui_node.rpc.encoding import encode
from walrus_core.localnet.sui_node.rpc.statuses import RpcError

__all__ = ["LARGEST_REQUEST", "Handler", "stream", "unary"]

LARGEST_REQUEST = 512 * 1024
"""Bytes. Sui takes transactions up to 128 KiB; as fields instead of BCS they may be thrice that."""

_PARSED_AT_ONCE = 32 * 1024
"""Bytes. What is larger takes its time, and not that of all others: another thread parses it."""

_Request = TypeVar("_Request", bound=betterproto2.Message)
Handler: TypeAlias = grpc.RpcMethodHandler

_log = logging.getLogger(__name__)


def unary(
    request_type: type[_Request],
    answer: Callable[[_Request], betterproto2.Message | Awaitable[betterproto2.Message]],
) -> Handler:
    """A method with one answer; `answer` may be a coroutine function."""

    async def handle(data: bytes, context: grpc.aio.ServicerContext) -> bytes:
        try:
            result = answer(await _parsed(request_type, data))
            return encode(result if isinstance(result, betterproto2.Message) else await result)
        except Exception as error:
            return await _refuse(context, error)

    return grpc.unary_unary_rpc_method_handler(handle)


def stream(
    request_type: type[_Request],
    answers: Callable[[_Request], AsyncIterator[betterproto2.Message]],
) -> Handler:
    """A method with many answers; it ends when `answers` do, or with its caller."""

    async def handle(data: bytes, context: grpc.aio.ServicerContext) -> AsyncIterator[bytes]:
        try:
            async for answer in answers(await _parsed(request_type, data)):
                yield encode(answer)
        except Exception as error:
            await _refuse(context, error)

    return grpc.unary_stream_rpc_method_handler(handle)


async def _parsed(request_type: type[_Request], data: bytes) -> _Request:
    try:
        if len(data) > _PARSED_AT_ONCE:
            return await asyncio.to_thread(_parse, request_type, data)
        return _parse(request_type, data)
    except Exception as error:  # betterproto's parser raises whatever it stumbles over
        raise RpcError(
            grpc.StatusCode.INVALID_ARGUMENT,
            f"the request is no {request_type.__name__}: {error or type(error).__name__}",
        ) from error


def _parse(request_type: type[_Request], data: bytes) -> _Request:
    wire.check(request_type, data)
    return request_type.parse(data)


async def _refuse(context: grpc.aio.ServicerContext, error: Exception) -> bytes:
    """End the call with the status of `error`; never returns, for `abort` raises."""
    refusal = _refusal(error)
    details = (("grpc-status-details-bin", bytes(refusal.status)),)
    await context.abort(refusal.code, refusal.message, details)
    raise AssertionError(error)


def _refusal(error: Exception) -> RpcError:
    if isinstance(error, RpcError):
        return error
    if isinstance(error, RefusedError):
        return RpcError(grpc.StatusCode[error.reason.name], str(error))
    if isinstance(error, InvalidEncodingError):
        return RpcError(grpc.StatusCode.INVALID_ARGUMENT, str(error))
    if isinstance(error, StorageError):  # nothing can be written any more
        return RpcError(grpc.StatusCode.UNAVAILABLE, str(error))
    _log.error("a call failed", exc_info=error)
    return RpcError(grpc.StatusCode.INTERNAL, f"{type(error).__name__} in the local chain")
