"""One lead as an event: `{"type", "timestamp", "data"}` (Standard Webhooks, "Payload structure").

The same parcel gives the same bytes: nothing in them knows of attempts or of the clock.
"""

from collections.abc import Mapping
from typing import Any

import orjson
from ulid import ULID

from bridge.connectors import language, people
from bridge.connectors.base import Parcel
from bridge.connectors.webhook.settings import SendLead

PARTS = ("person", "property", "consent", "marketing")
REACHED_BY = frozenset({"emails", "phones"})
WORDS = language.words("en")


class Event:
    def __init__(self, parcel: Parcel, options: SendLead, left: people.Leftovers) -> None:
        self._parcel = parcel
        self._options = options
        self._left = left

    def build(self) -> bytes:
        """Empty where the receiver is to reach the person and has nothing to do it by."""
        data = self._data()
        reach = REACHED_BY & self._options.picked("person")
        if reach and not any(data.get("person", {}).get(one) for one in reach):
            return b""
        event = {"type": self._options.event_type, "timestamp": self._moment(), "data": data}
        return orjson.dumps(_filled(event))

    def _data(self) -> dict[str, Any]:
        lead = self._parcel.lead
        tree = lead.model_dump(mode="json", exclude_none=True)
        tree["person"] = tree["person"] | self._reach()
        data: dict[str, Any] = {
            "lead_id": self._parcel.lead_id,
            "source": self._parcel.source,
            "test": lead.test,
        }
        for name in self._options.fields:
            top, _, part = name.partition(".")
            if top == "extra" and part:
                data["extra"] = {**data.get("extra", {}), **_one(tree["extra"], part)}
            elif top not in PARTS:
                data |= _one(tree, top)
        for top in PARTS:
            picked = self._options.picked(top)
            data[top] = _filled({k: v for k, v in tree[top].items() if k in picked})
        if self._left.lines:
            data["person"]["uncertain"] = self._left.lines
        return _filled(data)

    def _reach(self) -> dict[str, Any]:
        """What is certain in its field; the rest is quoted, and never looks like a number."""
        picked = self._options.picked("person")
        found: dict[str, Any] = {}
        if "emails" in picked:
            found["emails"] = people.emails(self._parcel, self._left, WORDS["email"])
        if "phones" in picked:
            found["phones"] = [
                _filled({"number": one.e164, "kind": str(one.kind), "label": one.label})
                | {"assumed": one.assumed}
                for one in people.numbers(self._parcel, self._left, WORDS["phone"])
            ]
        return found

    def _moment(self) -> str | None:
        """When the event occurred, not when it is sent: else when the lead was accepted."""
        occurred = self._parcel.lead.occurred_at
        if occurred is not None:
            return occurred.isoformat()
        try:
            return ULID.from_str(self._parcel.lead_id).datetime.isoformat(timespec="milliseconds")
        except ValueError:
            return None


def _one(tree: Mapping[str, Any], name: str) -> dict[str, Any]:
    return {name: tree[name]} if name in tree else {}


def _filled(values: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, "", {}, [])}
