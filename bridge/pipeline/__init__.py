"""The order of steps, and nothing else: accept(), drain(), sweep()."""

from bridge.pipeline.accept import Accepted, Acceptor, Intake, expected
from bridge.pipeline.drain import Drain, Drained
from bridge.pipeline.parts import Parts
from bridge.pipeline.stream import StreamReader
from bridge.pipeline.sweep import Sweep
from bridge.pipeline.together import Together

__all__ = [
    "Accepted",
    "Acceptor",
    "Drain",
    "Drained",
    "Intake",
    "Parts",
    "StreamReader",
    "Sweep",
    "Together",
    "expected",
]
