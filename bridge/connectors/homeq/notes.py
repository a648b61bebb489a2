"""POST a note on a flat or a person: all that is ever written at HomeQ, and off by default.

A person's note needs a `user_profile`, which HomeQ names in agreements alone (FACTS part 5). Each
note ends with our lead's id: by it a note is known again, and no second one is written.
"""

from collections.abc import Mapping

from bridge.connectors import classify
from bridge.connectors.base import Clock, Exchange, LookUpError, Parcel, Report
from bridge.connectors.exchange import Session
from bridge.connectors.homeq import paging
from bridge.connectors.homeq.answers import (
    JSON,
    json_of,
    number_of,
    rows_of,
    said_no,
    text_of,
)
from bridge.connectors.homeq.api import Api
from bridge.connectors.homeq.login import LoginRefusedError
from bridge.connectors.homeq.settings import HomeqAccount, Note
from bridge.connectors.transport import Failure, Http
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    Outcome,
    RateLimited,
    State,
    Unsendable,
    Verdict,
)

# FACTS 1C.6; 412 is validation (H-T18). A note may have been written whatever a 5xx says.
POST = classify.Table(statuses={401: "account", 403: "account", 408: "unknown", 429: "rate"})
OFF = "write_notes is off on the account"
NOBODY = "HomeQ names no user_profile of this person: only an agreement does, and there is none"

Target = tuple[str, int]  # what the note is on: its kind, and HomeQ's number of it


class WriteNote:
    """One attempt."""

    def __init__(
        self, account: HomeqAccount, api: Api, http: Http, clock: Clock, parcel: Parcel
    ) -> None:
        if not isinstance(parcel.options, Note):
            raise TypeError(f"{parcel.action} is no action of HomeQ")
        self._account = account
        self._paths = account.paths
        self._api = api
        self._clock = clock
        self._parcel = parcel
        self._options = parcel.options
        self._session = Session(http, JSON)
        self._text = f"{parcel.options.text.strip()} Ref: {parcel.lead_id}"

    async def run(self) -> Report:
        return Report(outcome=await self._send(), exchanges=self._session.exchanges)

    async def look(self) -> tuple[Verdict, list[Exchange]]:
        """After an Unknown: does the note stand there?"""
        if self._list_path is None:
            return CannotTell(f"reading back needs {self._list_key} on the account"), []
        try:
            target = await self._target()
            found = await self._there(target) if not isinstance(target, Unsendable) else None
        except LookUpError as error:
            return CannotTell(str(error)), self._session.exchanges
        if isinstance(target, Unsendable):
            return CannotTell(target.reason), self._session.exchanges
        return Found(found) if found else Absent(), self._session.exchanges

    async def _send(self) -> Outcome | Unsendable:
        if not self._account.write_notes:
            return Unsendable(State.SKIPPED, OFF)
        if self._post_path is None:
            return Unsendable(State.HELD, f"{self._post_key} is not set on the account")
        try:
            target = await self._target()
            if isinstance(target, Unsendable):
                return target
            # Somebody replayed it, or an earlier attempt's answer was lost: never a note twice.
            found = await self._there(target) if self._list_path else None
            return Delivered(found) if found else await self._post(target)
        except LoginRefusedError as error:
            return AccountProblem(str(error))
        except LookUpError as error:
            return NotSent(str(error))

    async def _post(self, target: Target) -> Outcome:
        kind, number = target
        body: dict[str, object] = {"text": self._text}
        if kind == "user":
            body["user_profile"] = number
        elif self._options.context:
            body["context"] = self._options.context
        path = self._post_path or ""
        url = path.replace("{id}", str(number))
        answer = await self._api.call("POST", url, path=path, body=body, session=self._session)
        if isinstance(answer, Failure):
            return classify.outcome(answer, POST, self._parcel.lead, self._clock())
        found = classify.json_of(answer)
        if said_no(found, "RateLimited"):  # with what status nobody states (FACTS 1C.4)
            return RateLimited(classify.wait_until(answer.headers, self._clock()))
        if not answer.ok:
            return classify.outcome(answer, POST, self._parcel.lead, self._clock())
        return Delivered(_reference(found) if isinstance(found, dict) else None)

    async def _target(self) -> Target | Unsendable:
        """Raises `LookUpError`."""
        ids = self._parcel.lead.extra.get("homeq")
        apartment = number_of(ids.get("apartment_id")) if isinstance(ids, dict) else None
        if apartment is None:
            return Unsendable(State.SKIPPED, "this lead names no flat of HomeQ's")
        if self._options.on == "apartment":
            return "apartment", apartment
        profile = await self._profile(apartment)
        return ("user", profile) if profile else Unsendable(State.SKIPPED, NOBODY)

    async def _profile(self, apartment: int) -> int | None:
        """Of the person who signed for this flat with one of the lead's e-mail addresses."""
        if self._paths.agreements is None:
            return None
        theirs = {one.casefold() for one in self._parcel.lead.person.emails}
        path = self._paths.agreements
        rows = paging.agreements(self._api, path, patient=False, apartment_id=apartment)
        async for row in rows:
            same_flat = number_of(row.get("apartment_id")) in {None, apartment}
            if same_flat and text_of(row.get("email")).casefold() in theirs:
                profile = number_of(row.get("user_profile_id"))
                if profile:
                    return profile
        return None

    async def _there(self, target: Target) -> str | None:
        """The note's number at HomeQ where it stands there already. Raises `LookUpError`."""
        kind, number = target
        path = self._list_path or ""
        url = path.replace("{id}", str(number))
        if kind == "user" and "{id}" not in path:
            url = f"{path}?user_profile={number}"
        answer = await self._api.call("GET", url, path=path, session=self._session)
        if isinstance(answer, Failure):
            raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
        for row in rows_of(json_of(answer), "notes"):
            if self._text in text_of(row.get("text")):
                return _reference(row) or "there already"
        return None

    @property
    def _list_key(self) -> str:
        return f"paths.{self._options.on}_notes"

    @property
    def _post_key(self) -> str:
        return "paths.user_note" if self._options.on == "user" else "paths.apartment_notes"

    @property
    def _list_path(self) -> str | None:
        user = self._options.on == "user"
        return self._paths.user_notes if user else self._paths.apartment_notes

    @property
    def _post_path(self) -> str | None:
        user = self._options.on == "user"
        return self._paths.user_note if user else self._paths.apartment_notes


def _reference(row: Mapping[str, object]) -> str | None:
    return text_of(row.get("id")) or None
