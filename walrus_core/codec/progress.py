"""How far a call has come."""

from __future__ import annotations

from walrus_core import kernel


class Progress:
    """Counts the finished units of a call; read `done` and `total` from any thread.

    Both are 0 before the call starts, and equal when it is done. What a unit is, and so `total`,
    differs from call to call.
    """

    __slots__ = ("_state", "total")

    def __init__(self) -> None:
        self.total = 0
        self._state: tuple[int, int, kernel.Progress | None] = (0, 0, None)

    @property
    def done(self) -> int:
        """Units finished so far, those of the kernel call that runs among them."""
        finished, weight, running = self._state
        if running is not None and running.total:
            finished += weight * running.done // running.total
        return finished

    def start(self, total: int) -> None:
        """A call begins that has `total` units."""
        self._state = (0, 0, None)
        self.total = total

    def advance(self, units: int) -> None:
        """So many more units are finished."""
        self._state = (self.done + units, 0, None)

    def stage(self, units: int) -> kernel.Progress:
        """A counter for the next kernel call, which stands for so many units."""
        finished, weight, _ = self._state
        running = kernel.Progress()
        self._state = (finished + weight, units, running)
        return running
