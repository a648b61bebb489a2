"""`/healthz`, `/readyz` and `/metrics`: for the machines that watch the machines."""

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse, Response
from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

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


@router.get("/metrics", response_class=Response)
async def metrics(request: Request) -> Response:
    """Prometheus: deliveries by account and state, accounts, stream lag, workers. No person."""
    parts = Office.of(request).parts
    registry = CollectorRegistry()

    def gauge(name: str, text: str, *labels: str) -> Gauge:
        return Gauge(f"bridge_{name}", text, labels, registry=registry)

    deliveries = gauge("deliveries", "Deliveries by account and state", "account", "state")
    for (account, state), number in (await parts.ledger.counts()).items():
        deliveries.labels(account, state).set(number)
    flight = gauge("in_flight", "Deliveries being sent", "account")
    due = gauge("in_line", "Deliveries that wait for their turn or time", "account")
    paused = gauge("account_paused", "1 while the account is paused", "account")
    shut = gauge("breaker_open", "1 while the breaker is not closed", "account")
    for row in await parts.ledger.accounts():
        flight.labels(row.account).set(row.in_flight)
        due.labels(row.account).set(row.due)
        paused.labels(row.account).set(bool(row.paused))
        shut.labels(row.account).set(row.breaker != "closed")
    lag = await parts.stream("metrics").lag()
    gauge("stream_lag", "Entries of bridge:intake that are not in the ledger yet").set(lag)
    gauge("workers", "Workers seen in the last 30 s").set(len(await parts.ledger.workers()))
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)
