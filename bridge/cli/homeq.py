"""`bridge homeq catch-up`: what was signed while HomeQ's webhooks could not reach us."""

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.connectors.base import LookUpError
from bridge.connectors.homeq.connector import Homeq
from bridge.pipeline import Acceptor, Intake, Parts
from bridge.routing import Source


@click.group(epilog=say.example("bridge homeq catch-up homeq-acme --since 2026-11-01"))
def homeq() -> None:
    """HomeQ beside its webhooks."""


@homeq.command(
    "catch-up", epilog=say.example("bridge homeq catch-up homeq-acme --since 2026-11-01")
)
@click.argument("source")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Signed after it.")
@click.option("--dry-run", is_flag=True, help="Store nothing; say how many there are.")
@on_loop
async def catch_up(source: str, *, since: date, dry_run: bool) -> None:
    """Ask for agreements that SOURCE should have been told of, and put them on their leads.

    HomeQ repeats a webhook for seven days; after a longer outage this is how the rest comes in.
    Said again it does nothing.
    """
    async with office() as parts:
        known = parts.routing.sources.get(source)
        account = parts.connectors.get(known.lookups or "") if known else None
        if known is None or not isinstance(account, Homeq):
            text = f"[sources.{source}] needs `lookups`, the name of an account with vendor homeq."
            raise say.Refused(text)
        try:
            done = await _put(parts, known, account, f"{since:%Y-%m-%d}", dry_run=dry_run)
        except LookUpError as error:
            click.echo(f"{error}.", err=True)
            raise click.exceptions.Exit(say.UNREACHABLE) from None
    words = ", ".join(f"{number} {what}" for what, number in sorted(done.items()))
    click.echo(f"{done.total()} agreements: {words or 'none'}.")


async def _put(
    parts: Parts, source: Source, account: Homeq, since: str, *, dry_run: bool
) -> Counter[str]:
    acceptor, done = Acceptor(parts), Counter[str]()
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task("Asking HomeQ")
        async for row in account.agreements(since):
            progress.update(task, description=f"{done.total() + 1} agreements")
            if dry_run:
                done["found"] += 1
                continue
            event = _event(row, source)
            accepted = await acceptor.accept(
                Intake(payload=event, source=source.name, way="catch-up")
            )
            done["on a lead" if accepted.lead_id else "without a lead yet"] += 1
    return done


def _event(row: Mapping[str, Any], source: Source) -> dict[str, Any]:
    """As the webhook would have told it; whom it is with stays at HomeQ."""
    apartment = row.get("apartment_id")
    return {
        "agreement_id": row.get("id"),
        **({"apartment_id": apartment} if apartment is not None else {}),
        "company_id": source.company_id or 0,
        "created": row.get("sign_date") or row.get("created"),
        "employee": {},
        "type": "agreement",
        "uuid": f"agreement-{row.get('id')}",
    }
