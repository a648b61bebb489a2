"""Orders of a vendor's own system: which there are, what they should say, and the watch over them.

Nothing here is in the way of a lead: the workers' housekeeping and commands run it.
"""

from bridge.pipeline.orders.command import CommandError, close, forget, reopen
from bridge.pipeline.orders.listing import listed
from bridge.pipeline.orders.registry import (
    Tie,
    all_ties,
    desk_of,
    desks,
    leads_of,
    meet,
    tie,
    tie_references,
)
from bridge.pipeline.orders.seen import Seen
from bridge.pipeline.orders.watch import Watch

__all__ = [
    "CommandError",
    "Seen",
    "Tie",
    "Watch",
    "all_ties",
    "close",
    "desk_of",
    "desks",
    "forget",
    "leads_of",
    "listed",
    "meet",
    "reopen",
    "tie",
    "tie_references",
]
