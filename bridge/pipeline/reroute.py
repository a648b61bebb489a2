"""What became known later: leads that no route took, or whose property was not known, go on."""

from collections.abc import Iterable
from dataclasses import dataclass

import orjson

from bridge import routing
from bridge.delivery.values import DeliveryId, LeadId, LeadRow
from bridge.delivery.vault import SealError
from bridge.leads import Lead
from bridge.outcomes import State
from bridge.pipeline import orders, prints
from bridge.pipeline.attempt import stored_lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import lacks, plan
from bridge.routing import PropertyEntry

DIRECTORY = "the property directory"


@dataclass(frozen=True, slots=True, kw_only=True)
class Rerouted:
    """`opened` and `released`: the deliveries that go on; `why` where there are none."""

    lead_id: LeadId
    opened: tuple[DeliveryId, ...] = ()
    released: tuple[DeliveryId, ...] = ()
    why: str = ""


async def reroute(parts: Parts, lead_ids: Iterable[LeadId], *, who: str) -> list[Rerouted]:
    """Route each unrouted lead again, and release what was held for want of an id.

    Safe to say twice. Raises `LedgerError`.
    """
    done = []
    accounts: set[str] = set()
    for lead_id in lead_ids:
        row, blob = await parts.ledger.lead(lead_id), await parts.ledger.blob(lead_id)
        if row is None or blob is None:
            done.append(Rerouted(lead_id=lead_id, why="there is no such lead, or it was erased"))
            continue
        try:
            lead = stored_lead(parts.vault, blob)
        except SealError as error:
            done.append(Rerouted(lead_id=lead_id, why=str(error)))
            continue
        one = await _reroute(parts, row, lead, who)
        done.append(one)
        named = {name.partition(":")[2] for name in (*one.opened, *one.released)}
        known = parts.routing.destinations
        accounts |= {known[name].account for name in named if name in known}
    for account in sorted(accounts):
        await parts.nudge(account)
    return done


async def property_known(parts: Parts, references: Iterable[str], *, who: str) -> list[Rerouted]:
    """The directory has these references now: whoever waited for one of them goes on."""
    leads: dict[LeadId, None] = {}
    known = list(references)
    for reference in known:
        mark = prints.place(parts.vault, "reference", reference)
        leads |= dict.fromkeys(await parts.ledger.leads_of(mark))
        await parts.ledger.drawer_drop(prints.WANTED, reference)
    entries = await parts.ledger.properties(known)
    await orders.tie_references(parts, map(PropertyEntry.from_json, entries.values()))
    return [one for one in await reroute(parts, leads, who=who) if one.opened or one.released]


async def _reroute(parts: Parts, row: LeadRow, lead: Lead, who: str) -> Rerouted:
    reference = lead.property.reference or ""
    found = await parts.ledger.properties([reference]) if reference else {}
    entry = PropertyEntry.from_json(found[reference]) if found else None
    if row.status == "unrouted":
        return await _open(parts, row, lead, entry, who)
    return Rerouted(
        lead_id=row.lead_id, released=tuple(await _release(parts, row, lead, entry, who))
    )


async def _open(
    parts: Parts, row: LeadRow, lead: Lead, entry: PropertyEntry | None, who: str
) -> Rerouted:
    source = parts.routing.sources.get(row.source)
    region = lead.country or (source.country if source else None)
    contacts, about = prints.contacts(parts.vault, lead, region), prints.about(parts.vault, lead)
    wishes = prints.wishes(parts.vault, contacts, about, lead.intent)
    now = plan(parts, lead, row.source, entry, wishes)
    if not now.deliveries:
        lacking = "; ".join(f"{name}: {what}" for name, what in now.lacking.items())
        return Rerouted(lead_id=row.lead_id, why=lacking or "no route takes it")
    header = {"what": "routed", "who": who, "routes": now.verdicts()}
    opened = await parts.ledger.extend(
        row.lead_id,
        now.deliveries,
        entry=orjson.dumps(header) + b"\n",
        wish_window=parts.wish_window,
    )
    return Rerouted(lead_id=row.lead_id, opened=tuple(opened or ()))


async def _release(
    parts: Parts, row: LeadRow, lead: Lead, entry: PropertyEntry | None, who: str
) -> list[DeliveryId]:
    """What was held for exactly the id that is known now; nothing that a person holds."""
    from_directory = routing.resolve(lead, entry)
    released = []
    for delivery in await parts.ledger.deliveries_of(row.lead_id):
        destination = parts.routing.destinations.get(delivery.destination)
        if destination is None or delivery.state is not State.HELD:
            continue
        wanted = lacks(destination, lead)
        if wanted and delivery.reason == wanted and not lacks(destination, from_directory):
            await parts.ledger.act(delivery.delivery_id, "retry", who=who)
            released.append(delivery.delivery_id)
    return released
