"""After an Unknown: is this person on this estate? By the CRM calls, which need other rights."""

from collections.abc import AsyncIterator
from typing import Any

from bridge.connectors.base import Parcel
from bridge.connectors.vitec import searching
from bridge.connectors.vitec.crm import Crm, CrmError
from bridge.connectors.vitec.settings import estate_of, options_of
from bridge.outcomes import Absent, CannotTell, Found, Verdict

BEFORE = "the person was on this home by an earlier lead, so Vitec's list does not tell of this one"


class ReadBack:
    def __init__(self, crm: Crm) -> None:
        self._crm = crm

    async def look(self, parcel: Parcel) -> Verdict:
        estate = estate_of(parcel) or options_of(parcel).estate_id
        if not estate or not (parcel.known_as or searching.needles(parcel)):
            return CannotTell("the lead has nothing to search for")
        try:
            async for contact in self._contacts(parcel):
                if estate in await self._relations(contact):
                    # On the home already, nothing there changes by another lead (V-T12).
                    before = contact in parcel.known_here
                    return CannotTell(BEFORE) if before else Found(contact)
        except CrmError as error:
            return CannotTell(f"reading back failed: {error}")
        return Absent()

    async def _contacts(self, parcel: Parcel) -> AsyncIterator[str]:
        """Each once: whom Vitec knew already by earlier leads, for that names nobody in an address;
        then whom its search finds by e-mail and phone."""
        seen: set[str] = set()
        if parcel.known_as:
            for contact in (await self._crm.fetch(parcel.known_as)).known.values():
                seen.add(contact.id)
                yield contact.id
        async for name in searching.found(self._crm, parcel):
            if name not in seen:
                yield name

    async def _relations(self, contact: str) -> set[str]:
        found = await self._crm.relations(contact)
        return {text for one in found for text in _strings(one)}


def _strings(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _strings(value)]
    if isinstance(found, list):
        return [text for value in found for text in _strings(value)]
    return [found] if isinstance(found, str) else []
