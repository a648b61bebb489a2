"""An opt-out in Vitec, from the first lead to the one that is not sent: worker, CLI and console."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from bridge.outcomes import State
from tests.integration.bridge_process import lead
from tests.integration.console_process import Console, post, running

WATCH = "acme-watch"


@pytest.fixture(scope="module")
def console(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Console]:
    with running(tmp_path_factory.mktemp("optouts")) as one:
        one.user("eva", "operator")
        one.user("vera", "viewer")
        yield one


def watch(number: int, name: str, estate: int = 4) -> dict[str, object]:
    """Each number is a person, each estate another wish."""
    place = {"vitec": {"customer_id": "M30011", "estate_id": f"OBJ11385_139593227{estate}"}}
    return lead(number, external_id=name, property=place, country="SE")


def send(console: Console, payload: dict[str, object], state: State) -> str:
    """Its lead id, once its watch is in that state."""
    (lead_id,) = console.bridge.accept([payload])
    console.bridge.until(lambda: console.state(lead_id, WATCH) is state)
    return lead_id


def row(console: Console, lead_id: str) -> Any:
    return console.bridge.deliveries(lead_id)[WATCH]


def bodies(console: Console, number: int) -> list[dict[str, Any]]:
    """What Vitec got of one person."""
    mail = f"anna{number}@example.com"
    got = console.bridge.sandbox.received(vendor="vitec")
    return [one for one in got if one["body"]["person"]["email"]["emailAddress"] == mail]


def test_v_t11_who_opted_out_meanwhile_is_held_and_goes_on_once_vitec_says_so(
    console: Console,
) -> None:
    first = send(console, watch(11, "first"), State.DELIVERED)
    contact = row(console, first).reference
    console.bridge.sandbox.config(contact={"id": contact, "advertisingEnabled": False})
    second = send(console, watch(11, "second", estate=5), State.HELD)
    reason = row(console, second).reason
    assert reason.startswith(f"not sent: contact {contact} in Vitec has opted out of advertising")
    assert len(bodies(console, 11)) == 1
    plan = console.bridge.command("replay", "--lead-id", second, "--dry-run", "--json")
    assert "has opted out" in plan.stdout, plan.stdout + plan.stderr
    console.bridge.command("deliveries", "retry", f"{second}:{WATCH}")
    console.bridge.until(lambda: console.state(second, WATCH) is State.HELD)
    assert len(bodies(console, 11)) == 1
    console.bridge.sandbox.config(contact={"id": contact, "advertisingEnabled": True})
    console.bridge.command("deliveries", "retry", f"{second}:{WATCH}")
    console.bridge.until(lambda: console.state(second, WATCH) is State.DELIVERED)
    assert len(bodies(console, 11)) == 2
    logs = "".join(file.read_text(errors="replace") for file in console.folder.glob("*.log"))
    assert "delivery.held" in logs
    assert not [word for word in ("anna11@", "Svensson11", "1740611") if word in logs]


def test_v_t11_a_look_up_that_fails_is_tried_again_and_the_lead_goes_out_once(
    console: Console,
) -> None:
    send(console, watch(12, "before"), State.DELIVERED)
    mine = {"vendor": "vitec", "method": "GET"}
    console.bridge.sandbox.fault("status", code=500, times=2, match=mine)
    late = send(console, watch(12, "late", estate=5), State.DELIVERED)
    assert row(console, late).attempts == 3
    assert len(bodies(console, 12)) == 2


def test_v_t6_a_crm_password_that_does_not_serve_stops_the_lead_until_it_does(
    console: Console,
) -> None:
    send(console, watch(19, "served"), State.DELIVERED)
    console.bridge.sandbox.config(vitec_crm_password="changed")
    held = send(console, watch(19, "waits", estate=5), State.HELD)
    assert "whether the person opted out is not known" in row(console, held).reason
    assert len(bodies(console, 19)) == 1
    console.bridge.sandbox.config(vitec_crm_password="crm-M30011")
    console.bridge.until(lambda: console.state(held, WATCH) is State.DELIVERED)
    assert len(bodies(console, 19)) == 2


def test_v_t12_a_lost_answer_to_a_second_lead_of_the_same_home_is_for_a_person(
    console: Console,
) -> None:
    send(console, watch(18, "watched"), State.DELIVERED)
    lost = {"vendor": "vitec", "method": "POST"}
    console.bridge.sandbox.fault("cut_after_read", match=lost)
    asks = watch(18, "asks") | {"intent": "interest", "message": "Får jag titta?"}
    held = send(console, asks, State.HELD)
    assert "it may have arrived, and the person was on this home" in row(console, held).reason
    console.bridge.sandbox.fault("accept_lose_answer", match=lost)
    other = send(console, watch(18, "another home", estate=6), State.DELIVERED)
    assert row(console, other).reason == "read back from the vendor"
    assert len(bodies(console, 18)) == 2


def test_a_person_is_known_by_the_phone_too_and_a_stranger_is_not(console: Console) -> None:
    first = send(console, watch(13, "phone"), State.DELIVERED)
    contact = row(console, first).reference
    console.bridge.sandbox.config(contact={"id": contact, "isDeceased": True})
    theirs = watch(14, "phone too", estate=5)
    theirs["person"] = {"first_name": "Bo", "phones": ["+46 70 174 06 13"]}
    held = send(console, theirs, State.HELD)
    assert "is deceased" in row(console, held).reason
    send(console, watch(14, "stranger", estate=5), State.DELIVERED)


def test_the_command_tells_what_vitec_says_and_what_it_does_not_have(console: Console) -> None:
    contact = row(console, send(console, watch(15, "cli"), State.DELIVERED)).reference
    command = console.bridge.command
    asked = command("vitec", "contact", "vitec-acme", contact, "ADRnobody", "--json")
    assert asked.returncode == 0, asked.stderr
    known, unknown = json.loads(asked.stdout)
    assert (known["contact_id"], known["found"], known["type"]) == (contact, True, "person")
    assert (known["advertising"], known["deceased"], known["marketing"]) == (True, False, "allowed")
    assert (unknown["found"], unknown["type"]) == (False, None)
    assert "Svensson" not in asked.stdout
    shown = command("vitec", "contact", "vitec-acme", contact)
    assert contact in shown.stdout
    nobody = command("vitec", "contact", "vitec-acme", "ADRnobody")
    assert nobody.returncode == 1
    wrong = command("vitec", "contact", "flow-acme", contact)
    assert (wrong.returncode, "vitec-acme" in wrong.stderr) == (1, True)
    console.bridge.sandbox.fault("status", code=503, match={"vendor": "vitec", "method": "GET"})
    away = command("vitec", "contact", "vitec-acme", contact)
    assert (away.returncode, away.stderr.count("\n")) == (3, 1), away.stderr
    assert "HTTP 503" in away.stderr


def test_the_leads_page_asks_vitec_when_somebody_wants_it(console: Console) -> None:
    lead_id = send(console, watch(16, "page"), State.DELIVERED)
    contact = row(console, lead_id).reference
    console.bridge.sandbox.config(
        contact={"id": contact, "agentId": "HANE99C7", "leadScore": 3, "advertisingEnabled": False}
    )
    gets = {"vendor": "vitec", "method": "GET"}
    with console.sign_in("vera") as client:
        before = asked(console, contact)
        plain = client.get(f"/leads/{lead_id}").text
        assert "Ask Vitec" in plain
        assert asked(console, contact) == before
        console.bridge.sandbox.fault("status", code=500, body={"message": "fel"}, match=gets)
        failed = client.get(f"/leads/{lead_id}?contact=1")
        assert failed.status_code == 200
        assert "vitec-acme: reading from Vitec failed: HTTP 500: fel." in failed.text
        shown = client.get(f"/leads/{lead_id}?contact=1").text
        for words in ("HANE99C7", "opted out", "3 stars", "It is there, as a person"):
            assert words in shown
        assert "Svensson16" not in shown
        reads = asked(console, contact)
        client.get(f"/leads/{lead_id}?contact=1")
        assert asked(console, contact) == reads
    with console.sign_in("eva") as client:
        revealed = post(client, f"/leads/{lead_id}/reveal").text
        assert "Svensson16" in revealed
        assert f'href="/leads/{lead_id}?contact=1#vitec-contacts"' in revealed


def test_a_lead_that_is_at_no_vitec_has_no_panel(console: Console) -> None:
    (lead_id,) = console.bridge.accept([lead(17, external_id="none", intent="valuation")])
    with console.sign_in("vera") as client:
        assert "in Vitec" not in client.get(f"/leads/{lead_id}?contact=1").text


def asked(console: Console, contact: str) -> int:
    calls = console.bridge.sandbox.calls()
    return sum(contact in one["path"] and one["method"] == "GET" for one in calls)
