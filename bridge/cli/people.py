"""`bridge leads erase|export`: a person asks to be forgotten, or what is held on them."""

import getpass
import json
from collections.abc import Callable
from dataclasses import asdict
from typing import Any, TypeVar

import click

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import Parts
from bridge.pipeline.people import Known, People, Who

F = TypeVar("F", bound=Callable[..., Any])


def _who(command: F) -> F:
    for option in (
        click.option("--id", "lead_id", default="", help="One lead; others of the person stay."),
        click.option("--phone", default="", help="In any spelling."),
        click.option("--email", default=""),
    ):
        command = option(command)
    return command


@click.command(epilog=say.example("bridge leads erase --email anna@example.com"))
@_who
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--json", "as_json", is_flag=True)
@on_loop
async def erase(*, yes: bool, as_json: bool, **who: str) -> None:
    """Remove a person everywhere; rows, states and references stay, the same message stays out."""
    async with office() as parts:
        people, known = await _find(parts, who)
        if not yes:
            click.confirm(f"Erase {_counted(known)}? This cannot be undone", abort=True, err=True)
        erased = await people.erase(known, by=getpass.getuser())
    if as_json:
        click.echo(json.dumps(asdict(erased), indent=2))
    else:
        click.echo(f"Erased {_counted(known)}; {len(erased.cancelled)} deliveries were cancelled.")


@click.command(epilog=say.example("bridge leads export --phone '070-174 06 05' > anna.json"))
@_who
@on_loop
async def export(**who: str) -> None:
    """Print all that is held on a person, in the clear; the timeline says that it was told."""
    async with office() as parts:
        people, known = await _find(parts, who)
        told = await people.export(known, by=getpass.getuser())
    click.echo(json.dumps(told, ensure_ascii=False, indent=2))


async def _find(parts: Parts, who: dict[str, str]) -> tuple[People, Known]:
    if sum(map(bool, who.values())) != 1:
        raise click.UsageError("Say who: one of --email, --phone, --id")
    people = People(parts)
    if who["phone"] and not people.numbers(who["phone"]):
        raise say.Refused("That is no phone number that could be read with certainty.")
    known = await people.find(Who(**who))
    if known.nothing:
        raise say.Refused("Nothing is held on them.")
    return people, known


def _counted(known: Known) -> str:
    return (
        f"{len(known.leads)} leads, {len(known.quarantined)} payloads in quarantine,"
        f" {len(known.milestones)} waiting milestones"
    )
