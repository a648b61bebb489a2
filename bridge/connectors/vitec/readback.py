"""After an Unknown: is this person on this estate? By the CRM calls, which need other rights."""

from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

from bridge.connectors import classify, people
from bridge.connectors.base import Parcel
from bridge.connectors.exchange import Session
from bridge.connectors.transport import Failure, join
from bridge.connectors.vitec.settings import VitecAccount, estate_of, options_of
from bridge.outcomes import Absent, CannotTell, Found, Verdict


class ReadBack:
    def __init__(self, account: VitecAccount, session: Session) -> None:
        self._account = account
        self._session = session

    async def look(self, parcel: Parcel) -> Verdict:
        estate = estate_of(parcel) or options_of(parcel).estate_id
        needles = self._needles(parcel)
        if not estate or not needles:
            return CannotTell("the lead has nothing to search for")
        for needle in needles:
            found = await self._search(needle)
            if isinstance(found, CannotTell):
                return found
            for contact in found:
                related = await self._relations(contact)
                if isinstance(related, CannotTell):
                    return related
                if estate in related:
                    return Found(contact)
        return Absent()

    def _needles(self, parcel: Parcel) -> list[str]:
        left = people.Leftovers()
        numbers = [one.e164 for one in people.numbers(parcel, left, "")]
        return [*people.emails(parcel, left, ""), *numbers]

    async def _search(self, needle: str) -> list[str] | CannotTell:
        # The vendor takes the person in the query; our log must not show it (X-T8).
        url = self._url("Search")
        found = await self._list(f"{url}?{urlencode({'searchText': needle})}", shown=f"{url}?…")
        if isinstance(found, CannotTell):
            return found
        return [str(one["id"]) for one in found if isinstance(one, dict) and one.get("id")]

    async def _relations(self, contact: str) -> set[str] | CannotTell:
        found = await self._list(self._url("Speculator", quote(contact, safe="")))
        if isinstance(found, CannotTell):
            return found
        return {text for one in found for text in _strings(one)}

    async def _list(self, url: str, shown: str = "") -> list[Any] | CannotTell:
        """A list, or a single object, which stands for a list of one (V-T9)."""
        answer = await self._session.call("GET", url, shown=shown)
        if isinstance(answer, Failure):
            return CannotTell(f"reading back from Vitec failed: {answer.reason}")
        if answer.status == HTTPStatus.NOT_FOUND:
            return []
        found = classify.json_of(answer)
        if answer.status != HTTPStatus.OK or not isinstance(found, list | dict):
            return CannotTell(f"reading back from Vitec failed: HTTP {answer.status}")
        return found if isinstance(found, list) else [found]

    def _url(self, *path: str) -> str:
        customer = quote(self._account.customer_id, safe="")
        return join(self._account.base_url, "CRM/Contact", customer, *path)


def _strings(found: Any) -> list[str]:
    if isinstance(found, dict):
        return [text for value in found.values() for text in _strings(value)]
    if isinstance(found, list):
        return [text for value in found for text in _strings(value)]
    return [found] if isinstance(found, str) else []
