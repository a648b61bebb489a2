"""`bridge homeq`: what HomeQ knows beside its webhooks, and what they could not tell us."""

from collections import Counter
from collections.abc import AsyncIterator
from datetime import date

import click
from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from bridge.cli import homeq_lists, say
from bridge.cli.homeq_lists import account_of, answering
from bridge.cli.office import office, on_loop
from bridge.connectors.base import LookUpError
from bridge.connectors.homeq.connector import Homeq
from bridge.pipeline import Parts, catch_up
from bridge.routing import Source

AGREEMENTS, RESERVATIONS = "agreements", "reserved listings"


@click.group(epilog=say.example("bridge homeq catch-up homeq-acme --since 2026-11-01"))
def homeq() -> None:
    """HomeQ beside its webhooks."""


for _command in homeq_lists.COMMANDS:
    homeq.add_command(_command)


@homeq.command(
    "catch-up", epilog=say.example("bridge homeq catch-up homeq-acme --since 2026-11-01")
)
@click.argument("source")
@click.option("--since", required=True, type=click.DateTime(["%Y-%m-%d"]), help="Signed after it.")
@click.option("--only", type=click.Choice([AGREEMENTS, RESERVATIONS]), help="One kind of news.")
@click.option("--dry-run", is_flag=True, help="Store nothing; say how many there are.")
@on_loop
async def catch_up_(source: str, *, since: date, only: str | None, dry_run: bool) -> None:
    """Ask for agreements and reserved listings that SOURCE should have been told of.

    HomeQ repeats a webhook for seven days; after a longer outage this is how the rest comes in.
    Said again it does nothing. Run it ten minutes after the bridge is back, when the repeats that
    are still alive have come.
    """
    async with office() as parts:
        known, account = _source(parts, source)
        day = f"{since:%Y-%m-%d}"
        news = {
            AGREEMENTS: catch_up.agreements(parts, known, account, day, dry_run=dry_run),
            RESERVATIONS: catch_up.reservations(parts, known, account, dry_run=dry_run),
        }
        faults = [
            fault
            for what, verdicts in news.items()
            if only in {None, what} and (fault := await _told(what, verdicts))
        ]
    # What is off for want of a path is no fault, unless nothing else is on.
    if faults and (len(faults) == len(news) or only or any("is not set" not in f for f in faults)):
        raise click.exceptions.Exit(say.UNREACHABLE)


@homeq.command(epilog=say.example("bridge homeq login homeq-landlord"))
@click.argument("account")
@on_loop
async def login(account: str) -> None:
    """Try a login that was refused again, now: the password serves, or the account is unlocked."""
    async with office() as parts:
        known = account_of(parts, account)
        await known.api.tokens.try_again()
        with answering():
            await known.api.tokens.get()
    click.echo(f"{account}: the login serves.")


@homeq.command(epilog=say.example("bridge homeq deprecation-test homeq-landlord"))
@click.argument("account")
@on_loop
async def deprecation_test(account: str) -> None:
    """Make HomeQ's own test of a deprecated call, and say whether the bridge notices it."""
    async with office() as parts:
        known = account_of(parts, account)
        with answering():
            answer, said = await known.api.deprecation_test()
    if not said:
        names = ", ".join(sorted(answer.headers))
        raise say.Refused(
            f"HomeQ said HTTP {answer.status}, and nothing in it is known as the announcement of a"
            f" deprecation. Its headers are: {names}. Tell us which of them it is."
        )
    click.echo(f"Noticed: {said}")


async def _told(what: str, verdicts: AsyncIterator[str]) -> str:
    """Count and print; why it ended early, or nothing."""
    done, fault = Counter[str](), ""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
        task = progress.add_task(f"Asking HomeQ for {what}")
        try:
            async for verdict in verdicts:
                done[verdict] += 1
                progress.update(task, description=f"{done.total()} {what}")
        except LookUpError as error:
            fault = str(error)
    words = ", ".join(f"{number} {verdict}" for verdict, number in sorted(done.items()))
    if done or not fault:
        click.echo(f"{done.total()} {what}: {words or 'none'}.")
    if fault:
        click.echo(f"{what}: {fault}.", err=True)
    return fault


def _source(parts: Parts, name: str) -> tuple[Source, Homeq]:
    known = parts.routing.sources.get(name)
    account = parts.connectors.get(known.lookups or "") if known else None
    if known is None or not isinstance(account, Homeq):
        text = f"[sources.{name}] needs `lookups`, the name of an account with vendor homeq."
        raise say.Refused(text)
    if known.company_id is None:
        text = f"[sources.{name}] needs `company_id`: by it what was told already is known again."
        raise say.Refused(text)
    return known, account
