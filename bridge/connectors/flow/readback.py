"""After an Unknown stakeholder: is the person among the case's stakeholders? (FACTS 1A.5)"""

from bridge.connectors.base import Parcel
from bridge.connectors.flow import matching
from bridge.connectors.flow.api import FlowCalls
from bridge.connectors.flow.settings import Stakeholder
from bridge.outcomes import Absent, CannotTell, Found, Verdict


async def look(calls: FlowCalls, parcel: Parcel, options: Stakeholder) -> Verdict:
    case = options.number(parcel.lead.property)
    if case is None:
        return CannotTell("reading back needs the case's number (case_id) beside its GUID")
    found = await matching.find(calls, parcel, case, ("Stakeholder",))
    if found is None:
        return Absent()
    if isinstance(found, matching.Match):
        return Found(str(found.contact))
    reason = getattr(found, "reason", "") or "Flow asked us to wait"
    return CannotTell(f"reading back from Flow failed: {reason}")
