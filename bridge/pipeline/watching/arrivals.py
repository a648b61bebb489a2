"""A contact joined a case: what may have arrived there is read back once more."""

import logging
from collections.abc import AsyncIterator
from typing import cast

import orjson

from bridge import routing
from bridge.connectors.base import ActionOptions, Exchange, Parcel
from bridge.delivery.values import Claim, DeliveryRow
from bridge.delivery.vault import SealError
from bridge.leads import Lead
from bridge.outcomes import CannotTell, Found, State
from bridge.pipeline import earlier
from bridge.pipeline.attempt import parcel_for, stored_lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.watching.book import Case
from bridge.pipeline.watching.holding import watched
from bridge.routing import Destination, PropertyEntry

log = logging.getLogger("bridge.cases")

LOOKED = 500  # deliveries of unknown outcome that one look goes through
ASKED = 20  # of them read back for one case: each costs the vendor some calls


class Arrivals:
    """Of one account. Only a yes changes anything: what is not found stays as its policy left it.

    What is in flight or in line for its own read-back is the drain's.
    """

    def __init__(self, parts: Parts, account: str) -> None:
        self._parts = parts
        self._account = account

    async def run(self, case: Case) -> bool:
        """False: the vendor could not tell, ask again later. Raises `LedgerError`."""
        known, asked = True, 0
        async for row, parcel in self._open(case):
            asked += 1
            if asked > ASKED:
                log.warning("case.arrivals_left account=%s over=%d", self._account, ASKED)
                break
            verdict, exchanges = await self._parts.connectors[self._account].verify(parcel)
            if isinstance(verdict, Found):
                await self._arrived(row, verdict, exchanges)
            known = known and not isinstance(verdict, CannotTell)
        return known

    async def _open(self, case: Case) -> AsyncIterator[tuple[DeliveryRow, Parcel]]:
        """What may have arrived at this case."""
        ledger, account = self._parts.ledger, self._account
        for state in (State.UNKNOWN, State.HELD):
            rows = await ledger.deliveries(state=state, account=account, limit=LOOKED)
            for row in rows:
                destination = self._parts.routing.destinations.get(row.destination)
                options = destination.options if destination else None
                if not row.unknowns or not getattr(options, "can_verify", False):
                    continue
                parcel = await self._parcel(row, cast("Destination", destination), case)
                if parcel is not None:
                    yield row, parcel

    async def _parcel(
        self, row: DeliveryRow, destination: Destination, case: Case
    ) -> Parcel | None:
        ledger, vault = self._parts.ledger, self._parts.vault
        lead_row, blob = await ledger.lead(row.lead_id), await ledger.blob(row.lead_id)
        asker = watched(self._parts, self._account)
        if lead_row is None or blob is None or asker is None:
            return None
        try:
            lead = stored_lead(vault, blob)
        except SealError:
            return None
        reference = lead.property.reference or ""
        found = await ledger.properties([reference]) if reference else {}
        entry = PropertyEntry.from_json(found[reference]) if found else None
        resolved = routing.resolve(lead, entry)
        options = cast("ActionOptions", destination.options)
        if not set(asker[0].cases_of(resolved.property, options)) & set(case.names):
            return None
        asked = earlier.Asked(
            lead=lead, source=lead_row.source, destination=destination, verify=True
        )
        (known,) = await earlier.known(self._parts, [asked])
        if known is None:
            return None
        claim = _as_claim(row, lead_row.source)
        return parcel_for(self._parts, _numbered(resolved, case), destination, claim, known)

    async def _arrived(self, row: DeliveryRow, found: Found, exchanges: list[Exchange]) -> None:
        header = {
            "what": "attempt",
            "destination": row.destination,
            "attempt": row.attempts,
            "mode": "verify",
            "decision": "Settle",
            "state": State.DELIVERED,
            "reason": "a contact joined the case: read back from the vendor",
            "status": exchanges[-1].status if exchanges else None,
            "ms": sum(one.ms for one in exchanges),
        }
        sealed = self._parts.vault.seal(orjson.dumps(exchanges))
        try:
            await self._parts.ledger.act(
                row.delivery_id, "delivered", who="a read-back", reference=found.reference or ""
            )
        except ValueError:  # it is being read back at this moment, or was settled in between
            return
        await self._parts.ledger.note(row.lead_id, orjson.dumps(header) + b"\n" + sealed)
        log.info("case.arrived delivery=%s", row.delivery_id)


def _numbered(lead: Lead, case: Case) -> Lead:
    """Reading back needs the case's number, which a lead with a GUID may lack (F-T1)."""
    flow = lead.property.flow.model_copy(update={"case_id": case.change.case_id})
    place = lead.property.model_copy(update={"flow": flow})
    return lead.model_copy(update={"property": place})


def _as_claim(row: DeliveryRow, source: str) -> Claim:
    return Claim(
        delivery_id=row.delivery_id,
        lead_id=row.lead_id,
        destination=row.destination,
        account=row.account,
        token=0,
        mode="verify",
        attempt=row.attempts,
        unknowns=row.unknowns,
        age=0.0,
        source=source,
        blob=b"",
    )
