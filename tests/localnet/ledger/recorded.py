"""Calls on a ledger, kept so that they can be made again on another one."""

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

from walrus_core.localnet.ledger import Abort, Ledger, LedgerConfig
from walrus_core.localnet.ledger.objects import Object


@dataclass(frozen=True)
class Ref:
    """An argument that is an object: another ledger has its own."""

    id: bytes


@dataclass
class Recorded:
    """A ledger, and the calls on it that succeeded. Calls that fail must leave no trace."""

    ledger: Ledger
    calls: list[tuple[bytes, int, str, tuple[Any, ...]]] = field(default_factory=list)

    def call(self, name: str, *arguments: Any, sender: bytes = bytes(32)) -> Any:
        """Make a call by its dotted name, like 'system.reserve_space'; None if it aborts."""
        before = self.ledger.digest(), self.ledger.events.end
        known = tuple(map(_referring, arguments))
        try:
            with self.ledger.transaction(sender=sender):
                result = attrgetter(name)(self.ledger)(*arguments)
        except Abort:
            assert (self.ledger.digest(), self.ledger.events.end) == before
            return None
        self.calls.append((sender, self.ledger.now_ms, name, known))
        return result

    def replay(self, config: LedgerConfig) -> Ledger:
        """The same calls on a new ledger."""
        ledger = Ledger(config)
        for sender, now_ms, name, arguments in self.calls:
            found = [_found(one, ledger) for one in arguments]
            if ledger.now_ms < now_ms:
                ledger.advance_clock(now_ms)
            with ledger.transaction(sender=sender):
                attrgetter(name)(ledger)(*found)
        ledger.advance_clock(self.ledger.now_ms)
        return ledger


def _referring(argument: Any) -> Any:
    """The argument with references instead of objects."""
    if isinstance(argument, list):
        return [_referring(one) for one in argument]
    return Ref(argument.id) if isinstance(argument, Object) else argument


def _found(argument: Any, ledger: Ledger) -> Any:
    """The inverse of `_referring`."""
    if isinstance(argument, list):
        return [_found(one, ledger) for one in argument]
    return ledger.objects[argument.id] if isinstance(argument, Ref) else argument
