"""Leads: found by what a person has in hand, told as a story, corrected and sent on."""

from datetime import UTC, datetime

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge.access import Session
from bridge.delivery.values import LeadId
from bridge.leads import Lead
from bridge.outcomes import State
from bridge.pipeline import correct, pictures, search, story
from bridge.web.console import vitec_contacts
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Me, Operator, sees, text
from bridge.web.console.narrowing import finds, narrowed
from bridge.web.office import Office
from bridge.web.problems import Problem

STATUSES = ("accepted", "unrouted", "withdrawn", "withdrawal")
RESTING = frozenset({State.HELD, State.REJECTED})
MOVING = frozenset({State.PENDING, State.SENDING, State.RETRYING, State.UNKNOWN})

router = APIRouter()


@router.post("/search")
async def look_for(request: Request, me: Me, form: Form) -> Response:
    """What was looked for is a person's; the address that answers has fingerprints alone.

    Of leads that are not this session's business not even that they exist is told.
    """
    parts, wanted = Office.of(request).parts, text(form, "q")
    lead_id = await search.lead_named(parts, wanted)
    if lead_id and sees(me, await parts.ledger.deliveries_of(lead_id)):
        return RedirectResponse(f"/leads/{lead_id}", 303)
    marks = await search.marks_of(parts, wanted)
    found = [one for one in marks if await finds(parts, me, one)]
    return RedirectResponse(f"/leads?found={'.'.join(found) or 'none'}", 303)


@router.get("/leads")
async def leads(request: Request, me: Me) -> Response:
    parts, asked = Office.of(request).parts, request.query_params
    day = asked.get("day", "")
    wanted = search.Wanted(
        source=asked.get("source", ""),
        status=asked.get("status", ""),
        state=asked.get("state", ""),
        until=_end_of(day),
        accounts=me.offices,
    )
    if "found" in asked:
        marks = [one for one in asked["found"].split(".") if one.isalnum() and one != "none"]
        shown = search.Page(found=await search.leads_by(parts, marks[:20]))
    elif me.leads is not None:
        shown = search.Page(found=await search.leads_named(parts, me.leads))
    else:
        shown = await search.page(parts, wanted, after=asked.get("after", ""))
    found = [one for one in shown.found if sees(me, one.deliveries)]
    opened = [await _opened(request, one.row.lead_id) for one in found]
    return page(
        request,
        "leads",
        found=list(zip(found, story.names(opened), opened, strict=True)),
        after=shown.after,
        wanted=wanted,
        day=day,
        searched="found" in asked,
        filters="found" not in asked and me.leads is None,
        sources=[] if me.offices else sorted(parts.routing.sources),
        statuses=STATUSES,
        states=[str(one) for one in State],
    )


@router.get("/leads/{lead_id}")
async def lead(request: Request, me: Me, lead_id: str) -> Response:
    return await _told(request, me, lead_id, reveal=False)


@router.post("/leads/{lead_id}/reveal")
async def reveal(request: Request, me: Operator, lead_id: str, _: Form) -> Response:
    """The person, to this one answer; who looked stands on the timeline."""
    await _known(request, me, lead_id)
    await story.looked(Office.of(request).parts, LeadId(lead_id), me.user)
    return await _told(request, me, lead_id, reveal=True)


@router.post("/leads/{lead_id}/edit")
async def edit_page(request: Request, me: Operator, lead_id: str, _: Form) -> Response:
    """To correct somebody is to see them."""
    await _known(request, me, lead_id)
    parts = Office.of(request).parts
    try:
        old, seen_as = await correct.seen(parts, LeadId(lead_id))
    except correct.CorrectError as error:
        raise Problem(409, "Not possible", str(error)) from None
    await story.looked(parts, LeadId(lead_id), me.user)
    return await _edit(request, lead_id, correct.form_of(old), seen_as, {})


@router.post("/leads/{lead_id}/correct")
async def correct_it(request: Request, me: Operator, lead_id: str, form: Form) -> Response:
    await _known(request, me, lead_id)
    parts, name = Office.of(request).parts, LeadId(lead_id)
    given = {one: str(form.get(one, "")) for one in correct.FIELDS}
    seen_as = text(form, "seen_as")
    try:
        corrected = await correct.correct(parts, name, given, seen_as=seen_as, who=me.user)
    except correct.CorrectError as error:
        raise Problem(409, "Not possible", str(error)) from None
    if corrected.problems:
        faults = {
            next((f for f in correct.FIELDS if one.field.startswith(f)), ""): one.message
            for one in corrected.problems
        }
        return await _edit(request, lead_id, given, seen_as, faults, status=422)
    said = "corrected" if corrected.changed else "same"
    if text(form, "then") == "send":
        said = "released" if await _released(request, name, me) else said
    return RedirectResponse(f"/leads/{lead_id}?said={said}", 303)


async def _released(request: Request, lead_id: LeadId, me: Session) -> bool:
    try:
        parts, ours = Office.of(request).parts, me.offices
        return bool(await correct.release(parts, lead_id, who=me.user, accounts=ours))
    except ValueError as error:
        detail = f"The correction was kept, but {error}."
        raise Problem(409, "Not possible now", detail) from None


async def _told(request: Request, me: Session, lead_id: str, *, reveal: bool) -> Response:
    await _known(request, me, lead_id)
    parts = Office.of(request).parts
    told = await story.tell(parts, LeadId(lead_id), reveal=reveal)
    if told is None:
        raise Problem(404, "No such lead", f"There is no lead {lead_id[:64]}.")
    told = narrowed(parts, me, told)
    states = {one.state for one in told.deliveries}
    moving = bool(states & MOVING) and not reveal
    return page(
        request,
        "lead",
        told=told,
        can_correct=bool(told.lead) and (bool(states & RESTING) or told.row.status == "unrouted"),
        moving=moving,
        picture=told.lead is not None
        and not moving  # a page that fetches itself again would make it flicker
        and await pictures.may_have_one(parts, told.lead, told.deliveries),
        here=f"/leads/{lead_id}",
        vitec_contacts=await vitec_contacts.panel(request, told.deliveries),
    )


async def _edit(
    request: Request,
    lead_id: str,
    values: dict[str, str],
    seen_as: str,
    faults: dict[str, str],
    *,
    status: int = 200,
) -> Response:
    parts = Office.of(request).parts
    told = await story.tell(parts, LeadId(lead_id), reveal=True)
    return page(
        request,
        "edit",
        status,
        told=told and narrowed(parts, request.state.me, told),
        values=values,
        seen_as=seen_as,
        faults=faults,
        here=f"/leads/{lead_id}",
    )


async def _known(request: Request, me: Session, lead_id: str) -> None:
    ledger = Office.of(request).parts.ledger
    row = await ledger.lead(LeadId(lead_id))
    if row is None or not sees(me, await ledger.deliveries_of(row.lead_id)):
        raise Problem(404, "No such lead", f"There is no lead {lead_id[:64]}.")


async def _opened(request: Request, lead_id: LeadId) -> Lead | None:
    try:
        lead, _ = await correct.seen(Office.of(request).parts, lead_id)
    except correct.CorrectError:
        return None
    return lead


def _end_of(day: str) -> float | None:
    """The lists show what came until the end of that day."""
    try:
        return datetime.fromisoformat(f"{day}T00:00").replace(tzinfo=UTC).timestamp() + 86_400
    except ValueError:
        return None
