"""`POST /v1/hooks/homeq/{token}`: HomeQ's webhooks (FACTS 1C.5).

HomeQ repeats an event every five minutes for seven days until it gets exactly 200 (H-T6), so a
200 is the answer to whatever is on disk now, understood or not; 503: nothing could be stored.
"""

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from bridge.pipeline import Accepted, Intake
from bridge.routing import Source
from bridge.web import auth
from bridge.web.bodies import beginning_of, json_of
from bridge.web.office import Office
from bridge.web.problems import Problem, documented

LARGEST = 256 * 1024  # bytes; of a longer event the beginning is kept
MOST = 100  # events in one request; the vendor's samples have one

router = APIRouter(tags=["leads in"])


class Stored(BaseModel):
    """What became of each event; for people who try it out, HomeQ reads the status alone."""

    stored: list[str]


@router.post(
    "/v1/hooks/homeq/{token}",
    response_model=Stored,
    responses=documented(404, 503),
    openapi_extra={
        # Whatever it is, a 4xx would only bring it 2,016 times more.
        "requestBody": {"required": False, "content": {"application/json": {"schema": {}}}},
    },
)
async def homeq(request: Request, token: str) -> JSONResponse:
    """Exactly `200` for what is stored, a repeat and what is not understood included."""
    office = Office.of(request)
    source = _source(office, token)
    accepted = await _taken_in(office, source, *await beginning_of(request, LARGEST))
    return JSONResponse({"stored": [one.status for one in accepted]})


# A redirect would be no 200, and a trailing slash is easily typed into a portal.
router.add_api_route("/v1/hooks/homeq/{token}/", homeq, methods=["POST"], include_in_schema=False)


def _source(office: Office, token: str) -> Source:
    """The token is all that HomeQ can show (H-T8); each is compared, in constant time."""
    found = [
        one
        for one in office.parts.routing.sources.values()
        if one.format == "homeq" and one.token and auth.same(token, one.token.get_secret_value())
    ]
    if not found:
        raise Problem(404, "No such hook", "No source of the routing file has this token.")
    return found[0]


async def _taken_in(office: Office, source: Source, body: bytes, whole: bool) -> list[Accepted]:
    raw = Intake(payload=body, source=source.name, way="webhook")
    if not whole:
        why = f"is longer than {LARGEST // 1024} KiB; its beginning is kept"
        return [await office.acceptor.set_aside(raw, why)]
    try:
        found = json_of(body)
    except ValueError as error:
        return [await office.acceptor.set_aside(raw, str(error))]
    events = found if isinstance(found, list) and len(found) <= MOST else [found]
    return await office.acceptor.accept_many(
        [Intake(payload=one, source=source.name, way="webhook") for one in events]
    )
