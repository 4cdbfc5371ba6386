"""Effects and transactions, as the official TypeScript SDK reads them."""

import json
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from localnet.sui_node.people import (
    ALICE,
    FRAMEWORK,
    Content,
    Draft,
    certify,
    confirmation,
    new_chain,
    register,
    registered,
)
from sui import official_sdk

from walrus_core.localnet.sui_node.chain import LocalChain
from walrus_core.localnet.sui_node.ids import address_text, digest_text
from walrus_core.localnet.sui_node.transaction_data import Argument, Place
from walrus_core.localnet.sui_node.values import ExecutedTransaction

SECONDS = 60
PROGRAM = Path(__file__).with_name("bcs_official.mjs")


def read_officially(values: list[tuple[str, bytes]]) -> list[dict[str, Any]]:
    given = {
        "sdk": str(official_sdk.install()),
        "values": [(name, content.hex()) for name, content in values],
    }
    done = subprocess.run(
        ["node", "--no-warnings", str(PROGRAM)],
        input=json.dumps(given),
        capture_output=True,
        text=True,
        timeout=SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return list(json.loads(done.stdout))


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> LocalChain:
    return new_chain(tmp_path_factory.mktemp("chain"))


def test_effects_of_success_say_what_changed(chain: LocalChain) -> None:
    draft = Draft(chain)
    draft.transfer(register(draft, Content()))
    executed = draft.succeed()
    effects, transaction = read_officially(
        [("TransactionEffects", executed.effects.bcs), ("TransactionData", executed.bcs)]
    )
    assert effects["same"]
    assert transaction["same"]
    found = effects["value"]["V2"]
    assert found["status"]["$kind"] == "Success"
    assert found["transactionDigest"] == digest_text(executed.digest)
    assert found["lamportVersion"] == str(executed.effects.lamport_version)
    gas_index = found["gasObjectIndex"]
    assert executed.effects.changes[gas_index].id == executed.effects.gas_object
    for change, (object_id, theirs) in zip(
        executed.effects.changes, found["changedObjects"], strict=True
    ):
        assert object_id == address_text(change.id)
        assert theirs["idOperation"]["$kind"].upper() == change.operation.name
        assert change.after is not None
        assert theirs["outputState"]["ObjectWrite"][0] == digest_text(change.after.digest)
    assert transaction["value"]["V1"]["sender"] == address_text(ALICE.address)


Run = Callable[[LocalChain], ExecutedTransaction]


def certified_twice(chain: LocalChain) -> ExecutedTransaction:
    blob = registered(chain, Content())
    for _ in range(2):
        draft = Draft(chain)
        certify(draft, blob, confirmation(chain, Content()))
        executed = draft.run()
    return executed


def left_over(chain: LocalChain) -> ExecutedTransaction:
    draft = Draft(chain)
    draft.split(draft.GAS, 1)
    return draft.run()


def gas_moved(chain: LocalChain) -> ExecutedTransaction:
    draft = Draft(chain)
    draft.merge(draft.GAS, draft.GAS)
    return draft.run()


def no_such_result(chain: LocalChain) -> ExecutedTransaction:
    draft = Draft(chain)
    draft.merge(draft.GAS, Argument(Place.NESTED_RESULT, 3, 4))
    return draft.run()


def no_such_coin(chain: LocalChain) -> ExecutedTransaction:
    draft = Draft(chain)
    draft.call("coin::zero", types=("u8",), package=FRAMEWORK)
    return draft.run()


@pytest.mark.parametrize(
    ("run", "kind"),
    [
        (certified_twice, "MoveAbort"),
        (left_over, "UnusedValueWithoutDrop"),
        (gas_moved, "CommandArgumentError"),
        (no_such_result, "CommandArgumentError"),
        (no_such_coin, "TypeArgumentError"),
    ],
)
def test_effects_of_failures_say_why(chain: LocalChain, run: Run, kind: str) -> None:
    executed = run(chain)
    [effects] = read_officially([("TransactionEffects", executed.effects.bcs)])
    assert effects["same"]
    failure = effects["value"]["V2"]["status"]["Failure"]
    assert failure["error"]["$kind"] == kind
    if kind == "MoveAbort":
        location, code = failure["error"]["MoveAbort"]
        assert (location["module"]["name"], location["functionName"]) == ("blob", "certify_blob")
        assert (code, failure["command"]) == ("5", "0")
