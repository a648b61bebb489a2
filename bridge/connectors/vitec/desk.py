"""Contacts for somebody who looks: at most so many calls a minute, and a few minutes' memory."""

from collections.abc import Sequence

from bridge.connectors.base import LookUpError, Shelf
from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.contacts import Contact
from bridge.connectors.vitec.crm import MOST, Contacts, Crm
from bridge.connectors.vitec.settings import VitecAccount

FRESH = 300.0  # seconds; an agent or an opt-out does not change while somebody reads a page
CALLS, EVERY = 30, 60.0  # Vitec states no rate limit (FACTS 1B.1): people leave room for leads


class Desk:
    def __init__(self, account: VitecAccount, shelf: Shelf) -> None:
        self._shelf = shelf
        self._name = f"{account.base_url}:{account.customer_id}"

    async def contacts(self, crm: Crm, ids: Sequence[str], *, fresh: bool) -> Contacts:
        """Only what is not remembered is asked for. Raises `LookUpError`."""
        wanted = list(dict.fromkeys(ids))
        known = {} if fresh else await self._remembered(wanted)
        asked = [one for one in wanted if one not in known]
        for start in range(0, len(asked), MOST):
            await self._turn()
            found = await crm.fetch(asked[start : start + MOST])
            if found.missing and found.unreadable:
                raise LookUpError("Vitec answered with something that is no contact")
            known |= found.known
            for name, contact in found.known.items():
                await self._shelf.put(self._place(name), contacts.kept(contact), ttl=FRESH)
        in_order = {one: known[one] for one in wanted if one in known}
        return Contacts(known=in_order, missing=[one for one in wanted if one not in known])

    async def _remembered(self, ids: Sequence[str]) -> dict[str, Contact]:
        found = {}
        for name in ids:
            text = await self._shelf.get(self._place(name))
            contact = contacts.restored(text) if text else None
            if contact is not None:
                found[name] = contact
        return found

    async def _turn(self) -> None:
        wait = await self._shelf.spend(f"vitec-contacts:{self._name}", CALLS, EVERY)
        if wait > 0:
            raise LookUpError(f"Vitec was asked often enough just now; ask again in {wait:.0f} s")

    def _place(self, name: str) -> str:
        return f"vitec-contact:{self._name}:{name}"
