"""Flow's token: client credentials in a form body, 20 minutes, shared by all workers (F-T14)."""

import asyncio
from http import HTTPStatus
from urllib.parse import urlencode

import orjson

from bridge.connectors import classify
from bridge.connectors.base import Clock, Shelf
from bridge.connectors.exchange import Session
from bridge.connectors.flow.settings import FlowAccount
from bridge.connectors.transport import Answer, Failure, join
from bridge.outcomes import AccountProblem, NotSent, RateLimited

EARLY = 120.0  # seconds before its end that a token is no longer used
LIFETIME = 1200.0  # where the answer does not say (FACTS 1A.1)
REFRESHING = 10.0  # seconds that one worker may take to fetch; the others wait for it
LOOK_AGAIN = 0.1
FORM = {"content-type": "application/x-www-form-urlencoded", "accept": "application/json"}
# The token call carries nothing of the lead, so whatever goes wrong, the lead was not sent.
REFUSED = frozenset({400, 401, 403, 404})

NoToken = NotSent | AccountProblem | RateLimited


class Tokens:
    def __init__(self, account: FlowAccount, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._shelf = shelf
        self._clock = clock
        self._name = f"flow-token:{account.base_url}:{account.client_id}"

    async def get(self, session: Session) -> str | NoToken:
        """A token that serves for a while yet, or why there is none."""
        kept = await self._shelf.get(self._name)
        if kept is not None:
            return kept
        for _ in range(round(REFRESHING / LOOK_AGAIN)):
            if await self._shelf.lock(self._name, ttl=REFRESHING):
                fetched = await self._fetch(session)
                await self._shelf.unlock(self._name)
                return fetched
            await asyncio.sleep(LOOK_AGAIN)
            kept = await self._shelf.get(self._name)
            if kept is not None:
                return kept
        return await self._fetch(session)

    async def forget(self, token: str) -> None:
        """Only if it still is the one that was refused: another worker may have a new one."""
        await self._shelf.drop(self._name, only_if=token)

    async def _fetch(self, session: Session) -> str | NoToken:
        body = urlencode(
            {
                "grant_type": "client_credentials",
                "client_id": self._account.client_id,
                "client_secret": self._account.client_secret.get_secret_value(),
            },
        )
        url = join(self._account.base_url, "authtoken")
        answer = await session.call("POST", url, body.encode(), headers=FORM, secret=True)
        if isinstance(answer, Failure):
            return NotSent(f"no token: {answer.reason}")
        return await self._kept(answer)

    async def _kept(self, answer: Answer) -> str | NoToken:
        found = classify.json_of(answer)
        if answer.ok and isinstance(found, dict) and found.get("access_token"):
            token, life = str(found["access_token"]), _seconds(found.get("expires_in"))
            ttl = life - EARLY if life > 2 * EARLY else life / 2
            await self._shelf.put(self._name, token, ttl=ttl)
            return token
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS:
            return RateLimited(classify.wait_until(answer.headers, self._clock()))
        if answer.ok or answer.status in REFUSED:
            why = found.get("error") if isinstance(found, dict) else None
            return AccountProblem(f"no token: HTTP {answer.status} {why or ''}".strip())
        return NotSent(f"no token: HTTP {answer.status}")


def _seconds(value: object) -> float:
    try:
        return float(orjson.loads(str(value)))
    except (orjson.JSONDecodeError, TypeError, ValueError):
        return LIFETIME
