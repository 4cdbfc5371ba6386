"""Scenes: a chain at rest, a wallet, and transactions to build there; drawn at random.

A scene is plain JSON, for the official SDK; `drafts` are the same transactions from the adapter.
"""

import random
from dataclasses import dataclass
from typing import Any

from walrus_core.codec.config import EncodingConfig
from walrus_core.protocol.keys import KeyPair
from walrus_core.protocol.signers import signers_to_bitmap
from walrus_core.services.ports import NewBlob, Prices
from walrus_core.sui import money_transactions, transactions
from walrus_core.sui.draft import CoinRef, Draft, Gas, ObjectRef, SharedRef
from walrus_core.sui.transactions import Contract
from walrus_core.types import BlobId

Json = dict[str, Any]

N_SHARDS = 100
BASE58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"


@dataclass(frozen=True)
class Scene:
    """One scene, as JSON and as what the adapter knows of it."""

    json: Json
    contract: Contract
    prices: Prices
    sender: bytes
    coins: list[CoinRef]
    gas: Gas


def raw(text: str) -> bytes:
    """The bytes of 0x and 64 digits."""
    return bytes.fromhex(text[2:])


class Artist:
    """Draws scenes."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)

    def scene(self, *, prices: Prices, n_coins: int, exact: bool = False) -> Scene:
        """A scene in which every kind of transaction is built once or more often.

        `exact`: the coins hold just what the first transaction, a registration, takes.
        """
        blobs = [self._blob(attributes={"k": "ä", "": "b"}), self._blob(attributes=None)]
        json: Json = {
            "sender": self._id(),
            "digest": self._digest(),
            "pageSize": 3,
            "walPackage": self._id(),
            "system": self._system(prices),
            "staking": {"id": self._id(), "initialVersion": self._number(2**40)},
            "blobs": blobs,
            "gas": {"price": self._number(2000), "budget": self._number(10**10)},
        }
        json["gas"]["coins"] = [self._coin(7) for _ in range(self.random.randint(1, 4))]
        json["transactions"] = self._transactions(blobs, json["system"]["members"])
        first = json["transactions"][0]
        cost = prices.cost(encoded_size(first["size"]), first["epochs"]).total
        json["coins"] = self._coins(n_coins, cost if exact else 10**16)
        json["pageSize"] = n_coins  # what is short of a page is another test's business
        if exact:
            json["transactions"] = [first]
        return _understood(json, prices)

    def _transactions(self, blobs: list[Json], members: list[Json]) -> list[Json]:
        with_attributes, bare = (blob["id"] for blob in blobs)
        return [
            self._registration(attributes=None),
            self._registration(attributes={"a": "b", "ü": "", "a b": "x" * 200}),
            {"kind": "reserve", "size": self.random.randrange(1, 10**7), "epochs": 53},
            self._certification(bare, len(members)),
            {"kind": "delete", "blobObjectId": bare},
            {"kind": "extend", "blobObjectId": bare, "epochs": self.random.randint(1, 53)},
            {
                "kind": "attributes",
                "blobObjectId": with_attributes,
                "attributes": {"k": None, "new": "value"},
            },
            {"kind": "attributes", "blobObjectId": bare, "attributes": {"b": "c", "a": "d"}},
            {"kind": "stake", "amount": str(10**9), "nodeId": members[0]["nodeId"]},
        ]

    def _registration(self, attributes: dict[str, str] | None) -> Json:
        given = {"attributes": attributes} if attributes else {}
        return given | {
            "kind": "register",
            "size": self.random.randrange(1, 10**7),
            "epochs": self.random.randint(1, 53),
            "blobId": str(BlobId(self.random.randbytes(32))),
            "rootHash": self.random.randbytes(32).hex(),
            "deletable": self.random.random() < 0.5,
        }

    def _certification(self, blob: str, n_members: int) -> Json:
        signers = self.random.sample(range(n_members), self.random.randint(1, n_members))
        return {
            "kind": "certify",
            "blobObjectId": blob,
            "blobId": str(BlobId(self.random.randbytes(32))),
            "signers": sorted(signers),
            "signature": self.random.randbytes(96).hex(),
            "message": self.random.randbytes(72).hex(),
        }

    def _system(self, prices: Prices) -> Json:
        cuts = [0, *sorted(self.random.sample(range(1, N_SHARDS), 11)), N_SHARDS]
        members = [
            {
                "nodeId": node_id,
                "shards": list(range(start, end)),
                "address": f"localhost:{start + 9185}",
                "publicKey": KeyPair.generate().public_key.to_uncompressed().hex(),
            }
            for node_id, start, end in zip(
                sorted(self._id() for _ in range(12)), cuts, cuts[1:], strict=False
            )
        ]
        return {
            "id": self._id(),
            "package": self._id(),
            "original": self._id(),
            "initialVersion": self._number(2**40),
            "nShards": N_SHARDS,
            "epoch": 8,
            "storagePrice": str(prices.storage),
            "writePrice": str(prices.write),
            "members": members,
        }

    def _blob(self, attributes: dict[str, str] | None) -> Json:
        given = {"attributes": attributes} if attributes else {}
        return given | {
            "id": self._id(),
            "version": self._number(2**40),
            "digest": self._digest(),
            "blobId": str(self.random.getrandbits(256)),
            "size": str(self.random.getrandbits(34)),
            "storageSize": str(self.random.randrange(1, 2**36)),
            "certifiedEpoch": self.random.choice([None, 6]),
            "deletable": self.random.random() < 0.5,
        }

    def _coins(self, count: int, total: int) -> list[Json]:
        cuts = sorted(self.random.randrange(total + 1) for _ in range(count - 1))
        balances = [high - low for low, high in zip([0, *cuts], [*cuts, total], strict=True)]
        return [self._coin(balance) for balance in balances]

    def _coin(self, balance: int) -> Json:
        version = self._number(2**40)
        return {"id": self._id(), "version": version, "digest": self._digest()} | {
            "balance": str(balance)
        }

    def _id(self) -> str:
        return "0x" + self.random.randbytes(32).hex()

    def _digest(self) -> str:
        return _base58(self.random.randbytes(32))

    def _number(self, limit: int) -> str:
        return str(self.random.randrange(1, limit))


def encoded_size(size: int) -> int:
    """The encoded size of a blob in every scene."""
    return EncodingConfig(N_SHARDS).encoded_size(size)


def drafts(scene: Scene) -> list[Draft]:
    """The transactions of a scene, drafted by the adapter."""
    return [_draft(scene, transaction) for transaction in scene.json["transactions"]]


def _draft(scene: Scene, it: Json) -> Draft:
    contract, coins, sender, prices = scene.contract, scene.coins, scene.sender, scene.prices
    blob = _blob_reference(scene, it)
    match it["kind"]:
        case "register":
            new = NewBlob(
                BlobId.from_str(it["blobId"]),
                bytes.fromhex(it["rootHash"]),
                it["size"],
                encoded_size(it["size"]),
                it["deletable"],
                it.get("attributes", {}),
            )
            cost = prices.cost(new.encoded_size, it["epochs"])
            return transactions.register(contract, new, it["epochs"], cost, coins, sender)
        case "reserve":
            size, epochs = encoded_size(it["size"]), it["epochs"]
            price = prices.storage_cost(size, epochs)
            return transactions.reserve(contract, size, epochs, price, coins, sender)
        case "certify":
            bitmap = signers_to_bitmap(it["signers"], len(scene.json["system"]["members"]))
            parts = bytes.fromhex(it["signature"]), bitmap, bytes.fromhex(it["message"])
            return transactions.certify(contract, blob, parts)
        case "delete":
            return transactions.delete(contract, blob, sender)
        case "extend":
            size = int(_blob(scene, it)["storageSize"])
            price = prices.storage_cost(size, it["epochs"])
            return transactions.extend(contract, blob, it["epochs"], price, coins)
        case "attributes":
            first = "attributes" not in _blob(scene, it)
            return transactions.set_attributes(contract, blob, it["attributes"], first=first)
        case _:
            node_id, amount = raw(it["nodeId"]), int(it["amount"])
            return money_transactions.stake(contract, node_id, amount, coins, sender)


def _blob(scene: Scene, transaction: Json) -> Json:
    wanted = transaction.get("blobObjectId")
    return next((blob for blob in scene.json["blobs"] if blob["id"] == wanted), {})


def _blob_reference(scene: Scene, transaction: Json) -> ObjectRef:
    blob = _blob(scene, transaction) or scene.json["blobs"][0]
    return _reference(blob)


def _reference(json: Json) -> ObjectRef:
    return ObjectRef(raw(json["id"]), int(json["version"]), json["digest"])


def _understood(json: Json, prices: Prices) -> Scene:
    system, staking = json["system"], json["staking"]
    contract = Contract(
        raw(system["package"]),
        raw(system["original"]),
        SharedRef(raw(system["id"]), int(system["initialVersion"])),
        SharedRef(raw(staking["id"]), int(staking["initialVersion"])),
        json["walPackage"] + "::wal::WAL",
    )
    coins = [
        CoinRef(raw(coin["id"]), int(coin["version"]), coin["digest"], int(coin["balance"]))
        for coin in json["coins"]
    ]
    sender, gas = raw(json["sender"]), json["gas"]
    payment = [_reference(coin) for coin in gas["coins"]]
    return Scene(
        json,
        contract,
        prices,
        sender,
        coins,
        Gas(payment, sender, int(gas["price"]), int(gas["budget"])),
    )


def _base58(data: bytes) -> str:
    number, digits = int.from_bytes(data, "big"), ""
    while number:
        number, digit = divmod(number, 58)
        digits = BASE58[digit] + digits
    return "1" * (len(data) - len(data.lstrip(b"\0"))) + digits
