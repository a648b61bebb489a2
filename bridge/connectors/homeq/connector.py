"""HomeQ (Sweden) as an account: what a landlord's own number of a flat or project is, what was
signed or reserved, who works where, and, where it is switched on, a note. It takes no leads: its
webhooks bring them (`intake/homeq.py`).

Vendor page: HomeQ Core API; FACTS 1C and H-T17…H-T24.
"""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import orjson

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
from bridge.connectors.homeq import organisation, paging
from bridge.connectors.homeq.answers import Row, external_of, number_of, part, rows_of, text_of
from bridge.connectors.homeq.api import Api
from bridge.connectors.homeq.notes import WriteNote
from bridge.connectors.homeq.organisation import Employee, Office, Project
from bridge.connectors.homeq.settings import HomeqAccount, Note
from bridge.connectors.transport import Http
from bridge.outcomes import Verdict

PROJECTS_KEPT = 60.0  # seconds: one list answers for all the references of a step
STAFF = "entity.employees"  # the right that the list of employees needs


class Homeq:
    def __init__(self, account: HomeqAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._paths = account.paths
        self._http = http
        self._shelf = shelf
        self._clock = clock
        self.api = Api(account, http, shelf, clock)

    async def send(self, parcel: Parcel) -> Report:
        return await self._note(parcel).run()

    async def verify(self, parcel: Parcel) -> tuple[Verdict, list[Exchange]]:
        return await self._note(parcel).look()

    async def check(self) -> Health:
        """HomeQ's own check of the token that all workers share; and what is off for want of a
        path."""
        if self._paths.login is None:
            return Health(ok=None, detail="no paths are set, so every look-up is off")
        try:
            words = await self._token_words()
        except LookUpError as error:
            return Health(ok=False, detail=str(error))
        off = [name for name, path in self._paths.model_dump().items() if path is None]
        words += [f"off: {', '.join(off)}"] if off else []
        return Health(ok=True, detail="; ".join([*words, *await self.warnings()]))

    async def warnings(self) -> list[str]:
        """Which of the calls that are configured HomeQ announced to end."""
        ours = [path for path in self._paths.model_dump().values() if path]
        known = await self.api.deprecations.known(ours)
        return [f"HomeQ will end {path} ({said})" for path, said in sorted(known.items())]

    async def external_id(self, kind: str, number: str) -> str | None:
        """The landlord's own id of an apartment or a project; None where it has none.

        Raises `LookUpError`.
        """
        if kind == "project" and self._paths.projects is not None:
            return (await self._project_names(self._paths.projects)).get(number)
        return external_of(await self._thing(kind, number))

    async def agreements(self, since: str) -> AsyncIterator[Row]:
        """Each agreement that was signed after a date. Raises `LookUpError`."""
        path = self._path("agreements")
        async for row in paging.agreements(self.api, path, signed_after=since):
            yield row

    async def inventory(self, **wanted: object) -> AsyncIterator[Row]:
        """Every row of the inventory, by HomeQ's own filters. Raises `LookUpError`."""
        path = self._path("inventory")
        query = {name: value for name, value in wanted.items() if value is not None}
        async for row in paging.inventory(self.api, path, **query):
            yield row

    async def offices(self) -> list[Office]:
        """All that this user may manage, else those that it sees. Raises `LookUpError`."""
        path = self._path("offices")
        try:
            found = organisation.offices(await self.api.get(path, {"mode": "manage"}))
        except LookUpError:
            found = []
        return found or organisation.offices(await self.api.get(path, {"mode": "default"}))

    async def employees(self) -> list[Employee]:
        """Those below the selected office. Raises `LookUpError`."""
        return organisation.employees(await self.api.get(self._path("employees")))

    async def projects(self) -> list[Project]:
        """Raises `LookUpError`."""
        return organisation.projects(await self.api.get(self._path("projects")))

    async def _project_names(self, path: str) -> Mapping[str, str]:
        name = f"homeq-projects:{self._account.base_url}:{self._account.username}:{path}"
        kept = await self._shelf.get(name)
        if kept is not None:
            known: dict[str, str] = orjson.loads(kept)
            return known
        listed = await self.projects()
        known = {str(one.id): one.external_id for one in listed if one.external_id}
        await self._shelf.put(name, orjson.dumps(known).decode(), ttl=PROJECTS_KEPT)
        return known

    async def _thing(self, kind: str, number: str) -> Row:
        path = self._paths.apartment if kind == "apartment" else self._paths.project
        if path is not None:
            found = await self.api.get(path, number=number)
            return found if isinstance(found, dict) else {}
        if kind == "apartment" and self._paths.inventory is not None:
            query = {"apartment.id": number, "use_root_office": "true", "amount": 10}  # H-T19
            for row in rows_of(await self.api.get(self._paths.inventory, query)):
                if number_of(part(row, "apartment").get("id")) == int(number):
                    return part(row, "apartment")
            return {}
        raise LookUpError(f"paths.{kind} is not set on the account")

    async def _token_words(self) -> list[str]:
        """Raises `LookUpError`."""
        if self._paths.verify is None:
            await self.api.tokens.get()
            return ["the login serves"]
        found = await self.api.verified(self._paths.verify)
        owner: dict[str, Any] = found if isinstance(found, dict) else {}
        company, office = part(owner, "company"), part(owner, "employee").get("selected_office")
        words = [f"HomeQ takes the token: company {text_of(company.get('id')) or '?'}"]
        words += [f"selected office {office}"] if office else []
        rights = part(owner, "right_profile").get("rights")
        if self._paths.employees and isinstance(rights, list) and STAFF not in rights:
            words.append(f"the right {STAFF} is missing, so employees cannot be listed")
        return words

    def _path(self, name: str) -> str:
        """Raises `LookUpError`."""
        found: str | None = getattr(self._paths, name)
        if found is None:
            raise LookUpError(f"paths.{name} is not set on the account")
        return found

    def _note(self, parcel: Parcel) -> WriteNote:
        return WriteNote(self._account, self.api, self._http, self._clock, parcel)


def _connect(account: AccountSettings, http: Http, shelf: Shelf, clock: Clock) -> Homeq:
    if not isinstance(account, HomeqAccount):
        raise TypeError("not a HomeQ account")
    return Homeq(account, http, shelf, clock)


VENDOR = Vendor(name="homeq", account=HomeqAccount, actions={"note": Note}, connect=_connect)
