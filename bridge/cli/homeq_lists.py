"""`bridge homeq offices|employees|projects|inventory`: lists of a landlord's things."""

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import click
from rich.console import Console

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.connectors.base import LookUpError
from bridge.connectors.homeq.answers import Row, external_of, part, text_of
from bridge.connectors.homeq.connector import Homeq
from bridge.pipeline import Parts, listed, offices
from bridge.routing import OFFICE, Place

OFFICES = ("office_id", "name", "above_id", "above", "email", "routes")
EMPLOYEES = ("employee_id", "name", "email", "office", "role", "api_user")
PROJECTS = ("project_id", "name", "external_id", "office_id", "status", "published", "known_as")
INVENTORY = (
    "identifier",
    "external_id",
    "address",
    "status",
    "apartment_id",
    "project_id",
    "office_id",
    "known_as",
)
STATUSES = ("closing", "approved", "active", "rented", "draft", "deleted", "reserved", "paused")
BATCH = 50  # rows whose names are looked up in the directory together

limit = click.option("--limit", default=200, show_default=True, type=click.IntRange(1))
as_json_ = click.option("--json", "as_json", is_flag=True)


@click.command("offices", epilog=say.example("bridge homeq offices homeq-landlord --json"))
@click.argument("account")
@limit
@as_json_
@on_loop
async def offices_(account: str, *, limit: int, as_json: bool) -> None:
    """The office tree of ACCOUNT, and the routes that take each office's leads."""
    async with office() as parts:
        known = account_of(parts, account)
        with answering():
            found = await known.offices()
        tree = await offices.store(parts, account, found)
    shown = [
        {
            "office_id": one.id,
            "name": one.name,
            "above_id": one.parent,
            "above": tree.names.get(str(one.parent)),
            "email": one.email,
            "routes": ", ".join(_routes(parts, tree.up_from(str(one.id)))) or None,
        }
        for one in found
    ][:limit]
    say.rows(shown, OFFICES, as_json=as_json, empty="HomeQ lists no office.")


@click.command(epilog=say.example("bridge homeq employees homeq-landlord --json"))
@click.argument("account")
@limit
@as_json_
@on_loop
async def employees(account: str, *, limit: int, as_json: bool) -> None:
    """Who works for the landlord of ACCOUNT, below the selected office."""
    async with office() as parts:
        with answering():
            found = await account_of(parts, account).employees()
    shown = [
        {
            "employee_id": one.id,
            "name": one.name or None,
            "email": one.email,
            "office": one.office,
            "role": one.role,
            "api_user": one.api_user,
        }
        for one in found
    ][:limit]
    say.rows(shown, EMPLOYEES, as_json=as_json, empty="HomeQ lists no employee.")


@click.command(epilog=say.example("bridge homeq projects homeq-landlord --json"))
@click.argument("account")
@limit
@as_json_
@on_loop
async def projects(account: str, *, limit: int, as_json: bool) -> None:
    """The projects of ACCOUNT, and by what name the property directory knows each."""
    async with office() as parts:
        with answering():
            found = (await account_of(parts, account).projects())[:limit]
        pairs = [(one.id, one.external_id or "") for one in found]
        names = await listed.known_as(parts, account, "project", pairs)
    shown = [
        {
            "project_id": one.id,
            "name": one.name,
            "external_id": one.external_id,
            "office_id": one.office,
            "status": one.status,
            "published": one.published,
            "known_as": name or None,
        }
        for one, name in zip(found, names, strict=True)
    ]
    say.rows(shown, PROJECTS, as_json=as_json, empty="HomeQ lists no project.")


@click.command(epilog=say.example("bridge homeq inventory homeq-landlord --unknown --json"))
@click.argument("account")
@click.option("--status", type=click.Choice(STATUSES), help="Of listings.")
@click.option(
    "--type",
    "kind",
    default="object_ad",
    show_default=True,
    type=click.Choice(["object_ad", "apartment"]),
    help="Listings, or flats with and without one.",
)
@click.option("--unknown", is_flag=True, help="Only what the property directory does not know.")
@limit
@as_json_
@on_loop
async def inventory(
    account: str, *, status: str | None, kind: str, unknown: bool, limit: int, as_json: bool
) -> None:
    """Listings of ACCOUNT, and by what name the property directory knows each."""
    shown: list[dict[str, Any]] = []
    async with office() as parts:
        rows = account_of(parts, account).inventory(type=kind, **{"listing.status": status})
        with Console(stderr=True).status("Asking HomeQ") as spinner, answering():
            async for row in _known(parts, account, rows):
                spinner.update(f"{len(shown)} of the inventory")
                if len(shown) >= limit:
                    break
                if not (unknown and row["known_as"]):
                    shown.append(row)
    empty = "The property directory knows all of them." if unknown else "HomeQ lists nothing."
    say.rows(shown, INVENTORY, as_json=as_json, empty=empty)


async def _known(
    parts: Parts, account: str, rows: AsyncIterator[Row]
) -> AsyncIterator[dict[str, Any]]:
    """As they come, with their names; what is held is one batch."""
    batch: list[dict[str, Any]] = []
    async for row in rows:
        batch.append(_flat(row))
        if len(batch) == BATCH:
            for one in await _named(parts, account, batch):
                yield one
            batch = []
    for one in await _named(parts, account, batch):
        yield one


async def _named(parts: Parts, account: str, batch: list[dict[str, Any]]) -> list[dict[str, Any]]:
    pairs = [(one["apartment_id"], one["external_id"] or "") for one in batch]
    names = await listed.known_as(parts, account, "apartment", pairs)
    return [{**one, "known_as": name or None} for one, name in zip(batch, names, strict=True)]


def _flat(row: Row) -> dict[str, Any]:
    """Without who applied: that is nobody's business here."""
    flat = part(row, "apartment")
    address = part(flat, "address")
    street = (address.get("street_name"), address.get("street_number"), address.get("city"))
    return {
        "identifier": text_of(row.get("identifier")),
        "external_id": external_of(flat),
        "address": " ".join(filter(None, map(text_of, street))),
        "status": part(row, "object_ad").get("status"),
        "apartment_id": flat.get("id"),
        "project_id": part(row, "project").get("id"),
        "office_id": part(part(row, "estate"), "office").get("id"),
    }


def _routes(parts: Parts, above: tuple[str, ...]) -> Iterator[str]:
    """By office alone: a route's other conditions are the lead's."""
    rules = [one for one in parts.routing.routes if OFFICE in one.when]
    place = Place(from_homeq=True, offices=above, known=True)
    nearest = place.nearest(one.when[OFFICE] for one in rules)
    yield from (one.name for one in rules if not place.against(one.when[OFFICE], nearest))


def account_of(parts: Parts, name: str) -> Homeq:
    """Raises `Refused`."""
    found = parts.connectors.get(name)
    if isinstance(found, Homeq):
        return found
    known = [one.name for one in parts.routing.accounts.values() if one.vendor == "homeq"]
    raise say.Refused(
        f"No HomeQ account {name}; the routing file has {', '.join(known) or 'none'}."
    )


@contextmanager
def answering() -> Iterator[None]:
    """What HomeQ cannot be asked is a sentence and exit code 3."""
    try:
        yield
    except LookUpError as error:
        click.echo(f"{error}.", err=True)
        raise click.exceptions.Exit(say.UNREACHABLE) from None


COMMANDS = (offices_, employees, projects, inventory)
