"""Payload → `Lead`; one file a source format."""

from bridge.intake.parsing import Shape, parse
from bridge.intake.values import Expected, Milestone, Parsed, UnreadableError

__all__ = ["Expected", "Milestone", "Parsed", "Shape", "UnreadableError", "parse"]
