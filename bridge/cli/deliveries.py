"""`bridge deliveries list|show|retry|resolve|cancel`."""

import getpass
import json

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.delivery.values import Act, DeliveryId, LeadId
from bridge.outcomes import State
from bridge.pipeline import views


@click.group(epilog=say.example("bridge deliveries list --state held"))
def deliveries() -> None:
    """List deliveries, and act on one by hand."""


@deliveries.command(
    "list",
    epilog=say.example("bridge deliveries list --state held --account vitec-acme --limit 20"),
)
@click.option("--state", type=click.Choice([str(one) for one in State]))
@click.option("--account")
@click.option("--destination")
@click.option("--lead-id")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(
    *,
    state: str | None,
    account: str | None,
    destination: str | None,
    lead_id: str | None,
    limit: int,
    as_json: bool,
) -> None:
    """Newest first."""
    wanted = State(state) if state else None
    async with office() as parts:
        if lead_id:
            found = await parts.ledger.deliveries_of(LeadId(lead_id))
        else:
            most = limit if destination is None else 1_000_000
            found = await parts.ledger.deliveries(state=wanted, account=account, limit=most)
    fits = [
        row
        for row in found
        if destination in {None, row.destination}
        and wanted in {None, row.state}
        and account in {None, row.account}
    ]
    shown = [views.delivery(row) for row in fits[:limit]]
    columns = ("delivery_id", "state", "attempts", "next_at", "reference", "reason")
    say.rows(shown, columns, as_json=as_json, empty="No delivery fits.")


@deliveries.command(epilog=say.example("bridge deliveries show 01JD…:acme-watch"))
@click.argument("delivery_id")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def show(delivery_id: str, *, as_json: bool) -> None:
    """One delivery with every attempt."""
    lead_id, _, destination = delivery_id.partition(":")
    async with office() as parts:
        rows = await parts.ledger.deliveries_of(LeadId(lead_id))
        row = next((one for one in rows if one.destination == destination), None)
        if row is None:
            raise say.Refused(f"No delivery {delivery_id}.")
        log = await parts.ledger.log(row.lead_id)
    attempts = [
        {"at": views.moment(one.at), **one.header}
        for one in log
        if one.header.get("destination") == destination
    ]
    answer = views.delivery(row)
    if as_json:
        click.echo(json.dumps(answer | {"log": attempts}, ensure_ascii=False, indent=2))
        return
    for name, value in answer.items():
        if value is not None:
            click.echo(f"{name:>12}  {value}")
    for entry in attempts:
        words = "  ".join(f"{k}={v}" for k, v in entry.items() if k not in {"at", "destination"})
        click.echo(f"{entry['at']}  {words}")


@deliveries.command(epilog=say.example("bridge deliveries retry 01JD…:acme-watch"))
@click.argument("delivery_id")
def retry(delivery_id: str) -> None:
    """Send it again now."""
    _act(delivery_id, "retry")


@deliveries.command(epilog=say.example("bridge deliveries cancel 01JD…:acme-watch"))
@click.argument("delivery_id")
def cancel(delivery_id: str) -> None:
    """Never send it."""
    _act(delivery_id, "cancel")


@deliveries.command(epilog=say.example("bridge deliveries resolve 01JD…:acme-watch --delivered"))
@click.argument("delivery_id")
@click.option("--delivered", "verdict", flag_value="delivered", help="The vendor has it.")
@click.option("--resend", "verdict", flag_value="resend", help="The vendor does not have it.")
def resolve(delivery_id: str, verdict: str | None) -> None:
    """Say what became of a delivery that may have arrived."""
    match verdict:
        case "delivered":
            _act(delivery_id, "delivered")
        case "resend":
            _act(delivery_id, "resend")
        case _:
            raise click.UsageError("Say which: --delivered or --resend")


@on_loop
async def _act(delivery_id: str, act: Act) -> None:
    if ":" not in delivery_id:
        raise click.UsageError("A delivery's id is <lead id>:<destination>, as the listing shows.")
    async with office() as parts:
        try:
            state = await parts.ledger.act(DeliveryId(delivery_id), act, who=getpass.getuser())
        except ValueError as error:
            raise say.Refused(f"{error}.") from None
        if state is None:
            raise say.Refused(f"No delivery {delivery_id}.")
        if state is State.PENDING:
            rows = await parts.ledger.deliveries_of(LeadId(delivery_id.partition(":")[0]))
            for account in {row.account for row in rows if row.delivery_id == delivery_id}:
                await parts.nudge(account)
    click.echo(f"{delivery_id} is {state} now.")
