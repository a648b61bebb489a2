"""parse(): the one door for every format."""

from collections.abc import Callable, Mapping
from typing import Literal

from bridge.intake import form, lead
from bridge.intake.values import Parsed, UnreadableError
from bridge.leads import Intent, Problem

Shape = Literal["lead", "form", "homeq"]
Parser = Callable[[Mapping[str, object], Intent | None], Parsed]

DEEPEST = 20  # levels of a payload; a real lead has four
PARSERS: Mapping[str, Parser] = {"lead": lead.parse, "form": form.parse}


def parse(payload: object, *, shape: Shape, default_intent: Intent | None = None) -> Parsed:
    """Raises `UnreadableError`. `default_intent` stands in where the payload names none."""
    parser = PARSERS.get(shape)
    if parser is None:
        raise _refused("format", f"`{shape}` has no parser yet")
    if not isinstance(payload, dict):
        raise _refused("payload", "is a JSON object")
    if not all(isinstance(key, str) for key in payload):
        raise _refused("payload", "has keys that are no text")
    if _too_deep(payload):
        raise _refused("payload", f"is nested deeper than {DEEPEST} levels")
    return parser(payload, default_intent)


def _refused(field: str, message: str) -> UnreadableError:
    return UnreadableError([Problem(field=field, message=message, kind="invalid")])


def _too_deep(payload: object) -> bool:
    level = [payload]
    for _ in range(DEEPEST):
        level = [
            child
            for one in level
            if isinstance(one, dict | list)
            for child in (one.values() if isinstance(one, dict) else one)
        ]
        if not level:
            return False
    return True
