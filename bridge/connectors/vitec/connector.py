"""Vitec Connect (Sweden): watches of the final price, read back through the CRM calls.

Vendor pages: POST Advertising/Estate/…/FinalPriceWatched, GET CRM/Contact; FACTS 1B and V-T1…V-T19.
"""

import base64
from collections.abc import Sequence
from http import HTTPStatus
from urllib.parse import quote

import orjson
from pydantic import SecretStr

from bridge.connectors import classify, people
from bridge.connectors.base import (
    AccountSettings,
    ActionOptions,
    Clock,
    Exchange,
    Health,
    LookUpError,
    Parcel,
    Report,
    Shelf,
    Vendor,
)
from bridge.connectors.exchange import Session
from bridge.connectors.transport import Answer, Failure, Http, join
from bridge.connectors.vitec import optouts
from bridge.connectors.vitec.body import Body
from bridge.connectors.vitec.crm import Contacts, Crm
from bridge.connectors.vitec.desk import Desk
from bridge.connectors.vitec.readback import ReadBack
from bridge.connectors.vitec.settings import (
    FinalPriceWatched,
    VitecAccount,
    estate_of,
    options_of,
    respects,
)
from bridge.leads import Lead
from bridge.outcomes import CannotTell, Delivered, Outcome, State, Unknown, Unsendable, Verdict

# FACTS 1B.5. A 500 is "contact Vitec" (V-T14): unknown, and so never repeated blindly.
POST = classify.Table(
    statuses={401: "account", 403: "account", 408: "unknown", 429: "rate", 503: "not_sent"},
)


class Vitec:
    def __init__(self, account: VitecAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._desk = Desk(account, shelf)
        self._clock = clock

    def wants_known(self, lead: Lead, options: ActionOptions) -> bool:
        """Whether a parcel of this lead should say what Vitec got of its person before."""
        if not isinstance(options, FinalPriceWatched) or self._account.crm_password is None:
            return False
        return respects(self._account, options, lead) != "off"

    async def send(self, parcel: Parcel) -> Report:
        options = options_of(parcel)
        refusal = self._refusal(parcel, options)
        if refusal:
            return Report(outcome=refusal)
        left = people.Leftovers()
        body = Body(self._account, parcel, options, left).build()
        if not body:
            reason = "no valid e-mail address and no certain phone number"
            return Report(outcome=Unsendable(State.HELD, reason), moved=left.moved)
        stop, exchanges = await self._stop(parcel, options)
        if stop:
            return Report(outcome=stop, exchanges=exchanges, moved=left.moved)
        session = Session(self._http, self._headers(self._account.password))
        answer = await session.call("POST", self._url(parcel, options), orjson.dumps(body))
        outcome = _meaning(answer, parcel.lead, self._clock)
        return Report(outcome=outcome, exchanges=[*exchanges, *session.exchanges], moved=left.moved)

    @property
    def reads_contacts(self) -> bool:
        return self._account.crm_password is not None

    async def contacts(self, ids: Sequence[str], *, fresh: bool = False) -> Contacts:
        """What Vitec says of contacts, for people; a few minutes old unless `fresh`.

        Raises `LookUpError`.
        """
        if self._account.crm_password is None:
            raise LookUpError("reading contacts from Vitec needs crm_password on the account")
        session = Session(self._http, self._headers(self._account.crm_password))
        return await self._desk.contacts(Crm(self._account, session), ids, fresh=fresh)

    async def verify(self, parcel: Parcel) -> tuple[Verdict, list[Exchange]]:
        """Search the contact, then look for the estate among its relations (FACTS 1B.5)."""
        if self._account.crm_password is None:
            return CannotTell("reading back needs crm_password on the account"), []
        session = Session(self._http, self._headers(self._account.crm_password))
        verdict = await ReadBack(Crm(self._account, session)).look(parcel)
        return verdict, session.exchanges

    async def check(self) -> Health:
        if self._account.crm_password is None:
            detail = "Vitec has no harmless call for the Advertising password; set crm_password"
            return Health(ok=None, detail=detail)
        session = Session(self._http, self._headers(self._account.crm_password))
        url = join(self._account.base_url, "CRM/Contact", self._account.customer_id, "-")
        answer = await session.call("GET", url)
        if isinstance(answer, Failure):
            return Health(ok=False, detail=answer.reason)
        if answer.status in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
            return Health(ok=False, detail=classify.said(answer))
        return Health(ok=True, detail=f"{self._account.customer_id}: the CRM password serves")

    async def _stop(
        self, parcel: Parcel, options: FinalPriceWatched
    ) -> tuple[optouts.Stop | None, list[Exchange]]:
        """Whether the person wants no marketing, where that is to be respected and can be known."""
        rule = respects(self._account, options, parcel.lead)
        if rule == "off":
            return None, []
        if self._account.crm_password is None:
            reason = "respect_opt_out needs crm_password on the account: set it, or respect_opt_out"
            return Unsendable(State.HELD, f'{reason} = "off"'), []
        search = options.search_opt_outs
        if not parcel.known_as and not search:
            return None, []
        session = Session(self._http, self._headers(self._account.crm_password))
        crm = Crm(self._account, session)
        stop = await optouts.look(crm, parcel, self._clock(), skip=rule == "skip", search=search)
        return stop, session.exchanges

    def _refusal(self, parcel: Parcel, options: FinalPriceWatched) -> Unsendable | None:
        ours, theirs = self._account.customer_id, parcel.lead.property.vitec.customer_id
        if theirs and theirs != ours:
            reason = f"the property belongs to {theirs}, this account serves {ours}"
            return Unsendable(State.SKIPPED, reason)
        lacking = options.lacks(parcel.lead.property)
        return Unsendable(State.HELD, lacking) if lacking else None

    def _url(self, parcel: Parcel, options: FinalPriceWatched) -> str:
        estate = quote(estate_of(parcel) or options.estate_id or "", safe="")
        customer = quote(self._account.customer_id, safe="")
        base = self._account.base_url
        return join(base, "Advertising/Estate", customer, estate, "FinalPriceWatched")

    def _headers(self, password: SecretStr) -> dict[str, str]:
        pair = f"{self._account.username}:{password.get_secret_value()}".encode()  # UTF-8 (X-T4)
        return {
            "authorization": "Basic " + base64.b64encode(pair).decode(),
            "accept": "application/json",  # or ASP.NET may answer XML (V-T16)
            "content-type": "application/json",
        }


def _meaning(answer: Answer | Failure, lead: Lead, clock: Clock) -> Outcome:
    """The answer to a watch is a JSON string, probably the contact's id (V-T8)."""
    if isinstance(answer, Failure) or not answer.ok:
        return classify.outcome(answer, POST, lead, clock())
    if not answer.body.strip() or not answer.complete:
        return Delivered()
    found = classify.json_of(answer)
    if found is None:
        return Unknown(f"HTTP {answer.status} with something else than JSON: wrong address?")
    return Delivered(found if isinstance(found, str) else None)


def _connect(account: AccountSettings, http: Http, shelf: Shelf, clock: Clock) -> Vitec:
    if not isinstance(account, VitecAccount):
        raise TypeError("not a Vitec account")
    return Vitec(account, http, shelf, clock)


VENDOR = Vendor(
    name="vitec",
    account=VitecAccount,
    actions={"final_price_watched": FinalPriceWatched},
    connect=_connect,
)
