"""Milestones: what happened to a lead elsewhere stands on its timeline, whichever came first."""

import logging

import orjson

from bridge.delivery.values import LeadId
from bridge.intake import Milestone, Parsed
from bridge.pipeline import prints
from bridge.pipeline.parts import Parts

log = logging.getLogger("bridge.milestones")


class Milestones:
    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    async def put(self, milestone: Milestone, payload: object) -> LeadId | None:
        """On the newest lead of the closest name; kept for that lead where it did not come yet.

        Said again it stands there once. Raises `LedgerError`.
        """
        sealed = self._parts.vault.seal(orjson.dumps(payload, default=str))
        header = {"what": "milestone", "kind": milestone.kind, **milestone.facts}
        entry = orjson.dumps(header) + b"\n" + sealed
        once = prints.milestone(self._parts.vault, milestone.keys[0])
        lead_id = await self._lead(milestone.names)
        if lead_id is None and milestone.names:
            name = prints.named(self._parts.vault, milestone.names[0])
            await self._parts.ledger.drawer_put(
                _drawer(name), {once: entry}, ttl=self._parts.identity_window
            )
            log.info("milestone.waits kind=%s", milestone.kind)
            lead_id = await self._lead(milestone.names)  # it may have come in between
            if lead_id is not None:
                await self.waiting_for(milestone.names, lead_id)
        elif lead_id is not None:
            await self._note(lead_id, once, entry)
        return lead_id

    async def waiting_for(self, names: tuple[str, ...], lead_id: LeadId) -> None:
        """What came before its lead is put on it now."""
        for name in names:
            drawer = _drawer(prints.named(self._parts.vault, name))
            for once, entry in (await self._parts.ledger.drawer_all(drawer)).items():
                await self._note(lead_id, once, entry)
                await self._parts.ledger.drawer_drop(drawer, once)

    async def if_seen(self, parsed: Parsed) -> Parsed | Milestone:
        """The milestone that it is, where its lead is known; else the lead itself."""
        if parsed.instead_of and await self._lead(parsed.names):
            return parsed.instead_of
        return parsed

    async def _note(self, lead_id: LeadId, once: str, entry: bytes) -> None:
        window = self._parts.identity_window
        await self._parts.ledger.note(lead_id, entry, once=once, window=window)

    async def _lead(self, names: tuple[str, ...]) -> LeadId | None:
        for name in names:
            mark = prints.named(self._parts.vault, name)
            found = await self._parts.ledger.leads_of(mark, limit=1)
            if found:
                return found[0]
        return None


def _drawer(name: str) -> str:
    return f"milestones:{name}"
