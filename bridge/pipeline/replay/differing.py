"""What a replay would send otherwise than the last attempt: rehearsed, nothing goes out."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bridge import routing
from bridge.connectors.base import Exchange
from bridge.connectors.rehearsal import REHEARSED
from bridge.delivery.values import Claim, DeliveryId, LeadRow
from bridge.delivery.vault import SealError
from bridge.leads import Lead
from bridge.outcomes import NotSent, Unsendable
from bridge.pipeline import earlier
from bridge.pipeline.attempt import parcel_for, stored_lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import offices_of, plan
from bridge.pipeline.replay.choosing import UNROUTED, Item
from bridge.pipeline.story import exchanges_of
from bridge.routing import PropertyEntry

SAME = "the same request as last time"
SHOWN = 25  # items that a plan rehearses


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """`words` names fields, never what is in them."""

    item: Item
    words: tuple[str, ...]


async def differences(parts: Parts, items: list[Item]) -> list[Difference]:
    """Of the first ones; each may ask the vendor what it would have to ask anyway."""
    return [Difference(item=one, words=tuple(await _words(parts, one))) for one in items[:SHOWN]]


async def _words(parts: Parts, item: Item) -> list[str]:
    row, blob = await parts.ledger.lead(item.lead_id), await parts.ledger.blob(item.lead_id)
    if row is None or blob is None:
        return ["nothing can be sent: the person's data was erased"]
    try:
        lead = stored_lead(parts.vault, blob)
    except SealError as error:
        return [f"nothing can be sent: {error}"]
    reference = lead.property.reference or ""
    known = await parts.ledger.properties([reference]) if reference else {}
    entry = PropertyEntry.from_json(known[reference]) if known else None
    if item.state == UNROUTED:
        return _routed(parts, row, lead, entry)
    return await _sent(parts, row, item, routing.resolve(lead, entry))


def _routed(parts: Parts, row: LeadRow, lead: Lead, entry: PropertyEntry | None) -> list[str]:
    now = plan(parts, lead, row.source, entry, ())
    if now.deliveries:
        return [f"a route takes it now, to {', '.join(one.destination for one in now.deliveries)}"]
    lacking = [f"{name}: {what}" for name, what in now.lacking.items()]
    return ["still no route takes it", *lacking]


async def _sent(parts: Parts, row: LeadRow, item: Item, lead: Lead) -> list[str]:
    destination = parts.routing.destinations.get(item.destination)
    if destination is None:
        return [f"it would be held: there is no [destinations.{item.destination}] any more"]
    words = []
    if destination.account != item.account:
        words.append(f"the routing file names {destination.account} now; it stays {item.account}")
    routed = routing.route(lead, row.source, parts.routing, offices_of(parts, row.source))
    if item.destination not in {one.destination.name for one in routed.picks}:
        words.append("no route picks this destination for it any more; it is sent all the same")
    claim = Claim(
        delivery_id=DeliveryId(item.name),
        lead_id=item.lead_id,
        destination=item.destination,
        account=item.account,
        token=0,
        mode="send",
        attempt=1,
        unknowns=int(bool(item.there)),
        age=0.0,
        source=row.source,
        blob=b"",
    )
    asked = earlier.Asked(lead=lead, source=row.source, destination=destination)
    (known,) = await earlier.known(parts, [asked])
    parcel = parcel_for(parts, lead, destination, claim, known or earlier.NOBODY)
    report = await parts.rehearsals[destination.account].send(parcel)
    match report.outcome:
        case Unsendable(state=state, reason=reason):
            return [*words, f"it would be {state} again: {reason}"]
        case NotSent(reason=reason) if REHEARSED in reason:
            pass
        case outcome:
            return [*words, f"it cannot be told now: {getattr(outcome, 'reason', outcome)}"]
    before = await _last(parts, item)
    if before is None:
        return [*words, "nothing was sent before"]
    return [*words, *(_changes(before, report.exchanges[-1]) or [SAME])]


async def _last(parts: Parts, item: Item) -> Mapping[str, Any] | None:
    """The last request that was to change something at the vendor."""
    for entry in reversed(await parts.ledger.log(item.lead_id)):
        if entry.header.get("destination") == item.destination:
            sent = [one for one in exchanges_of(parts, entry) if one.get("method") != "GET"]
            sent = [one for one in sent if one.get("request") != "(hidden)"]
            if sent:
                return sent[-1]
    return None


def _changes(before: Mapping[str, Any], now: Exchange) -> list[str]:
    words = [] if before.get("url") == now.url else ["another address at the vendor"]
    old, new = _flat(str(before.get("request", ""))), _flat(now.request)
    for name in sorted({*old, *new}):
        if name not in old:
            words.append(f"{name}: new")
        elif name not in new:
            words.append(f"{name}: left out")
        elif old[name] != new[name]:
            words.append(f"{name}: changed")
    return words


def _flat(text: str) -> dict[str, object]:
    try:
        return dict(_leaves("", orjson.loads(text)))
    except orjson.JSONDecodeError:
        return {"body": text}


def _leaves(place: str, value: object) -> Iterator[tuple[str, object]]:
    match value:
        case dict():
            for key, one in value.items():
                yield from _leaves(f"{place}.{key}" if place else str(key), one)
        case list():
            for number, one in enumerate(value):
                yield from _leaves(f"{place}[{number}]", one)
        case _:
            yield place or "body", value
