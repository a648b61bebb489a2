"""parse(): the one door for every format."""

from collections.abc import Callable, Mapping
from typing import Literal

from bridge.intake import form, homeq, lead
from bridge.intake.values import Expected, Milestone, Parsed, deeper_than, refused

Shape = Literal["lead", "form", "homeq"]
Parser = Callable[[Mapping[str, object], Expected], Parsed | Milestone]

DEEPEST = 20  # levels of a payload; a real lead has four
PARSERS: Mapping[Shape, Parser] = {"lead": lead.parse, "form": form.parse, "homeq": homeq.parse}
ANYTHING = Expected()


def parse(payload: object, *, shape: Shape, expected: Expected = ANYTHING) -> Parsed | Milestone:
    """Raises `UnreadableError`."""
    if not isinstance(payload, dict):
        raise refused("payload", "is a JSON object")
    if not all(isinstance(key, str) for key in payload):
        raise refused("payload", "has keys that are no text")
    if deeper_than(DEEPEST, payload):
        raise refused("payload", f"is nested deeper than {DEEPEST} levels")
    return PARSERS[shape](payload, expected)
