"""Accounts: how each does, and its switch."""

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from bridge.delivery.values import BY_HAND, AccountRow
from bridge.pipeline import standing
from bridge.web.console.frame import page
from bridge.web.console.guard import Form, Operator, Whole, text
from bridge.web.office import Office
from bridge.web.problems import Problem

router = APIRouter()


@router.get("/accounts")
async def accounts(request: Request, _: Whole) -> Response:
    parts = Office.of(request).parts
    known = {row.account: row for row in await parts.ledger.accounts()}
    rows = [
        (account, known.get(name) or _unused(name))
        for name, account in sorted(parts.routing.accounts.items())
    ]
    destinations: dict[str, list[str]] = {}
    for one in parts.routing.destinations.values():
        destinations.setdefault(one.account, []).append(one.name)
    found = {name: list(one.values()) for name, one in (await standing.findings(parts)).items()}
    return page(request, "accounts", rows=rows, destinations=destinations, findings=found)


@router.post("/accounts/{account}/{switch}")
async def steer(request: Request, me: Operator, form: Form, account: str, switch: str) -> Response:
    parts, destination = Office.of(request).parts, text(form, "destination")
    if account not in parts.routing.accounts or switch not in {"pause", "resume"} or me.offices:
        raise Problem(404, "No such account", "The routing file has no account of this name.")
    if destination and destination not in parts.routing.destinations:
        raise Problem(404, "No such destination", "The routing file has none of this name.")
    if switch == "pause":
        why = text(form, "reason") or f"by {me.user}"
        await parts.ledger.pause(account, f"{BY_HAND}: {why[:200]}", destination=destination)
        return RedirectResponse("/accounts?said=paused", 303)
    await parts.ledger.resume(account, destination=destination)
    await parts.nudge(account)
    return RedirectResponse("/accounts?said=resumed", 303)


def _unused(name: str) -> AccountRow:
    return AccountRow(
        account=name,
        in_flight=0,
        due=0,
        breaker="closed",
        paused="",
        paused_at=None,
        last_good=None,
    )
