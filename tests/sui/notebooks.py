"""Where a process writes down what it signed, and dies of it."""

from dataclasses import dataclass, field


class KilledError(Exception):
    """Stands for the end of the process."""


@dataclass
class Notebook:
    """Keeps what was signed; `killing`: and dies of it, so that nothing is sent."""

    killing: bool = False
    pages: list[bytes] = field(default_factory=list)

    async def __call__(self, signed: bytes) -> None:
        self.pages.append(signed)
        if self.killing:
            raise KilledError
