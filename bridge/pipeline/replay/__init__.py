"""Replay with a plan: which, what would differ, what may be there already; then paced."""

from bridge.pipeline.replay.choosing import MOST, REPLAYED, Choice, Item, choose
from bridge.pipeline.replay.differing import Difference, differences
from bridge.pipeline.replay.running import Run, Runs

__all__ = [
    "MOST",
    "REPLAYED",
    "Choice",
    "Difference",
    "Item",
    "Run",
    "Runs",
    "choose",
    "differences",
]
