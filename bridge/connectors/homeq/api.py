"""Calls to HomeQ: a JWT that all workers share, and GET alone beyond it.

Confirm, reject, delete and reset stand next to the useful calls (H-T17): there is no code for them.
"""

import base64
from http import HTTPStatus
from typing import Any
from urllib.parse import urlencode

import orjson

from bridge.connectors import classify
from bridge.connectors.base import Clock, LookUpError, Shelf
from bridge.connectors.exchange import Session
from bridge.connectors.homeq.settings import HomeqAccount
from bridge.connectors.transport import Answer, Failure, Http

EARLY = 60.0  # seconds before its end that a token is no longer used
LIFETIME = 600.0  # where the token does not say: HomeQ states none
REFUSED = 900.0  # seconds that nobody tries a login again that was refused
TURNS = (60, 60.0)  # listing readings a minute (H-T21); kept for every call, over all workers


class Api:
    def __init__(self, account: HomeqAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._http = http
        self._shelf = shelf
        self._clock = clock
        self._name = f"homeq-token:{account.base_url}:{account.username}"

    async def get(self, path: str, **query: object) -> Any:
        """The JSON of a call. Raises `LookUpError`."""
        for last in (False, True):
            token = await self.token()
            wait = await self._shelf.spend(f"homeq:{self._account.username}", *TURNS)
            if wait > 0:
                raise LookUpError(f"HomeQ allows {TURNS[0]} calls a minute; {wait:.0f} s to wait")
            url = self._url(path)
            asked = f"{url}?{urlencode(query)}" if query else url
            session = Session(self._http, {"authorization": f"JWT {token}", **JSON})
            answer = await session.call("GET", asked)
            if isinstance(answer, Failure):
                raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
            if answer.status == HTTPStatus.UNAUTHORIZED and not last:
                await self._shelf.drop(self._name, only_if=token)  # expired, or reissued
                continue
            return _json(answer)
        raise AssertionError  # the loop returns

    def _url(self, path: str) -> str:
        """A path ends as it is configured, with a slash or without (FACTS 1C.2)."""
        return self._account.base_url.rstrip("/") + path

    async def token(self) -> str:
        """Raises `LookUpError`; a login that was refused is not tried again for a while."""
        kept = await self._shelf.get(self._name)
        if kept is not None:
            return kept
        refused = await self._shelf.get(f"{self._name}:refused")
        if refused is not None:
            raise LookUpError(refused)
        if self._account.paths.login is None:
            raise LookUpError("paths.login is not set on the account")
        body = {
            "username": self._account.username,
            "password": self._account.password.get_secret_value(),
        }
        session = Session(self._http, JSON)
        url = self._url(self._account.paths.login)
        answer = await session.call("POST", url, orjson.dumps(body), secret=True)
        if isinstance(answer, Failure):
            raise LookUpError(f"HomeQ cannot be reached: {answer.reason}")
        return await self._kept(answer)

    async def _kept(self, answer: Answer) -> str:
        found = classify.json_of(answer)
        if answer.ok and isinstance(found, dict) and found.get("token"):
            token = str(found["token"])
            life = _life(token, self._clock().timestamp())
            await self._shelf.put(self._name, token, ttl=max(life - EARLY, life / 2))
            return token
        why = f"HomeQ's login said HTTP {answer.status}{_error(found)}"
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            # 403 is a wrong password, 409 and 412 want what a service cannot give (H-T18, H-T22).
            await self._shelf.put(f"{self._name}:refused", why, ttl=REFUSED)
        raise LookUpError(why)


JSON = {"accept": "application/json", "content-type": "application/json"}


def _json(answer: Answer) -> Any:
    found = classify.json_of(answer)
    if not answer.ok:
        raise LookUpError(f"HomeQ said HTTP {answer.status}{_error(found)}")
    if found is None or not answer.complete:
        raise LookUpError(f"HomeQ said HTTP {answer.status} without JSON")
    return found


def _error(found: object) -> str:
    """The code alone: a description may name a person."""
    return f" {found['error']}" if isinstance(found, dict) and found.get("error") else ""


def _life(token: str, now: float) -> float:
    """Seconds until its end, where the token says; it is not checked, only HomeQ can."""
    try:
        part = token.split(".")[1]
        claims = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return max(float(claims["exp"]) - now, 1.0)
    except (IndexError, ValueError, KeyError, TypeError):
        return LIFETIME
