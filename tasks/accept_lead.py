"""`bridge.accept_lead(payload, source)`: the way in for any Celery client.

The lead is only in the message until the ledger has it, so the message is acknowledged last.
"""

from typing import Any

from celery import Task
from celery.exceptions import Reject

from bridge.delivery.ledger import LedgerError
from bridge.pipeline import Intake
from tasks import runtime
from tasks.app import app


class _Private(Task[..., Any]):
    Request = "tasks.redaction:RedactedRequest"


@app.task(
    name="bridge.accept_lead",
    base=_Private,
    acks_late=True,
    reject_on_worker_lost=True,
    ignore_result=False,
)
def accept_lead(payload: Any, source: str, idempotency_key: str | None = None) -> dict[str, Any]:
    """Ids and a status, nothing of the lead: `{"lead_id", "status"}`."""
    keys = (idempotency_key,) if idempotency_key else ()
    came = Intake(payload=payload, source=str(source), keys=keys, way="celery")
    try:
        accepted = runtime.current().accept(came)
    except LedgerError as error:
        raise Reject(str(error), requeue=True) from None
    result: dict[str, Any] = {"lead_id": accepted.lead_id, "status": accepted.status}
    if accepted.quarantine_id:
        result["quarantine_id"] = accepted.quarantine_id
    return result
