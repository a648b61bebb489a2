"""Any system that takes Standard Webhooks: a lead as a signed event, the same id for every try.

Spec: github.com/standard-webhooks/standard-webhooks, spec/standard-webhooks.md, 1.0.0.
"""

import hashlib
from http import HTTPStatus

import orjson

from bridge.connectors import classify, people, signing
from bridge.connectors.base import (
    AccountSettings,
    Clock,
    Exchange,
    Health,
    Parcel,
    Report,
    Shelf,
    Vendor,
)
from bridge.connectors.exchange import Session
from bridge.connectors.transport import Answer, Failure, Http
from bridge.connectors.webhook import answers
from bridge.connectors.webhook.event import Event
from bridge.connectors.webhook.settings import SendLead, WebhookAccount, options_of
from bridge.outcomes import AccountProblem, CannotTell, State, Unsendable, Verdict

GONE = "gone"
STAYS_GONE = 86_400.0  # seconds that nothing is tried by itself after a 410
SILENT = "a webhook has no harmless call that would tell; ping = true sends a signed bridge.ping"
BARRED = "the address is in a private network; allow_private = true on the account lets it be"


class Webhook:
    def __init__(self, account: WebhookAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._shelf = shelf
        self._clock = clock
        print_ = hashlib.sha256(account.base_url.encode()).hexdigest()
        self._mark = f"webhook-{GONE}:{print_}"

    async def send(self, parcel: Parcel) -> Report:
        options, left = options_of(parcel), people.Leftovers()
        body = Event(parcel, options, left).build()
        if not body:
            reason = "no valid e-mail address and no certain phone number"
            return Report(outcome=Unsendable(State.HELD, reason), moved=left.moved)
        answer, exchanges = await self._post(_id(parcel), body)
        outcome = answers.meaning(answer, parcel, options, self._clock())
        if isinstance(outcome, AccountProblem):
            await self._remember(answer)
        return Report(outcome=outcome, exchanges=exchanges, moved=left.moved)

    async def verify(self, _: Parcel) -> tuple[Verdict, list[Exchange]]:
        return CannotTell("a webhook cannot be read back"), []

    async def check(self) -> Health:
        """The account's `ping`, where it is on; a receiver that said 410 is left in peace."""
        if await self._shelf.get(self._mark) is not None:
            return Health(ok=False, detail=f"HTTP 410: {answers.WHY[HTTPStatus.GONE]}")
        if not self._account.ping:
            return Health(ok=None, detail=SILENT)
        now = self._clock()
        event = {"type": "bridge.ping", "timestamp": now.isoformat(), "data": {}}
        answer, _ = await self._post(f"ping_{now.timestamp():.0f}", orjson.dumps(event))
        await self._remember(answer)
        if isinstance(answer, Failure):
            return Health(ok=False, detail=BARRED if answer.barred else answer.reason)
        if answer.ok:
            return Health(ok=True, detail="it took a signed bridge.ping")
        tells = answer.status in answers.NOT_SERVED
        return Health(ok=False if tells else None, detail=classify.said(answer))

    async def _post(self, message_id: str, body: bytes) -> tuple[Answer | Failure, list[Exchange]]:
        account, seconds = self._account, int(self._clock().timestamp())
        headers = {
            "accept": "application/json",
            **{name: one.get_secret_value() for name, one in account.headers.items()},
            "content-type": "application/json",
            **signing.headers(message_id, seconds, body, account.secret),
        }
        session = Session(
            self._http, headers, public=not account.allow_private, secrets=account.secrets
        )
        answer = await session.call("POST", account.base_url, body, shown=account.shown)
        return answer, session.exchanges

    async def _remember(self, answer: Answer | Failure) -> None:
        """The spec has us stop after a 410: the probe of a paused account looks at this mark."""
        if isinstance(answer, Answer) and answer.status == HTTPStatus.GONE:
            await self._shelf.put(self._mark, GONE, ttl=STAYS_GONE)
        else:
            await self._shelf.drop(self._mark, only_if=GONE)


def _id(parcel: Parcel) -> str:
    """The same for every try of a delivery; a full stop would blur what is signed."""
    return (parcel.delivery_id or parcel.lead_id).replace(".", "~")


def _connect(account: AccountSettings, http: Http, shelf: Shelf, clock: Clock) -> Webhook:
    if not isinstance(account, WebhookAccount):
        raise TypeError("not a webhook account")
    return Webhook(account, http, shelf, clock)


VENDOR = Vendor(
    name="webhook", account=WebhookAccount, actions={"lead": SendLead}, connect=_connect
)
