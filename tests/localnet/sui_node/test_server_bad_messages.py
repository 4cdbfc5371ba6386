"""A thousand bad messages to every method: each is refused with a reason, and the server lives."""

import asyncio
import random
from collections.abc import Callable, Iterator

import grpc
import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2
import pytest
from localnet.sui_node.running_chain import RunningChain
from pysui.sui.sui_grpc.suimsgs.google.protobuf import FieldMask, Value

REQUESTS = {
    "LedgerService": [
        "GetServiceInfo",
        "GetObject",
        "BatchGetObjects",
        "GetTransaction",
        "BatchGetTransactions",
        "GetCheckpoint",
        "GetEpoch",
        "ListTransactions",
        "ListEvents",
        "ListCheckpoints",
    ],
    "MovePackageService": ["GetPackage", "GetDatatype", "GetFunction", "ListPackageVersions"],
    "NameService": ["LookupName", "ReverseLookupName"],
    "SignatureVerificationService": ["VerifySignature"],
    "StateService": [
        "ListOwnedObjects",
        "ListDynamicFields",
        "GetBalance",
        "ListBalances",
        "GetCoinInfo",
    ],
    "SubscriptionService": ["SubscribeCheckpoints", "SubscribeTransactions", "SubscribeEvents"],
    "TransactionExecutionService": ["ExecuteTransaction", "SimulateTransaction"],
}
METHODS = [f"/sui.rpc.v2.{service}/{name}" for service in REQUESTS for name in REQUESTS[service]]
PER_METHOD = 100
AT_ONCE = 50
SECONDS = 20
"""For one call; subscriptions, which are answered by silence, get less."""

EXPECTED = {
    grpc.StatusCode.OK,
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.FAILED_PRECONDITION,
    grpc.StatusCode.OUT_OF_RANGE,
}

ID = "0x" + "5" * 64
ADDRESS = v2.Argument(kind=v2.ArgumentArgumentKind.INPUT, input=1)
SEEDS = [
    b"",
    bytes(v2.GetObjectRequest(object_id=ID, version=3, read_mask=FieldMask(["*"]))),
    bytes(v2.BatchGetObjectsRequest(requests=[v2.GetObjectRequest(object_id=ID)] * 3)),
    bytes(v2.GetTransactionRequest(digest="1" * 32, read_mask=FieldMask(["effects.status"]))),
    bytes(v2.GetCheckpointRequest(sequence_number=1)),
    bytes(
        v2.ListEventsRequest(
            start_checkpoint=1,
            end_checkpoint=9,
            options=v2.QueryOptions(limit=3, after=bytes(12), ordering=v2.Ordering.DESCENDING),
            filter=v2.EventFilter(
                terms=[
                    v2.EventTerm(
                        literals=[
                            v2.EventLiteral(emit_module=v2.EmitModuleFilter(module=f"{ID}::m"))
                        ]
                    )
                ]
            ),
        )
    ),
    bytes(v2.ListOwnedObjectsRequest(owner=ID, object_type="0x2::coin::Coin<0x2::sui::SUI>")),
    bytes(v2.GetFunctionRequest(package_id="0x2", module_name="coin", name="zero")),
    bytes(
        v2.ExecuteTransactionRequest(
            transaction=v2.Transaction(bcs=v2.Bcs(value=bytes(range(200)))),
            signatures=[v2.UserSignature(bcs=v2.Bcs(value=bytes(97)))],
        )
    ),
    bytes(
        v2.SimulateTransactionRequest(
            do_gas_selection=True,
            transaction=v2.Transaction(
                sender=ID,
                kind=v2.TransactionKind(
                    programmable_transaction=v2.ProgrammableTransaction(
                        inputs=[v2.Input(object_id=ID), v2.Input(pure=bytes(32))],
                        commands=[
                            v2.Command(
                                transfer_objects=v2.TransferObjects(
                                    objects=[v2.Argument(kind=v2.ArgumentArgumentKind.GAS)],
                                    address=ADDRESS,
                                )
                            )
                        ],
                    )
                ),
            ),
        )
    ),
]


def truncated(chance: random.Random, seed: bytes) -> bytes:
    return seed[: chance.randrange(len(seed) + 1)]


def flipped(chance: random.Random, seed: bytes) -> bytes:
    changed = bytearray(seed)
    for _ in range(chance.randint(1, 4) if changed else 0):
        changed[chance.randrange(len(changed))] ^= 1 << chance.randrange(8)
    return bytes(changed)


def spliced(chance: random.Random, seed: bytes) -> bytes:
    at = chance.randrange(len(seed) + 1)
    return seed[:at] + chance.randbytes(chance.randint(1, 20)) + seed[at:]


def noise(chance: random.Random, _: bytes) -> bytes:
    return chance.randbytes(chance.randint(1, 300))


def too_long(chance: random.Random, seed: bytes) -> bytes:
    """A field that says it is longer than all there is."""
    number = chance.randint(1, 8) << 3 | 2
    return seed + bytes([number, 0xFF, 0xFF, 0xFF, 0xFF, chance.randrange(128)])


def endless(_: random.Random, seed: bytes) -> bytes:
    """An integer that does not end where integers have to."""
    return seed + b"\x10" + b"\xff" * 40


SPOIL: list[Callable[[random.Random, bytes], bytes]] = [
    truncated,
    flipped,
    spliced,
    noise,
    too_long,
    endless,
]


def bad_messages(method: str) -> Iterator[bytes]:
    chance = random.Random(method)
    for _ in range(PER_METHOD):
        yield chance.choice(SPOIL)(chance, chance.choice(SEEDS))


async def status_of(channel: grpc.aio.Channel, method: str, message: bytes) -> grpc.StatusCode:
    subscribes = "/Subscribe" in method
    call = channel.unary_stream(method)(message, timeout=0.05 if subscribes else SECONDS)
    try:
        async for _ in call:
            pass
    except grpc.aio.AioRpcError as error:
        if subscribes and error.code() is grpc.StatusCode.DEADLINE_EXCEEDED:
            return grpc.StatusCode.OK
        return error.code()
    return grpc.StatusCode.OK


@pytest.mark.parametrize("method", METHODS)
def test_bad_messages(running_chain: RunningChain, method: str) -> None:
    asyncio.run(send_all(running_chain.address, method, list(bad_messages(method))))


async def send_all(address: str, method: str, messages: list[bytes]) -> None:
    async with grpc.aio.insecure_channel(address) as channel:
        for start in range(0, len(messages), AT_ONCE):
            some = messages[start : start + AT_ONCE]
            found = await asyncio.gather(*[status_of(channel, method, each) for each in some])
            answers = zip(some, found, strict=True)
            assert not {each.hex(): code for each, code in answers if code not in EXPECTED}
        assert await status_of(channel, METHODS[0], b"") is grpc.StatusCode.OK


def ask(running_chain: RunningChain, method: str, message: bytes) -> grpc.StatusCode:
    async def once() -> grpc.StatusCode:
        async with grpc.aio.insecure_channel(running_chain.address) as channel:
            return await status_of(channel, method, message)

    return asyncio.run(once())


def test_a_message_too_large_is_not_even_read(running_chain: RunningChain) -> None:
    message = bytes(v2.GetObjectRequest(object_id="0x" + "5" * 600_000))
    assert ask(running_chain, METHODS[1], message) is grpc.StatusCode.RESOURCE_EXHAUSTED


def test_nesting_without_end(running_chain: RunningChain) -> None:
    """A list in a list in a list, as the literal value of an input."""
    value = Value(string_value="x")
    content = bytes(value)
    for _ in range(3000):
        content = field(6, field(1, content))
    literal = field(1000, content)
    transaction = field(1, field(4, field(2, field(1, literal))))
    answer = ask(running_chain, METHODS[-1], transaction)
    assert answer is grpc.StatusCode.INVALID_ARGUMENT


def field(number: int, content: bytes) -> bytes:
    """One field of bytes."""
    return varint(number << 3 | 2) + varint(len(content)) + content


def varint(value: int) -> bytes:
    low, high = value & 0x7F, value >> 7
    return bytes([low]) if not high else bytes([low | 0x80]) + varint(high)


def test_unknown_methods_and_services(running_chain: RunningChain) -> None:
    for method in ["LedgerService/Nothing", "Nothing/GetObject"]:
        answer = ask(running_chain, f"/sui.rpc.v2.{method}", b"")
        assert answer is grpc.StatusCode.UNIMPLEMENTED


def test_what_clients_do_not_know_yet_is_skipped(running_chain: RunningChain) -> None:
    """Fields of later versions, in every wire type."""
    unknown = bytes([0xF8, 0x3F, 1, 0xFA, 0x3F, 1, 0, 0xFD, 0x3F, 1, 2, 3, 4])
    assert ask(running_chain, METHODS[0], unknown) is grpc.StatusCode.OK
