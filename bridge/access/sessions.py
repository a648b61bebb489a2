"""Who is signed in: server-side sessions, of which the browser has a random name alone.

Who comes by a vendor's own token (Flow's VerifyToken) has no user of ours behind the session, and
sees the accounts that it names alone; of those, with `order`, the leads of that order's case.
"""

import hashlib
import secrets

from pydantic import BaseModel, ConfigDict, Field

from bridge.access.roles import Role
from bridge.access.users import User, Users
from bridge.delivery.ledger import Ledger

LASTS = 12 * 3600.0  # seconds, whatever happens


class Session(BaseModel):
    model_config = ConfigDict(frozen=True)

    user: str
    role: Role
    stamp: str = ""  # the user's, when it began; empty: no user of ours
    csrf: str
    offices: tuple[str, ...] = ()  # the accounts that it may see; none: all of them
    order: str = ""  # of these the leads of one order's case; empty: all of theirs
    # What `order` comes to now, looked up for each request; None: not narrowed.
    leads: frozenset[str] | None = Field(default=None, exclude=True)


class Sessions:
    def __init__(self, ledger: Ledger, users: Users) -> None:
        self._ledger = ledger
        self._users = users

    async def begin(self, user: User) -> str:
        """The name that goes into the cookie."""
        return await self._keep(
            Session(
                user=user.name,
                role=user.role,
                stamp=user.stamp,
                csrf=secrets.token_urlsafe(24),
            )
        )

    async def begin_for_offices(
        self,
        who: str,
        role: Role,
        offices: tuple[str, ...],
        *,
        order: str = "",
        lasts: float = LASTS,
    ) -> str:
        """For who was vouched for by a vendor; `offices` must name at least one account."""
        if not offices:
            raise ValueError("a session of an office names its accounts")
        csrf = secrets.token_urlsafe(24)
        session = Session(user=who, role=role, csrf=csrf, offices=offices, order=order)
        return await self._keep(session, lasts)

    async def of(self, name: str) -> Session | None:
        """None: it is over, or its user was changed or removed since."""
        known = await self._ledger.shelf_get(_shelf(name)) if name else None
        if known is None:
            return None
        session = Session.model_validate_json(known)
        if session.offices:
            return session
        user = await self._users.get(session.user)
        return session if user is not None and user.stamp == session.stamp else None

    async def end(self, name: str) -> None:
        await self._ledger.shelf_drop(_shelf(name))

    async def _keep(self, session: Session, lasts: float = LASTS) -> str:
        name = secrets.token_urlsafe(32)
        value = session.model_dump_json().encode()
        await self._ledger.shelf_put(_shelf(name), value, ttl=lasts)
        return name


def _shelf(name: str) -> str:
    """Whoever reads the ledger cannot take a session over."""
    return "session:" + hashlib.sha256(name.encode()).hexdigest()
