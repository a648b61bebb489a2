"""The console as a person uses it: a real browser, worker, ledger and sandbox vendors."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import expect

from bridge.outcomes import State
from tests.integration import chromium
from tests.integration.bridge_process import lead
from tests.integration.console_process import PASSWORD, Console, field, post, running, sign_in


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running(tmp_path_factory.mktemp("console")) as one:
        yield one


# The first test: nobody is there yet.
def test_the_first_start_prints_a_link_that_makes_one_administrator_once(
    console: Console,
) -> None:
    said = (console.folder / "web.log").read_text()
    found = re.search(r"http://\S+(/first/\S+)", said)
    assert found is not None, said
    link = found[1]
    with httpx.Client(base_url=console.url, trust_env=False) as client:
        page = client.get(link)
        assert page.status_code == 200
        form = {"csrf": field(page.text, "csrf"), "name": "root", "password": "short"}
        assert client.post(link, data=form).status_code == 422
        assert client.post(link, data=form | {"password": PASSWORD}).status_code == 303
        assert client.get("/").status_code == 200
    with httpx.Client(base_url=console.url, trust_env=False) as other:
        assert other.get(link).status_code == 410


def test_a_stranger_finds_a_refused_lead_by_its_phone_corrects_it_and_sees_it_delivered(
    console: Console, tmp_path: Path
) -> None:
    console.user("eva", "operator")
    console.bridge.sandbox.fault(
        "status",
        code=400,
        body={"message": "Telefonnumret är ogiltigt"},
        times=1,
        match={"vendor": "vitec", "body_contains": "anna41@example.com"},
    )
    payload = lead(
        41,
        intent="interest",
        country="SE",
        property={"vitec": _estate(), "title": "Kungsgatan 16A"},
    )
    lead_id = console.send(payload)["lead_id"]
    console.bridge.until(lambda: console.state(lead_id) is State.REJECTED)
    with chromium.browser() as one, chromium.recorded(one, tmp_path, "stranger") as page:
        sign_in(page, console, "eva")
        page.get_by_role("searchbox").fill("(070) 174 06-41")
        page.get_by_role("button", name="Find").click()
        page.get_by_role("link", name="A••• S•••").click()
        assert "17406" not in page.url
        told = page.get_by_role("main")
        expect(told).to_contain_text("rejected")
        expect(told).to_contain_text("ogiltigt")
        assert "anna41" not in page.content()
        page.get_by_role("button", name="Correct and send").click()
        page.get_by_label("Phones").fill("12")
        page.get_by_role("button", name="Save and send").click()
        expect(page.get_by_role("alert")).to_contain_text("need")
        page.get_by_label("Phones").fill("+46 70 174 06 42")
        page.get_by_role("button", name="Save and send").click()
        row = page.get_by_role("listitem").filter(has_text="acme-watch").first
        expect(row.locator(".state")).to_have_text("delivered", timeout=20_000)
        expect(told).to_contain_text("Corrected by eva: phones")
    assert console.state(lead_id) is State.DELIVERED
    received = json.dumps(console.bridge.sandbox.received(vendor="vitec"))
    assert "anna41@example.com" in received
    assert "+46701740642" in received
    assert _finds(console, "070-1740642")
    assert not _finds(console, "070-1740641")


def _finds(console: Console, wanted: str) -> bool:
    """Whether the search leads anywhere: a corrected lead is found by what it says now."""
    with console.sign_in("eva") as client:
        return post(client, "/search", q=wanted).headers["location"] != "/leads?found=none"


def _estate() -> dict[str, str]:
    return {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"}


def test_who_looked_at_the_person_stands_on_the_timeline(console: Console) -> None:
    console.user("eva", "operator")
    lead_id = console.send(lead(43))["lead_id"]
    console.bridge.until(lambda: console.state(lead_id) is State.DELIVERED)
    with console.sign_in("eva") as client:
        closed = client.get(f"/leads/{lead_id}").text
        for personal in ("Svensson43", "anna43", "070-1740643", "+46701740643"):
            assert personal not in closed
        opened = post(client, f"/leads/{lead_id}/reveal").text
        assert "Svensson43" in opened
        assert "anna43@example.com" in opened
        assert "eva looked at the person" in client.get(f"/leads/{lead_id}").text


def test_a_viewer_sees_and_may_not_act(console: Console) -> None:
    console.user("vera", "viewer")
    lead_id = console.send(lead(44))["lead_id"]
    with console.sign_in("vera") as client:
        assert client.get("/").status_code == 200
        assert "Show the person" not in client.get(f"/leads/{lead_id}").text
        assert post(client, f"/leads/{lead_id}/reveal").status_code == 403
        assert post(client, f"/leads/{lead_id}/edit").status_code == 403
        assert post(client, "/accounts/vitec-acme/pause").status_code == 403
        form = {"act": "cancel", "id": f"{lead_id}:acme-watch"}
        assert post(client, "/deliveries/act", **form).status_code == 403
        assert post(client, "/replays", state="held").status_code == 403


def test_nobody_sees_anything_without_signing_in(console: Console) -> None:
    for path in ("/", "/leads", "/deliveries", "/replays", "/accounts", "/quarantine", "/me"):
        answer = console.client.get(path)
        assert (answer.status_code, answer.headers["location"]) == (303, "/sign-in")


def test_a_form_from_elsewhere_is_refused(console: Console) -> None:
    console.user("eva", "operator")
    with console.sign_in("eva") as client:
        for csrf in ("", "x" * 32):
            answer = client.post("/accounts/vitec-acme/pause", data={"csrf": csrf})
            assert answer.status_code == 403
        assert client.post("/sign-out").status_code == 403


def test_a_session_ends_when_its_user_is_changed_or_removed(console: Console) -> None:
    for name, command in (
        ("ida", ("users", "role", "ida", "viewer")),
        ("ola", ("users", "remove", "ola")),
    ):
        console.user(name, "operator")
        with console.sign_in(name) as client:
            assert client.get("/").status_code == 200
            assert console.bridge.command(*command).returncode == 0
            assert client.get("/").status_code == 303


def test_what_a_browser_is_told(console: Console) -> None:
    console.user("eva", "operator")
    with httpx.Client(base_url=console.url, trust_env=False) as client:
        page = client.get("/sign-in")
        policy = page.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert page.headers["x-content-type-options"] == "nosniff"
        assert page.headers["referrer-policy"] == "no-referrer"
        assert page.headers["cache-control"] == "no-store"
        form = {"csrf": field(page.text, "csrf"), "name": "eva", "password": PASSWORD}
        cookie = client.post("/sign-in", data=form).headers.get_list("set-cookie")[0].lower()
        assert "httponly" in cookie
        assert "samesite=lax" in cookie
        assert "secure" not in cookie
        foreign = r'(?:src|href)="https?://|style="|<style|onclick'
        assert not re.search(foreign, client.get("/").text)


@pytest.mark.parametrize(("address", "believed"), [("127.0.0.1", False), ("127.0.0.2", True)])
def test_only_a_trusted_proxy_may_say_that_it_was_tls(
    console: Console, address: str, *, believed: bool
) -> None:
    way = httpx.HTTPTransport(local_address=address)
    headers = {"x-forwarded-proto": "https", "x-forwarded-for": "192.0.2.1"}
    with httpx.Client(base_url=console.url, transport=way, headers=headers) as client:
        answer = client.get("/sign-in")
    assert ("secure" in answer.headers["set-cookie"].lower()) is believed
    assert ("strict-transport-security" in answer.headers) is believed


def test_guessing_a_password_is_slow(console: Console) -> None:
    with httpx.Client(base_url=console.url, trust_env=False) as client:
        csrf = field(client.get("/sign-in").text, "csrf")
        said = [
            client.post(
                "/sign-in", data={"csrf": csrf, "name": "nobody", "password": str(n) * 12}
            ).text
            for n in range(11)
        ]
    assert "Name or password is wrong." in said[0]
    assert "Too many tries" in said[-1]


def test_several_at_once_are_asked_for_twice(console: Console) -> None:
    console.user("eva", "operator")
    ids = [console.send(lead(n, intent="interest"))["lead_id"] for n in (45, 46)]
    console.bridge.until(lambda: all(console.state(one) is State.DELIVERED for one in ids))
    held = [console.send(lead(n, intent="interest", property={}))["lead_id"] for n in (47, 48)]
    console.bridge.until(lambda: all(console.state(one) is State.HELD for one in held))
    names = [f"{one}:acme-watch" for one in held]
    with console.sign_in("eva") as client:
        page = post(client, "/deliveries/confirm", act="cancel", id=names, back="/deliveries")
        assert "2 deliveries?" in page.text
        assert all(console.state(one) is State.HELD for one in held)
        mixed = [*names, f"{ids[0]}:acme-watch", "nobody:x"]
        done = post(client, "/deliveries/act", act="cancel", id=mixed, back="//evil.example")
        assert done.headers["location"] == "/deliveries?said=acted&n=2&no=2"
        assert post(client, "/deliveries/act", act="erase", id=names).status_code == 422
    assert all(console.state(one) is State.CANCELLED for one in held)


def test_what_was_not_understood_is_mended_and_let_in(console: Console) -> None:
    console.user("eva", "operator")
    bad = console.send({**lead(49), "intent": "watch"})
    name = bad["quarantine_id"]
    with console.sign_in("eva") as client:
        page = client.get(f"/quarantine/{name}").text
        assert "anna49@example.com" in page
        for payload, said in (("{", "is not JSON"), (json.dumps(lead(49, intent="x")), "intent")):
            again = post(client, f"/quarantine/{name}/release", payload=payload, source="signed")
            assert (again.status_code, said in again.text) == (422, True)
        good = json.dumps(lead(49))
        done = post(client, f"/quarantine/{name}/release", payload=good, source="signed")
        assert done.headers["location"].startswith("/leads/")
        assert client.get(f"/quarantine/{name}").status_code == 404
        assert "Nothing is here" in client.get("/x", headers={"accept": "text/html"}).text


def test_a_replay_in_the_console_shows_its_plan_and_its_progress(console: Console) -> None:
    console.user("eva", "operator")
    match = {"vendor": "vitec", "body_contains": "anna50@example.com"}
    console.bridge.sandbox.fault("status", code=400, body={}, match=match)
    lead_id = console.send(lead(50, intent="interest"))["lead_id"]
    console.bridge.until(lambda: console.state(lead_id) is State.REJECTED)
    chosen = {"state": "rejected", "lead_ids": lead_id}
    with console.sign_in("eva") as client:
        plan = post(client, "/replays/plan", **chosen).text
        assert "1 would be sent again" in plan
        assert "the same request as last time" in plan
        assert console.state(lead_id) is State.REJECTED
        run = post(client, "/replays", **chosen).headers["location"]
        console.bridge.until(lambda: "1 sent again" in client.get(run).text)
        console.bridge.until(lambda: console.state(lead_id) is State.DELIVERED)
        assert "Sent again by eva (replay)" in client.get(f"/leads/{lead_id}").text


def test_an_account_is_paused_and_goes_on(console: Console) -> None:
    console.user("eva", "operator")
    with console.sign_in("eva") as client:
        post(client, "/accounts/flow-acme/pause", reason="being moved")
        assert "being moved" in client.get("/").text
        assert post(client, "/accounts/nobody/pause").status_code == 404
        post(client, "/accounts/flow-acme/resume")
        assert "being moved" not in client.get("/").text


def test_a_lead_that_waits_for_its_property_goes_on_when_it_is_set(console: Console) -> None:
    console.user("eva", "operator")
    place = {"reference": "AF43CD99"}
    lead_id = console.send(lead(51, intent="interest", property=place))["lead_id"]
    with console.sign_in("eva") as client:
        assert "AF43CD99" in client.get("/").text
        wrong = post(client, "/properties", reference="AF43CD99", case_guid="x")
        assert wrong.status_code == 422
        ids = {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"}
        done = post(client, "/properties", reference="AF43CD99", back=f"/leads/{lead_id}", **ids)
        assert done.headers["location"] == f"/leads/{lead_id}?said=known"
    console.bridge.until(lambda: console.state(lead_id) is State.DELIVERED)


def test_a_token_may_what_its_role_says_and_sees_its_source_alone(console: Console) -> None:
    mine = console.send(lead(52))["lead_id"]
    made = {
        role: console.bridge.command("tokens", "create", role, "--role", role).stdout.strip()
        for role in ("viewer", "operator")
    }
    crm = console.bridge.command("tokens", "create", "crm", "--source", "crm").stdout.strip()
    act = f"/v1/deliveries/{mine}:acme-watch/retry"

    def ask(method: str, path: str, token: str) -> int:
        headers = {"authorization": f"Bearer {token}"}
        return console.client.request(method, path, headers=headers).status_code

    assert ask("GET", f"/v1/leads/{mine}", made["viewer"]) == 200
    assert ask("POST", act, made["viewer"]) == 403
    console.bridge.until(lambda: console.state(mine) is State.DELIVERED)
    assert ask("POST", act, made["operator"]) == 409
    assert ask("GET", f"/v1/leads/{mine}", crm) == 404
    headers = {"authorization": f"Bearer {crm}"}
    assert console.client.get("/v1/leads", headers=headers).json() == []
    assert console.client.get("/v1/deliveries", headers=headers).json() == []
    assert ask("GET", "/v1/leads", "brt_x_y") == 401
    listed = json.loads(console.bridge.command("tokens", "list", "--json").stdout)
    token_id = next(one["token_id"] for one in listed if one["name"] == "viewer")
    assert console.bridge.command("tokens", "revoke", token_id).returncode == 0
    assert ask("GET", f"/v1/leads/{mine}", made["viewer"]) == 401


def test_the_console_is_no_part_of_the_described_api(console: Console) -> None:
    known = console.client.get("/openapi.json").json()
    assert all(
        path.startswith(("/v1/", "/healthz", "/readyz", "/metrics")) for path in known["paths"]
    )
    assert "401" in known["paths"]["/v1/leads"]["get"]["responses"]
