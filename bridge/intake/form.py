"""Flat forms and spreadsheet rows: the names that people really use → the canonical lead.

What is guessed is noted; what is not understood is kept under `extra`, never dropped.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridge.intake.loose import LOOSE, guids
from bridge.intake.names import names
from bridge.intake.values import Expected, Parsed, UnreadableError, validated
from bridge.intake.words import BY_NAME, COUNTRIES, FALSE, INTENTS, TRUE, fold
from bridge.leads import Intent, Problem, shown

EMAILS = ("email", "email2")
PHONES = ("phone", "cell", "work", "home", "other")
CONSENT = {
    "category": "consent_category",
    "system_type": "consent_system_type",
    "given_at": "consent_at",
}
UTM = re.compile(r"utm(?:[\s_.-]+(\w+)|(source|medium|campaign|term|content|id))")


def parse(payload: Mapping[str, object], expected: Expected) -> Parsed:
    reading = _Reading(payload)
    tree = reading.tree(expected.default_intent)
    try:
        return Parsed(validated(tree), tuple(reading.notes))
    except UnreadableError as error:
        raise UnreadableError(
            [reading.in_the_senders_words(one) for one in error.problems]
        ) from None


class _Reading:
    """One pass over a form."""

    def __init__(self, payload: Mapping[str, object]) -> None:
        self.notes: list[str] = []
        self._known: dict[str, object] = {}
        self._names: dict[str, str] = {}  # our field → the sender's name for it
        self._utm: dict[str, str] = {}
        self._extra: dict[str, object] = {}
        for name, value in payload.items():
            self._take(name, _single(value))

    def tree(self, default_intent: Intent | None) -> dict[str, Any]:
        first, last = self._person_names()
        return {
            "external_id": self._known.get("external_id"),
            "intent": self._intent(default_intent),
            "occurred_at": self._known.get("occurred_at"),
            "country": self._country(),
            "language": self._known.get("language"),
            "person": {
                "first_name": first,
                "last_name": last,
                "emails": [self._known[field] for field in self._given(EMAILS)],
                "phones": [
                    {"number": self._known[field], "label": None if field == "phone" else field}
                    for field in self._given(PHONES)
                ],
                "address": self._picked("street", "postal_code", "city"),
                "national_id": self._known.get("national_id"),
            },
            "property": {
                **self._picked("reference", "title"),
                "vitec": self._picked("customer_id", "estate_id"),
                "flow": self._picked("case_guid", "case_id", "order_id"),
            },
            "consent": {
                "processing_bases": self._bases(),
                **{field: self._known.get(name) for field, name in CONSENT.items()},
            },
            "message": self._known.get("message"),
            "marketing": {"referrer": self._known.get("referrer"), "utm": self._utm},
            "test": self._flag("test"),
            "extra": self._extra,
        }

    def in_the_senders_words(self, fault: Problem) -> Problem:
        match fault.field.split("."):
            case ["person", "emails", index, *_]:
                field = self._given(EMAILS)[int(index)]
            case ["person", "phones", index, *_]:
                field = self._given(PHONES)[int(index)]
            case ["consent", part, *_]:
                field = CONSENT.get(part, part)
            case parts:
                field = parts[-1]
        name = self._names.get(field)
        return fault.model_copy(update={"field": shown(name) if name else fault.field})

    def _take(self, name: str, value: object) -> None:
        if value in (None, "", []):
            return
        folded = fold(name)
        field, loose = BY_NAME.get(folded), LOOSE.get(folded)
        if loose and not loose.fits(value):
            self._keep(name, value, loose.otherwise)
        elif loose or field:
            self._settle(name, loose.field if loose else str(field), value)
        elif not self._is_utm(name, value):
            self._keep(name, value, "is no field that is known")

    def _is_utm(self, name: str, value: object) -> bool:
        found = UTM.fullmatch(name.strip().casefold())
        tag = found and (found[1] or found[2])
        if not tag or tag in self._utm or not isinstance(value, str | int | float):
            return False
        self._utm[tag] = str(value)
        return True

    def _settle(self, name: str, field: str, value: object) -> None:
        """The first value that a field gets is its own."""
        if self._known.setdefault(field, value) == value:
            self._names.setdefault(field, name)
        else:
            self._keep(name, value, f"came second for {field}")

    def _keep(self, name: str, value: object, why: str) -> None:
        self._extra[name] = value
        self.notes.append(f"`{shown(name)}` {why}; kept under extra")

    def _given(self, fields: tuple[str, ...]) -> list[str]:
        return [field for field in fields if field in self._known]

    def _picked(self, *fields: str) -> dict[str, object]:
        return {field: self._known.get(field) for field in fields}

    def _person_names(self) -> tuple[object, object]:
        whole, first, last = (self._known.get(f) for f in ("name", "first_name", "last_name"))
        if not (
            isinstance(whole, str)
            and isinstance(first, str | None)
            and isinstance(last, str | None)
        ):
            return first or whole, last
        told = names(whole, first, last)
        if told.note:
            self.notes.append(told.note)
        if told.left:
            self._keep(self._names["name"], told.left, "is another name than first and last name")
        return told.first, told.last

    def _intent(self, default: Intent | None) -> object:
        given = self._known.get("intent")
        if given is None:
            if default is None:
                text = "is required: add it to the form, or set default_intent on the source"
                raise UnreadableError([Problem(field="intent", message=text, kind="missing")])
            self.notes.append(f"intent {default} is the source's")
            return default
        return INTENTS.get(fold(str(given)), given)

    def _country(self) -> object:
        given = self._known.get("country")
        return COUNTRIES.get(fold(given), given) if isinstance(given, str) else given

    def _bases(self) -> list[str]:
        given = self._known.get("processing_bases")
        return [] if given is None else guids(given)

    def _flag(self, field: str) -> object:
        given = self._known.get(field)
        if isinstance(given, str):
            word = given.casefold()
            return True if word in TRUE else False if word in FALSE else given
        return given or False


def _single(value: object) -> object:
    """Form libraries wrap single values in lists, and nobody means a blank at an end."""
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value.strip() if isinstance(value, str) else value
