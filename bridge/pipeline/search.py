"""Find leads by what a person has in hand, and turn pages without counting from the start."""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from bridge import phones
from bridge.delivery.values import DeliveryRow, LeadId, LeadRow
from bridge.outcomes import State
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts

ULID = re.compile(r"[0-9A-HJKMNP-TV-Z]{26}")
TICK = 0.001  # seconds: the ledger's clock
CHUNK = 200
FURTHEST = 20  # chunks that one page looks through for its filters
MOST_FOUND = 200
INDEXED = frozenset(State) - {State.DELIVERED, State.PENDING, State.RETRYING, State.SENDING}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What a list of leads is narrowed to; empty: everything."""

    source: str = ""
    status: str = ""  # of the lead: accepted, unrouted, …
    state: str = ""  # of one of its deliveries
    until: float | None = None  # received before this time
    accounts: tuple[str, ...] = ()  # that one of its deliveries is at

    def takes(self, row: LeadRow, deliveries: list[DeliveryRow]) -> bool:
        return (
            self.source in {"", row.source}
            and self.status in {"", row.status}
            and (not self.state or any(one.state == self.state for one in deliveries))
            and (not self.accounts or any(one.account in self.accounts for one in deliveries))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    row: LeadRow
    deliveries: list[DeliveryRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`after`: the cursor of the next page, empty on the last."""

    found: list[Found]
    after: str = ""


async def marks_of(parts: Parts, text: str) -> list[str]:
    """The fingerprints that this may be: a phone in any spelling, an e-mail, a property, an id."""
    return list(dict.fromkeys(_marks(parts, text.strip())))


async def leads_by(parts: Parts, marks: list[str]) -> list[Found]:
    """Whoever has one of these marks, newest first."""
    ids: dict[LeadId, None] = {}
    for mark in marks:
        ids |= dict.fromkeys(await parts.ledger.leads_of(mark, limit=MOST_FOUND))
    rows = [row for one in ids if (row := await parts.ledger.lead(one))]
    rows.sort(key=_place, reverse=True)
    return [await _with_deliveries(parts, row) for row in rows[:MOST_FOUND]]


async def leads_named(parts: Parts, ids: Iterable[str]) -> list[Found]:
    """The newest of these."""
    newest = sorted(ids, reverse=True)[:MOST_FOUND]  # an id begins with its time
    rows = [row for one in newest if (row := await parts.ledger.lead(LeadId(one)))]
    return [await _with_deliveries(parts, row) for row in rows]


async def lead_named(parts: Parts, text: str) -> LeadId | None:
    """The lead whose own id this is."""
    name = text.strip().upper()
    if not ULID.fullmatch(name):
        return None
    row = await parts.ledger.lead(LeadId(name))
    return row.lead_id if row else None


async def page(parts: Parts, wanted: Wanted, *, after: str = "", limit: int = 50) -> Page:
    """Newest first. Looks through so many leads; the cursor goes on from there, found or not."""
    place = cursor(after)
    found: list[Found] = []
    for _ in range(FURTHEST):
        rows = await _older(parts, place, wanted.until)
        for row in rows:
            place = _place(row)
            one = await _with_deliveries(parts, row)
            if wanted.takes(row, one.deliveries):
                found.append(one)
                if len(found) == limit:
                    return Page(found=found, after=as_cursor(place))
        if not rows:
            return Page(found=found)
    return Page(found=found, after=as_cursor(place))


async def deliveries(
    parts: Parts, state: State, *, account: str = "", after: str = "", limit: int = 50
) -> tuple[list[DeliveryRow], str]:
    """Newest change first, and the cursor of what comes after; in line: the first ones alone."""
    if state is State.DELIVERED:
        leads = await page(parts, Wanted(state="delivered"), after=after, limit=limit)
        rows = [one for lead in leads.found for one in lead.deliveries if one.state is state]
        return [one for one in rows if account in {"", one.account}], leads.after
    if state not in INDEXED:
        rows = await parts.ledger.deliveries(state=state, account=account or None, limit=limit)
        return rows, ""
    place = cursor(after)
    before, size = (place[0] + TICK if place else None), limit + 1
    while True:
        rows = await parts.ledger.deliveries(
            state=state, account=account or None, limit=size, before=before
        )
        # Several may have changed within one tick: the ids tell which of them were shown.
        new = [
            row
            for row in rows
            if place is None or (row.updated_at, row.delivery_id) < (place[0], place[1])
        ]
        if len(new) > limit or len(rows) < size:
            break
        size *= 2
    new.sort(key=lambda row: (row.updated_at, row.delivery_id), reverse=True)
    shown = new[:limit]
    more = len(new) > limit
    return shown, as_cursor((shown[-1].updated_at, shown[-1].delivery_id)) if more else ""


def cursor(text: str) -> tuple[float, str] | None:
    """`<ms>.<id>`; anything else is the beginning."""
    at, _, name = text.partition(".")
    return (int(at) / 1000, name) if at.isdecimal() and name else None


def as_cursor(place: tuple[float, str] | None) -> str:
    return f"{round(place[0] * 1000)}.{place[1]}" if place else ""


async def _older(
    parts: Parts, place: tuple[float, str] | None, until: float | None
) -> list[LeadRow]:
    """The next leads after a place; leads of one tick are told apart by their ids."""
    before, size = (place[0] + TICK if place else until), CHUNK
    while True:
        rows = await parts.ledger.leads(before=before, limit=size)
        new = [row for row in rows if place is None or _place(row) < place]
        if new or len(rows) < size:
            return sorted(new, key=_place, reverse=True)
        size *= 2


async def _with_deliveries(parts: Parts, row: LeadRow) -> Found:
    return Found(row=row, deliveries=await parts.ledger.deliveries_of(row.lead_id))


def _place(row: LeadRow) -> tuple[float, str]:
    return row.received_at, row.lead_id


def _marks(parts: Parts, text: str) -> Iterator[str]:
    if not text:
        return
    vault = parts.vault
    yield prints.contact(vault, text)
    countries = {one.country for one in parts.routing.sources.values() if one.country}
    for region in (None, *sorted(countries)):
        known = phones.normalize(text, region)
        yield from (prints.contact(vault, one) for one in (known.e164, *known.alternates) if one)
    yield prints.external_id(vault, text)
    kinds: tuple[prints.PlaceKind, ...] = ("reference", "vitec", "flow", "flow id", "flow order")
    yield from (prints.place(vault, kind, text) for kind in kinds)
