"""Operators: a name, a role, an argon2 hash; and the link by which the first one comes in."""

import asyncio
import hashlib
import re
import secrets
from collections.abc import Callable
from datetime import datetime

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from pydantic import BaseModel, ConfigDict

from bridge.access.roles import Role
from bridge.delivery.ledger import Ledger

DRAWER = "users"
SHORTEST = 12  # characters of a password
LONGEST = 256
NAME = re.compile(r"[a-z0-9][a-z0-9._@-]{0,63}")
SETUP = 1800.0  # seconds that the first administrator's link serves
TRIES = 10  # of one user to sign in
TRIES_OF_ADDRESS = 100  # a whole office may stand behind one
TRIES_PER = 300.0  # seconds


class AccessError(Exception):
    """It cannot be done; one sentence for a person."""


class User(BaseModel):
    """`stamp` changes with whatever ends this user's sessions."""

    model_config = ConfigDict(frozen=True)

    name: str
    role: Role
    password: str  # argon2id
    stamp: str
    created_at: float


class Users:
    def __init__(
        self,
        ledger: Ledger,
        clock: Callable[[], datetime],
        hasher: PasswordHasher | None = None,
    ) -> None:
        self._ledger = ledger
        self._clock = clock
        self._hasher = hasher or PasswordHasher()
        # Somebody who does not exist takes as long to refuse as a wrong password.
        self._nobody = self._hasher.hash(secrets.token_urlsafe(16))

    async def all(self) -> list[User]:
        known = await self._ledger.drawer_all(DRAWER)
        return [User.model_validate_json(known[name]) for name in sorted(known)]

    async def get(self, name: str) -> User | None:
        known = await self._ledger.drawer_get(DRAWER, name)
        return User.model_validate_json(known) if known else None

    async def add(self, name: str, role: Role, password: str) -> User:
        """Raises `AccessError` for a name that is taken or a password that is too short."""
        name = name.strip().casefold()
        if not NAME.fullmatch(name):
            raise AccessError("A user's name has letters, digits and . _ @ -, 64 at most.")
        user = User(
            name=name,
            role=role,
            password=await self._hash(password),
            stamp=secrets.token_hex(8),
            created_at=self._clock().timestamp(),
        )
        if not await self._ledger.drawer_add(DRAWER, name, user.model_dump_json().encode()):
            raise AccessError(f"There is a user {name} already.")
        return user

    async def set_role(self, name: str, role: Role) -> None:
        """Ends the user's sessions. Raises `AccessError`."""
        user = await self._known(name)
        if user.role == "admin" and role != "admin":
            await self._another_admin(name)
        await self._put(user.model_copy(update={"role": role}))

    async def set_password(self, name: str, password: str) -> None:
        """Ends the user's sessions. Raises `AccessError`."""
        user = await self._known(name)
        await self._put(user.model_copy(update={"password": await self._hash(password)}))

    async def remove(self, name: str) -> None:
        """Ends the user's sessions. Raises `AccessError`."""
        if (await self._known(name)).role == "admin":
            await self._another_admin(name)
        await self._ledger.drawer_drop(DRAWER, name)

    async def sign_in(self, name: str, password: str, address: str) -> User:
        """Raises `AccessError`: the same words whatever was wrong, or when to come back."""
        name = name.strip().casefold()[:64]
        for what, tries in ((f"user:{name}", TRIES), (f"address:{address}", TRIES_OF_ADDRESS)):
            turn = "sign-in:" + hashlib.sha256(what.encode()).hexdigest()[:32]
            wait = await self._ledger.spend(turn, tries, TRIES_PER)
            if wait:
                raise AccessError(f"Too many tries; come back in {max(1, round(wait))} seconds.")
        user = await self.get(name)
        right = await asyncio.to_thread(
            self._fits, user.password if user else self._nobody, password[:LONGEST]
        )
        if user is None or not right:
            raise AccessError("Name or password is wrong.")
        return user

    async def first_link(self) -> str | None:
        """A secret that makes the first administrator, once and soon; None: there are users."""
        if await self._ledger.drawer_all(DRAWER):
            return None
        secret = secrets.token_urlsafe(24)
        await self._ledger.shelf_put(_setup(secret), b"1", ttl=SETUP)
        return secret

    async def is_first(self, secret: str) -> bool:
        """Whether the link still serves."""
        known = await self._ledger.shelf_get(_setup(secret))
        return known is not None and not await self._ledger.drawer_all(DRAWER)

    async def first(self, secret: str, name: str, password: str) -> User:
        """Raises `AccessError`; a link that made somebody serves nobody again."""
        if not await self.is_first(secret):
            raise AccessError("This link was used or is too old; start `bridge web` again.")
        _check(password)
        taken = f"{_setup(secret)}:used"
        if not await self._ledger.shelf_add(taken, b"1", ttl=SETUP):
            raise AccessError("This link was used already.")
        try:
            user = await self.add(name, "admin", password)
        except AccessError:
            await self._ledger.shelf_drop(taken)
            raise
        await self._ledger.shelf_drop(_setup(secret))
        return user

    async def _put(self, user: User) -> None:
        fresh = user.model_copy(update={"stamp": secrets.token_hex(8)})
        await self._ledger.drawer_put(DRAWER, {user.name: fresh.model_dump_json().encode()})

    async def _known(self, name: str) -> User:
        user = await self.get(name)
        if user is None:
            raise AccessError(f"There is no user {name}.")
        return user

    async def _another_admin(self, name: str) -> None:
        if not any(one.role == "admin" and one.name != name for one in await self.all()):
            raise AccessError(f"{name} is the last administrator; make another one first.")

    async def _hash(self, password: str) -> str:
        _check(password)
        return await asyncio.to_thread(self._hasher.hash, password)

    def _fits(self, hashed: str, password: str) -> bool:
        try:
            return self._hasher.verify(hashed, password)
        except (VerificationError, InvalidHashError):
            return False


def _check(password: str) -> None:
    if not SHORTEST <= len(password) <= LONGEST:
        raise AccessError(f"A password has {SHORTEST} to {LONGEST} characters.")


def _setup(secret: str) -> str:
    return "setup:" + hashlib.sha256(secret.encode()).hexdigest()
