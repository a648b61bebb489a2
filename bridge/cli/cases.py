"""`bridge cases list|status|release`: the cases whose leads wait, and letting them go."""

import getpass
from typing import Any

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import Parts, views, watching
from bridge.pipeline.watching.book import Standing

STATUS = ("account", "ok", "last_success", "lag_seconds", "waiting", "detail")


@click.group(epilog=say.example("bridge cases list"))
def cases() -> None:
    """Cases of the accounts with watch = true: which are sold, and whose leads wait."""


@cases.command("list", epilog=say.example("bridge cases list flow-acme --json"))
@click.argument("account", required=False)
@click.option(
    "--standing",
    type=click.Choice(["active", "sold", "deactivated", "unpublished"]),
    help="All of these, whether leads wait for them or not.",
)
@click.option("--all", "every", is_flag=True, help="Every case that is known.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(
    account: str | None, *, standing: Standing | None, every: bool, limit: int, as_json: bool
) -> None:
    """The cases that leads wait for, last changed first."""
    async with office() as parts:
        accounts = [_watched(parts, account)] if account else list(parts.routing.accounts)
        shown: list[dict[str, Any]] = []
        for name in accounts:
            room = limit - len(shown)
            shown += await watching.cases_of(
                parts, name, limit=room, standing=standing, every=every
            )
    say.rows(shown, watching.COLUMNS, as_json=as_json, empty="No leads wait for a case.")


@cases.command(epilog=say.example("bridge cases status --json"))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def status(*, as_json: bool) -> None:
    """When each watched account was read last. Exit code 3 where one cannot be read."""
    async with office() as parts:
        found = await watching.statuses(parts)
    shown = [
        {
            "account": one.account,
            "ok": {True: "yes", False: "no", None: "?"}[one.ok],
            "last_success": views.moment(one.last_success),
            "lag_seconds": None if one.lag is None else round(one.lag),
            "waiting": one.waiting,
            "detail": one.detail,
        }
        for one in found
    ]
    say.rows(shown, STATUS, as_json=as_json, empty="No account has watch = true.")
    if any(one.ok is False for one in found):
        raise click.exceptions.Exit(say.UNREACHABLE)


@cases.command(epilog=say.example("bridge cases release flow-acme 48213"))
@click.argument("account")
@click.argument("case_id", type=int)
@on_loop
async def release(account: str, case_id: int) -> None:
    """Let the leads of CASE_ID go, those that come later too, until it changes its standing."""
    async with office() as parts:
        _watched(parts, account)
        freed = await watching.let_go(parts, account, case_id, who=getpass.getuser())
    if freed is None:
        text = (
            f"Nothing waits for case {case_id} at {account}; `bridge cases list` shows what does."
        )
        raise say.Refused(text)
    number = len(freed.deliveries)
    click.echo(f"Case {case_id} holds no leads now; {number} deliveries go on.")


def _watched(parts: Parts, account: str) -> str:
    if account not in parts.routing.accounts:
        names = ", ".join(parts.routing.accounts)
        raise say.Refused(f"No account {account}; the routing file has {names or 'none'}.")
    return account
