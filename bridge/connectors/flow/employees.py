"""An employee of the office by e-mail, as a notification takes people: by contact number.

Page: get all employees; `ContactIds` are contact ids (S0:30-49). That an employee's `Id` is one is
said nowhere, and a wrong one would be told of the lead: so the contact of that number has to carry
the same address.
"""

import hashlib

from bridge.connectors.flow import odata
from bridge.connectors.flow.api import FlowCalls
from bridge.leads import Lead
from bridge.outcomes import NotSent, Outcome, Unsendable

KNOWN = 3600.0  # seconds
UNKNOWN = 600.0


async def contact(calls: FlowCalls, email: str, lead: Lead) -> int | Outcome | Unsendable | None:
    """None: Core knows no active employee of that address."""
    account, shelf = calls.api.account, calls.api.shelf
    mark = hashlib.sha256(email.casefold().encode()).hexdigest()[:32]
    name = f"flow-employee:{account.base_url}:{account.client_id}:{mark}"
    kept = await shelf.get(name)
    if kept is not None:
        return int(kept) if kept else None
    found = await _look(calls, email, lead)
    if found is None or isinstance(found, int):
        await shelf.put(name, str(found or ""), ttl=KNOWN if found else UNKNOWN)
    return found


async def _look(calls: FlowCalls, email: str, lead: Lead) -> int | Outcome | Unsendable | None:
    # Whether a filter minds upper case is not stated.
    spellings = list(dict.fromkeys((email, email.casefold())))
    query = odata.Query(where=odata.one_of("Email", spellings))
    found = await calls.get(f"Employees?{query.text()}", lead)
    if isinstance(found, dict):
        found = found.get("Results")
    if not isinstance(found, list):
        odd = found is None or isinstance(found, dict | str | int | float)
        return NotSent("look-up of Employees: Flow answered no list") if odd else found
    for one in found:
        number = one.get("Id") if isinstance(one, dict) and _is(one, email) else None
        if not isinstance(number, int):
            continue
        same = await calls.get(f"Contacts/{number}", lead)
        if not isinstance(same, dict):
            odd = isinstance(same, list | str | int | float)
            return NotSent("look-up of a contact: no object") if odd else same
        if _is(same, email):
            return number
    return None


def _is(row: dict[str, object], email: str) -> bool:
    """Whoever has left is not told."""
    theirs = str(row.get("Email") or "").strip().casefold()
    return theirs == email.casefold() and row.get("Active", True) is not False
