"""Where the contract keeps its state: fields of System and Staking that move with every upgrade."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from walrus_core.sui import move
from walrus_core.sui.addresses import U64_TAG, field_id
from walrus_core.sui.networks import Network

__all__ = ["ATTEMPTS", "StateFields", "States"]

ATTEMPTS = 3
"""Times that the chain is asked for `StateFields.ids` before it makes no sense."""


@dataclass(frozen=True, slots=True)
class States:
    """Of one moment: the package to call, and the bytes of the states that were asked for."""

    package: bytes
    system: bytes
    staking: bytes


class StateFields:
    """Finds the states of System and Staking, all of one moment, by asking for objects.

    The id of a state depends on the version in its shell, so that the first question, and the one
    after an upgrade, learns only the versions, and has to be put again.
    """

    def __init__(self, network: Network) -> None:
        self._shells = [network.system, network.staking]
        self._versions: tuple[int, ...] = ()

    def ids(self, *, staking: bool) -> list[bytes]:
        """The objects to ask for at once: both shells, then the states, Staking's if wanted."""
        return [*self._shells, *self._fields()[: 2 if staking else 1]]

    def found(self, ids: Sequence[bytes], contents: Sequence[bytes]) -> States | None:
        """What the bytes of those objects say, none for a missing state; None: ask again."""
        shells = [move.read_shell(shell) for shell in contents[:2]]
        self._versions = tuple(shell.version for shell in shells)
        asked, inner = ids[2:], contents[2:]
        if not inner or not all(inner) or asked != self._fields()[: len(asked)]:
            return None
        return States(shells[0].package, inner[0], inner[-1])

    def _fields(self) -> list[bytes]:
        return [
            field_id(shell, version.to_bytes(8, "little"), U64_TAG)
            for shell, version in zip(self._shells, self._versions, strict=False)
        ]
