"""What the gateway allows, and the files of its certificate: words that need no gRPC."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

__all__ = ["CertificateFiles", "GatewayLimits"]


@dataclass(frozen=True, slots=True)
class CertificateFiles:
    """PEM files: the certificate with those between it and the root, its key, and the roots of
    those who may call; None if everybody may.
    """

    certificate: Path
    key: Path
    client_ca: Path | None = None

    def paths(self) -> list[Path]:
        paths = [self.certificate, self.key]
        return paths if self.client_ca is None else [*paths, self.client_ca]


@dataclass(frozen=True, slots=True)
class GatewayLimits:
    """At most so many calls of a kind at once; what is more is OverloadedError, to be tried again
    after `retry_after`. Times in seconds.

    `encodings` and `decodings` are of the engine, `stores` and `reconstructions` of the network,
    `questions` are short and take `question_seconds`, the others `stream_seconds`. Who neither
    sends nor takes anything for `idle_seconds` is not waited for, nor who brings less than
    `least_rate` bytes in a second.
    """

    encodings: int = 512
    decodings: int = 256
    stores: int = 256
    reconstructions: int = 128
    questions: int = 512
    question_seconds: float = 30.0
    stream_seconds: float = 3600.0
    idle_seconds: float = 30.0
    least_rate: int = 4 << 10
    retry_after: float = 1.0
