"""`/healthz` and `/readyz`: for the machines that watch the machines."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response

from bridge.delivery.ledger import LedgerError
from bridge.web.office import Office

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process is alive."""
    return {"status": "alive"}


@router.get("/readyz", responses={503: {"description": "Not ready, and why"}})
async def readyz(request: Request) -> Response:
    """The ledger can be written, and a worker was seen in the last 30 s."""
    ledger = Office.of(request).parts.ledger
    try:
        await ledger.ready()
        workers = await ledger.workers()
    except LedgerError as error:
        return JSONResponse({"ready": False, "why": str(error)}, 503)
    if not workers:
        return JSONResponse({"ready": False, "why": "No worker was seen in the last 30 s."}, 503)
    answer: dict[str, Any] = {"ready": True, "workers": len(workers)}
    return JSONResponse(answer)
