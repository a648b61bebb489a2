"""Payload → `Lead`; one file a source format."""

from bridge.intake.parsing import Shape, parse
from bridge.intake.values import Parsed, UnreadableError

__all__ = ["Parsed", "Shape", "UnreadableError", "parse"]
