"""A case was sold: the leads that watched it get what the routes with `event = "case_sold"` say."""

import logging
from collections.abc import AsyncIterator

import orjson

from bridge import routing
from bridge.delivery.values import LeadId, LeadRow, NewDelivery
from bridge.delivery.vault import SealError
from bridge.leads import FlowProperty, Lead
from bridge.pipeline import prints
from bridge.pipeline.attempt import stored_lead
from bridge.pipeline.parts import Parts
from bridge.pipeline.plan import Plan, plan
from bridge.pipeline.watching.book import Case
from bridge.routing import PropertyEntry

log = logging.getLogger("bridge.cases")

EVENT = "case_sold"
MOST = 100_000  # leads of one case


class Following:
    """One sale. Said again it opens nothing twice: a lead has one delivery a destination."""

    def __init__(self, parts: Parts, account: str, case: Case) -> None:
        self._parts = parts
        self._account = account
        self._case = case

    async def run(self) -> int:
        """How many leads it opened deliveries for. Raises `LedgerError`."""
        if not any(EVENT in one.events for one in self._parts.routing.routes):
            return 0
        leads, accounts = 0, set[str]()
        async for lead_id in self._leads():
            opened = await self._lead(lead_id)
            leads += bool(opened)
            accounts |= {one.account for one in opened}
        for account in sorted(accounts):
            await self._parts.nudge(account)
        return leads

    async def _leads(self) -> AsyncIterator[LeadId]:
        """Whoever names the case, by number, GUID or a reference of the property directory."""
        vault, change = self._parts.vault, self._case.change
        marks = [prints.place(vault, "flow id", str(change.case_id))]
        if self._case.name:
            marks.append(prints.place(vault, "flow", self._case.name))
        for reference, text in (await self._parts.ledger.properties_all()).items():
            entry = PropertyEntry.from_json(text)
            if self._is_it(entry.case_id, entry.case_guid):
                marks.append(prints.place(vault, "reference", reference))
        seen: set[LeadId] = set()
        for mark in marks:
            for lead_id in await self._parts.ledger.leads_of(mark, limit=MOST):
                if lead_id not in seen:
                    seen.add(lead_id)
                    yield lead_id

    def _is_it(self, case_id: int | None, case_guid: object) -> bool:
        """A GUID decides where there is one; a number is one customer's own."""
        if case_guid and self._case.name:
            return str(case_guid).lower() == self._case.name
        return case_id == self._case.change.case_id

    async def _lead(self, lead_id: LeadId) -> tuple[NewDelivery, ...]:
        ledger, vault = self._parts.ledger, self._parts.vault
        row, blob = await ledger.lead(lead_id), await ledger.blob(lead_id)
        if row is None or blob is None or row.withdrawn:
            return ()
        try:
            lead = stored_lead(vault, blob)
        except SealError as error:
            log.warning("case.lead_unread lead=%s error=%s", lead_id, error)
            return ()
        planned = await self._plan(row, lead)
        deliveries = planned.deliveries if planned else ()
        new = tuple(one for one in deliveries if one.destination not in row.destinations)
        if planned is None or not new:
            return ()
        who = f"case {self._case.change.case_id} at {self._account} being sold"
        header = {"what": "routed", "who": who, "routes": planned.verdicts()}
        await ledger.extend(
            lead_id,
            new,
            entry=orjson.dumps(header) + b"\n",
            wish_window=self._parts.wish_window,
            anew=True,
        )
        return new

    async def _plan(self, row: LeadRow, lead: Lead) -> Plan | None:
        parts, reference = self._parts, lead.property.reference or ""
        found = await parts.ledger.properties([reference]) if reference else {}
        entry = PropertyEntry.from_json(found[reference]) if found else None
        place = routing.resolve(lead, entry).property.flow
        if not self._is_it(place.case_id, place.case_guid) or not self._is_ours(row, place):
            return None
        source = parts.routing.sources.get(row.source)
        region = lead.country or (source.country if source else None)
        contacts, about = (
            prints.contacts(parts.vault, lead, region),
            prints.about(parts.vault, lead),
        )
        wishes = prints.wishes(parts.vault, contacts, about, lead.intent)
        return plan(parts, lead, row.source, entry, wishes, EVENT)

    def _is_ours(self, row: LeadRow, place: FlowProperty) -> bool:
        """Two customers may have a case of the same number: then the lead must be this one's."""
        routes = self._parts.routing
        vendor = routes.accounts[self._account].vendor
        if place.case_guid and self._case.name:
            return True
        if sum(one.vendor == vendor for one in routes.accounts.values()) == 1:
            return True
        went = (routes.destinations.get(name) for name in row.destinations)
        return any(one is not None and one.account == self._account for one in went)
