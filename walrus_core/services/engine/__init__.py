"""The engine as a service: encode, name, decode, verify and recover for many callers at once."""

from walrus_core.services.engine.encoding import Wanted
from walrus_core.services.engine.engine import Engine
from walrus_core.services.engine.intake import Content
from walrus_core.services.engine.options import EngineOptions
from walrus_core.services.engine.packer import Packer, Piece, Verdict
from walrus_core.services.engine.pool import Pool, PoolLimits

__all__ = [
    "Content",
    "Engine",
    "EngineOptions",
    "Packer",
    "Piece",
    "Pool",
    "PoolLimits",
    "Verdict",
    "Wanted",
]
