"""What another program may ask and do: leads, deliveries. By token and role."""

from dataclasses import dataclass
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer
from pydantic import BaseModel

from bridge.access import Role, allows
from bridge.delivery.values import Act, DeliveryId, LeadId, LeadRow
from bridge.outcomes import State
from bridge.pipeline import views
from bridge.web import auth
from bridge.web.office import Office
from bridge.web.problems import Problem, documented

Bearer = Annotated[HTTPAuthorizationCredentials | None, Depends(HTTPBearer(auto_error=False))]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who asks, and of which source's leads; None: of all."""

    name: str
    role: Role
    source: str | None = None


async def caller(request: Request, given: Bearer = None) -> Caller:
    """BRIDGE_API_TOKEN is an administrator; `bridge tokens create` makes others."""
    office, text = Office.of(request), given.credentials if given else ""
    if office.api_token and auth.same(text, office.api_token):
        return Caller("the API", "admin")
    token = await office.tokens.whose(text)
    if token is None:
        raise auth.refused("Give `Authorization: Bearer …` with a token of `bridge tokens create`.")
    return Caller(f"the token {token.name}", token.role, token.source)


async def acting(who: Annotated[Caller, Depends(caller)]) -> Caller:
    if not allows(who.role, "operator"):
        raise Problem(403, "Not for your role", "This token may look; acting takes an operator's.")
    return who


async def deciding(request: Request, who: Annotated[Caller, Depends(caller)]) -> Office:
    """What concerns people everywhere takes an administrator of everything."""
    if not allows(who.role, "admin") or who.source is not None:
        raise Problem(403, "Not for your role", "This takes an administrator's token.")
    return Office.of(request)


May = Annotated[Office, Depends(deciding)]
Who = Annotated[Caller, Depends(caller)]
Acting = Annotated[Caller, Depends(acting)]
FURTHEST = 1000  # deliveries that are looked through for one source
Limit = Annotated[int, Query(ge=1, le=1000)]
Moment = Annotated[float, Query(ge=0, le=1e11, description="Unix seconds")]
router = APIRouter(prefix="/v1", tags=["looking"], responses=documented(401, 403, 422, 503))


class Resolution(BaseModel):
    """What a person found out about a delivery that may have arrived."""

    verdict: Literal["delivered", "resend"]


@router.get("/leads")
async def leads(
    request: Request, who: Who, limit: Limit = 50, before: Moment | None = None
) -> list[dict[str, Any]]:
    """Newest first, without personal data; `before`: unix seconds of the last one seen."""
    ledger = Office.of(request).parts.ledger
    found: list[LeadRow] = []
    while len(found) < limit:
        rows = await ledger.leads(before=before, limit=limit)
        found += [row for row in rows if who.source in {None, row.source}]
        if who.source is None or len(rows) < limit:
            break
        before = rows[-1].received_at
    return [views.lead(row) for row in found[:limit]]


@router.get("/leads/{name}", responses=documented(404))
async def lead(
    request: Request,
    who: Who,
    lead_id: Annotated[str, Path(alias="name", description="The lead's id")],
) -> dict[str, Any]:
    """One lead with its deliveries and its whole timeline."""
    ledger = Office.of(request).parts.ledger
    row = await _seen(request, who, LeadId(lead_id))
    if row is None:
        raise Problem(404, "No such lead", f"There is no lead {lead_id[:64]}.")
    found = await ledger.deliveries_of(row.lead_id)
    log = await ledger.log(row.lead_id)
    return views.lead(row) | {
        "same_wish_as": row.first or None,
        "deliveries": [views.delivery(one) for one in found],
        "timeline": [{"at": views.moment(one.at), **one.header} for one in log],
    }


@router.get("/deliveries")
async def deliveries(
    request: Request,
    who: Who,
    state: State | None = None,
    account: str | None = None,
    limit: Limit = 50,
) -> list[dict[str, Any]]:
    """Newest first."""
    ledger = Office.of(request).parts.ledger
    most = limit if who.source is None else FURTHEST
    found = await ledger.deliveries(state=state, account=account, limit=most)
    shown = []
    for row in found:
        if who.source is None or await _seen(request, who, row.lead_id):
            shown.append(views.delivery(row))
        if len(shown) == limit:
            break
    return shown


@router.post("/deliveries/{delivery_id}/retry", responses=documented(404, 409))
async def retry(request: Request, who: Acting, delivery_id: str) -> dict[str, str]:
    """Send it again now."""
    return await _act(request, who, delivery_id, "retry")


@router.post("/deliveries/{delivery_id}/cancel", responses=documented(404, 409))
async def cancel(request: Request, who: Acting, delivery_id: str) -> dict[str, str]:
    """Never send it."""
    return await _act(request, who, delivery_id, "cancel")


@router.post("/deliveries/{delivery_id}/resolve", responses=documented(404, 409))
async def resolve(
    request: Request, who: Acting, delivery_id: str, body: Resolution
) -> dict[str, str]:
    """Say what became of a delivery that may have arrived."""
    return await _act(request, who, delivery_id, body.verdict)


async def _act(request: Request, who: Caller, delivery_id: str, act: Act) -> dict[str, str]:
    parts, state = Office.of(request).parts, None
    lead_id = LeadId(delivery_id.partition(":")[0])
    if await _seen(request, who, lead_id) is not None:
        try:
            state = await parts.ledger.act(DeliveryId(delivery_id), act, who=who.name)
        except ValueError as error:
            raise Problem(409, "Not possible now", f"{error}.") from None
    if state is None:
        raise Problem(404, "No such delivery", f"There is no delivery {delivery_id[:100]}.")
    rows = await parts.ledger.deliveries_of(lead_id)
    for account in {row.account for row in rows if row.delivery_id == delivery_id}:
        await parts.nudge(account)
    return {"delivery_id": delivery_id, "state": state}


async def _seen(request: Request, who: Caller, lead_id: LeadId) -> LeadRow | None:
    """The lead, where it is this caller's business."""
    row = await Office.of(request).parts.ledger.lead(lead_id)
    return row if row is not None and who.source in {None, row.source} else None
