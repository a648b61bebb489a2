"""Flat forms and spreadsheet rows: the names that people really use → the canonical lead.

What is guessed is noted; what is not understood is kept under `extra`, never dropped.
"""

import re
from collections.abc import Mapping
from typing import Any

from bridge.intake.values import Parsed, UnreadableError, validated
from bridge.intake.words import BY_NAME, COUNTRIES, FALSE, INTENTS, TRUE, fold
from bridge.leads import Intent, Problem

PHONES = ("phone", "cell", "work", "home", "other")


def parse(payload: Mapping[str, object], default_intent: Intent | None) -> Parsed:
    reading = _Reading(payload)
    tree = reading.tree(default_intent)
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
            "external_id": self._get("external_id"),
            "intent": self._intent(default_intent),
            "occurred_at": self._get("occurred_at"),
            "country": self._country(),
            "language": self._get("language"),
            "person": {
                "first_name": first,
                "last_name": last,
                "emails": [e for e in (self._get("email"), self._get("email2")) if e],
                "phones": list(self._phones()),
                "address": {k: self._get(k) for k in ("street", "postal_code", "city")},
                "national_id": self._get("national_id"),
            },
            "property": {
                "reference": self._get("reference"),
                "title": self._get("title"),
                "vitec": {k: self._get(k) for k in ("customer_id", "estate_id")},
                "flow": {k: self._get(k) for k in ("case_guid", "case_id", "order_id")},
            },
            "consent": {
                "processing_bases": self._bases(),
                "category": self._get("consent_category"),
                "system_type": self._get("consent_system_type"),
                "given_at": self._get("consent_at"),
            },
            "message": self._get("message"),
            "marketing": {"referrer": self._get("referrer"), "utm": self._utm},
            "test": self._flag("test"),
            "extra": self._extra,
        }

    def in_the_senders_words(self, fault: Problem) -> Problem:
        field = fault.field.split(".")[-1] if not fault.field[-1:].isdigit() else fault.field
        name = self._names.get(field) or self._names.get("email" if "emails" in fault.field else "")
        return fault.model_copy(update={"field": name or fault.field})

    def _take(self, name: str, value: object) -> None:
        folded = fold(name)
        field = BY_NAME.get(folded)
        if folded.startswith("utm") and value not in (None, ""):
            self._utm[re.sub(r"^utm[_\s-]*", "", name.strip().casefold())] = str(value)
        elif field is None:
            if value not in (None, ""):
                self._extra[name] = value
                self.notes.append(f"`{name[:40]}` is no field that is known; kept under extra")
        elif field in self._known and self._known[field] not in (None, ""):
            if value not in (None, "", self._known[field]):
                self._extra[name] = value
                self.notes.append(f"`{name[:40]}` came second for {field}; kept under extra")
        else:
            self._known[field] = value
            self._names[field] = name

    def _get(self, field: str) -> object:
        value = self._known.get(field)
        if isinstance(value, str):
            value = value.strip() or None
        return value

    def _person_names(self) -> tuple[object, object]:
        """A single name field is split at its last blank, and the note says so."""
        whole = self._get("name")
        first, last = self._get("first_name"), self._get("last_name")
        if not isinstance(whole, str) or (first and last):
            return first, last
        if first or last:
            return first or whole, last
        head, _, tail = " ".join(whole.split()).rpartition(" ")
        if not head:
            return tail, None
        self.notes.append("first and last name were split at the last blank (assumed)")
        return head, tail

    def _intent(self, default: Intent | None) -> object:
        given = self._get("intent")
        if given is None:
            if default is None:
                text = "is required: add it to the form, or set default_intent on the source"
                raise UnreadableError([Problem(field="intent", message=text, kind="missing")])
            self.notes.append(f"intent {default} is the source's")
            return default
        return INTENTS.get(fold(str(given)), str(given).strip().casefold().replace("-", "_"))

    def _country(self) -> object:
        given = self._get("country")
        return COUNTRIES.get(fold(given), given) if isinstance(given, str) else given

    def _phones(self) -> list[dict[str, object]]:
        return [
            {"number": value, "label": None if field == "phone" else field}
            for field in PHONES
            if (value := self._get(field)) is not None
        ]

    def _bases(self) -> object:
        given = self._known.get("processing_bases")
        if isinstance(given, str):
            return [one for one in re.split(r"[\s,;]+", given) if one]
        return given or []

    def _flag(self, field: str) -> object:
        given = self._get(field)
        if isinstance(given, str):
            word = given.casefold()
            return True if word in TRUE else False if word in FALSE else given
        return given or False


def _single(value: object) -> object:
    """Form libraries wrap single values in lists."""
    if isinstance(value, list) and len(value) == 1:
        return value[0]
    return value
