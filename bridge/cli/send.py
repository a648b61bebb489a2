"""`bridge send lead.json`: one lead through the front door."""

import json
from typing import IO, Any

import click
import orjson

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.pipeline import Accepted, Acceptor, Intake
from bridge.pipeline.views import delivery


@click.command(epilog=say.example("bridge send lead.json --source web"))
@click.argument("file", type=click.File("rb"))
@click.option("--source", help="A [sources] table; may be left out where there is only one.")
@click.option("--key", help="Names this message, so that sending it again does nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print an object instead of words.")
@on_loop
async def send(file: IO[bytes], source: str | None, key: str | None, as_json: bool) -> None:
    """Accept the lead in FILE (`-` for stdin) and print its id and deliveries."""
    payload = _read(file)
    async with office() as parts:
        name = source or _only(list(parts.routing.sources))
        keys = (key,) if key else ()
        accepted = await Acceptor(parts).accept(
            Intake(payload=payload, source=name, keys=keys, way="cli")
        )
        found = await parts.ledger.deliveries_of(accepted.lead_id) if accepted.lead_id else []
        _say(accepted, [delivery(row) for row in found], as_json=as_json)
    if accepted.status == "quarantined":
        raise click.exceptions.Exit(1)


def _read(file: IO[bytes]) -> object:
    raw = file.read()
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise say.Refused(f"{file.name} is not JSON: {error}.") from None


def _only(names: list[str]) -> str:
    if len(names) == 1:
        return names[0]
    raise click.UsageError(f"Say which source it comes from: --source {' | '.join(names)}")


def _say(accepted: Accepted, found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        answer = {
            "lead_id": accepted.lead_id,
            "status": accepted.status,
            "quarantine_id": accepted.quarantine_id,
            "problems": [one.model_dump() for one in accepted.problems],
            "deliveries": found,
        }
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
        return
    if accepted.status == "quarantined":
        for one in accepted.problems:
            click.echo(f"{one.field}: {one.message}", err=True)
        click.echo(f"Kept in quarantine as {accepted.quarantine_id}.", err=True)
        return
    click.echo(f"{accepted.lead_id}  {accepted.status}")
    if found:
        columns = ("destination", "state", "reason")
        say.rows(found, columns, as_json=False, empty="")
