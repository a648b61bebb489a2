"""After an Unknown stakeholder: is the person among the case's stakeholders? (FACTS 1A.5)"""

from bridge import phones
from bridge.connectors import people
from bridge.connectors.base import Parcel
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Stakeholder
from bridge.outcomes import (
    Absent,
    CannotTell,
    Found,
    Verdict,
)

MOST = 200  # contacts that one read-back looks at, newest first


async def look(calls: FlowCalls, parcel: Parcel, options: Stakeholder) -> Verdict:
    case = parcel.lead.property.flow.case_id or options.case_id
    if case is None:
        return CannotTell("reading back needs the case's number (case_id) beside its GUID")
    ids = await calls.get(f"Cases/{case}/Roles/Stakeholder/Ids")
    if not isinstance(ids, list):
        return _trouble(ids)
    left = people.Leftovers()
    wanted = {one.casefold() for one in people.emails(parcel, left, "")}
    wanted |= {one.e164 for one in people.numbers(parcel, left, "")}
    newest = sorted((one for one in ids if isinstance(one, int)), reverse=True)
    for contact in newest[:MOST]:
        found = await calls.get(f"Contacts/{contact}")
        if not isinstance(found, dict):
            return _trouble(found)
        if wanted & _addresses(found):
            return Found(str(contact))
    if len(newest) > MOST:
        return CannotTell(f"the case has {len(newest)} stakeholders, too many to look through")
    return Absent()


def _addresses(contact: dict[str, object]) -> set[str]:
    email, telephone = contact.get("Email"), contact.get("Telephone")
    found = {email.strip().casefold()} if isinstance(email, str) else set()
    if isinstance(telephone, str):
        known = phones.normalize(telephone, "NO")
        found |= {one for one in (known.e164, telephone.replace(" ", "")) if one}
    return found


def _trouble(outcome: object) -> CannotTell:
    reason = getattr(outcome, "reason", "") or "Flow asked us to wait"
    return CannotTell(f"reading back from Flow failed: {reason}")
