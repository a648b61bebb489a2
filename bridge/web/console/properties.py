"""The property directory: which vendor ids a reference stands for, and who waits for one."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge import routing
from bridge.pipeline.prints import WANTED
from bridge.pipeline.reroute import property_known
from bridge.routing import PropertyEntry
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Operator, Whole, back, text
from bridge.web.office import Office

IDS = ("customer_id", "estate_id", "case_guid", "case_id", "order_id")
SHOWN = 200

router = APIRouter()


@router.get("/properties")
async def properties(request: Request, _: Whole) -> Response:
    reference = request.query_params.get("reference", "").strip()[:200]
    return await _page(request, {"reference": reference}, "")


@router.post("/properties")
async def put(request: Request, me: Operator, _: Whole, form: Form) -> Response:
    parts = Office.of(request).parts
    given = {name: text(form, name) for name in ("reference", *IDS)}
    entry = routing.property_entry({name: value for name, value in given.items() if value})
    if isinstance(entry, str):
        return await _page(request, given, entry, status=422)
    await parts.ledger.properties_put({entry.reference: entry.to_json()})
    await property_known(parts, [entry.reference], who=me.user)
    where = back(form, "/properties")
    return RedirectResponse(f"{where.partition('?')[0]}?said=known", 303)


async def _page(
    request: Request, given: dict[str, str], problem: str, status: int = 200
) -> Response:
    ledger = Office.of(request).parts.ledger
    reference = given["reference"]
    known = await ledger.properties([reference]) if reference else {}
    if known and not problem:
        entry = PropertyEntry.from_json(known[reference]).model_dump(mode="json")
        given = {name: str(value) for name, value in entry.items() if value is not None}
    everything = await ledger.properties_all()
    shown = [PropertyEntry.from_json(everything[name]) for name in sorted(everything)[:SHOWN]]
    return page(
        request,
        "properties",
        status,
        given={name: given.get(name, "") for name in ("reference", *IDS)},
        problem=problem,
        entries=shown,
        total=len(everything),
        wanted=sorted(await ledger.drawer_all(WANTED)),
        back=request.query_params.get("back", ""),
    )
