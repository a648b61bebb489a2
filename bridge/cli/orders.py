"""`bridge orders list|tie|complete|cancel|reopen|forget`: the orders that brokers made in Core."""

from typing import Literal
from uuid import UUID

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.outcomes import Delivered, Outcome, Rejected, Unknown
from bridge.pipeline import Parts
from bridge.pipeline import orders as known_orders
from bridge.pipeline.orders import CommandError, Tie
from bridge.pipeline.orders.listing import COLUMNS
from bridge.pipeline.orders.registry import ORDER_ID

ACCOUNT = click.option("--account", default="", help="Where two accounts have such an order.")
STATUS = click.option("--status", default="", help="What the broker reads beside the state.")


@click.group(epilog=say.example("bridge orders list"))
def orders() -> None:
    """Core's orders: which there are, what they were told, and an end to one."""


@orders.command("list", epilog=say.example("bridge orders list --account flow-acme --json"))
@click.option("--account", default="", help="Only this account's.")
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, account: str, limit: int, as_json: bool) -> None:
    """Case, state, leads delivered; and what could not be told, with the reason."""
    async with office() as parts:
        shown = (await known_orders.listed(parts, account=account))[:limit]
    empty = "No order is known: give one with `bridge properties set REFERENCE --order-id …`."
    say.rows(shown, COLUMNS, as_json=as_json, empty=empty)


@orders.command(epilog=say.example("bridge orders tie 48213 --account flow-acme --case-id 48213"))
@click.argument("order_id", metavar="ORDER")
@click.option("--account", required=True, help="Whose order it is.")
@click.option("--reference", multiple=True, help="A reference of the case; may be repeated.")
@click.option("--case-guid", type=click.UUID, help="The case's GUID.")
@click.option("--case-id", type=click.IntRange(1), help="The case's number.")
@on_loop
async def tie(
    order_id: str,
    *,
    account: str,
    reference: tuple[str, ...],
    case_guid: UUID | None,
    case_id: int | None,
) -> None:
    """Say which case ORDER belongs to. What is left out stays as it is."""
    if not ORDER_ID.fullmatch(order_id.strip().lower()):
        raise say.Refused(f"{order_id} is no order: it is a GUID, or a number.")
    async with office() as parts:
        if known_orders.desk_of(parts, account) is None:
            names = ", ".join(known_orders.desks(parts)) or "none"
            raise say.Refused(f"No account {account} with orders on; known are: {names}.")
        new = Tie(
            account=account,
            order_id=order_id,
            references=reference,
            case_guid=case_guid,
            case_id=case_id,
        )
        one = await known_orders.tie(parts, new)
    click.echo(f"{one.order_id} is known at {account}.")


@orders.command(epilog=say.example('bridge orders complete 48213 --status "Solgt"'))
@click.argument("order_id", metavar="ORDER")
@ACCOUNT
@STATUS
@on_loop
async def complete(order_id: str, *, account: str, status: str) -> None:
    """Tell Core that ORDER is done. It moves no more by itself."""
    await _close(order_id, "Completed", account=account, status=status)


@orders.command(epilog=say.example("bridge orders cancel 5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"))
@click.argument("order_id", metavar="ORDER")
@ACCOUNT
@STATUS
@on_loop
async def cancel(order_id: str, *, account: str, status: str) -> None:
    """Tell Core that ORDER is cancelled. It moves no more by itself; leads go on."""
    await _close(order_id, "Cancelled", account=account, status=status)


@orders.command(epilog=say.example("bridge orders reopen 48213"))
@click.argument("order_id", metavar="ORDER")
@ACCOUNT
@on_loop
async def reopen(order_id: str, *, account: str) -> None:
    """ORDER was completed or cancelled by mistake: it moves by itself again."""
    async with office() as parts:
        try:
            outcome = await known_orders.reopen(parts, order_id, account=account)
        except CommandError as error:
            raise say.Refused(str(error)) from None
    _tell(order_id, "open again", outcome)


@orders.command(epilog=say.example("bridge orders forget 48213"))
@click.argument("order_id", metavar="ORDER")
@ACCOUNT
@on_loop
async def forget(order_id: str, *, account: str) -> None:
    """ORDER is told nothing more, and is in no list. Core keeps it as it is."""
    async with office() as parts:
        try:
            await known_orders.forget(parts, order_id, account=account)
        except CommandError as error:
            raise say.Refused(str(error)) from None
    click.echo(f"{order_id} is forgotten; a reference or a lead that names it brings it back.")


async def _close(
    order_id: str, state: Literal["Completed", "Cancelled"], *, account: str, status: str
) -> None:
    async with office() as parts:
        outcome = await _closed(parts, order_id, state, account=account, status=status)
    _tell(order_id, state, outcome)


async def _closed(
    parts: Parts,
    order_id: str,
    state: Literal["Completed", "Cancelled"],
    *,
    account: str,
    status: str,
) -> Outcome:
    try:
        return await known_orders.close(
            parts, order_id, state, status=status, account=account, by="the command line"
        )
    except CommandError as error:
        raise say.Refused(str(error)) from None


def _tell(order_id: str, what: str, outcome: Outcome) -> None:
    if isinstance(outcome, Delivered):
        click.echo(f"{order_id} is {what}, and Core has it.")
        return
    why = getattr(outcome, "reason", "") or "Core asked us to wait"
    if isinstance(outcome, Rejected):
        raise say.Refused(f"{order_id} is {what} here, but Core refused it: {why}.")
    later = "a worker finds out" if isinstance(outcome, Unknown) else "a worker tells it later"
    click.echo(f"{order_id} is {what} here; {later}: {why}.", err=True)
    raise click.exceptions.Exit(say.UNREACHABLE)
