"""What happened to one lead, told for people: its phones, its timeline, what went over the wire."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import orjson

from bridge import phones
from bridge.delivery.values import DeliveryRow, LeadId, LeadRow, LogEntry
from bridge.delivery.vault import SealError
from bridge.leads import Lead
from bridge.pipeline import redact, staff
from bridge.pipeline.attempt import stored_lead
from bridge.pipeline.parts import Parts

SEEN_FOR = 3600.0  # seconds in which one person's looking is one line

Words = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """One line of the timeline; `words` is its header, `exchanges` what went over the wire."""

    at: float
    what: str
    words: Words
    exchanges: list[Words] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True)
class Number:
    """A phone as it came, and what was made of it."""

    raw: str
    phone: phones.Phone
    e164: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`lead` None: erased, or sealed with a key that is not here (then `sealed` says so)."""

    row: LeadRow
    lead: Lead | None
    sealed: str
    notes: list[str]
    region: str | None
    numbers: list[Number]
    deliveries: list[DeliveryRow]
    moments: list[Moment]
    revealed: bool
    payload: str
    homeq: dict[str, str]  # the landlord's agent and office, where HomeQ told them


async def tell(parts: Parts, lead_id: LeadId, *, reveal: bool = False) -> Story | None:
    """Without `reveal` nothing in it tells who the person is, but first letters."""
    row = await parts.ledger.lead(lead_id)
    if row is None:
        return None
    blob = await parts.ledger.blob(lead_id)
    lead, notes, sealed = _opened(parts, blob)
    region = region_of(parts, row, lead)
    redaction = redact.Redaction(lead, region)
    log = await parts.ledger.log(lead_id)
    return Story(
        row=row,
        lead=lead,
        sealed=sealed,
        notes=notes,
        region=region,
        numbers=_numbers(parts, row, lead, reveal=reveal),
        deliveries=await parts.ledger.deliveries_of(lead_id),
        moments=[_moment(parts, row, one, redaction, reveal=reveal) for one in log],
        revealed=reveal,
        payload=_payload(lead, redaction, reveal=reveal),
        homeq=staff.of_lead(parts, row.source, lead),
    )


async def looked(parts: Parts, lead_id: LeadId, who: str) -> None:
    """Who saw the person stands on the timeline, once an hour."""
    hour = int(parts.clock().timestamp() // SEEN_FOR)
    entry = orjson.dumps({"what": "looked", "who": who}) + b"\n"
    once = parts.vault.fingerprint("looked", lead_id, who, str(hour))
    await parts.ledger.note(lead_id, entry, once=once, window=SEEN_FOR)


def region_of(parts: Parts, row: LeadRow, lead: Lead | None) -> str | None:
    source = parts.routing.sources.get(row.source)
    return (lead.country if lead else None) or (source.country if source else None)


def exchanges_of(parts: Parts, entry: LogEntry) -> list[Words]:
    """As they went over the wire. Nothing where they were erased or cannot be opened."""
    if not entry.sealed:
        return []
    try:
        found = orjson.loads(parts.vault.unseal(entry.sealed))
    except (SealError, orjson.JSONDecodeError):
        return []
    return [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []


def _opened(parts: Parts, blob: bytes | None) -> tuple[Lead | None, list[str], str]:
    if blob is None:
        return None, [], "The person's data was erased."
    try:
        lead = stored_lead(parts.vault, blob)
        notes = orjson.loads(parts.vault.unseal(blob)).get("notes") or []
    except SealError as error:
        return None, [], f"{error}."
    return lead, list(notes), ""


def _numbers(parts: Parts, row: LeadRow, lead: Lead | None, *, reveal: bool) -> list[Number]:
    known = []
    level = "lead" if lead and lead.country else "source"
    for one in lead.person.phones if lead else ():
        phone = phones.normalize(one.number, region_of(parts, row, lead), level)
        shown = one.number if reveal else redact.masked_number(one.number)
        e164 = phone.e164 or ""
        known.append(
            Number(raw=shown, phone=phone, e164=e164 if reveal else redact.masked_number(e164))
        )
    return known


def _moment(
    parts: Parts, row: LeadRow, entry: LogEntry, redaction: redact.Redaction, *, reveal: bool
) -> Moment:
    words = {**entry.header, **staff.of_milestone(parts, row.source, entry)}
    if not reveal and "reason" in words:
        words["reason"] = redaction.text(str(words["reason"]))
    return Moment(
        at=entry.at,
        what=str(words.get("what", "")),
        words=words,
        exchanges=[_exchange(one, redaction, reveal=reveal) for one in exchanges_of(parts, entry)],
    )


def _exchange(one: Words, redaction: redact.Redaction, *, reveal: bool) -> Words:
    shown = redact.plain if reveal else redaction.body
    return one | {
        "url": one.get("url", "") if reveal else redaction.text(str(one.get("url", ""))),
        "request": shown(str(one.get("request", ""))),
        "response": shown(str(one.get("response", ""))),
    }


def _payload(lead: Lead | None, redaction: redact.Redaction, *, reveal: bool) -> str:
    if lead is None:
        return ""
    tree = lead.model_dump(mode="json", exclude_none=True, exclude_defaults=True)
    if tree.get("person", {}).get("national_id"):
        tree["person"]["national_id"] = redact.DOTS  # shown to nobody
    text = orjson.dumps(tree, option=orjson.OPT_INDENT_2).decode()
    return text if reveal else redaction.body(text)


def names(found: Iterable[Lead | None]) -> list[str]:
    """For a list: first letters."""
    return [redact.masked(one.person.name) if one else "" for one in found]
