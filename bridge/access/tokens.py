"""API tokens: `brt_<id>_<secret>`, of which the ledger keeps a hash; shown once, when made."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from datetime import datetime

from pydantic import BaseModel, ConfigDict

from bridge.access.roles import Role
from bridge.delivery.ledger import Ledger

DRAWER = "tokens"
MARK = "brt"
PARTS = 3


class ApiToken(BaseModel):
    """`source`: it sees the leads of that source alone."""

    model_config = ConfigDict(frozen=True)

    token_id: str
    name: str
    role: Role
    source: str | None = None
    digest: str
    created_at: float
    created_by: str


class Tokens:
    def __init__(self, ledger: Ledger, clock: Callable[[], datetime]) -> None:
        self._ledger = ledger
        self._clock = clock

    async def create(
        self, name: str, role: Role, *, source: str | None, by: str
    ) -> tuple[ApiToken, str]:
        """The token, and its text, which nobody can show again."""
        token_id, secret = secrets.token_hex(4), secrets.token_urlsafe(32)
        token = ApiToken(
            token_id=token_id,
            name=name,
            role=role,
            source=source,
            digest=_digest(secret),
            created_at=self._clock().timestamp(),
            created_by=by,
        )
        await self._ledger.drawer_put(DRAWER, {token_id: token.model_dump_json().encode()})
        return token, f"{MARK}_{token_id}_{secret}"

    async def all(self) -> list[ApiToken]:
        known = await self._ledger.drawer_all(DRAWER)
        found = [ApiToken.model_validate_json(one) for one in known.values()]
        return sorted(found, key=lambda one: one.created_at, reverse=True)

    async def revoke(self, token_id: str) -> bool:
        return await self._ledger.drawer_drop(DRAWER, token_id)

    async def whose(self, text: str) -> ApiToken | None:
        """The token that this text is, compared in constant time."""
        mark, *rest = text.split("_", PARTS - 1)
        if mark != MARK or len(rest) != PARTS - 1:
            return None
        known = await self._ledger.drawer_get(DRAWER, rest[0])
        token = ApiToken.model_validate_json(known) if known else None
        fits = hmac.compare_digest(_digest(rest[1]), token.digest if token else _digest(""))
        return token if fits else None


def _digest(secret: str) -> str:
    """The secret has 256 bits: a slow hash would add nothing."""
    return hashlib.sha256(secret.encode()).hexdigest()
