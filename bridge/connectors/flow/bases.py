"""Which processing bases a stakeholder is sent with, and where that comes from (F-T6, F-T6b)."""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Bases, Category, Stakeholder, SystemType
from bridge.leads import Consent, Lead
from bridge.outcomes import Outcome, State, Unsendable

CACHED = 600.0  # seconds; a basis that got a new version answers 400, and is looked up again

Fields = dict[str, Any]  # the part of the stakeholder's body that names its bases


async def fields(
    calls: FlowCalls, options: Stakeholder, lead: Lead, *, fresh: bool = False
) -> Fields | Outcome | Unsendable:
    """Never a basis that neither the lead's consent nor the destination names, never none."""
    guids = [str(one) for one in (*lead.consent.processing_bases, *options.processing_bases.guids)]
    looked_up = await _by_display(calls, options.processing_bases, fresh=fresh)
    if not isinstance(looked_up, list):
        return looked_up
    guids += looked_up
    pair = _pair(options.processing_bases, lead.consent)
    if isinstance(pair, Unsendable):
        return pair
    if not guids and not pair:
        return Unsendable(State.HELD, _none_named(options.processing_bases))
    named: Fields = {"CheckedProcessingBases": list(dict.fromkeys(guids))} if guids else {}
    return named | pair


def _none_named(bases: Bases) -> str:
    if bases.display_types:
        return (
            f"Flow has no active basis that allows contact for {bases.category} and"
            f" {', '.join(bases.display_types)}"
        )
    return "no processing basis: neither the lead's consent nor the destination names one"


def _pair(bases: Bases, consent: Consent) -> Fields | Unsendable:
    """Category and system type together add exactly one basis; the lead's own goes before ours."""
    category, system_type = consent.category, consent.system_type
    if not category and not system_type:
        if not bases.system_type:
            return {}
        category, system_type = bases.category, bases.system_type
    if category not in list(Category) or system_type not in list(SystemType):
        text = "the lead's consent needs a category and a system_type, by Flow's names"
        return Unsendable(State.HELD, text)
    return {
        "ProcessingBasisCategory": str(category),
        "ProcessingBasisSystemType": str(system_type),
    }


async def _by_display(
    calls: FlowCalls, bases: Bases, *, fresh: bool
) -> list[str] | Outcome | Unsendable:
    """GUIDs change with each version, so they are looked up: active, contactable, newest."""
    if not bases.display_types or bases.category is None:
        return []
    query = urlencode([("displayTypes", one) for one in bases.display_types])
    path = f"ProcessingBases/{quote(bases.category)}?{query}"
    name = f"flow-bases:{calls.api.account.base_url}:{calls.api.account.client_id}:{path}"
    kept = None if fresh else await calls.api.shelf.get(name)
    if kept is not None:
        return [str(one) for one in orjson.loads(kept)]
    found = await calls.get(path)
    if not isinstance(found, list):
        return found if not isinstance(found, dict) else []
    guids = usable(found, bases)
    await calls.api.shelf.put(name, orjson.dumps(guids).decode(), ttl=CACHED)
    return guids


def usable(found: Sequence[Any], bases: Bases) -> list[str]:
    """The GUIDs of those that are shown where the destination says; anything else is left out."""
    return [
        str(one["Guid"])
        for one in found
        if isinstance(one, dict)
        and one.get("Guid")
        and one.get("IsActive") is True
        and one.get("CanBeContacted") is True
        and one.get("IsNewestVersion", True) is True
        and (set(display_types(one) or bases.display_types) & set(bases.display_types))
    ]


def display_types(basis: Mapping[str, Any]) -> list[str]:
    """Where it is shown; .NET writes a set of flags as `Showing, Manual`."""
    given = basis.get("DisplayTypes")
    if isinstance(given, str):
        return [one.strip() for one in given.split(",") if one.strip()]
    return [str(one) for one in given] if isinstance(given, list) else []
