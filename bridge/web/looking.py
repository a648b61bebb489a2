"""What another program may ask and do: leads, deliveries. Behind `BRIDGE_API_TOKEN`."""

from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Path, Query, Request
from pydantic import BaseModel

from bridge.delivery.values import Act, DeliveryId, LeadId
from bridge.outcomes import State
from bridge.pipeline import views
from bridge.web import auth
from bridge.web.office import Office
from bridge.web.problems import Problem, documented


def may(request: Request) -> Office:
    """Without a token in the environment nobody may."""
    office = Office.of(request)
    if office.api_token is None:
        detail = "This part is off: set BRIDGE_API_TOKEN and start again."
        raise Problem(403, "Switched off", detail)
    if not auth.same(auth.bearer(request.headers), office.api_token):
        raise auth.refused("Give `Authorization: Bearer …` with BRIDGE_API_TOKEN.")
    return office


May = Annotated[Office, Depends(may)]
Limit = Annotated[int, Query(ge=1, le=1000)]
Moment = Annotated[float, Query(ge=0, le=1e11, description="Unix seconds")]
router = APIRouter(prefix="/v1", tags=["looking"], responses=documented(401, 403, 422, 503))


class Resolution(BaseModel):
    """What a person found out about a delivery that may have arrived."""

    verdict: Literal["delivered", "resend"]


@router.get("/leads")
async def leads(
    office: May, limit: Limit = 50, before: Moment | None = None
) -> list[dict[str, Any]]:
    """Newest first, without personal data; `before`: unix seconds of the last one seen."""
    rows = await office.parts.ledger.leads(before=before, limit=limit)
    return [views.lead(row) for row in rows]


@router.get("/leads/{name}", responses=documented(404))
async def lead(
    office: May, lead_id: Annotated[str, Path(alias="name", description="The lead's id")]
) -> dict[str, Any]:
    """One lead with its deliveries and its whole timeline."""
    ledger = office.parts.ledger
    row = await ledger.lead(LeadId(lead_id))
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
    office: May, state: State | None = None, account: str | None = None, limit: Limit = 50
) -> list[dict[str, Any]]:
    """Newest first."""
    found = await office.parts.ledger.deliveries(state=state, account=account, limit=limit)
    return [views.delivery(one) for one in found]


@router.post("/deliveries/{delivery_id}/retry", responses=documented(404, 409))
async def retry(office: May, delivery_id: str) -> dict[str, str]:
    """Send it again now."""
    return await _act(office, delivery_id, "retry")


@router.post("/deliveries/{delivery_id}/cancel", responses=documented(404, 409))
async def cancel(office: May, delivery_id: str) -> dict[str, str]:
    """Never send it."""
    return await _act(office, delivery_id, "cancel")


@router.post("/deliveries/{delivery_id}/resolve", responses=documented(404, 409))
async def resolve(office: May, delivery_id: str, body: Resolution) -> dict[str, str]:
    """Say what became of a delivery that may have arrived."""
    return await _act(office, delivery_id, body.verdict)


async def _act(office: Office, delivery_id: str, act: Act) -> dict[str, str]:
    try:
        state = await office.parts.ledger.act(DeliveryId(delivery_id), act, who="the API")
    except ValueError as error:
        raise Problem(409, "Not possible now", f"{error}.") from None
    if state is None:
        raise Problem(404, "No such delivery", f"There is no delivery {delivery_id[:100]}.")
    rows = await office.parts.ledger.deliveries_of(LeadId(delivery_id.partition(":")[0]))
    for account in {row.account for row in rows if row.delivery_id == delivery_id}:
        await office.parts.nudge(account)
    return {"delivery_id": delivery_id, "state": state}
