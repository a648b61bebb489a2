"""Reading contacts from Vitec's CRM: how many at a time, in which shape, and what is not there.

Vendor page: GET CRM/Contact/{customerId}/{contactIds}; FACTS 1B.3, V-T9.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote, urlencode

import orjson

from bridge.connectors import classify
from bridge.connectors.base import LookUpError
from bridge.connectors.exchange import KEPT, Session
from bridge.connectors.transport import Answer, Failure, join
from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.contacts import Contact
from bridge.connectors.vitec.settings import VitecAccount

MOST = 20  # "max 20 stycken åt gången" (S4:24, 38)
# The sibling calls' newer pages want more than five ids as query parameters (FACTS 1B.3, V-T9).
# This one knows only the path, so what it refuses is asked again in fives, then one by one.
FEW = 5
TOO_MANY = frozenset(
    {HTTPStatus.BAD_REQUEST, HTTPStatus.NOT_FOUND, HTTPStatus.REQUEST_URI_TOO_LONG}
)
CONTACT_ID = re.compile(r"[A-Za-z0-9_.-]{1,40}")  # S4:13; a comma would be two ids


class CrmError(LookUpError):
    """The CRM was asked and did not tell; `answer` is what came instead."""

    def __init__(self, answer: Answer | Failure) -> None:
        super().__init__(f"reading from Vitec failed: {_said(answer)}")
        self.answer = answer


@dataclass(slots=True, kw_only=True)
class Contacts:
    """What was asked for: `known` by the id that was asked with, and what Vitec does not have.

    `unreadable`: so many came without an id, and may be any of the missing ones.
    """

    known: dict[str, Contact] = field(default_factory=dict)
    missing: list[str] = field(default_factory=list)
    unreadable: int = 0


class Crm:
    """One office's contacts, over one session with its CRM password (V-T6)."""

    def __init__(self, account: VitecAccount, session: Session) -> None:
        self._account = account
        self._session = session
        self._most = MOST

    async def fetch(self, ids: Iterable[str]) -> Contacts:
        """Each once, whatever order Vitec answers in. Raises `CrmError`.

        Behaviour for unknown ids is not stated: one that is left out, or answered 404, is missing.
        """
        wanted = list(dict.fromkeys(ids))
        asked = [one for one in wanted if CONTACT_ID.fullmatch(one)]
        rows: list[Any] = []
        while asked:
            chunk, asked = asked[: self._most], asked[self._most :]
            rows += await self._some(chunk)
        read = contacts.read(rows)
        found = {one.id.casefold(): one for one in read}
        known = {one: found[one.casefold()] for one in wanted if one.casefold() in found}
        return Contacts(
            known=known,
            missing=[one for one in wanted if one not in known],
            unreadable=len(rows) - len(read),
        )

    async def search(self, text: str) -> list[Any]:
        """Contacts that free text finds. Raises `CrmError`.

        The parameter's name is not published. It names a person, which our log does not (X-T8).
        """
        url = self._url("Search")
        query = urlencode({"searchText": text})
        return self._contacts(await self._session.call("GET", f"{url}?{query}", shown=f"{url}?…"))

    async def relations(self, contact: str) -> list[Any]:
        """The homes that a contact is on; their shape is not published. Raises `CrmError`."""
        return _rows(await self._session.call("GET", self._url("Speculator", contact)))

    async def _some(self, ids: Sequence[str]) -> list[Any]:
        answer = await self._session.call("GET", self._url(",".join(ids)))
        if isinstance(answer, Answer) and answer.status in TOO_MANY and len(ids) > 1:
            if len(ids) > FEW:
                self._most = FEW
            parts = _chunks(ids, FEW if len(ids) > FEW else 1)
            return [one for part in parts for one in await self._some(part)]
        return self._contacts(answer)

    def _contacts(self, answer: Answer | Failure) -> list[Any]:
        """The attempt log keeps what is read of them: a contact may be somebody else than the lead,
        and its name and notes are nobody's business there."""
        rows = _rows(answer)
        told = [orjson.Fragment(contacts.kept(one)) for one in contacts.read(rows)]
        calls = self._session.exchanges
        calls[-1] = replace(calls[-1], response=orjson.dumps(told).decode()[:KEPT])
        return rows

    def _url(self, *path: str) -> str:
        parts = (quote(one, safe=",") for one in (self._account.customer_id, *path))
        return join(self._account.base_url, "CRM/Contact", *parts)


def _said(answer: Answer | Failure) -> str:
    """Without a person: what is no refusal may be somebody's data (V-T15)."""
    if isinstance(answer, Failure):
        return answer.reason
    if answer.ok:
        return f"HTTP {answer.status} with something else than contacts"
    return classify.PII.sub("…", classify.said(answer))


def _rows(answer: Answer | Failure) -> list[Any]:
    if isinstance(answer, Failure):
        raise CrmError(answer)
    if answer.status in {HTTPStatus.NOT_FOUND, HTTPStatus.NO_CONTENT}:
        return []
    found = classify.json_of(answer)
    if answer.status != HTTPStatus.OK or not isinstance(found, list | dict):
        raise CrmError(answer)
    return found if isinstance(found, list) else [found]


def _chunks(ids: Sequence[str], size: int) -> Iterator[Sequence[str]]:
    for start in range(0, len(ids), size):
        yield ids[start : start + size]
