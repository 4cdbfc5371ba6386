"""Telling what happens while it happens: a line for each step that is done, and, on a terminal,
what is being done.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext

import click

from walrus_core.cli.quantities import duration_text

LABEL = 8
"""Characters that labels are padded to."""


class Step:
    """A step that is being done, and what there is to say of it once it is: `told` in the end,
    under its own label, and before that `parts`, under theirs.
    """

    def __init__(self) -> None:
        self._started = time.perf_counter()
        self.told = ""
        self.parts: list[tuple[str, str]] = []

    @property
    def seconds(self) -> float:
        """Since it began."""
        return time.perf_counter() - self._started

    def tell(self, text: str, *, timed: bool = True) -> None:
        """Have this said, with how long the step took so far."""
        self.told = f"{text} ({duration_text(self.seconds)})" if timed else text


class Story:
    """Steps as they happen, on standard output; nothing of it if `silent`."""

    def __init__(self, *, silent: bool = False) -> None:
        self._silent = silent

    @contextmanager
    def step(self, label: str, doing: str) -> Iterator[Step]:
        """A step, told with its label when the body is done; a failed one is not told."""
        step = Step()
        with self._shown(doing):
            yield step
        for part, text in [*step.parts, (label, step.told)]:
            self._line(part, text)

    def _line(self, label: str, text: str) -> None:
        if not self._silent and text:
            click.echo(f"  {click.style(f'{label:<{LABEL}}', dim=True)}  {text}")
            sys.stdout.flush()

    def _shown(self, doing: str) -> AbstractContextManager[object]:
        """A spinner beside what is being done, on a terminal."""
        if self._silent or not sys.stdout.isatty():
            return nullcontext()
        from rich.console import Console  # it takes longer than most commands

        return Console().status(f"[dim]{doing}[/dim]")
