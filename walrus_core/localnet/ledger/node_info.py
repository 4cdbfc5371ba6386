"""What a node says about itself and how it votes (contract.md, sections 10 and 20)."""

from __future__ import annotations

from dataclasses import dataclass, field

from walrus_core.localnet.ledger.calls import checked_text
from walrus_core.localnet.ledger.containers import VecMap
from walrus_core.localnet.ledger.journal import Record
from walrus_core.protocol.aborts import abort

__all__ = ["NodeInfo", "NodeMetadata", "VotingParams"]

MAX_NAME_BYTES = 100
MAX_NETWORK_ADDRESS_BYTES = 259
NETWORK_PUBLIC_KEY_BYTES = 33


@dataclass(eq=False, slots=True)
class NodeMetadata(Record):
    """What wallets show of a node; free of limits."""

    image_url: str = ""
    project_url: str = ""
    description: str = ""
    extra_fields: VecMap[str, str] = field(default_factory=VecMap)

    def copy(self) -> NodeMetadata:
        """Another with the same content, checked to be text: a record has one owner."""
        extra = [
            (checked_text("key", key), checked_text("value", value))
            for key, value in self.extra_fields.items()
        ]
        return NodeMetadata(
            checked_text("image_url", self.image_url),
            checked_text("project_url", self.project_url),
            checked_text("description", self.description),
            VecMap(extra),
        )


@dataclass(eq=False, slots=True)
class VotingParams(Record):
    """Prices in FROST per storage unit, capacity in bytes; see `votes` for what they come to."""

    storage_price: int
    write_price: int
    node_capacity: int


@dataclass(eq=False, slots=True)
class NodeInfo(Record):
    """Names and keys. `public_key` (BLS) signs for the node in the committee."""

    name: str
    network_address: str
    public_key: bytes
    network_public_key: bytes
    metadata: NodeMetadata
    next_epoch_public_key: bytes | None = None

    def set_name(self, name: str) -> None:
        check_name(name)
        self.name = name

    def set_network_address(self, network_address: str) -> None:
        check_network_address(network_address)
        self.network_address = network_address

    def set_network_public_key(self, network_public_key: bytes) -> None:
        check_network_public_key(network_public_key)
        self.network_public_key = network_public_key

    @property
    def coming_public_key(self) -> bytes:
        """The key of the next committee that the node enters."""
        return self.next_epoch_public_key or self.public_key

    def rotate_public_key(self) -> None:
        """A key set for the next epoch replaces the present one."""
        if self.next_epoch_public_key is not None:
            self.public_key = self.next_epoch_public_key
            self.next_epoch_public_key = None


def check_name(name: str) -> None:
    if len(name.encode()) > MAX_NAME_BYTES:
        raise abort("staking_pool", "EInvalidNameLength")


def check_network_address(network_address: str) -> None:
    if len(network_address.encode()) > MAX_NETWORK_ADDRESS_BYTES:
        raise abort("staking_pool", "EInvalidNetworkAddressLength")


def check_network_public_key(network_public_key: bytes) -> None:
    if len(network_public_key) != NETWORK_PUBLIC_KEY_BYTES:
        raise abort("storage_node", "EInvalidNetworkPublicKey")
