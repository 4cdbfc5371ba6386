"""Filters of transactions and events: any of the terms, each of them all of its literals."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import pysui.sui.sui_grpc.suimsgs.sui.rpc.v2 as v2

from walrus_core.localnet.sui_node.move_types import Struct, is_identifier
from walrus_core.localnet.sui_node.rpc import fields
from walrus_core.localnet.sui_node.rpc.statuses import invalid, missing
from walrus_core.localnet.sui_node.transaction_data import MoveCall
from walrus_core.localnet.sui_node.values import Event, ExecutedTransaction

__all__ = ["EventTest", "TransactionTest", "event_filter", "transaction_filter"]

EventTest = Callable[[Event], bool]
TransactionTest = Callable[[ExecutedTransaction], bool]

_MOST_LITERALS = 100


def event_filter(given: v2.EventFilter | None) -> EventTest:
    """A test of events."""
    if given is None:
        return lambda _: True
    _check(given.terms)
    terms = [[(_event_test(o), o.negated) for o in term.literals] for term in given.terms]
    return lambda event: any(
        all(test(event) is not negated for test, negated in term) for term in terms
    )


def transaction_filter(given: v2.TransactionFilter | None) -> TransactionTest:
    """A test of transactions; what asks for an event asks for any of the transaction's."""
    if given is None:
        return lambda _: True
    _check(given.terms)
    terms = [[(_transaction_test(o), o.negated) for o in term.literals] for term in given.terms]
    return lambda executed: any(
        all(test(executed) is not negated for test, negated in term) for term in terms
    )


def _check(terms: Sequence[v2.EventTerm] | Sequence[v2.TransactionTerm]) -> None:
    if not terms or not all(term.literals for term in terms):
        raise invalid("filter.terms", "a filter has terms, and each of them literals")
    if sum(len(term.literals) for term in terms) > _MOST_LITERALS:
        raise invalid("filter.terms", f"more than {_MOST_LITERALS} literals")


def _transaction_test(literal: v2.TransactionLiteral) -> TransactionTest:
    if literal.sender is not None:
        sender = fields.address("filter.sender.address", literal.sender.address)
        return lambda executed: executed.data.sender == sender
    if literal.affected_address is not None:
        return _affects_address(literal.affected_address)
    if literal.affected_object is not None:
        wanted = fields.address("filter.affected_object", literal.affected_object.object_id)
        return lambda executed: any(change.id == wanted for change in executed.effects.changes)
    if literal.move_call is not None:
        path = _path("filter.move_call.function", literal.move_call.function, most_names=2)
        return lambda executed: any(
            path.leads_to(command.package, command.module, command.function)
            for command in executed.data.kind.commands
            if isinstance(command, MoveCall)
        )
    if literal.package_write is not None:
        return lambda executed: any(
            change.after is not None and change.type is None for change in executed.effects.changes
        )
    test = _event_test(literal)
    return lambda executed: any(map(test, executed.events))


def _affects_address(given: v2.AffectedAddressFilter) -> TransactionTest:
    wanted = fields.address("filter.affected_address.address", given.address)

    def test(executed: ExecutedTransaction) -> bool:
        return executed.data.sender == wanted or any(
            record is not None and record.owner.address == wanted
            for change in executed.effects.changes
            for record in (change.before, change.after)
        )

    return test


def _event_test(literal: v2.EventLiteral | v2.TransactionLiteral) -> EventTest:
    """Of the predicates that both kinds of filter have."""
    if literal.sender is not None:
        sender = fields.address("filter.sender.address", literal.sender.address)
        return lambda event: event.sender == sender
    if literal.emit_module is not None:
        module = _path("filter.emit_module.module", literal.emit_module.module, most_names=1)
        return lambda event: module.leads_to(event.package, event.module)
    if literal.event_type is not None:
        return _type_test(literal.event_type)
    if literal.event_stream_head is not None:  # this chain has no authenticated streams
        return lambda _: False
    raise missing("filter.terms.literals.predicate")


def _type_test(given: v2.EventTypeFilter) -> EventTest:
    text = given.event_type or ""
    if "<" in text:
        exact = fields.move_type("filter.event_type.event_type", text)
        if not isinstance(exact, Struct):
            raise invalid("filter.event_type.event_type", "events are structs")
        return lambda event: event.type == exact
    path = _path("filter.event_type.event_type", text, most_names=2)
    return lambda event: path.leads_to(event.type.address, event.type.module, event.type.name)


@dataclass(frozen=True, slots=True)
class _Path:
    """`0xpackage[::name[::name]]`."""

    package: bytes
    names: tuple[str, ...]

    def leads_to(self, package: bytes, *names: str) -> bool:
        """Whether the thing with these names is where the path ends, or below."""
        return self.package == package and self.names == names[: len(self.names)]


def _path(field: str, text: str | None, most_names: int) -> _Path:
    package, *names = fields.required(field, text).split("::")
    if len(names) > most_names or not all(map(is_identifier, names)):
        raise invalid(field, f"{text!r:.100} is no path of a package and {most_names} names")
    return _Path(fields.address(field, package), tuple(names))
