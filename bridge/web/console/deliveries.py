"""Deliveries by state, and what a person may do with several at once, asked twice."""

from typing import cast, get_args

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response
from starlette.datastructures import FormData

from bridge.delivery.values import Act, DeliveryId, DeliveryRow, LeadId
from bridge.outcomes import State
from bridge.pipeline import Parts, search
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Operator, Whole, back, sees, text
from bridge.web.office import Office
from bridge.web.problems import Problem

MOST = 200  # at once; for more there is a replay

router = APIRouter()


@router.get("/deliveries")
async def deliveries(request: Request, _: Whole) -> Response:
    parts, asked = Office.of(request).parts, request.query_params
    name = asked.get("state", "held")
    state = State(name) if name in set(State) else State.HELD
    account = asked.get("account", "")
    rows, after = await search.deliveries(
        parts, state, account=account, after=asked.get("after", "")
    )
    counts = await parts.ledger.counts()
    by_state = {
        str(one): sum(n for (_, known), n in counts.items() if known is one) for one in State
    }
    return page(
        request,
        "deliveries",
        rows=rows,
        after=after,
        state=str(state),
        account=account,
        accounts=sorted(parts.routing.accounts),
        by_state=by_state,
    )


@router.post("/deliveries/confirm")
async def confirm(request: Request, me: Operator, form: Form) -> Response:
    """How many, which, and what may happen; nothing is done yet."""
    act = _act(form)
    rows = [row for name in _ids(form) if (row := await _row(request, name))]
    rows = [row for row in rows if sees(me, [row])]
    if not rows:
        raise Problem(422, "Nothing was chosen", "Go back and tick the deliveries that you mean.")
    there = [row for row in rows if row.attempts and row.state is not State.DELIVERED]
    path = back(form, "/deliveries")
    return page(request, "confirm", act=act, rows=rows, there=len(there), back=path)


@router.post("/deliveries/act")
async def do(request: Request, me: Operator, form: Form) -> Response:
    parts, act = Office.of(request).parts, _act(form)
    done = left = 0
    for name in _ids(form):
        row = await _row(request, name)
        if row is None or not sees(me, [row]) or not await _done(parts, row, act, me.user):
            left += 1
        else:
            done += 1
    path = back(form, "/deliveries").partition("?")
    query = f"{path[2]}&" if path[2] else ""
    return RedirectResponse(f"{path[0]}?{query}said=acted&n={done}&no={left}", 303)


async def _done(parts: Parts, row: DeliveryRow, act: Act, who: str) -> bool:
    try:
        await parts.ledger.act(row.delivery_id, act, who=who)
    except ValueError:
        return False
    await parts.nudge(row.account)
    return True


def _act(form: FormData) -> Act:
    name = text(form, "act")
    if name not in get_args(Act):
        raise Problem(422, "Not understood", "The form says nothing that can be done.")
    return cast("Act", name)


def _ids(form: FormData) -> list[DeliveryId]:
    return [DeliveryId(str(one)) for one in form.getlist("id")][:MOST]


async def _row(request: Request, name: DeliveryId) -> DeliveryRow | None:
    rows = await Office.of(request).parts.ledger.deliveries_of(LeadId(name.partition(":")[0]))
    return next((one for one in rows if one.delivery_id == name), None)
