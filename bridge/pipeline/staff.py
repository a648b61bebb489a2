"""Who at a HomeQ landlord's stands behind an event, and at which office: for people who look.

An employee's name is kept sealed, with the lead or with the milestone's own payload.
"""

from collections.abc import Mapping

import orjson

from bridge.delivery.values import LogEntry
from bridge.delivery.vault import SealError
from bridge.leads import Lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import offices_of


def of_lead(parts: Parts, source: str, lead: Lead | None) -> dict[str, str]:
    """`agent` and `office`, where HomeQ told them."""
    ids = lead.extra.get("homeq") if lead else None
    if not isinstance(ids, dict):
        return {}
    return _told(str(ids.get("agent") or ""), _office(parts, source, ids))


def of_milestone(parts: Parts, source: str, entry: LogEntry) -> dict[str, str]:
    if entry.header.get("what") != "milestone":
        return {}
    try:
        payload = orjson.loads(parts.vault.unseal(entry.sealed)) if entry.sealed else {}
    except (SealError, orjson.JSONDecodeError):
        payload = {}
    employee = payload.get("employee") if isinstance(payload, dict) else None
    named = employee if isinstance(employee, dict) else {}
    parts_of_it = (named.get("first_name"), named.get("last_name"))
    name = " ".join(one for one in parts_of_it if isinstance(one, str) and one)
    return _told(name, _office(parts, source, entry.header))


def _told(agent: str, office: str) -> dict[str, str]:
    return {name: what for name, what in (("agent", agent), ("office", office)) if what}


def _office(parts: Parts, source: str, ids: Mapping[str, object]) -> str:
    """Its name where the tree is known, else its number."""
    number = ids.get("office_id")
    if number is None:
        return ""
    return offices_of(parts, source).names.get(str(number)) or f"office {number}"
