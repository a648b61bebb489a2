"""The demo's last page: what became of every lead, and what the vendors say they received."""

from dataclasses import dataclass, field
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from bridge import phones
from bridge.cli.say import STATE_MARKS
from bridge.delivery.values import DeliveryRow
from bridge.pipeline import Accepted, Parts
from bridge.pipeline.attempt import stored_lead
from bridge.sandbox.server import Client

VERDICTS = {
    "duplicate": "the same message: sent nowhere again",
    "quarantined": "not understood: kept in quarantine",
    "unrouted": "no route takes it",
}


@dataclass(slots=True)
class Shown:
    """One line of the demo, with what came of it."""

    note: str
    line: dict[str, Any]
    accepted: Accepted
    name: str = ""
    phone: str = ""
    rows: list[DeliveryRow] = field(default_factory=list)

    async def look(self, parts: Parts) -> None:
        if self.accepted.lead_id is None:
            self.phone = "; ".join(f"{p.field}: {p.message}" for p in self.accepted.problems)
            return
        blob = await parts.ledger.blob(self.accepted.lead_id)
        lead = stored_lead(parts.vault, blob or b"")
        self.name = lead.person.name
        source = parts.routing.sources[self.line["source"]]
        region = lead.country or source.country
        numbers = [phones.normalize(one.number, region) for one in lead.person.phones]
        self.phone = "\n".join(map(_phone, numbers)) or "(none)"
        if self.accepted.status != "duplicate":
            self.rows = await parts.ledger.deliveries_of(self.accepted.lead_id)


def _phone(phone: phones.Phone) -> str:
    found = ", ".join((phone.e164, *phone.alternates)) if phone.e164 else f"? {phone.reason}"
    return f"{phone.raw} → {found}"


def print_report(console: Console, shown: list[Shown], sandbox: Client) -> None:
    table = Table(title="\nWhat became of them", title_justify="left", title_style="bold")
    for name in ("lead", "phone as given → as sent", "destination", "state", "tries"):
        table.add_column(name, overflow="fold")
    table.add_column("vendor's reference, or why", overflow="fold")
    for one in shown:
        _add(table, one)
    console.print(table)
    console.print("\n[bold]What the vendors received[/], counted by the sandbox, not by our ledger")
    for kind, number in sorted(sandbox.counts().items()):
        console.print(f"  {number:>3}  {kind}")
    lost = sum(not one["answered"] for one in sandbox.received())
    console.print(f"  {lost:>3}  of them with an answer that never reached us")
    sent = sum(row.state == "delivered" for one in shown for row in one.rows)
    doubled = len(sandbox.received()) - sent
    verdict = "none lost, none doubled" if doubled == 0 else f"a difference of {doubled}"
    console.print(f"  {sent:>3}  deliveries are on our ledger as delivered: {verdict}")


def _add(table: Table, one: Shown) -> None:
    lead = f"[bold]{escape(one.name)}[/]\n[dim]{escape(one.note)}[/]" if one.name else one.note
    phone = escape(one.phone)
    if not one.rows:
        table.add_row(lead, phone, "", "", "", VERDICTS.get(one.accepted.status, ""))
    for index, row in enumerate(one.rows):
        first = (lead, phone) if index == 0 else ("", "")
        why = escape(" ".join(filter(None, (row.reference, row.reason))))
        state = STATE_MARKS[row.state]
        table.add_row(*first, row.destination, state, str(row.attempts or ""), why)
    table.add_section()
