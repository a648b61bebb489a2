"""`bridge check`: would it work? Routing file, ledger, workers and every account, as a table."""

import asyncio
from typing import Any

import click

from bridge import wiring
from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.connectors.base import Health
from bridge.delivery.ledger import LedgerError
from bridge.pipeline import Parts, standing
from bridge.wiring import StartError

COLUMNS = ("what", "ok", "detail")


@click.command(epilog=say.example("bridge check --json"))
@click.option("--json", "as_json", is_flag=True)
def check(*, as_json: bool) -> None:
    """Exit code 2 where the configuration is wrong, 3 where ledger or a vendor does not serve."""
    settings = wiring.read_settings()
    rules = wiring.read_routing(settings)
    size = (
        f"{len(rules.sources)} sources, {len(rules.accounts)} accounts, {len(rules.routes)} routes"
    )
    found = [_row("routing file", ok=True, detail=f"{settings.config}: {size}")]
    try:
        known = wiring.read(settings)
        caution = wiring.check_start(known)
    except StartError as error:
        if error.code != say.UNREACHABLE:
            raise
        found.append(_row("ledger", ok=False, detail=str(error)))
    else:
        where = "embedded" if known.is_embedded else "BRIDGE_REDIS_URL"
        detail = f"{where}, writable, never evicts"
        detail = f"{detail}; but {caution}" if caution else f"{detail}, on disk"
        found.append(_row("ledger", ok=None if caution else True, detail=detail))
        found += _beyond()
    say.rows(found, COLUMNS, as_json=as_json, empty="")
    if any(row["ok"] == "no" for row in found):
        raise click.exceptions.Exit(say.UNREACHABLE)


@on_loop
async def _beyond() -> list[dict[str, Any]]:
    """What needs the ledger: the workers, and the vendors with the ledger's tokens."""
    async with office() as parts:
        workers = await parts.ledger.workers()
        seen = ", ".join(sorted(workers)) or "none seen in the last 30 s: start `bridge worker`"
        checks = await asyncio.gather(*(_account(parts, name) for name in parts.routing.accounts))
    rows = [row for one in checks for row in one]
    return [_row("workers", ok=bool(workers) or None, detail=seen), *rows]


async def _account(parts: Parts, name: str) -> list[dict[str, Any]]:
    """Whether it serves, and where it does and has processing bases, whether they still do."""
    try:
        health = await standing.health(parts, name)
        bases = await standing.bases(parts, name) if health.ok is not False else None
    except LedgerError as error:
        health, bases = Health(ok=False, detail=str(error)), None
    found = {f"account {name}": health, f"bases {name}": bases}
    return [_row(what, ok=one.ok, detail=one.detail) for what, one in found.items() if one]


def _row(what: str, *, ok: bool | None, detail: str) -> dict[str, Any]:
    return {"what": what, "ok": {True: "yes", False: "no", None: "?"}[ok], "detail": detail}
