"""The official TypeScript clients, @mysten/sui and @mysten/walrus, over native gRPC."""

import base64
import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from localnet.sui_node.running_chain import RunningChain
from sui import official_sdk

from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.messages import Confirmation
from walrus_core.protocol.signed_message import SignedMessage
from walrus_core.types import BlobId

SECONDS = 120
CONTENT = "seventeen bytes.."


class Drill:
    """Steps of native.mjs, all with the chain's wallet."""

    def __init__(self, running: RunningChain) -> None:
        self._running = running
        self._directory = official_sdk.install()

    def run(self, *steps: dict[str, Any]) -> list[Any]:
        values = self._running.values
        given = {
            "address": self._running.address,
            "key": self._running.wallet,
            "system": values["systemId"],
            "staking": values["stakingId"],
            "steps": steps,
        }
        done = subprocess.run(
            ["node", "--no-warnings", str(self._directory / "native.mjs")],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            timeout=SECONDS,
        )
        assert done.returncode == 0, done.stderr
        return list(json.loads(done.stdout))


@pytest.fixture
def drill(running_chain: RunningChain) -> Drill:
    return Drill(running_chain)


def test_the_chain_describes_itself(drill: Drill, running_chain: RunningChain) -> None:
    [chain, contract] = drill.run({"step": "chain"}, {"step": "contract"})
    assert chain.pop("chainIdentifier") == running_chain.values["chainId"]
    balances = {each["coinType"].split("::")[2]: each for each in chain.pop("balances")}
    assert chain == {
        "referenceGasPrice": "1000",
        "epoch": "1",
        "decimals": 9,
        "maxArguments": "512",
    }
    assert balances.keys() == {"SUI", "WAL"}
    assert all(each["balance"] == each["coinBalance"] for each in balances.values())
    assert contract.pop("package").startswith("0x")
    assert contract == {
        "nShards": 100,
        "epoch": 1,
        "members": 1,
        "storagePrice": "100000",
        "writePrice": "20000",
        "parameters": 3,
    }


def test_coins_are_split_listed_and_merged(drill: Drill) -> None:
    [found] = drill.run({"step": "coins", "amounts": [11, 12, 13]})
    sui = f"0x{2:064x}::coin::Coin<0x{2:064x}::sui::SUI>"
    assert found["types"] == [sui] * 3
    assert found["sizes"] == [40] * 3
    assert found["balances"] == ["11", "12", "13"]
    assert found["listed"] >= 4
    [change] = found["changes"]
    assert int(change) < 0  # gas: the coins stay in the family
    assert found["success"] is True
    assert found["gone"] == "notExists"


def test_refusals_come_with_their_reasons(drill: Drill) -> None:
    [too_much, unknown] = drill.run({"step": "tooMuch"}, {"step": "unknownTransaction"})
    assert "resolution failed: the coin's balance is too small" in too_much["error"]
    assert "not" in unknown["error"].lower()


def test_a_blob_from_registration_to_deletion(drill: Drill, running_chain: RunningChain) -> None:
    attributes = {"name": "seventeen", "kind": "text"}
    [blob] = drill.run(
        {"step": "register", "content": CONTENT, "epochs": 3, "attributes": attributes}
    )
    assert "error" not in blob, blob
    assert blob["attributes"] == attributes
    assert int(blob["totalCost"]) == int(blob["storageCost"]) + int(blob["writeCost"])
    signed = certificate(running_chain.home, blob)
    forged = signed | {"signature": certificate(running_chain.home, blob, epoch=2)["signature"]}
    names = {"blobId": blob["blobId"], "objectId": blob["objectId"]}
    [refused] = drill.run({"step": "certify"} | names | forged)
    assert "MoveAbort in 1st command" in refused["error"]
    assert "::bls_aggregate::" in refused["error"]
    answers = drill.run(
        {"step": "certify"} | names | signed,
        {"step": "extend", "objectId": blob["objectId"], "epochs": 2},
        {
            "step": "attributes",
            "objectId": blob["objectId"],
            "attributes": {"kind": None, "n": "1"},
        },
        {"step": "fields", "objectId": blob["objectId"]},
        {"step": "remove", "objectId": blob["objectId"]},
    )
    certified, extended, changed, fields, removed = answers
    assert certified["certified"] == blob["registered"] == 1
    assert extended == 2
    assert changed == {"name": "seventeen", "n": "1"}
    assert [(field["kind"], field["name"]) for field in fields] == [("DynamicField", "vector<u8>")]
    assert removed["gone"] == "notExists"


def test_what_happened_and_what_happens(drill: Drill) -> None:
    [contract] = drill.run({"step": "contract"})
    module = contract["package"] + "::system"
    drill.run({"step": "register", "content": "news", "epochs": 1})
    [events, news] = drill.run({"step": "events", "emitModule": module}, {"step": "news"})
    assert len(events["ascending"]) >= 1
    assert events["descending"] == events["ascending"][::-1]
    assert "BlobRegistered" in {name for _, name, _ in events["ascending"]}
    assert news["heard"] == [news["digest"]]


def certificate(home: Path, blob: dict[str, Any], epoch: int | None = None) -> dict[str, Any]:
    """Of the founding node, the only one there is; about the wrong epoch, if one is given."""
    key = KeyPair.from_base64((home / "founder.key").read_text().strip())
    message = Confirmation(
        epoch or blob["registered"],
        BlobId.from_str(blob["blobId"]),
        bytes.fromhex(blob["objectId"][2:]),
    )
    signed = SignedMessage.sign(key, message)
    return {
        "signers": [0],
        "message": base64.b64encode(bytes(message)).decode(),
        "signature": base64.b64encode(bytes(signed.signature)).decode(),
    }
