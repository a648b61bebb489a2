"""`bridge properties import|list|set`: which vendor ids a property reference stands for."""

from collections.abc import Mapping
from typing import IO

import click

from bridge import routing
from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import Parts
from bridge.pipeline.prints import WANTED
from bridge.pipeline.reroute import DIRECTORY, Rerouted, property_known
from bridge.routing import PropertyEntry

COLUMNS = ("reference", "customer_id", "estate_id", "case_guid", "case_id", "order_id")


@click.group(epilog=say.example("bridge properties list"))
def properties() -> None:
    """The property directory: reference → Vitec estate, Flow case."""


@properties.command("list", epilog=say.example("bridge properties list --limit 20"))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def list_(*, limit: int, as_json: bool) -> None:
    """Every reference that is known."""
    async with office() as parts:
        known = await parts.ledger.properties_all()
    shown = [_flat(PropertyEntry.from_json(text)) for _, text in sorted(known.items())][:limit]
    say.rows(shown, COLUMNS, as_json=as_json, empty="The property directory is empty.")


@properties.command("import", epilog=say.example("bridge properties import map.csv"))
@click.argument("file", type=click.File("rb"))
@on_loop
async def import_(file: IO[bytes]) -> None:
    """Take in a CSV file.

    Its columns: reference, customer_id, estate_id, case_guid, case_id, order_id.
    """
    entries, faults = routing.parse_csv(file.read().decode("utf-8-sig", "replace"))
    for fault in faults:
        click.echo(fault, err=True)
    async with office() as parts:
        await parts.ledger.properties_put({one.reference: one.to_json() for one in entries})
        going = await property_known(parts, [one.reference for one in entries], who=DIRECTORY)
    click.echo(f"{len(entries)} properties taken in, {len(faults)} rows refused.")
    say_going(going)
    if faults:
        raise click.exceptions.Exit(1)


@properties.command(
    "set", epilog=say.example("bridge properties set AF43CD7U --estate-id OBJ11385_1395932274")
)
@click.argument("reference")
@click.option("--customer-id", help="Vitec's M… id of the office.")
@click.option("--estate-id", help="Vitec's id of the estate.")
@click.option("--case-guid", help="Flow's GUID of the case (stakeholders).")
@click.option("--case-id", type=int, help="Flow's number of the case (notifications, read-back).")
@click.option("--order-id", help="Core's order for the case, a GUID.")
@on_loop
async def set_(reference: str, **ids: object) -> None:
    """Set the ids of one reference; what is left out stays as it is."""
    async with office() as parts:
        going = await put(parts, reference, ids)
    click.echo(f"{reference} is known.")
    say_going(going)


@properties.command(epilog=say.example("bridge properties wanted --json"))
@click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def wanted(*, limit: int, as_json: bool) -> None:
    """References that leads wait for, and the source of one of them."""
    async with office() as parts:
        found = await parts.ledger.drawer_all(WANTED)
    shown = [{"reference": name, "source": found[name].decode()} for name in sorted(found)][:limit]
    say.rows(shown, ("reference", "source"), as_json=as_json, empty="No lead waits for a property.")


async def put(parts: Parts, reference: str, ids: Mapping[str, object]) -> list[Rerouted]:
    """Into the directory, beside what it knows of the reference; None in `ids` leaves as it is.

    Says which leads that waited for it go on. Raises `say.Refused`.
    """
    known = await parts.ledger.properties([reference])
    before = _flat(PropertyEntry.from_json(known[reference])) if known else {}
    given = {name: value for name, value in ids.items() if value is not None}
    entry = routing.property_entry({**before, **given, "reference": reference})
    if isinstance(entry, str):
        raise say.Refused(entry)
    await parts.ledger.properties_put({reference: entry.to_json()})
    return await property_known(parts, [reference], who=DIRECTORY)


def say_going(going: list[Rerouted], *, err: bool = False) -> None:
    if going:
        click.echo(f"{len(going)} leads that waited for it go on.", err=err)


def _flat(entry: PropertyEntry) -> dict[str, object]:
    known = entry.model_dump(mode="json")
    return {name: known[name] for name in COLUMNS}
