"""parse(): the one door for every format."""

from collections.abc import Callable, Mapping
from typing import Literal

from bridge.intake import form, lead
from bridge.intake.values import Parsed, deeper_than, refused
from bridge.leads import Intent

Shape = Literal["lead", "form", "homeq"]
Parser = Callable[[Mapping[str, object], Intent | None], Parsed]

DEEPEST = 20  # levels of a payload; a real lead has four
PARSERS: Mapping[str, Parser] = {"lead": lead.parse, "form": form.parse}


def parse(payload: object, *, shape: Shape, default_intent: Intent | None = None) -> Parsed:
    """Raises `UnreadableError`. `default_intent` stands in where the payload names none."""
    parser = PARSERS.get(shape)
    if parser is None:
        raise refused("format", f"`{shape}` has no parser yet")
    if not isinstance(payload, dict):
        raise refused("payload", "is a JSON object")
    if not all(isinstance(key, str) for key in payload):
        raise refused("payload", "has keys that are no text")
    if deeper_than(DEEPEST, payload):
        raise refused("payload", f"is nested deeper than {DEEPEST} levels")
    return parser(payload, default_intent)
