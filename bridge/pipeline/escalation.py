"""A delivery that ended badly tells somebody: `escalate_to` of its destination (FACTS part 5).

A notification to the case's broker, say. Looked for from the workers' housekeeping, among what was
refused or expired lately; a lead goes to a destination once, so looking twice does no harm.
"""

import logging
from collections.abc import AsyncIterator, Mapping

import orjson

from bridge.delivery.values import DeliveryRow, NewDelivery
from bridge.outcomes import State
from bridge.pipeline import search
from bridge.pipeline.parts import Parts
from bridge.routing import Destination

log = logging.getLogger("bridge.escalation")

BADLY = (State.REJECTED, State.EXPIRED)
OVERLAP = 600.0  # seconds that are looked at again: clocks differ, and a worker may have died
PAGE = 100
MARK = "escalation"  # on the shelf: until when was looked


class Escalation:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        known = parts.routing.destinations
        self._to: Mapping[str, Destination] = {
            one.name: known[one.escalate_to] for one in known.values() if one.escalate_to
        }
        # Looked at by this process, and not to be looked at again while they are in the overlap.
        self._seen: set[tuple[str, float]] = set()

    async def step(self) -> list[str]:
        """Open what is to be told, once each; says which. Raises `LedgerError`, then later."""
        if not self._to:
            return []
        ledger, now = self._parts.ledger, self._parts.clock().timestamp()
        kept = await ledger.shelf_get(MARK)
        since = (float(kept) if kept else now) - OVERLAP
        lately = {(row.delivery_id, row.updated_at): row async for row in self._lately(since)}
        told = []
        for key, row in lately.items():
            if key not in self._seen and await self._tell(row):
                told.append(str(row.delivery_id))
        self._seen = set(lately)
        await ledger.shelf_put(MARK, f"{now:.3f}".encode(), ttl=None)
        return told

    async def _lately(self, since: float) -> AsyncIterator[DeliveryRow]:
        for state in BADLY:
            after, more = "", True
            while more:
                rows, after = await search.deliveries(self._parts, state, after=after, limit=PAGE)
                for row in rows:
                    if row.updated_at >= since and row.destination in self._to:
                        yield row
                more = bool(after) and rows[-1].updated_at >= since

    async def _tell(self, row: DeliveryRow) -> bool:
        to, ledger = self._to[row.destination], self._parts.ledger
        lead = await ledger.lead(row.lead_id)
        if lead is None or lead.withdrawn or to.name in lead.destinations:
            return False
        if await ledger.blob(row.lead_id) is None:  # the person was taken out of it
            return False
        skip = f"a test lead, and {to.name} has no accept_test"
        opened = await ledger.extend(
            row.lead_id,
            [
                NewDelivery(
                    destination=to.name,
                    account=to.account,
                    route="escalation",
                    duplicates="deliver",
                    skip=skip if lead.test and not to.accept_test else "",
                )
            ],
            entry=orjson.dumps({"what": "escalated", "who": row.destination}) + b"\n",
            anew=True,
        )
        if not opened:
            return False
        log.info("delivery.escalated delivery=%s to=%s", row.delivery_id, to.name)
        await self._parts.nudge(to.account)
        return True
