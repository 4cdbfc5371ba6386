"""What happened, line by line, so that two runs can be compared."""

from __future__ import annotations

import asyncio
import hashlib

from simulation.loop import EPOCH


class Trace:
    """Lines with the virtual time in front; `digest` names them all."""

    def __init__(self) -> None:
        self.lines: list[str] = []

    def note(self, text: str) -> None:
        now = asyncio.get_running_loop().time() - EPOCH
        self.lines.append(f"{now:10.3f}  {text}")

    def digest(self) -> str:
        return hashlib.blake2b("\n".join(self.lines).encode(), digest_size=16).hexdigest()

    def tail(self, count: int = 60) -> str:
        left_out = len(self.lines) - count
        head = [f"... {left_out} lines before"] if left_out > 0 else []
        return "\n".join([*head, *self.lines[-count:]])
