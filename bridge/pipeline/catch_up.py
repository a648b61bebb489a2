"""What HomeQ would have told us while its webhooks could not reach us (FACTS part 5).

HomeQ repeats an event for seven days. After a longer outage agreements and reserved listings are
asked for and go in at the front door as the events that they were; said again they do nothing.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any, Protocol

from bridge.pipeline import prints
from bridge.pipeline.accept import Accepted, Acceptor, Intake
from bridge.pipeline.parts import Parts
from bridge.routing import Source

WAY = "catch-up"
Row = Mapping[str, Any]


class Tells(Protocol):
    """A connector that can be asked for what happened."""

    def agreements(self, since: str) -> AsyncIterator[Row]: ...

    def inventory(self, **wanted: object) -> AsyncIterator[Row]: ...


async def agreements(
    parts: Parts, source: Source, homeq: Tells, since: str, *, dry_run: bool = False
) -> AsyncIterator[str]:
    """What became of each agreement, in words for a count. Raises `LookUpError`, `LedgerError`."""
    acceptor = Acceptor(parts)
    async for row in homeq.agreements(since):
        event = _agreement(row, source)
        if event is None:
            yield "that name no flat"  # the other of two shapes that HomeQ's page has (FACTS 1C.3)
        elif dry_run:
            yield "found"
        else:
            accepted = await _put(acceptor, source, event)
            yield "on a lead" if accepted.lead_id else "without a lead yet"


async def reservations(
    parts: Parts, source: Source, homeq: Tells, *, dry_run: bool = False
) -> AsyncIterator[str]:
    """What became of each reserved listing. Raises `LookUpError`, `LedgerError`.

    Who reserved is known by e-mail and listing: their webhook may have come after all. HomeQ names
    no phone and no address here.
    """
    acceptor = Acceptor(parts)
    rows = homeq.inventory(**{"listing.status": "reserved", "type": "object_ad"})
    async for row in rows:
        event = _reservation(row, source)
        if event is None:
            yield "that name nobody"
        elif await _is_known(parts, source, event):
            yield "known already"
        elif dry_run:
            yield "found"
        else:
            accepted = await _put(acceptor, source, event)
            yield {"quarantined": "in quarantine", "duplicate": "known already"}.get(
                accepted.status, "new leads"
            )


async def _put(acceptor: Acceptor, source: Source, event: Row) -> Accepted:
    return await acceptor.accept(Intake(payload=event, source=source.name, way=WAY))


async def _is_known(parts: Parts, source: Source, event: Row) -> bool:
    listing = f"homeq:{source.company_id}:listing:{event['object_ad_id']}"
    here = await parts.ledger.leads_of(prints.named(parts.vault, listing))
    email = event["applicant"]["email"]
    if not email or not here:
        return bool(here)
    theirs = await parts.ledger.leads_of(prints.contact(parts.vault, email))
    return not set(here).isdisjoint(theirs)


def _agreement(row: Row, source: Source) -> dict[str, Any] | None:
    """As the webhook would have told it; whom it is with stays at HomeQ."""
    number, apartment = row.get("id"), row.get("apartment_id")
    if number is None or apartment is None:
        return None
    return {
        "agreement_id": number,
        "apartment_id": apartment,
        "company_id": source.company_id,
        "created": row.get("sign_date") or row.get("created"),
        "employee": {},
        "type": "agreement",
        "uuid": f"agreement-{number}",
    }


def _reservation(row: Row, source: Source) -> dict[str, Any] | None:
    """The main applicant alone is the lead (H-T25); whoever is beside them is only mentioned."""
    listing, flat = _part(row, "object_ad"), _part(row, "apartment")
    application = _part(row, "reserved_application")
    profiles = [one for one in application.get("profiles") or () if isinstance(one, dict)]
    main = next((one for one in profiles if one.get("main_applicant") is True), None)
    if main is None or None in {listing.get("id"), flat.get("id"), application.get("id")}:
        return None
    assigned = [one for one in listing.get("assignments") or () if isinstance(one, dict)]
    office = _part(_part(row, "estate"), "office").get("id")
    return {
        "apartment_id": flat["id"],
        "applicant": {
            "email": main.get("email") or "",
            "first_name": main.get("first_name"),
            "last_name": main.get("last_name"),
            "ssn": main.get("personal_number"),  # another name of the same thing (H-T4)
        },
        "company_id": source.company_id,
        "employee": assigned[0] if assigned else {},
        **({"fellow": {}} if len(profiles) > 1 else {}),
        "object_ad_id": listing["id"],
        **({"office_id": office} if office is not None else {}),
        "type": "reservation",
        "uuid": f"application-{application['id']}",
    }


def _part(row: Row, name: str) -> Row:
    found = row.get(name)
    return found if isinstance(found, dict) else {}
