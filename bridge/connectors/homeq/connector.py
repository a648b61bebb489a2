"""HomeQ (Sweden) as an account: what a landlord's own number of a flat or project is, and what was
signed. It takes no leads: its webhooks bring them (`intake/homeq.py`).

Vendor page: HomeQ Core API; FACTS 1C and H-T17…H-T24.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

from bridge.connectors.base import (
    AccountSettings,
    Clock,
    Exchange,
    Health,
    LookUpError,
    Parcel,
    Report,
    Shelf,
    Vendor,
)
from bridge.connectors.homeq.api import Api
from bridge.connectors.homeq.settings import HomeqAccount
from bridge.connectors.transport import Http
from bridge.outcomes import CannotTell, State, Unsendable, Verdict

PAGES = 1000  # of agreements; a page holds an unknown number
EXTERNAL = ("landlord_object_id", "external_id")  # one thing, two names (H-T20)


class Homeq:
    def __init__(self, account: HomeqAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._paths = account.paths
        self._api = Api(account, http, shelf, clock)

    async def send(self, _: Parcel) -> Report:
        return Report(outcome=Unsendable(State.HELD, "HomeQ takes no leads"))

    async def verify(self, _: Parcel) -> tuple[Verdict, list[Exchange]]:
        return CannotTell("HomeQ takes no leads"), []

    async def check(self) -> Health:
        """A login, or the token that it left; and what is off for want of a path."""
        off = [name for name, path in self._paths.model_dump().items() if path is None]
        if self._paths.login is None:
            return Health(ok=None, detail="no paths are set, so every look-up is off")
        try:
            await self._api.token()
        except LookUpError as error:
            return Health(ok=False, detail=str(error))
        detail = f"the login serves; off: {', '.join(off)}" if off else "the login serves"
        return Health(ok=True, detail=detail)

    async def external_id(self, kind: str, number: str) -> str | None:
        """The landlord's own id of an apartment or a project; None where it has none.

        Raises `LookUpError`.
        """
        found = await self._thing(kind, number)
        return next((_text(found.get(name)) for name in EXTERNAL if _text(found.get(name))), None)

    async def agreements(self, since: str) -> AsyncIterator[Mapping[str, Any]]:
        """Each agreement that was signed after a date. Raises `LookUpError`."""
        if self._paths.agreements is None:
            raise LookUpError("paths.agreements is not set on the account")
        for page in range(1, PAGES + 1):
            found = await self._api.get(self._paths.agreements, page=page, signed_after=since)
            rows = _rows(found)
            for row in rows:
                yield row
            if not rows:
                return

    async def _thing(self, kind: str, number: str) -> Mapping[str, Any]:
        path = self._paths.apartment if kind == "apartment" else self._paths.project
        if path is not None:
            found = await self._api.get(path.replace("{id}", number))
            return found if isinstance(found, dict) else {}
        if kind == "apartment" and self._paths.inventory is not None:
            query = {"apartment.id": number, "use_root_office": "true", "amount": 10}  # H-T19
            for row in _rows(await self._api.get(self._paths.inventory, **query)):
                apartment = row.get("apartment")
                if isinstance(apartment, dict):
                    return apartment
            return {}
        raise LookUpError(f"paths.{kind} is not set on the account")


def _rows(found: Any) -> list[Mapping[str, Any]]:
    """A page of results, or the bare list that some calls answer."""
    rows = found.get("results") if isinstance(found, dict) else found
    return [one for one in rows if isinstance(one, dict)] if isinstance(rows, list) else []


def _text(value: object) -> str:
    """Trimmed; the schema types one of them as an integer (H-T20)."""
    return str(value).strip() if isinstance(value, str | int) else ""


def _connect(account: AccountSettings, http: Http, shelf: Shelf, clock: Clock) -> Homeq:
    if not isinstance(account, HomeqAccount):
        raise TypeError("not a HomeQ account")
    return Homeq(account, http, shelf, clock)


VENDOR = Vendor(name="homeq", account=HomeqAccount, actions={}, connect=_connect)
