"""`bridge route explain` and `bridge schema`: what would happen, and what a lead is."""

import json
from typing import IO, Any, get_args

import click
import orjson

from bridge import intake, leads, phones, routing, wiring
from bridge.cli import say
from bridge.pipeline import expected
from bridge.routing import Routing, Source
from bridge.routing.config import Event

EVENTS = get_args(Event)


@click.group(epilog=say.example("bridge schema lead > lead.schema.json"))
def schema() -> None:
    """Published shapes."""


@schema.command("lead", epilog=say.example("bridge schema lead > lead.schema.json"))
def schema_lead() -> None:
    """The lead, version 1, as JSON Schema."""
    click.echo(json.dumps(leads.schema(), ensure_ascii=False, indent=2))


@click.group(epilog=say.example("bridge route explain lead.json --source web"))
def route() -> None:
    """The rules of the routing file."""


@route.command(epilog=say.example("bridge route explain lead.json --source web"))
@click.argument("file", type=click.File("rb"))
@click.option("--source", help="A [sources] table; may be left out where there is only one.")
@click.option("--event", type=click.Choice(EVENTS), help="What happened to it after it came.")
@click.option("--json", "as_json", is_flag=True)
def explain(file: IO[bytes], source: str | None, *, event: str | None, as_json: bool) -> None:
    """Where the lead in FILE would go, which routes matched, which did not and why.

    Needs the routing file only; nothing is stored or sent.
    """
    rules = wiring.read_routing(wiring.read_settings())
    name = source or (next(iter(rules.sources)) if len(rules.sources) == 1 else "")
    if name not in rules.sources:
        raise click.UsageError(f"Say which source: --source {' | '.join(rules.sources)}")
    answer = _explain(_parsed(file, rules.sources[name]), name, rules, event or "")
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer)
    if not answer["deliver_to"]:
        raise click.exceptions.Exit(1)


def _parsed(file: IO[bytes], source: Source) -> intake.Parsed:
    try:
        payload = orjson.loads(file.read())
        parsed = intake.parse(payload, shape=source.format, expected=expected(source))
    except orjson.JSONDecodeError as error:
        raise say.Refused(f"{file.name} is not JSON: {error}.") from None
    except intake.UnreadableError as error:
        lines = [f"{one.field}: {one.message}" for one in error.problems]
        raise say.Refused("\n".join(lines)) from None
    if isinstance(parsed, intake.Milestone):
        raise say.Refused(f"{parsed.kind} is a milestone of a lead: it goes on its timeline.")
    return parsed


def _explain(parsed: intake.Parsed, source: str, rules: Routing, event: str) -> dict[str, Any]:
    routed = routing.route(parsed.lead, source, rules, event=event)
    region = parsed.lead.country or rules.sources[source].country
    numbers = [phones.normalize(one.number, region) for one in parsed.lead.person.phones]
    return {
        "notes": list(parsed.notes),
        "phones": [
            {"status": str(one.status), "e164": one.e164, "reason": one.reason} for one in numbers
        ],
        "routes": [
            {"route": one.route, "matched": one.matched, "reasons": list(one.reasons)}
            for one in routed.verdicts
        ],
        "deliver_to": [
            {
                "destination": pick.destination.name,
                "account": pick.destination.account,
                "action": pick.destination.action,
                "after": pick.destination.after,
            }
            for pick in routed.picks
        ],
    }


def _print(answer: dict[str, Any]) -> None:
    for note in answer["notes"]:
        click.echo(f"note   {note}")
    for number in answer["phones"]:
        click.echo(f"phone  {number['status']}: {number['e164'] or number['reason']}")
    for one in answer["routes"]:
        verdict = "matches" if one["matched"] else "does not match"
        click.echo(f"route  {one['route']} {verdict}")
        for reason in one["reasons"]:
            click.echo(f"         {reason}")
    for one in answer["deliver_to"]:
        after = f", after {one['after']}" if one["after"] else ""
        click.echo(f"goes to {one['destination']} ({one['action']} at {one['account']}{after})")
    if not answer["deliver_to"]:
        click.echo("goes nowhere: it would be kept as unrouted")
