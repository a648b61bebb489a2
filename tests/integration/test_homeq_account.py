"""HomeQ's account: whose token it is, that nobody is locked out, and what will end."""

import asyncio
import logging
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from pydantic import ValidationError

import bridge as whole
from bridge import wiring
from bridge.connectors.base import LookUpError
from bridge.connectors.homeq import login
from bridge.connectors.homeq.connector import Homeq
from bridge.connectors.homeq.deprecations import announced
from bridge.connectors.homeq.settings import HomeqAccount, Paths
from bridge.connectors.rehearsal import Rehearsal
from bridge.connectors.transport import Http
from bridge.delivery.embedded import EmbeddedServer
from bridge.pipeline.alarms import conditions
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest
from tests.integration.homeq_bench import PATHS, Bench
from tests.integration.vendor_bench import DictShelf

ALL = ("confirm", "reject", "reset", "delete")  # H-T17


@pytest.fixture
def bench(empty_server: EmbeddedServer) -> Iterator[Bench]:
    with Sandbox() as sandbox:
        yield Bench(sandbox, empty_server)


def account_at(sandbox: Sandbox, **changes: str) -> HomeqAccount:
    return HomeqAccount.model_validate(
        {
            "base_url": f"{sandbox.url}/homeq",
            "username": "api-user",
            "password": "homeq-secret",
            "paths": PATHS,
            **changes,
        }
    )


def token(one: Homeq) -> Any:
    return one.api.tokens.get()


def flat(one: Homeq) -> Any:
    return one.external_id("apartment", "41")


def test_the_health_check_is_homeqs_own_check_of_the_token(bench: Bench) -> None:
    health = bench.ask(lambda one: one.check())
    assert health.ok is True
    assert "HomeQ takes the token: company 3; selected office 6; off: project" in health.detail
    calls = [(one["method"], one["path"], one["query"]) for one in bench.sandbox.calls()]
    assert calls == [("POST", "/homeq/tokens/", ""), ("POST", "/homeq/tokens/verify/", "")]


def test_a_token_that_homeq_no_longer_takes_is_made_anew_once(bench: Bench) -> None:
    bench.ask(token)
    bench.sandbox.config(homeq={"generation": 2})  # the company's id changed: reissue
    assert bench.ask(lambda one: one.check()).ok is True
    bench.sandbox.config(homeq={"generation": 3})
    assert bench.ask(flat) == "AF43CD7U"
    assert bench.logins() == 3


def test_a_homeq_that_takes_no_token_at_all_is_not_asked_for_one_again_and_again(
    bench: Bench,
) -> None:
    bench.sandbox.fault("status", code=401, times=None, match={"path": "apartment"})
    said = set()
    for _ in range(15):
        with pytest.raises(LookUpError) as caught:
            bench.ask(flat)
        said.add(str(caught.value).partition(";")[0])
    assert bench.logins() == login.LOGINS[0]
    assert "HomeQ ended 10 logins in a row" in " ".join(said)


def test_a_missing_right_is_told_by_its_name(bench: Bench) -> None:
    bench.sandbox.config(homeq={"rights": []})
    assert "the right entity.employees is missing" in bench.ask(lambda one: one.check()).detail


def test_one_login_serves_every_worker_and_is_made_anew_when_it_ends(bench: Bench) -> None:
    for _ in range(5):
        bench.ask(flat)
    assert bench.logins() == 1
    bench.sandbox.config(advance=7200)
    assert bench.ask(flat) == "AF43CD7U"
    assert bench.logins() == 2


def test_of_many_workers_one_logs_in_and_the_others_wait_for_it(bench: Bench) -> None:
    bench.sandbox.config(latency=0.3)

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(bench.with_one(token) for _ in range(12)))

    assert len(set(asyncio.run(all_at_once()))) == 1
    assert bench.logins() == 1


def test_who_gets_the_lock_after_another_worker_logged_in_does_not_log_in(
    sandbox: Sandbox,
) -> None:
    class Meanwhile(DictShelf):
        async def lock(self, name: str, *, ttl: float) -> bool:
            self.kept[name] = "of another worker"
            return bool(ttl)

    account = account_at(sandbox)

    async def story() -> str:
        one = Homeq(account, Http(deadline=5), Meanwhile(), lambda: datetime.now(UTC))
        return await one.api.tokens.get()

    assert asyncio.run(story()) == "of another worker"
    assert sandbox.calls() == []


def test_h_t18_of_many_workers_with_a_wrong_password_one_tries_it(bench: Bench) -> None:
    bench.sandbox.config(latency=0.3)

    async def all_at_once() -> list[Any]:
        tries = (bench.with_one(token, password="wrong") for _ in range(12))
        return await asyncio.gather(*tries, return_exceptions=True)

    said = asyncio.run(all_at_once())
    assert all("HTTP 403 PermissionDenied" in str(one) for one in said)
    assert bench.logins() == 1


def test_h_t18_a_wrong_password_is_tried_three_times_in_a_month_and_locks_nobody_out(
    bench: Bench,
) -> None:
    for hour in range(0, 20 * 24, 2):
        with pytest.raises(LookUpError, match="HTTP 403 PermissionDenied"):
            bench.ask(flat, password="wrong", hours=hour)
    assert bench.ask(lambda one: one.check(), password="wrong").ok is False
    assert bench.logins() == 3
    # The right one is tried at once, and HomeQ has not locked the account.
    assert bench.ask(flat) == "AF43CD7U"


def test_h_t18_a_person_may_have_it_tried_at_once(bench: Bench) -> None:
    bench.sandbox.config(homeq={"wrong": 5})  # locked at HomeQ: the right one is refused too
    with pytest.raises(LookUpError, match="HTTP 403"):
        bench.ask(token)
    bench.sandbox.config(homeq={"wrong": 0})  # HomeQ's support unlocked it
    with pytest.raises(LookUpError, match=r"HTTP 403 .*not tried again before"):
        bench.ask(token)
    assert bench.logins() == 1

    async def again(one: Homeq) -> str:
        await one.api.tokens.try_again()
        return await one.api.tokens.get()

    assert bench.ask(again)
    assert bench.logins() == 2


def test_a_login_that_was_asked_too_often_waits_a_minute_and_is_no_refusal(bench: Bench) -> None:
    limited = {"error": "RateLimited", "description": "You have been rate limited."}
    bench.sandbox.fault("status", code=412, body=limited, match={"path": "tokens"})
    for _ in range(3):
        with pytest.raises(LookUpError, match="412 RateLimited"):
            bench.ask(token)
    assert bench.logins() == 1
    assert bench.ask(token, hours=0.1)


def test_h_t18_while_the_ledger_is_away_a_process_remembers_the_refusal_itself(
    sandbox: Sandbox,
) -> None:
    class Forgetful(DictShelf):
        async def get(self, name: str) -> str | None:
            assert name
            return None

    account = account_at(sandbox, password="wrong")

    async def story() -> list[str]:
        http, said = Http(deadline=5), []
        one = Homeq(account, http, Forgetful(), lambda: datetime.now(UTC))
        for _ in range(3):
            with pytest.raises(LookUpError) as caught:
                await one.api.tokens.get()
            said.append(str(caught.value))
        await http.aclose()
        return said

    assert all("PermissionDenied" in one for one in asyncio.run(story()))
    assert sum(one["path"].endswith("/tokens/") for one in sandbox.calls()) == 1


def test_a_rehearsal_may_log_in_and_may_write_nothing(sandbox: Sandbox) -> None:
    account = account_at(sandbox)

    async def story() -> str:
        http = Http(deadline=5)
        one = Homeq(account, Rehearsal(http), DictShelf(), lambda: datetime.now(UTC))
        health = await one.check()
        await http.aclose()
        return health.detail

    assert "HomeQ takes the token" in asyncio.run(story())


# --- deprecations --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("headers", "seen"),
    [
        ({"deprecation": "@1688169599"}, "deprecation: @1688169599"),
        ({"sunset": "Sun, 28 Feb 2027 00:00:00 GMT"}, "sunset: Sun, 28 Feb 2027 00:00:00 GMT"),
        ({"x-api-deprecated": "true"}, "x-api-deprecated: true"),
        (
            {"link": '<https://docs.example.com>; rel="deprecation"'},
            'link: <https://docs.example.com>; rel="deprecation"',
        ),
        ({"warning": '299 - "Deprecated"'}, 'warning: 299 - "Deprecated"'),
        ({"warning": '110 - "Stale"', "link": "</p2>; rel=next", "date": "today"}, ""),
    ],
)
def test_whatever_a_standard_calls_a_deprecation_is_noticed(
    headers: dict[str, str], seen: str
) -> None:
    assert announced(headers) == seen


def test_our_client_notices_homeqs_own_test_of_a_deprecated_call(bench: Bench) -> None:
    answer, said = bench.ask(lambda one: one.api.deprecation_test())
    assert answer.status == 200
    assert said == "deprecation: @1790000000; sunset: Sun, 28 Feb 2027 00:00:00 GMT"
    assert bench.sandbox.calls()[-1]["path"] == "/homeq/api/v1/deprecation/"
    assert bench.ask(lambda one: one.warnings()) == []  # a test is no news


def test_a_call_that_will_end_is_told_once_and_stands_in_the_check(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    ends = {"sunset": "Sun, 28 Feb 2027 00:00:00 GMT"}
    bench.sandbox.config(homeq={"deprecated": {"/apartment/41": ends}})
    with caplog.at_level(logging.WARNING, "bridge.homeq"):
        for _ in range(3):
            assert bench.ask(flat) == "AF43CD7U"
    said = "sunset: Sun, 28 Feb 2027 00:00:00 GMT"
    assert caplog.messages == [f"homeq.deprecated path=/apartment/{{id}} said={said}"]
    (warning,) = bench.ask(lambda one: one.warnings())
    assert warning == f"HomeQ will end /apartment/{{id}} ({said})"
    health = bench.ask(lambda one: one.check())
    assert (health.ok, warning in health.detail) == (True, True)
    assert bench.ask(lambda one: one.warnings(), hours=15 * 24) == []


def test_a_call_that_will_end_is_an_alarm(empty_server: EmbeddedServer, tmp_path: Path) -> None:
    with Sandbox() as sandbox:
        bridge = BridgeUnderTest(tmp_path, empty_server, sandbox)
        ends = {"deprecation": "@1790000000"}
        sandbox.config(homeq={"deprecated": {"/apartment/41": ends}})

        async def story() -> list[list[str]]:
            values = {n: v for n, v in bridge.environment.items() if n.startswith("BRIDGE_")}
            known = wiring.read(wiring.read_settings(values))

            async def nobody(_: str) -> None:
                """The test drains nothing."""

            parts = await wiring.build(known, nudge=nobody)
            try:
                before = [one.alarm for one in await conditions(parts)]
                connector: Any = parts.connectors["homeq-landlord"]
                await connector.external_id("apartment", "41")
                return [before, [one.alarm for one in await conditions(parts)]]
            finally:
                await parts.close()

        before, after = asyncio.run(story())
        assert set(after) - set(before) == {"announced/homeq-landlord"}
        told = bridge.command("homeq", "deprecation-test", "homeq-landlord")
        assert "Noticed: deprecation: @1790000000" not in told.stdout  # the knob took it away
        assert (told.returncode, "Its headers are" in told.stderr) == (1, True)
        checked = bridge.command("accounts", "check", "homeq-landlord")
        assert "HomeQ will end /apartment/{id}" in checked.stdout
        assert bridge.command("homeq", "login", "homeq-landlord").returncode == 0
        wrong = bridge.command("homeq", "login", "flow-acme")
        assert "No HomeQ account flow-acme; the routing file has homeq-landlord." in wrong.stderr


# --- the dangerous calls -------------------------------------------------------------------------


def sources() -> dict[str, str]:
    """All that could call a vendor; the web process has addresses of its own."""
    folder = Path(str(whole.__file__)).parent
    files = [one for one in folder.rglob("*.py") if not {"sandbox", "web"} & set(one.parts)]
    return {str(one): one.read_text() for one in files}


def test_h_t17_the_dangerous_calls_do_not_exist() -> None:
    """No path of HomeQ's stands in the code but its own test call, and notes are all we POST."""
    homeq = {name: text for name, text in sources().items() if "connectors/homeq" in name}
    text = "\n".join(homeq.values())
    assert len(homeq) >= 8
    methods = re.findall(r'"(GET|HEAD|POST|PUT|PATCH|DELETE)"', text)
    assert set(methods) == {"GET", "POST"}
    posts = [name for name, one in homeq.items() for _ in re.findall(r'call\(\s*"POST"', one)]
    # The login, the token's check, and a note.
    assert sorted(Path(one).name for one in posts) == ["api.py", "login.py", "notes.py"]
    literals = re.findall(r'f?"(/[a-z][\w/{}.-]*)"', text)
    assert literals == ["/api/v1/deprecation/"]
    for name, one in sources().items():
        if "homeq" in one.casefold():
            assert not re.search(rf"/(?:{'|'.join(ALL)})", one), name


@pytest.mark.parametrize("word", ALL)
@pytest.mark.parametrize("name", list(Paths.model_fields))
def test_h_t17_a_dangerous_path_cannot_even_be_configured(name: str, word: str) -> None:
    with pytest.raises(ValidationError, match="changes things at HomeQ"):
        Paths.model_validate({"login": "/t", name: f"/object_ad/{{id}}/{word}/"})


def test_no_path_has_a_default() -> None:
    assert set(Paths().model_dump().values()) == {None}
