"""What a reference of HomeQ's stands for: asked of HomeQ, written into the property directory.

A lead is accepted before anything is asked, and what cannot be found out leaves it as it is.
"""

import logging
import re
from collections.abc import Mapping
from typing import Protocol, runtime_checkable

from bridge.connectors.base import LookUpError
from bridge.pipeline.parts import Parts
from bridge.pipeline.prints import WANTED
from bridge.pipeline.reroute import property_known
from bridge.routing import PropertyEntry, Source

log = logging.getLogger("bridge.enrich")

REFERENCE = re.compile(r"homeq:(apartment|project):(\d{1,12})")
AGAIN = (
    300.0  # seconds until a look-up that came to nothing is tried again (H-T19: a moment is enough)
)
MOST = 20  # references a step; a longer line waits for the next one


@runtime_checkable
class KnowsExternalIds(Protocol):
    """A connector that can say what the landlord calls a flat or a project."""

    async def external_id(self, kind: str, number: str) -> str | None: ...


class Enricher:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def step(self) -> list[str]:
        """Look up references that leads wait for; says which are known now."""
        wanted = await self._parts.ledger.drawer_all(WANTED)
        known = []
        for reference, source in list(wanted.items())[:MOST]:
            if await self._is_ours(reference, source.decode()):
                known.append(reference)
        return known

    async def _is_ours(self, reference: str, name: str) -> bool:
        match, source = REFERENCE.fullmatch(reference), self._parts.routing.sources.get(name)
        account = source.lookups if source else None
        connector: object = self._parts.connectors.get(account or "")
        if match is None or source is None or not isinstance(connector, KnowsExternalIds):
            return False
        if not await self._parts.ledger.shelf_add(f"enrich:{reference}", b"1", ttl=AGAIN):
            return False  # another worker asks, or it was asked a moment ago
        try:
            found = await connector.external_id(match[1], match[2])
        except LookUpError as error:
            log.warning("enrich.failed account=%s reason=%s", account, error)
            return False
        entry = await self._entry(reference, source, found) if found else None
        if entry is None:
            return False
        await self._parts.ledger.properties_put({reference: entry.to_json()})
        await property_known(self._parts, [reference], who="HomeQ's look-up")
        log.info("enrich.known reference=%s", reference)
        return True

    async def _entry(self, reference: str, source: Source, found: str) -> PropertyEntry | None:
        """The landlord's number is a reference of ours, or the estate's id in Vitec itself."""
        if source.external_id_is == "estate_id":
            return PropertyEntry(reference=reference, estate_id=found)
        known: Mapping[str, str] = await self._parts.ledger.properties([found])
        if found not in known:
            log.info("enrich.unknown reference=%s hint=the directory lacks its number", reference)
            return None
        return PropertyEntry.from_json(known[found]).model_copy(update={"reference": reference})
