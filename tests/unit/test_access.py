"""Users, tokens and sessions, on a ledger in memory."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime

import pytest
from argon2 import PasswordHasher

from bridge.access import AccessError, Sessions, Tokens, Users, allows
from bridge.delivery.memory_ledger import MemoryLedger

PASSWORD = "correct horse battery"


class Desk:
    def __init__(self) -> None:
        self.now = 1_790_000_000.0
        self.ledger = MemoryLedger(clock=lambda: self.now)
        self.users = Users(self.ledger, self.clock, PasswordHasher(1, 8, 1))
        self.tokens = Tokens(self.ledger, self.clock)
        self.sessions = Sessions(self.ledger, self.users)

    def clock(self) -> datetime:
        return datetime.fromtimestamp(self.now, UTC)


def tell(story: Callable[[Desk], Awaitable[None]]) -> None:
    async def told() -> None:
        await story(Desk())

    asyncio.run(told())


def test_each_role_may_what_the_one_before_it_may() -> None:
    assert allows("admin", "operator")
    assert allows("operator", "viewer")
    assert not allows("viewer", "operator")
    assert not allows("operator", "admin")


def test_a_password_is_kept_as_argon2_and_nothing_else() -> None:
    async def story(desk: Desk) -> None:
        await desk.users.add("Eva", "operator", PASSWORD)
        (kept,) = (await desk.ledger.drawer_all("users")).values()
        assert b"$argon2id$" in kept
        assert PASSWORD.encode() not in kept
        assert (await desk.users.sign_in("eva", PASSWORD, "::1")).role == "operator"
        with pytest.raises(AccessError, match="already"):
            await desk.users.add("eva", "viewer", PASSWORD)
        with pytest.raises(AccessError, match="12 to"):
            await desk.users.add("ola", "viewer", "short")

    tell(story)


def test_who_does_not_exist_is_refused_in_the_same_words() -> None:
    async def story(desk: Desk) -> None:
        await desk.users.add("eva", "operator", PASSWORD)
        said = set()
        for name in ("eva", "nobody"):
            with pytest.raises(AccessError) as refused:
                await desk.users.sign_in(name, "wrong password", "::1")
            said.add(str(refused.value))
        assert len(said) == 1

    tell(story)


def test_guesses_are_counted_for_the_user_and_for_the_address() -> None:
    async def story(desk: Desk) -> None:
        await desk.users.add("eva", "operator", PASSWORD)
        for number in range(10):
            with pytest.raises(AccessError, match="wrong"):
                await desk.users.sign_in("eva", "wrong password", f"10.0.0.{number}")
        with pytest.raises(AccessError, match="come back in 300 seconds"):
            await desk.users.sign_in("eva", PASSWORD, "10.0.0.99")
        desk.now += 301
        assert (await desk.users.sign_in("eva", PASSWORD, "10.0.0.99")).name == "eva"
        for number in range(99):
            with pytest.raises(AccessError, match="wrong"):
                await desk.users.sign_in(f"n{number}", "wrong password", "10.0.0.99")
        with pytest.raises(AccessError, match="Too many"):
            await desk.users.sign_in("other", "wrong password", "10.0.0.99")

    tell(story)


def test_the_first_link_serves_once_and_not_for_long() -> None:
    async def story(desk: Desk) -> None:
        old = await desk.users.first_link()
        assert old is not None
        desk.now += 1801
        assert not await desk.users.is_first(old)
        link = await desk.users.first_link()
        assert link is not None
        with pytest.raises(AccessError, match="12 to"):
            await desk.users.first(link, "root", "short")
        made = await desk.users.first(link, "root", PASSWORD)
        assert made.role == "admin"
        with pytest.raises(AccessError):
            await desk.users.first(link, "other", PASSWORD)
        assert await desk.users.first_link() is None

    tell(story)


def test_two_that_follow_one_link_at_once_make_one_administrator() -> None:
    async def story(desk: Desk) -> None:
        link = await desk.users.first_link()
        assert link is not None
        made = await asyncio.gather(
            *(desk.users.first(link, name, PASSWORD) for name in ("a", "b")),
            return_exceptions=True,
        )
        assert len(await desk.users.all()) == 1
        assert sum(isinstance(one, AccessError) for one in made) == 1

    tell(story)


def test_the_last_administrator_stays() -> None:
    async def story(desk: Desk) -> None:
        await desk.users.add("root", "admin", PASSWORD)
        with pytest.raises(AccessError, match="last administrator"):
            await desk.users.remove("root")
        with pytest.raises(AccessError, match="last administrator"):
            await desk.users.set_role("root", "viewer")
        await desk.users.add("eva", "admin", PASSWORD)
        await desk.users.remove("root")

    tell(story)


def test_a_session_ends_with_time_and_with_its_user() -> None:
    async def story(desk: Desk) -> None:
        user = await desk.users.add("eva", "operator", PASSWORD)
        name = await desk.sessions.begin(user)
        assert await desk.sessions.of(name) is not None
        assert name not in repr(desk.ledger._store.expiring)
        await desk.users.set_password("eva", PASSWORD + "!")
        assert await desk.sessions.of(name) is None
        user = await desk.users.sign_in("eva", PASSWORD + "!", "::1")
        name = await desk.sessions.begin(user)
        desk.now += 12 * 3600 + 1
        assert await desk.sessions.of(name) is None
        assert await desk.sessions.of("") is None

    tell(story)


def test_a_session_of_an_office_names_its_accounts() -> None:
    async def story(desk: Desk) -> None:
        name = await desk.sessions.begin_for_offices("kari", "viewer", ("flow-acme",))
        session = await desk.sessions.of(name)
        assert session is not None
        assert (session.user, session.offices) == ("kari", ("flow-acme",))
        with pytest.raises(ValueError, match="names its accounts"):
            await desk.sessions.begin_for_offices("kari", "viewer", ())

    tell(story)


def test_a_token_is_known_by_its_hash_until_it_is_revoked() -> None:
    async def story(desk: Desk) -> None:
        token, text = await desk.tokens.create("board", "viewer", source="web", by="root")
        (kept,) = (await desk.ledger.drawer_all("tokens")).values()
        assert text.split("_", 2)[2].encode() not in kept  # the secret itself may have a _
        known = await desk.tokens.whose(text)
        assert known is not None
        assert (known.role, known.source) == ("viewer", "web")
        for wrong in ("", "brt", text + "x", f"brt_{token.token_id}_", f"brt_nobody_{text}"):
            assert await desk.tokens.whose(wrong) is None
        assert await desk.tokens.revoke(token.token_id)
        assert await desk.tokens.whose(text) is None

    tell(story)
