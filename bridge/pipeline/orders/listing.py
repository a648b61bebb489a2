"""Orders for people and programs: flat objects, and the facts behind them."""

from dataclasses import replace
from typing import Any

from bridge.connectors.orders import OrderDesk, OrderMemory
from bridge.delivery.values import Served
from bridge.pipeline import views
from bridge.pipeline.orders import registry
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.wish import Closed, Facts, counted, wish
from bridge.pipeline.parts import Parts

COLUMNS = (
    *("order_id", "account", "case_id", "references", "state", "status", "wanted"),
    *("leads", "last_lead", "trouble"),
)


async def listed(parts: Parts, *, account: str = "") -> list[dict[str, Any]]:
    """Raises `LedgerError`. `wanted` is given where it is not what was told."""
    trouble = await parts.ledger.drawer_all(registry.TROUBLE)
    shown = []
    for one in await registry.all_ties(parts, account):
        desk = registry.desk_of(parts, one.account)
        facts = await facts_of(parts, desk, one) if desk else None
        row = _row(one, facts) if facts else {**dict.fromkeys(COLUMNS), **_tied(one)}
        why = trouble.get(one.name, b"").decode() or ("" if desk else "orders are off here")
        shown.append(row | {"trouble": why or None})
    return shown


async def facts_of(parts: Parts, desk: OrderDesk, one: Tie, *, reopened: bool = False) -> Facts:
    """`reopened`: as if nobody had closed it. Raises `LedgerError`."""
    ledger = parts.ledger
    memory: OrderMemory = await desk.known(one.order_id)
    names = [known.name for known in counted(parts.routing, one.account)]
    served: Served = await ledger.served(registry.marks(parts, one, memory), one.account, names)
    rows = await ledger.accounts()
    closed = await ledger.drawer_get(registry.CLOSED, one.name)
    return Facts(
        rules=desk.rules,
        routing=parts.routing,
        tie=one,
        memory=replace(memory, state="") if reopened else memory,
        served=served,
        account=next((row for row in rows if row.account == one.account), None),
        closed=Closed.model_validate_json(closed) if closed else None,
    )


def _row(one: Tie, facts: Facts) -> dict[str, Any]:
    wanted, memory = wish(facts), facts.memory
    untold = wanted is not None and not wanted.told(memory)
    return _tied(one) | {
        "case_id": memory.case_id or one.case_id,
        "state": memory.state or None,
        "status": memory.said[-1] if memory.said else None,
        "wanted": f"{wanted.state}: {wanted.status}" if wanted and untold else None,
        "leads": facts.served.leads,
        "last_lead": views.moment(facts.served.last),
    }


def _tied(one: Tie) -> dict[str, Any]:
    return {
        "order_id": one.order_id,
        "account": one.account,
        "case_id": one.case_id,
        "references": ", ".join(one.references) or None,
    }
