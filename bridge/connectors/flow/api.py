"""Calls of one attempt to Flow: with the shared token, and one fresh token and replay on a 401."""

from http import HTTPStatus
from typing import Any

import orjson

from bridge.connectors import classify
from bridge.connectors.base import Clock, Exchange, Shelf
from bridge.connectors.exchange import Session
from bridge.connectors.flow.settings import FlowAccount
from bridge.connectors.flow.token import NoToken, Tokens
from bridge.connectors.transport import LARGEST, Answer, Failure, Http, join
from bridge.leads import Lead
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    State,
    Unsendable,
)

JSON = "application/json"
GET = classify.Table(
    statuses={401: "account", 403: "account", 408: "not_sent", 425: "not_sent", 429: "rate"},
    server_error="not_sent",
)


class Api:
    """Shared by all attempts of an account; `attempt()` begins one."""

    def __init__(self, account: FlowAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self.account = account
        self.shelf = shelf
        self.clock = clock
        self.rehearses = http.rehearses
        self._http = http
        self._tokens = Tokens(account, shelf, clock)

    def attempt(self, *, largest: int = LARGEST) -> "FlowCalls":
        """`largest`: bytes of an answer that are read."""
        return FlowCalls(self, Session(self._http, {}, largest=largest), self._tokens)


class FlowCalls:
    def __init__(self, api: Api, session: Session, tokens: Tokens) -> None:
        self.api = api
        self._session = session
        self._tokens = tokens

    @property
    def exchanges(self) -> list[Exchange]:
        return self._session.exchanges

    async def call(
        self, method: str, path: str, body: object = None, *, accept: str = JSON
    ) -> Answer | Failure | NoToken:
        """`path` is below `…/flow/api/` (F-T13). A 401 was refused unread: one replay."""
        content = b"" if body is None else orjson.dumps(body)
        url = join(self.api.account.base_url, "api", path)
        for last in (False, True):
            token = await self._tokens.get(self._session)
            if not isinstance(token, str):
                return token
            headers = {
                "authorization": f"Bearer {token}",
                "accept": accept,
                "content-type": JSON,
            }
            answer = await self._session.call(method, url, content, headers=headers)
            refused = isinstance(answer, Answer) and answer.status == HTTPStatus.UNAUTHORIZED
            if last or not refused:
                return answer
            await self._tokens.forget(token)
        raise AssertionError  # the loop returns

    async def get(self, path: str, lead: Lead | None = None) -> Any | Outcome | Unsendable:
        """The JSON of a look-up; else why there is none: nothing of the lead was sent by it.

        A look-up that is refused for good holds the lead for a person: the lead is not at fault.
        """
        answer = await self.call("GET", path)
        if isinstance(answer, NotSent | AccountProblem | RateLimited):
            return answer
        if isinstance(answer, Failure):
            return NotSent(f"look-up of {_kind(path)}: {answer.reason}")
        if answer.ok:
            found = classify.json_of(answer)
            if found is None or not answer.complete:
                return NotSent(f"look-up of {_kind(path)}: HTTP {answer.status} without JSON")
            return found
        outcome = classify.outcome(answer, GET, lead or NOBODY, self.api.clock())
        if isinstance(outcome, RateLimited | Delivered):
            return outcome
        if isinstance(outcome, Rejected):
            return Unsendable(State.HELD, f"look-up of {_kind(path)}: {outcome.reason}")
        return type(outcome)(f"look-up of {_kind(path)}: {outcome.reason}")


NOBODY = Lead.model_validate({"intent": "contact", "person": {"last_name": "-"}})


def _kind(path: str) -> str:
    return path.partition("?")[0].rstrip("/").rsplit("/", 1)[-1]
