"""Calls to HomeQ: a JWT that all workers share, sixty a minute, and GET alone but for notes.

Confirm, reject, delete and reset stand next to the useful calls (H-T17): there is no code for them.
"""

import asyncio
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal
from urllib.parse import urlencode

import orjson

from bridge.connectors.base import Clock, LookUpError, Shelf
from bridge.connectors.exchange import Session
from bridge.connectors.homeq.answers import JSON, json_of
from bridge.connectors.homeq.deprecations import TEST, Deprecations, announced
from bridge.connectors.homeq.login import Tokens
from bridge.connectors.homeq.settings import HomeqAccount
from bridge.connectors.transport import Answer, Failure, Http

TURNS = (60, 60.0)  # listing readings a minute (H-T21); kept for every call, over all workers
BULK = (30, 60.0)  # of them for long lists, so that a lead's look-up never waits behind one
PATIENCE = 180.0  # seconds that a long list waits for its turn


class Api:
    def __init__(self, account: HomeqAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._base = account.base_url.rstrip("/")
        self._http = http
        self._shelf = shelf
        self._who = f"{account.base_url}:{account.username}"
        self.tokens = Tokens(account, http, shelf, clock)
        self.deprecations = Deprecations(shelf, self._who, clock)

    async def get(
        self,
        path: str,
        query: Mapping[str, object] | None = None,
        *,
        number: int | str = "",
        patient: bool = False,
    ) -> Any:
        """The JSON of a call. Raises `LookUpError`.

        `number` goes in the place of {id}; `patient` waits for a turn, as long lists do.
        """
        asked = f"?{urlencode(query)}" if query else ""
        url = path.replace("{id}", str(number)) + asked
        answer = await self.call("GET", url, path=path, patient=patient)
        if isinstance(answer, Failure):
            raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
        return json_of(answer)

    async def call(
        self,
        method: Literal["GET", "POST"],
        url: str,
        *,
        path: str,
        body: dict[str, object] | None = None,
        session: Session | None = None,
        patient: bool = False,
    ) -> Answer | Failure:
        """One call with a token; a 401, which processes nothing, is tried once with a new one.

        `path`: the same as it is configured. What is read is the landlord's own, so it stays out of
        the session's log. Raises `LookUpError`; then nothing was sent.
        """
        content = orjson.dumps(body) if body is not None else b""
        known = session or Session(self._http, JSON)
        for last in (False, True):
            token = await self.tokens.get()
            await self._turn(patient=patient)
            headers = {"authorization": f"JWT {token}", **JSON}
            answer = await known.call(
                method, self._base + url, content, headers=headers, secret=method == "GET"
            )
            if isinstance(answer, Failure):
                return answer
            await self.deprecations.look(path, answer.headers)
            if answer.status != HTTPStatus.UNAUTHORIZED or last:
                return answer
            await self.tokens.forget(token)  # expired, or the company's id changed
        raise AssertionError  # the loop returns

    async def verified(self, path: str) -> Any:
        """Whose token it is, by HomeQ's own check of it. Raises `LookUpError`."""
        for last in (False, True):
            token = await self.tokens.get()
            session = Session(self._http.looking(), JSON)
            body = orjson.dumps({"token": token})
            answer = await session.call("POST", self._base + path, body, secret=True)
            if isinstance(answer, Failure):
                raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
            await self.deprecations.look(path, answer.headers)
            if answer.status != HTTPStatus.UNAUTHORIZED or last:
                return json_of(answer)
            await self.tokens.forget(token)
        raise AssertionError  # the loop returns

    async def deprecation_test(self) -> tuple[Answer, str]:
        """HomeQ's own test of a deprecated call, and what our eyes see of it."""
        token = await self.tokens.get()
        session = Session(self._http, {"authorization": f"JWT {token}", **JSON})
        answer = await session.call("GET", self._base + TEST)
        if isinstance(answer, Failure):
            raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
        return answer, announced(answer.headers)

    async def _turn(self, *, patient: bool) -> None:
        """Raises `LookUpError` where there is none, or none soon enough."""
        waited = 0.0
        kinds = [("homeq-bulk", BULK), ("homeq", TURNS)] if patient else [("homeq", TURNS)]
        for kind, (count, seconds) in kinds:
            while (wait := await self._shelf.spend(f"{kind}:{self._who}", count, seconds)) > 0:
                waited += wait
                if not patient or waited > PATIENCE:
                    text = f"HomeQ allows {TURNS[0]} calls a minute; {wait:.0f} s to wait"
                    raise LookUpError(text)
                await asyncio.sleep(wait)
