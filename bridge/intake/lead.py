"""The canonical lead as JSON (DESIGN 1.2): nothing is guessed, unknown keys are refused."""

from collections.abc import Mapping

from bridge.intake.values import Parsed, validated
from bridge.leads import Intent


def parse(payload: Mapping[str, object], default_intent: Intent | None) -> Parsed:
    if default_intent and payload.get("intent") is None:
        note = f"intent {default_intent} is the source's"
        return Parsed(validated({**payload, "intent": default_intent}), (note,))
    return Parsed(validated(payload))
