"""Which country prefixes Flow takes; with any other it would put +47 in front (F-T2)."""

import re
from typing import Any

import orjson

from bridge.connectors.flow.api import FlowCalls
from bridge.outcomes import AccountProblem, Outcome, Unsendable

CACHED = 3600.0
PREFIX = re.compile(r"\+?(?:00)?(\d{1,4})")


async def supported(calls: FlowCalls) -> frozenset[str] | Outcome:
    """Digits without `+`. The answer's shape is not documented: whatever looks like one counts."""
    account = calls.api.account
    name = f"flow-prefixes:{account.base_url}:{account.client_id}"
    kept = await calls.api.shelf.get(name)
    if kept is not None:
        return frozenset(orjson.loads(kept))
    found = await calls.get("Customer/Addresses/Country")
    if isinstance(found, Unsendable | AccountProblem):
        # Not readable with these rights: then no prefix is known to be safe, and none is cached.
        return frozenset()
    if not isinstance(found, list | dict):
        return found if not isinstance(found, str | int | float | None) else frozenset()
    prefixes = sorted(set(_prefixes(found)))
    await calls.api.shelf.put(name, orjson.dumps(prefixes).decode(), ttl=CACHED)
    return frozenset(prefixes)


def fits(e164: str, prefixes: frozenset[str]) -> bool:
    return any(e164.startswith(f"+{one}") for one in prefixes)


def _prefixes(found: Any, key: str = "") -> list[str]:
    if isinstance(found, dict):
        return [one for name, value in found.items() for one in _prefixes(value, name)]
    if isinstance(found, list):
        return [one for value in found for one in _prefixes(value, key)]
    text = str(found).strip()
    match = PREFIX.fullmatch(text)
    named = "prefix" in key.lower() or "phone" in key.lower() or "code" in key.lower()
    plain = not key  # a bare list of prefixes
    return [match[1]] if match and (text.startswith("+") or named or plain) else []
