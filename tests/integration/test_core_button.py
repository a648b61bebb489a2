"""A broker comes in from Core: once, for a while, and to the leads of one case or office alone."""

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis

from bridge.access import Session, Sessions, Tokens, Users
from bridge.delivery.embedded import EmbeddedServer
from bridge.pipeline import Acceptor, Drain, Intake, Parts, Together, orders
from bridge.pipeline.orders import Tie
from bridge.sandbox.server import Sandbox
from bridge.web.console.guard import vouched
from bridge.web.office import Office
from tests.integration.bridge_process import CASE, BridgeUnderTest, lead
from tests.integration.console_process import field, post

ORDER = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
SECOND = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0002"
NEIGHBOUR = {"case_guid": "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01", "case_id": 48214}
WHOLE_OFFICE = 99
TOKEN = "flow-token-of-kari-"
FLOW_ALONE = """
[sources.norway]
country = "NO"

[[routes]]
name = "norway"
when = { source = "norway" }
deliver_to = ["acme-stakeholder"]
"""


class Button:
    def __init__(self, folder: Path, bridge: BridgeUnderTest, url: str) -> None:
        self.folder, self.bridge, self.url = folder, bridge, url
        self.leads: dict[str, str] = {}
        self._tokens = 0

    def token(self, **changes: Any) -> str:
        self._tokens += 1
        token = f"{TOKEN}{self._tokens}"
        known = {"token": token, "order": ORDER, **changes}
        self.bridge.sandbox.config(user_tokens=[known])
        return token

    @contextmanager
    def browser(self) -> Iterator[httpx.Client]:
        accepts = {"accept": "text/html"}
        with httpx.Client(base_url=self.url, trust_env=False, timeout=20, headers=accepts) as one:
            yield one

    @contextmanager
    def pressed(self, **changes: Any) -> Iterator[httpx.Client]:
        with self.browser() as one:
            answer = one.get("/core/flow-acme", params={"token": self.token(**changes)})
            assert (answer.status_code, answer.headers["location"]) == (303, "/leads")
            yield one

    def calls(self) -> int:
        return sum("verifytoken" in one["path"].lower() for one in self.bridge.sandbox.calls())


@pytest.fixture(scope="module")
def button(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Button]:
    folder = tmp_path_factory.mktemp("core")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        bridge = BridgeUnderTest(folder, server, sandbox)
        file, secret = folder / "bridge.toml", 'client_secret = "flow-secret"'
        rules = f'orders = {{ sign_in = "operator", office_ids = [{WHOLE_OFFICE}] }}'
        file.write_text(file.read_text().replace(secret, f"{secret}\n{rules}") + FLOW_ALONE)
        bridge.environment["BRIDGE_LOG_LEVEL"] = "DEBUG"
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = int(probe.getsockname()[1])
        process = bridge.start_web(port)
        one = Button(folder, bridge, f"http://127.0.0.1:{port}")
        try:
            bridge.until(lambda: alive(one))
            one.leads = asyncio.run(fill(bridge))
            yield one
        finally:
            process.terminate()
            process.wait(20)


@pytest.fixture(autouse=True)
def _again(button: Button) -> None:
    """Every test presses from the one address that there is."""
    button.bridge.sandbox.clear_faults()
    with redis.Redis.from_url(button.bridge.url) as server:
        for key in server.scan_iter("*turns:core:*"):
            server.delete(key)


def alive(button: Button) -> bool:
    try:
        return httpx.get(f"{button.url}/healthz", trust_env=False).status_code == 200
    except httpx.TransportError:
        return False


async def fill(bridge: BridgeUnderTest) -> dict[str, str]:
    """Two leads of the case, one of its neighbour's, and one that went to Vitec as well."""
    places = {
        "ours": {"flow": CASE},
        "by reference": {"reference": "AF43", "flow": {"case_guid": NEIGHBOUR["case_guid"]}},
        "neighbour": {"flow": NEIGHBOUR},
    }
    async with bridge.front_door() as door:
        parts = door._parts
        known = {"account": "flow-acme", "order_id": ORDER, "references": ("AF43",), **CASE}
        await orders.tie(parts, Tie.model_validate(known))
        found = {}
        for number, (name, place) in enumerate(places.items()):
            came = Intake(payload=lead(number, intent="interest", property=place), source="norway")
            found[name] = str((await Acceptor(parts).accept(came)).lead_id)
        came = Intake(payload=lead(8), source="crm")
        found["both"] = str((await Acceptor(parts).accept(came)).lead_id)
        await drained(parts)
    return found


async def put(bridge: BridgeUnderTest, payload: dict[str, Any]) -> str:
    """A lead that has gone wherever it goes."""
    async with bridge.front_door() as door:
        accepted = await door.accept(Intake(payload=payload, source="crm"))
        await drained(door._parts)
    return str(accepted.lead_id)


async def drained(parts: Parts) -> None:
    for account in ("flow-acme", "vitec-acme"):
        await Drain(parts, parts.routing.accounts[account]).run()


# --- the way in -----------------------------------------------------------------------------------


def test_the_button_lets_in_and_the_token_is_gone_at_once(button: Button) -> None:
    token = button.token()
    with button.browser() as one:
        answer = one.get("/core/flow-acme", params={"token": token})
        assert (answer.status_code, answer.headers["location"]) == (303, "/leads")
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        cookie = answer.headers["set-cookie"]
        assert "HttpOnly" in cookie
        assert "Max-Age=1800" in cookie
        assert "SameSite=lax" in cookie
        page = one.get("/leads")
        assert page.status_code == 200
        assert "Core user 501" in page.text
        assert token not in page.text + cookie


def test_a_form_of_cores_serves_too(button: Button) -> None:
    with button.browser() as one:
        answer = one.post("/core/flow-acme", data={"token": button.token()})
        assert answer.headers["location"] == "/leads"


def test_a_token_serves_once(button: Button) -> None:
    token = button.token()
    with button.browser() as one, button.browser() as other:
        assert one.get("/core/flow-acme", params={"token": token}).headers["location"] == "/leads"
        calls = button.calls()
        again = other.get("/core/flow-acme", params={"token": token})
        assert again.headers["location"] == "/core/flow-acme/refused?why=used"
        assert button.calls() == calls
        page = other.get(again.headers["location"])
        assert page.status_code == 403
        assert "press the button again" in page.text
        assert other.get("/leads").headers["location"] == "/sign-in"


@pytest.mark.parametrize("kind", ["wrong", "empty", "long", "expired"])
def test_a_token_that_core_does_not_take_shows_a_page_that_says_so(
    button: Button, kind: str
) -> None:
    token = {"wrong": "nonsense", "empty": "", "long": "x" * 5000}.get(kind) or ""
    if kind == "expired":
        token = button.token(lives=0.0)
    with button.browser() as one:
        answer = one.get("/core/flow-acme", params={"token": token})
        assert answer.headers["location"] == "/core/flow-acme/refused?why=refused"
        assert "set-cookie" not in answer.headers
        page = one.get(answer.headers["location"])
        assert page.status_code == 403
        assert "Core does not know this link" in page.text


def test_while_core_is_away_the_token_is_kept_for_another_try(button: Button) -> None:
    token = button.token()
    button.bridge.sandbox.fault("status", code=500, match={"path": "VerifyToken"})
    with button.browser() as one:
        answer = one.get("/core/flow-acme", params={"token": token})
        assert answer.headers["location"] == "/core/flow-acme/refused?why=away"
        assert one.get(answer.headers["location"]).status_code == 503
        assert one.get("/core/flow-acme", params={"token": token}).headers["location"] == "/leads"


@pytest.mark.parametrize("account", ["vitec-acme", "nobody", "homeq-landlord"])
def test_it_is_off_unless_the_account_has_it_on(button: Button, account: str) -> None:
    calls = button.calls()
    with button.browser() as one:
        answer = one.get(f"/core/{account}", params={"token": button.token()})
        assert answer.headers["location"] == "/core/-/refused?why=off"
        assert one.get(answer.headers["location"]).status_code == 404
    assert button.calls() == calls


def test_a_token_without_an_order_lets_in_an_office_that_is_named_and_nobody_else(
    button: Button,
) -> None:
    with button.browser() as one:
        answer = one.get("/core/flow-acme", params={"token": button.token(order="")})
        assert answer.headers["location"] == "/core/flow-acme/refused?why=nothing"
    with button.pressed(order="", office_id=WHOLE_OFFICE) as one:
        assert one.get("/leads").status_code == 200


def test_guesses_are_counted(button: Button) -> None:
    with button.browser() as one:
        for _ in range(30):
            one.get("/core/flow-acme", params={"token": "guess"})
        calls = button.calls()
        answer = one.get("/core/flow-acme", params={"token": button.token()})
        assert answer.headers["location"].endswith("why=many")
        assert one.get(answer.headers["location"]).status_code == 429
    assert button.calls() == calls


def test_no_log_and_nothing_in_the_ledger_has_a_token(button: Button) -> None:
    token = button.token()
    button.bridge.sandbox.fault("status", code=400, body={"Token": token}, match={"path": "Verify"})
    with button.browser() as one:
        one.get("/core/flow-acme", params={"token": token})
        one.get("/core/flow-acme", params={"token": token})
    log = (button.folder / "web.log").read_text()
    assert "core.signed_in account=flow-acme user=501" in log
    assert TOKEN not in log
    with redis.Redis.from_url(button.bridge.url) as server:
        for key in server.scan_iter("*"):
            assert TOKEN.encode() not in key + (server.dump(key) or b"")
    assert "Kari" not in log


# --- what is seen ---------------------------------------------------------------------------------


def test_of_one_case_only_its_leads_are_seen(button: Button) -> None:
    with button.pressed() as one:
        page = one.get("/leads").text
        seen = {name for name, lead_id in button.leads.items() if lead_id in page}
        assert seen == {"ours", "by reference", "both"}
        assert one.get(f"/leads/{button.leads['ours']}").status_code == 200
        assert one.get(f"/leads/{button.leads['neighbour']}").status_code == 404


def test_an_office_that_the_account_names_sees_all_of_the_accounts(button: Button) -> None:
    with button.pressed(office_id=WHOLE_OFFICE) as one:
        page = one.get("/leads").text
        assert all(lead_id in page for lead_id in button.leads.values())


def test_an_order_that_nobody_tied_shows_the_leads_that_name_it_alone(button: Button) -> None:
    with button.pressed(order=SECOND) as one:
        page = one.get("/leads").text
        assert not any(lead_id in page for lead_id in button.leads.values())
        assert "No lead yet" in page


def test_what_other_accounts_did_with_the_lead_is_not_told(button: Button) -> None:
    with button.pressed() as one:
        page = one.get(f"/leads/{button.leads['both']}").text
        assert "acme-stakeholder" in page
        assert "acme-watch" not in page
        assert "vitec-acme" not in page
        assert "watchers" not in page  # the name of a route


def test_a_search_does_not_even_tell_that_there_is_somebody(button: Button) -> None:
    ours, theirs = "anna0@example.com", "anna2@example.com"
    with button.pressed() as one:
        csrf = field(one.get("/me").text, "csrf")
        found = one.post("/search", data={"csrf": csrf, "q": ours}).headers["location"]
        none = one.post("/search", data={"csrf": csrf, "q": theirs}).headers["location"]
        assert found not in {"/leads?found=none", "/leads"}
        assert button.leads["ours"] in one.get(found).text
        assert none == "/leads?found=none"
        by_id = one.post("/search", data={"csrf": csrf, "q": button.leads["neighbour"]})
        assert by_id.headers["location"] == "/leads?found=none"


def test_as_an_operator_the_person_is_shown_and_it_stands_on_the_timeline(button: Button) -> None:
    with button.pressed() as one:
        assert "anna0@example.com" not in one.get(f"/leads/{button.leads['ours']}").text
        shown = post(one, f"/leads/{button.leads['ours']}/reveal")
        assert "anna0@example.com" in shown.text
        assert "Core user 501 looked at the person" in shown.text
        assert post(one, f"/leads/{button.leads['neighbour']}/reveal").status_code == 404


@pytest.mark.parametrize(
    "path", ["/", "/deliveries", "/accounts", "/quarantine", "/properties", "/replays"]
)
def test_pages_about_the_whole_bridge_are_closed(button: Button, path: str) -> None:
    with button.pressed() as one:
        page = one.get(path)
        assert page.status_code == 403
        assert f'href="{path}"' not in page.text
        assert 'href="/leads"' in page.text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("/properties", {"reference": "AF43", "case_id": "48214"}),
        ("/quarantine/01J/release", {"payload": "{}", "source": "crm"}),
        ("/quarantine/01J/drop", {"sure": "yes"}),
        ("/accounts/flow-acme/pause", {}),
        ("/replays/plan", {"state": "held"}),
        ("/replays", {"state": "held"}),
        ("/me/password", {"old": "x", "new": "y" * 12}),
    ],
)
def test_nothing_of_the_whole_bridge_can_be_changed(
    button: Button, path: str, form: dict[str, str]
) -> None:
    with button.pressed() as one:
        assert post(one, path, **form).status_code in {403, 404}
    paused = button.bridge.ask(lambda ledger: ledger.accounts())
    assert not any(row.paused for row in paused)
    assert button.bridge.ask(lambda ledger: ledger.properties_all()) == {}


def test_a_delivery_of_another_case_cannot_be_acted_on(button: Button) -> None:
    with button.pressed() as one:
        name = f"{button.leads['neighbour']}:acme-stakeholder"
        before = button.bridge.deliveries(button.leads["neighbour"])
        done = post(one, "/deliveries/act", act="again", id=name)
        assert "n=0&no=1" in done.headers["location"]
        assert button.bridge.deliveries(button.leads["neighbour"]) == before


def test_who_corrects_a_lead_sends_it_to_their_own_account_alone(button: Button) -> None:
    sandbox = button.bridge.sandbox
    for vendor in ("vitec", "flow"):
        path = "Stakeholders" if vendor == "flow" else "FinalPriceWatched"
        sandbox.fault("status", code=400, match={"vendor": vendor, "path": path})
    lead_id = asyncio.run(put(button.bridge, lead(50)))
    sandbox.clear_faults()
    before = button.bridge.deliveries(lead_id)
    assert {str(before[name].state) for name in ("acme-watch", "acme-stakeholder")} == {"rejected"}
    with button.pressed() as one:
        form = post(one, f"/leads/{lead_id}/edit").text
        assert ("acme-stakeholder" in form, "acme-watch" in form) == (True, False)
        given = {
            "seen_as": field(form, "seen_as"),
            "person.first_name": "Anne",
            "person.last_name": "Svensson50",
            "person.emails": "anna50@example.com",
            "person.phones": "",
            "then": "send",
        }
        done = post(one, f"/leads/{lead_id}/correct", **given)
        assert done.headers["location"] == f"/leads/{lead_id}?said=released"
    after = button.bridge.deliveries(lead_id)
    assert str(after["acme-stakeholder"].state) != "rejected"
    assert after["acme-watch"] == before["acme-watch"]


def test_a_session_ends_when_the_routing_file_lets_nobody_in_any_more(button: Button) -> None:
    async def story() -> list[Session | None]:
        async with button.bridge.front_door() as door:
            parts = door._parts
            users = Users(parts.ledger, parts.clock)
            office = Office(
                parts=parts,
                acceptor=door,
                together=Together(door),
                api_token=None,
                users=users,
                tokens=Tokens(parts.ledger, parts.clock),
                sessions=Sessions(parts.ledger, users),
            )
            known = Session(user="x", role="operator", csrf="x", offices=("flow-acme",))
            other = known.model_copy(update={"role": "viewer"})
            gone = known.model_copy(update={"offices": ("flow-gone",)})
            return [await vouched(office, one) for one in (known, other, gone)]

    here, lowered, gone = asyncio.run(story())
    assert here is not None
    assert (lowered, gone) == (None, None)
