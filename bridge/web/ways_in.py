"""`POST /v1/leads/{source}`: one lead as JSON, or many as NDJSON with one verdict a line."""

from typing import Annotated, Any

import orjson
from fastapi import APIRouter, Header, Path, Request
from fastapi.responses import Response
from pydantic import BaseModel

from bridge import leads
from bridge.pipeline import Accepted, Acceptor, Intake
from bridge.routing import Source
from bridge.web import auth, rate
from bridge.web.bodies import body_of, json_of
from bridge.web.office import Office
from bridge.web.problems import Problem, documented

LARGEST = 256 * 1024  # bytes of one lead
LARGEST_MANY = 8 * 1024 * 1024  # bytes of one NDJSON request
BATCH = 100  # leads that go to the ledger in one round trip
NDJSON = "application/x-ndjson"
JSON = "application/json"

router = APIRouter(tags=["leads in"])


class Verdict(BaseModel):
    """A yes means that the lead is on disk."""

    lead_id: str | None  # None: a milestone whose lead did not come yet
    status: str


@router.post(
    "/v1/leads/{name}",  # one path with `GET /v1/leads/{id}`, to OpenAPI too
    status_code=202,
    response_model=Verdict,
    responses={
        200: {"model": Verdict, "description": "The same lead came before; its first id"},
        **documented(401, 404, 413, 422, 429, 503),
    },
    openapi_extra={
        "requestBody": {
            "required": True,
            "content": {
                "application/json": {"schema": {"type": "object"}},
                NDJSON: {"schema": {"type": "string"}},
            },
        },
    },
)
async def leads_in(
    request: Request,
    source: Annotated[str, Path(alias="name", description="The source's name")],
    idempotency_key: Annotated[str | None, Header(max_length=200)] = None,
) -> Response:
    """`202` a new lead, `200` the same lead again, `422` with every fault and the quarantine id."""
    office = Office.of(request)
    known = office.parts.routing.sources.get(source)
    if known is None:
        raise Problem(
            404, "No such source", f"`{source}` is no [sources] table of the routing file."
        )
    many = NDJSON in request.headers.get("content-type", "")
    body = await body_of(request, LARGEST_MANY if many else LARGEST)
    auth.sender(request.headers, body, known, office.parts.clock)
    await rate.spend(office.parts.ledger, known)
    if many:
        return await _many(office.acceptor, known, body)
    keys = tuple(filter(None, (idempotency_key, request.headers.get("webhook-id"))))
    try:
        payload = json_of(body)
    except ValueError as error:  # kept all the same: the sender is known and may have lost it
        raw = Intake(payload=body, source=known.name, way="http")
        return _answer(await office.acceptor.set_aside(raw, str(error)))
    came = Intake(payload=payload, source=known.name, keys=keys, way="http")
    return _answer(await office.together.accept(came))


@router.get("/v1/schema/lead.json", tags=["leads in"])
async def schema() -> dict[str, Any]:
    """The lead, version 1, as JSON Schema."""
    return leads.schema()


def _answer(accepted: Accepted) -> Response:
    if accepted.status == "quarantined":
        raise Problem(
            422,
            "Not understood",
            "The lead was kept in quarantine; nothing was sent.",
            errors=[{"field": one.field, "message": one.message} for one in accepted.problems],
            quarantine_id=accepted.quarantine_id,
        )
    body = orjson.dumps(_verdict(accepted))
    return Response(body, 200 if accepted.status == "duplicate" else 202, media_type=JSON)


def _verdict(accepted: Accepted) -> dict[str, Any]:
    return {"lead_id": accepted.lead_id, "status": accepted.status}


async def _many(acceptor: Acceptor, source: Source, body: bytes) -> Response:
    """Each line is decided for itself; the answer has a line for each, in order."""
    lines = [line for line in body.splitlines() if line.strip()]
    verdicts: list[bytes] = []
    for start in range(0, len(lines), BATCH):
        came = [
            Intake(payload=_line(line), source=source.name, way="http")
            for line in lines[start : start + BATCH]
        ]
        verdicts += [orjson.dumps(_line_verdict(one)) for one in await acceptor.accept_many(came)]
    return Response(b"\n".join(verdicts) + b"\n", 200, media_type=NDJSON)


def _line(line: bytes) -> object:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:
        return line.decode(errors="replace")


def _line_verdict(accepted: Accepted) -> dict[str, Any]:
    verdict = _verdict(accepted)
    if accepted.status == "quarantined":
        verdict |= {
            "quarantine_id": accepted.quarantine_id,
            "errors": [{"field": p.field, "message": p.message} for p in accepted.problems],
        }
    return verdict
