"""A lead's house: a picture that Flow gives to whoever has a token, which a browser has not."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bridge.delivery.values import LeadId
from bridge.delivery.vault import SealError
from bridge.pipeline import pictures
from bridge.pipeline.attempt import stored_lead
from bridge.web.console.guard import Me, sees
from bridge.web.office import Office

router = APIRouter()


@router.get("/leads/{lead_id}/picture")
async def picture(request: Request, me: Me, lead_id: str) -> Response:
    """A JPEG, or 204: whatever goes wrong, the page shows nothing in its place."""
    parts, name = Office.of(request).parts, LeadId(lead_id)
    deliveries, blob = await parts.ledger.deliveries_of(name), await parts.ledger.blob(name)
    if blob is None or not sees(me, deliveries):
        return Response(status_code=204)
    try:
        lead = stored_lead(parts.vault, blob)
    except SealError:
        return Response(status_code=204)
    mine = [one for one in deliveries if not me.offices or one.account in me.offices]
    found = await pictures.picture(parts, lead, mine)
    if found is None:
        return Response(status_code=204)
    return Response(found, media_type="image/jpeg")
