"""`POST /v1/people/export|erase`: a person asks. In a body: an address is no part of a URL."""

from dataclasses import asdict
from typing import Any

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from bridge.pipeline.people import Known, People, Who
from bridge.web.looking import May
from bridge.web.problems import Problem, documented

BY = "the API"
ERRORS = documented(401, 403, 404, 422, 503)
router = APIRouter(prefix="/v1/people", tags=["people"], responses=ERRORS)


class Person(BaseModel):
    """One of the three; `lead_id` is that lead alone."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    email: str = ""
    phone: str = ""
    lead_id: str = ""


@router.post("/export")
async def export(office: May, person: Person) -> dict[str, Any]:
    """All that is held on them, in the clear; each lead's timeline says that it was told."""
    people = People(office.parts)
    return await people.export(await _known(people, person), by=BY)


@router.post("/erase")
async def erase(office: May, person: Person) -> dict[str, Any]:
    """Everywhere; what is open is cancelled, and the same message stays out."""
    people = People(office.parts)
    return asdict(await people.erase(await _known(people, person), by=BY))


async def _known(people: People, person: Person) -> Known:
    given = person.model_dump()
    if sum(map(bool, given.values())) != 1:
        raise Problem(422, "Say who", "Give one of `email`, `phone` and `lead_id`.")
    if person.phone and not people.numbers(person.phone):
        raise Problem(422, "No number", "The phone could not be read with certainty.")
    known = await people.find(Who(**given))
    if known.nothing:
        raise Problem(404, "Nobody", "Nothing is held on them.")
    return known
