"""The front page: what waits for a person, newest first."""

from fastapi import APIRouter, Request
from fastapi.responses import Response

from bridge.outcomes import State
from bridge.pipeline import search
from bridge.pipeline.prints import WANTED
from bridge.web.console.frame import page
from bridge.web.console.guard import Whole
from bridge.web.office import Office

MOST = 25

router = APIRouter()


@router.get("/")
async def front(request: Request, _: Whole) -> Response:
    parts = Office.of(request).parts
    held, after = await search.deliveries(parts, State.HELD, limit=MOST)
    leads = {row.lead_id: await parts.ledger.lead(row.lead_id) for row in held}
    accounts = await parts.ledger.accounts()
    counts = await parts.ledger.counts()
    unrouted = await search.page(parts, search.Wanted(status="unrouted"), limit=5)
    return page(
        request,
        "waiting",
        held=[(row, leads[row.lead_id]) for row in held],
        held_count=sum(n for (_, state), n in counts.items() if state is State.HELD),
        more=bool(after),
        quarantined=await parts.ledger.quarantined(limit=5),
        paused=[one for one in accounts if one.paused or one.parked],
        unrouted=unrouted.found,
        wanted=sorted(await parts.ledger.drawer_all(WANTED))[:MOST],
        workers=len(await parts.ledger.workers()),
    )
