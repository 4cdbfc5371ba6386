"""The engine as a service: encode, name, decode, verify and recover for many callers at once.

engine                                                the use cases, which stand in
encoding naming decoding verification recovery        ... with what only they need
packer                                                how what they take and make is cut
intake room gathering keeping                         what comes in, and where it rests
pool slots places parcels                             processors, memory, and who has to wait
"""

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
