"""No marketing to somebody who opted out in Vitec, or who died (V-T11; GDPR art. 21(3)).

Whom a lead is from is known by what Vitec called the contact when it got an earlier lead of the
same e-mail address or phone; or by its own search, where the destination asks for that. The list in
Vitec is the one that counts: what a person may do about a lead that is held here is done there.
"""

from datetime import datetime

from bridge.connectors import classify
from bridge.connectors.base import Parcel
from bridge.connectors.vitec import contacts, searching
from bridge.connectors.vitec.crm import Crm, CrmError
from bridge.outcomes import AccountProblem, NotSent, RateLimited, State, Unsendable

# FACTS 1B.5, the column of the GET: nothing is changed by asking, so asking again is always safe.
GET = classify.Table(
    statuses={401: "account", 403: "account", 429: "rate"},
    otherwise="not_sent",
    server_error="not_sent",
)
WHAT_TO_DO = {
    "opted_out": "ask the person, change it in Vitec and send it again, or cancel it",
    "deceased": "see who wrote: correct the lead's e-mail and phone, or cancel it",
    "not_said": "look at the contact in Vitec, then send it again or cancel it",
}
Stop = Unsendable | NotSent | RateLimited | AccountProblem


async def look(crm: Crm, parcel: Parcel, now: datetime, *, skip: bool, search: bool) -> Stop | None:
    """None: it may be sent. What could not be read is `NotSent`, so that it is read again.

    `skip`: an opt-out that Vitec tells of is final; what it does not tell is for a person.
    `search`: a person of whom no earlier delivery is known is looked for in Vitec.
    """
    ids = list(parcel.known_as)
    try:
        if search and not ids:
            ids = [one async for one in searching.found(crm, parcel)]
        found = await crm.fetch(ids)
    except CrmError as error:
        return _failed(error, parcel, now)
    if found.missing and found.unreadable:
        return NotSent("Vitec answered with a contact that cannot be read, and it may be this one")
    for name, contact in found.known.items():
        reason = contacts.stop(contact)
        if reason:
            return _stopped(name, reason, skip=skip)
    return None


def _stopped(name: str, reason: contacts.Stop, *, skip: bool) -> Unsendable:
    said = f"not sent: contact {name} in Vitec {contacts.WORDS[reason]}"
    if skip and reason != "not_said":
        return Unsendable(State.SKIPPED, said)
    return Unsendable(State.HELD, f"{said}; {WHAT_TO_DO[reason]}")


def _failed(error: CrmError, parcel: Parcel, now: datetime) -> Stop:
    outcome = classify.outcome(error.answer, GET, parcel.lead, now)
    if isinstance(outcome, RateLimited):
        return outcome
    said = f"whether the person opted out is not known: {error}"
    return AccountProblem(said) if isinstance(outcome, AccountProblem) else NotSent(said)
