"""What no parser understood: seen, mended, and let in through the front door."""

import orjson
from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge.delivery.values import QuarantineRow
from bridge.delivery.vault import SealError
from bridge.pipeline.quarantine import release as let_in
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Operator, Whole, text
from bridge.web.office import Office
from bridge.web.problems import Problem

MOST = 100

router = APIRouter()


@router.get("/quarantine")
async def all_of_it(request: Request, _: Whole) -> Response:
    rows = await Office.of(request).parts.ledger.quarantined(limit=MOST)
    return page(request, "quarantine", rows=rows, most=MOST)


@router.get("/quarantine/{name}")
async def one(request: Request, _: Operator, __: Whole, name: str) -> Response:
    """Whoever mends a payload sees who it is about: operators alone."""
    row = await _row(request, name)
    try:
        raw = Office.of(request).parts.vault.unseal(row.sealed)
    except SealError as error:
        raise Problem(409, "It cannot be opened", f"{error}.") from None
    return _form(request, row, _pretty(raw), row.source, _problems(row.reason))


@router.post("/quarantine/{name}/release")
async def release(request: Request, _: Operator, __: Whole, form: Form, name: str) -> Response:
    row = await _row(request, name)
    raw, source = str(form.get("payload", "")), text(form, "source")
    parts = Office.of(request).parts
    released = await let_in(parts, row, payload=raw.encode(), source=source)
    accepted = released.accepted
    if accepted is None:
        return _form(request, row, raw, source, _problems(released.why), 422)
    where = f"/leads/{accepted.lead_id}" if accepted.lead_id else "/quarantine"
    return RedirectResponse(f"{where}?said=let-in", 303)


@router.post("/quarantine/{name}/drop")
async def drop(request: Request, _: Operator, __: Whole, form: Form, name: str) -> Response:
    row = await _row(request, name)
    if text(form, "sure") != "yes":
        return page(request, "drop", row=row)
    await Office.of(request).parts.ledger.quarantine_drop(row.quarantine_id)
    return RedirectResponse("/quarantine?said=dropped", 303)


def _form(
    request: Request,
    row: QuarantineRow,
    payload: str,
    source: str,
    problems: list[tuple[str, str]],
    status: int = 200,
) -> Response:
    sources = sorted(Office.of(request).parts.routing.sources)
    return page(
        request,
        "quarantined",
        status,
        row=row,
        payload=payload,
        source=source,
        sources=sources,
        problems=problems,
    )


def _pretty(raw: bytes) -> str:
    try:
        return orjson.dumps(orjson.loads(raw), option=orjson.OPT_INDENT_2).decode()
    except orjson.JSONDecodeError:
        return raw.decode(errors="replace")


def _problems(reason: str) -> list[tuple[str, str]]:
    pairs = (one.partition(": ") for one in reason.split("; "))
    return [(field, message) if message else ("", field) for field, _, message in pairs]


async def _row(request: Request, name: str) -> QuarantineRow:
    row = await Office.of(request).parts.ledger.quarantine_get(name)
    if row is None:
        raise Problem(404, "Not in quarantine", "It was let in or taken out meanwhile.")
    return row
