"""`bridge accounts list|pause|resume|check` and `bridge stats`."""

from collections import Counter

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.delivery.values import BY_HAND
from bridge.pipeline import Parts, standing, views

COLUMNS = ("account", "in_flight", "due", "breaker", "paused", "paused_destinations", "last_good")


@click.group(epilog=say.example("bridge accounts list"))
def accounts() -> None:
    """One customer's credentials at a vendor: how it does, and a switch."""


@accounts.command("list", epilog=say.example("bridge accounts list --json"))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, limit: int, as_json: bool) -> None:
    """In flight, due, breaker, pause, and when it last delivered."""
    async with office() as parts:
        known = {row.account: views.account(row) for row in await parts.ledger.accounts()}
        unused = {
            name: {
                "account": name,
                "in_flight": 0,
                "due": 0,
                "breaker": "closed",
                "paused": None,
                "paused_at": None,
                "paused_destinations": None,
                "last_good": None,
            }
            for name in parts.routing.accounts
        }
    shown = list((unused | known).values())[:limit]
    say.rows(shown, COLUMNS, as_json=as_json, empty="No accounts in the routing file.")


@accounts.command(epilog=say.example('bridge accounts pause vitec-acme --reason "moving offices"'))
@click.argument("account")
@click.option("--destination", default="", help="Pause only this destination.")
@click.option("--reason", default="", help="Shown to whoever asks why.")
@on_loop
async def pause(account: str, *, destination: str, reason: str) -> None:
    """Stop sending; everything waits."""
    async with office() as parts:
        _known(parts, account, destination)
        why = f"{BY_HAND}: {reason}" if reason else BY_HAND
        await parts.ledger.pause(account, why, destination=destination)
    click.echo(f"{destination or account} is paused; `bridge accounts resume {account}` goes on.")


@accounts.command(epilog=say.example("bridge accounts resume vitec-acme"))
@click.argument("account")
@click.option("--destination", default="", help="Resume only this destination.")
@on_loop
async def resume(account: str, *, destination: str) -> None:
    """Go on with everything that waits."""
    async with office() as parts:
        _known(parts, account, destination)
        await parts.ledger.resume(account, destination=destination)
        await parts.nudge(account)
    click.echo(f"{destination or account} goes on.")


@accounts.command(epilog=say.example("bridge accounts check flow-acme"))
@click.argument("account")
@on_loop
async def check(account: str) -> None:
    """Ask the vendor whether the credentials serve, and are allowed what destinations need."""
    async with office() as parts:
        _known(parts, account, "")
        health = await standing.health(parts, account)
    click.echo(f"{account}: {health.detail}")
    if health.ok is False:
        raise click.exceptions.Exit(3)


def _known(parts: Parts, account: str, destination: str) -> None:
    if account not in parts.routing.accounts:
        names = ", ".join(parts.routing.accounts)
        raise say.Refused(f"No account {account}; the routing file has {names or 'none'}.")
    if destination and destination not in parts.routing.destinations:
        names = ", ".join(parts.routing.destinations)
        raise say.Refused(f"No destination {destination}; the routing file has {names or 'none'}.")


@click.command(epilog=say.example("bridge stats --json"))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def stats(*, limit: int, as_json: bool) -> None:
    """Deliveries by account and state."""
    async with office() as parts:
        counts = await parts.ledger.counts()
    shown = [
        {"account": account, "state": str(state), "deliveries": number}
        for (account, state), number in sorted(counts.items())
    ][:limit]
    total = Counter({str(state): number for (_, state), number in counts.items()})
    if not as_json and total:
        click.echo(f"{total.total()} deliveries")
    say.rows(shown, ("account", "state", "deliveries"), as_json=as_json, empty="Nothing yet.")
