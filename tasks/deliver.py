"""`bridge.deliver(account)`: a nudge; harmless when lost, late or doubled."""

from typing import Any

from bridge.delivery.ledger import LedgerError
from tasks import runtime
from tasks.app import app
from tasks.config import DRAIN_BUDGET


@app.task(name="bridge.deliver", ignore_result=False, expires=DRAIN_BUDGET)
def deliver(account: str) -> dict[str, Any]:
    """What this drain did, counts and delivery ids: what Flower shows."""
    try:
        done = runtime.current().drain(account)
    except LedgerError as error:
        return {"account": account, "error": str(error)}
    return {
        "account": account,
        "states": dict(done.states),
        "deliveries": done.deliveries,
        "blocked": done.blocked,
        "more": done.more,
    }
