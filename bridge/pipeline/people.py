"""One person: found in any spelling, told all that is held on them, or erased everywhere."""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import orjson

from bridge import phones
from bridge.delivery.values import LeadId, LogEntry, QuarantineRow
from bridge.delivery.vault import SealError
from bridge.phones.library import leading_country_code
from bridge.pipeline import prints, views
from bridge.pipeline.parts import Parts

HOME = ("SE", "NO")  # regions in which a phone is read where the routing file names none
MOST = 10_000  # leads of one contact, and rows of quarantine, that are looked at
PUNCTUATION = re.compile(r"[\s().\-/\u00a0\u2010-\u2015]")
MILESTONES = "drawer:milestones:"


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A person as somebody names them: one of the three."""

    email: str = ""
    phone: str = ""
    lead_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """Where a person is; `numbers` are the certain readings of the phone that was given."""

    leads: tuple[LeadId, ...] = ()
    quarantined: tuple[QuarantineRow, ...] = ()
    milestones: tuple[tuple[str, str], ...] = ()  # drawer and name, of leads that did not come
    numbers: tuple[str, ...] = ()

    @property
    def nothing(self) -> bool:
        return not (self.leads or self.quarantined or self.milestones)


@dataclass(frozen=True, slots=True, kw_only=True)
class Erased:
    leads: tuple[str, ...]
    cancelled: tuple[str, ...]
    quarantined: int
    milestones: int


class People:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def numbers(self, phone: str) -> tuple[str, ...]:
        """E.164 of a phone in any spelling, read in every country of the routing file."""
        rules = self._parts.routing
        regions = {one.country for one in rules.sources.values()}
        regions |= {one.country for one in rules.destinations.values()}
        wanted = [None, *sorted(filter(None, regions)), *HOME]
        read = [phones.normalize(phone, region) for region in wanted]
        found = [one for known in read for one in (known.e164, *known.alternates) if one]
        return tuple(dict.fromkeys(found))

    async def find(self, who: Who) -> Known:
        """Raises `LedgerError`. Quarantined payloads are opened to see whom they name."""
        ledger, vault = self._parts.ledger, self._parts.vault
        if who.lead_id:
            row = await ledger.lead(LeadId(who.lead_id))
            return Known(leads=(row.lead_id,) if row else ())
        numbers = self.numbers(who.phone) if who.phone else ()
        leads: dict[LeadId, None] = {}
        for contact in filter(None, (who.email, *numbers)):
            mark = prints.contact(vault, contact)
            leads |= dict.fromkeys(await ledger.leads_of(mark, limit=MOST))
        rows = await ledger.quarantined(limit=MOST)
        spelled = who.email.strip().casefold(), numbers
        return Known(
            leads=tuple(leads),
            quarantined=tuple(row for row in rows if self._mentions(row.sealed, *spelled)),
            milestones=tuple([one async for one in self._milestones(*spelled)]),
            numbers=numbers,
        )

    async def erase(self, known: Known, *, by: str) -> Erased:
        """Everywhere; safe to say again after a fault. Raises `LedgerError`."""
        ledger = self._parts.ledger
        entry = orjson.dumps({"what": "erased", "who": by}) + b"\n"
        cancelled: list[str] = []
        for lead_id in known.leads:
            window = self._parts.keep.identities
            cancelled += await ledger.forget(lead_id, entry=entry, tombstone=window) or []
        for row in known.quarantined:
            await ledger.quarantine_drop(row.quarantine_id)
        for drawer, name in known.milestones:
            await ledger.drawer_drop(drawer, name)
        return Erased(
            leads=known.leads,
            cancelled=tuple(cancelled),
            quarantined=len(known.quarantined),
            milestones=len(known.milestones),
        )

    async def export(self, known: Known, *, by: str) -> dict[str, Any]:
        """All that is held on them, in the clear; each lead's timeline says that it was told."""
        ledger, entry = self._parts.ledger, orjson.dumps({"what": "exported", "who": by}) + b"\n"
        told = [await self._lead(lead_id) for lead_id in known.leads]
        for lead_id in known.leads:
            await ledger.note(lead_id, entry)
        rows = [
            views.quarantined(row) | {"payload": self._opened(row.sealed)}
            for row in known.quarantined
        ]
        return {"leads": told, "quarantine": rows}

    async def _lead(self, lead_id: LeadId) -> dict[str, Any]:
        ledger = self._parts.ledger
        row, blob = await ledger.lead(lead_id), await ledger.blob(lead_id)
        log = await ledger.log(lead_id)
        return {
            **(views.lead(row) if row else {"lead_id": lead_id}),
            "held": self._opened(blob) if blob else None,
            "deliveries": [views.delivery(one) for one in await ledger.deliveries_of(lead_id)],
            "timeline": [self._entry(one) for one in log],
        }

    def _entry(self, entry: LogEntry) -> dict[str, Any]:
        shown: dict[str, Any] = {"at": views.moment(entry.at), **entry.header}
        return shown | ({"bodies": self._opened(entry.sealed)} if entry.sealed else {})

    def _opened(self, sealed: bytes) -> object:
        """JSON where it is JSON, else its text."""
        try:
            raw = self._parts.vault.unseal(sealed)
        except SealError as error:
            return f"({error})"
        try:
            return orjson.loads(raw)
        except orjson.JSONDecodeError:
            return raw.decode("utf-8", "replace")

    async def _milestones(
        self, email: str, numbers: tuple[str, ...]
    ) -> AsyncIterator[tuple[str, str]]:
        cursor = ""
        while True:
            page = await self._parts.ledger.sealed(cursor, under=MILESTONES)
            for place in page.places:
                if self._mentions(place.whole.partition(b"\n")[2], email, numbers):
                    yield place.key.removeprefix("drawer:"), place.part
            cursor = page.cursor
            if not cursor:
                return

    def _mentions(self, sealed: bytes, email: str, numbers: tuple[str, ...]) -> bool:
        try:
            raw = self._parts.vault.unseal(sealed)
        except SealError:
            return False
        return mentions(raw, email, numbers)


def mentions(raw: bytes, email: str, numbers: tuple[str, ...]) -> bool:
    """Whether a payload of any shape has the address, or the number in any spelling."""
    try:  # `\u0040` is an @ too
        text = orjson.dumps(orjson.loads(raw)).decode()
    except orjson.JSONDecodeError:
        text = raw.decode("utf-8", "replace")
    text = text.casefold()
    if email and re.search(rf"(?<![\w.+-]){re.escape(email)}(?![\w-])", text):
        return True
    digits = PUNCTUATION.sub("", text)
    return any(re.search(rf"{national(one)}(?!\d)", digits) for one in numbers)


def national(e164: str) -> str:
    """The digits that every spelling of a number ends in."""
    digits = e164.removeprefix("+")
    return digits.removeprefix(leading_country_code(digits) or "")
