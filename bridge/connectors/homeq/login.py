"""HomeQ's JWT: one for all workers, one login at a time, and a refusal that is not repeated.

Nobody states how many wrong passwords lock an account, nor for how long (FACTS 1C.4, H-T18), so
what was refused is left alone: it is tried again after a quarter of an hour and after six hours,
and then no more. Another password, or a person who asks for it, is tried at once.
"""

import asyncio
import base64
import hashlib
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from http import HTTPStatus
from typing import Any

import orjson

from bridge.connectors import classify
from bridge.connectors.base import Clock, LookUpError, Shelf
from bridge.connectors.exchange import Session
from bridge.connectors.homeq.answers import JSON, error_of, said_no
from bridge.connectors.homeq.settings import HomeqAccount
from bridge.connectors.transport import Answer, Failure, Http

EARLY = 60.0  # seconds before its end that a token is no longer used
LIFETIME = 600.0  # where the token does not say: HomeQ states none
WAITS = (900.0, 6 * 3600.0)  # seconds after the first and the second refusal in a row
FORGET = 30 * 86_400.0  # seconds that the third stands, until somebody acts
LIMITED = 60.0  # seconds, where HomeQ says that it was asked too often
LOGINS = (10, 600.0)  # whatever goes wrong, no more logins in so many seconds
LOGGING_IN = 45.0  # seconds that one login may take
PATIENCE = 10.0  # seconds that the others wait for it
LOOK_AGAIN = 0.1


class LoginRefusedError(LookUpError):
    """HomeQ does not take the credentials; nobody tries them again for a while."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """`mark`: which password it was. `until`: a unix time. `times`: in a row."""

    mark: str
    why: str
    times: int
    until: float


class Tokens:
    def __init__(self, account: HomeqAccount, http: Http, shelf: Shelf, clock: Clock) -> None:
        self._account = account
        self._http = http.looking()  # a login changes nothing, though it is a POST
        self._shelf = shelf
        self._clock = clock
        self._name = f"homeq-token:{account.base_url}:{account.username}"
        self._refused = f"{self._name}:refused"
        secret = account.password.get_secret_value()
        self._mark = hashlib.sha256(f"{account.username}\0{secret}".encode()).hexdigest()[:16]
        self._last: Refusal | None = None  # for while the ledger is away

    async def get(self) -> str:
        """A token that serves for a while yet. Raises `LookUpError`."""
        for _ in range(round(PATIENCE / LOOK_AGAIN)):
            kept = await self._shelf.get(self._name)
            if kept is not None:
                return kept
            await self._check_refusal()
            if await self._shelf.lock(self._name, ttl=LOGGING_IN):
                try:
                    # Between the two looks another worker may have come and gone.
                    return await self._shelf.get(self._name) or await self._login()
                finally:
                    await self._shelf.unlock(self._name)
            await asyncio.sleep(LOOK_AGAIN)
        raise LookUpError("another worker is logging in at HomeQ")

    async def forget(self, token: str) -> None:
        """Only if it still is the one that was refused: another worker may have a new one."""
        await self._shelf.drop(self._name, only_if=token)

    async def try_again(self) -> None:
        """A person says that the credentials serve now; their next refusal is the first again."""
        self._last = None
        kept = await self._shelf.get(self._refused)
        if kept is not None:
            await self._shelf.drop(self._refused, only_if=kept)

    async def _check_refusal(self) -> None:
        found = await self._refusal()
        if found and found.mark == self._mark and found.until > self._clock().timestamp():
            when = datetime.fromtimestamp(found.until, UTC).isoformat(timespec="minutes")
            hint = f"not tried again before {when}, or with another password"
            raise LoginRefusedError(f"{found.why}; {hint}")

    async def _refusal(self) -> Refusal | None:
        kept = await self._shelf.get(self._refused)
        return Refusal(**orjson.loads(kept)) if kept else self._last

    async def _login(self) -> str:
        await self._check_refusal()
        path = self._account.paths.login
        if path is None:
            raise LookUpError("paths.login is not set on the account")
        wait = await self._shelf.spend(f"{self._name}:logins", *LOGINS)
        if wait > 0:
            raise LookUpError(f"HomeQ ended {LOGINS[0]} logins in a row; the next in {wait:.0f} s")
        body = {
            "username": self._account.username,
            "password": self._account.password.get_secret_value(),
        }
        url = self._account.base_url.rstrip("/") + path
        session = Session(self._http, JSON)
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
            await self.try_again()
            return token
        why = f"HomeQ's login said HTTP {answer.status}{error_of(found)}"
        if answer.status == HTTPStatus.TOO_MANY_REQUESTS or said_no(found, "RateLimited"):
            await self._remember(why, LIMITED, more=0)
            raise LookUpError(why)
        if HTTPStatus.BAD_REQUEST <= answer.status < HTTPStatus.INTERNAL_SERVER_ERROR:
            # 403 is a wrong password, 409 and 412 want what a service cannot give (H-T18, H-T22).
            await self._remember(why, None, more=1)
            raise LoginRefusedError(why)
        raise LookUpError(why)

    async def _remember(self, why: str, wait: float | None, *, more: int) -> None:
        before = await self._refusal()
        times = (before.times if before and before.mark == self._mark else 0) + more
        lasts = next(iter(WAITS[times - 1 : times]), FORGET) if wait is None else wait
        until = self._clock().timestamp() + lasts
        self._last = Refusal(mark=self._mark, why=why, times=times, until=until)
        text = orjson.dumps(asdict(self._last)).decode()
        await self._shelf.put(self._refused, text, ttl=FORGET)


def _life(token: str, now: float) -> float:
    """Seconds until its end, where the token says; it is not checked, only HomeQ can."""
    try:
        part = token.split(".")[1]
        claims: Any = orjson.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
        return max(float(claims["exp"]) - now, 1.0)
    except (IndexError, ValueError, KeyError, TypeError):
        return LIFETIME
