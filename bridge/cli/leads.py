"""`bridge leads list|show`: what came in, and everything that happened to it."""

import json
from typing import Any

import click
import orjson
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge.cli import say
from bridge.cli.office import office, on_loop
from bridge.cli.people import erase, export
from bridge.delivery.values import LeadId, LeadRow, LogEntry
from bridge.pipeline import Parts, staff, views
from bridge.pipeline.attempt import stored_lead

PAGE = 200


@click.group(epilog=say.example("bridge leads list --source web --limit 5"))
def leads() -> None:
    """List leads, show one with its whole timeline, erase or export a person."""


for _one in (erase, export):
    leads.add_command(_one)


@leads.command("list", epilog=say.example("bridge leads list --source web --limit 5"))
@click.option("--source")
@click.option("--status")
@click.option("--intent")
@click.option("--external-id")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1))
@click.option("--json", "as_json", is_flag=True)
@click.option("--reveal", is_flag=True, help="Show the person too.")
@on_loop
async def list_(*, limit: int, as_json: bool, reveal: bool, **wanted: str | None) -> None:
    """Newest first; no personal data unless --reveal is given."""
    filters = {name: value for name, value in wanted.items() if value is not None}
    async with office() as parts:
        found = await _find(parts, filters, limit)
        shown = [views.lead(row) for row in found]
        if reveal:
            people = [await _person(parts, row.lead_id) for row in found]
            shown = [one | person for one, person in zip(shown, people, strict=True)]
    columns = (*views.LEAD, *(("name", "emails", "phones") if reveal else ()))
    say.rows(shown, columns, as_json=as_json, empty="No lead fits.")


async def _find(parts: Parts, filters: dict[str, str], limit: int) -> list[LeadRow]:
    found: list[LeadRow] = []
    before: float | None = None
    while len(found) < limit:
        page = await parts.ledger.leads(before=before, limit=PAGE)
        if not page:
            break
        before = page[-1].received_at
        found += [row for row in page if all(getattr(row, k) == v for k, v in filters.items())]
    return found[:limit]


async def _person(parts: Parts, lead_id: LeadId) -> dict[str, Any]:
    blob = await parts.ledger.blob(lead_id)
    if blob is None:
        return {"name": "(erased)", "emails": "", "phones": ""}
    person = stored_lead(parts.vault, blob).person
    return {
        "name": person.name,
        "emails": ", ".join(person.emails),
        "phones": ", ".join(phone.number for phone in person.phones),
    }


@leads.command(epilog=say.example("bridge leads show 01JD… --json"))
@click.argument("lead_id")
@click.option("--json", "as_json", is_flag=True)
@click.option("--reveal", is_flag=True, help="Show the person and what went over the wire too.")
@on_loop
async def show(lead_id: str, *, as_json: bool, reveal: bool) -> None:
    """One lead: its deliveries, and its timeline from acceptance to the vendor's reference."""
    async with office() as parts:
        row = await parts.ledger.lead(LeadId(lead_id))
        if row is None:
            raise say.Refused(f"No lead {lead_id}.")
        answer = views.lead(row) | {"same_wish_as": row.first or None}
        if reveal:
            answer |= await _person(parts, row.lead_id)
        found = await parts.ledger.deliveries_of(row.lead_id)
        answer["deliveries"] = [views.delivery(one) for one in found]
        log = await parts.ledger.log(row.lead_id)
        answer["timeline"] = [
            {**_entry(parts, one, reveal=reveal), **staff.of_milestone(parts, row.source, one)}
            for one in log
        ]
    if as_json:
        click.echo(json.dumps(answer, ensure_ascii=False, indent=2))
    else:
        _print(answer)


def _entry(parts: Parts, entry: LogEntry, *, reveal: bool) -> dict[str, Any]:
    shown: dict[str, Any] = {"at": views.moment(entry.at), **entry.header}
    if reveal and entry.sealed:
        shown["exchanges"] = orjson.loads(parts.vault.unseal(entry.sealed))
    return shown


def _print(answer: dict[str, Any]) -> None:
    console = Console()
    for name, value in answer.items():
        if name not in {"deliveries", "timeline"} and value not in (None, ""):
            console.print(f"[bold]{name.replace('_', ' '):>13}[/]  {escape(str(value))}")
    if answer["deliveries"]:
        console.print()
        columns = ("destination", "state", "attempts", "next_at", "reference", "reason")
        say.rows(answer["deliveries"], columns, as_json=False, empty="")
    console.print()
    table = Table(box=None, show_header=False, pad_edge=False)
    for entry in answer["timeline"]:
        table.add_row(str(entry["at"]), *_words(entry))
    console.print(table)


def _words(entry: dict[str, Any]) -> tuple[str, str]:
    match entry["what"]:
        case "accepted":
            routes = "; ".join(_route(one) for one in entry.get("routes", []))
            return "accepted", escape(f"by {entry['way']}. {routes or 'no routes'}")
        case "attempt":
            parts = [
                entry.get("outcome") or entry.get("decision", ""),
                f"HTTP {entry['status']}" if "status" in entry else "",
                f"{entry['ms']} ms" if "ms" in entry else "",
                entry.get("reason", ""),
                f"again in {entry['delay']} s" if "delay" in entry else "",
                f"moved: {', '.join(entry['moved'])}" if "moved" in entry else "",
            ]
            what = f"{entry['mode']} {entry.get('attempt', '')} {entry['destination']}"
            return escape(what), escape(", ".join(filter(None, parts)))
        case "milestone":
            behind = filter(None, (entry.get("agent"), entry.get("office")))
            return escape(str(entry.get("kind", "milestone"))), escape(", ".join(behind))
        case what:
            who = f"by {entry['who']}" if "who" in entry else ""
            return escape(str(what)), escape(f"{entry.get('destination', '')} {who}".strip())


def _route(one: dict[str, Any]) -> str:
    verdict = "matched" if one["matched"] else "did not match"
    return f"{one['route']} {verdict}" + (
        f" ({'; '.join(one['reasons'])})" if one["reasons"] else ""
    )
