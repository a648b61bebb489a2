"""The canonical lead as JSON (DESIGN 1.2): nothing is guessed, unknown keys are refused."""

from collections.abc import Mapping

from bridge.intake.values import Expected, Parsed, validated


def parse(payload: Mapping[str, object], expected: Expected) -> Parsed:
    default = expected.default_intent
    if default and payload.get("intent") is None:
        note = f"intent {default} is the source's"
        return Parsed(validated({**payload, "intent": default}), (note,))
    return Parsed(validated(payload))
