"""Why an execution fails: raised by a command, told in the effects, paid for all the same."""

from __future__ import annotations

import dataclasses

from walrus_core.localnet.ledger import Abort
from walrus_core.localnet.sui_node.functions import Function
from walrus_core.localnet.sui_node.ids import address_text
from walrus_core.localnet.sui_node.values import Failure

__all__ = ["CommandError", "aborted", "argument_error", "failed", "in_command"]


class CommandError(Exception):
    """A command that cannot be executed."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure)
        self.failure = failure


def failed(kind: str, description: str) -> CommandError:
    """For reasons that need no more than a kind and words."""
    return CommandError(Failure(kind, description))


def argument_error(
    index: int, kind: str, description: str, nested: int | None = None
) -> CommandError:
    """About the argument at this position of a command."""
    words = f"argument {index}: {description}"
    return CommandError(
        Failure(
            "COMMAND_ARGUMENT_ERROR",
            words,
            argument_index=index,
            argument_kind=kind,
            nested_index=nested,
        )
    )


def type_argument_error(index: int, description: str) -> CommandError:
    """About the type argument at this position of a call."""
    words = f"type argument {index}: {description}"
    return CommandError(Failure("TYPE_ARGUMENT_ERROR", words, argument_index=index))


def aborted(error: Abort, package: bytes, called: Function) -> CommandError:
    """A call that the contract refuses; operations that do not fit have no code, and no module of
    their own.
    """
    function = called.name
    if error.code is None:
        place = f"{address_text(package)}::{called.module}::{function}"
        return CommandError(
            Failure(
                "MOVE_PRIMITIVE_RUNTIME_ERROR",
                f"arithmetic error in a call of {place}",
                abort_package=package,
                abort_module=called.module,
                abort_function=function,
                abort_name="",
            )
        )
    place = f"{address_text(package)}::{error.module}::{function}"
    return CommandError(
        Failure(
            "MOVE_ABORT",
            f"MoveAbort in {place}: code {error.code} ({error.name})",
            abort_package=package,
            abort_module=error.module,
            abort_function=function,
            abort_code=error.code,
            abort_name=error.name,
        )
    )


def in_command(failure: Failure, command: int) -> Failure:
    """The failure, with the index of the command that it stopped."""
    words = f"{failure.description} (in command {command})"
    return dataclasses.replace(failure, command=command, description=words)
