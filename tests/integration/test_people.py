"""A person asks to be forgotten, or what is held; keys rotate; what was kept long enough goes."""

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import KEY, BridgeUnderTest, lead


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


def told(bridge: BridgeUnderTest, *arguments: str, code: int = 0) -> Any:
    done = bridge.command(*arguments)
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout)


def delivered(bridge: BridgeUnderTest, *numbers: int) -> list[str]:
    ids = bridge.accept([lead(number) for number in numbers])
    with bridge.worker():
        bridge.until(
            lambda: all(
                row.state is State.DELIVERED
                for one in ids
                for row in bridge.deliveries(one).values()
            ),
        )
    return ids


def test_a_person_is_exported_and_erased_everywhere(bridge: BridgeUnderTest) -> None:
    gone, stays = delivered(bridge, 5, 6)
    broken = {"person": {"tel": "0046 70 174 06 05"}, "intent": "dance"}
    other = {"person": {"tel": "070-174 06 06"}, "intent": "dance"}
    for one in (broken, other):
        sent = bridge.command("send", "-", "--source", "crm", stdin=json.dumps(one))
        assert sent.returncode == 1
    exported = told(bridge, "leads", "export", "--phone", "+46 70-174 06 05")
    assert [one["lead_id"] for one in exported["leads"]] == [gone]
    assert exported["leads"][0]["held"]["lead"]["person"]["emails"] == ["anna5@example.com"]
    assert [one["payload"] for one in exported["quarantine"]] == [broken]
    bodies = json.dumps([one.get("bodies") for one in exported["leads"][0]["timeline"]])
    assert "Svensson5" in bodies
    asked = bridge.command("leads", "erase", "--email", "ANNA5@example.com", stdin="n\n")
    assert asked.returncode != 0
    assert "1 leads, 0 payloads" in asked.stderr

    erased = told(bridge, "leads", "erase", "--phone", "070-1740605", "--yes", "--json")
    assert (erased["leads"], erased["quarantined"]) == ([gone], 1)
    shown = told(bridge, "leads", "show", gone, "--reveal", "--json")
    assert shown["status"] == "erased"
    assert "Svensson" not in json.dumps(shown)
    assert "exported" in {one["what"] for one in shown["timeline"]}
    assert {one["reference"] for one in shown["deliveries"]} != {None}
    assert bridge.command("leads", "export", "--email", "anna5@example.com").returncode == 1
    assert told(bridge, "leads", "export", "--id", stays)["leads"][0]["held"]
    assert len(told(bridge, "quarantine", "list", "--json")) == 1
    # The same message stays out; the same person with another one is a new lead.
    again, new = bridge.accept([lead(5), lead(5, external_id="another")])
    assert again == gone
    assert new != gone


@pytest.mark.parametrize("who", [(), ("--id", "x", "--email", "y")])
def test_one_person_has_to_be_named(bridge: BridgeUnderTest, who: tuple[str, ...]) -> None:
    refused = bridge.command("leads", "erase", *who)
    assert refused.returncode == 2
    assert "Say who" in refused.stderr


def test_an_old_key_is_dropped_after_a_rotation(bridge: BridgeUnderTest) -> None:
    (one,) = delivered(bridge, 5)
    bridge.command("send", "-", "--source", "crm", stdin='{"person": {"tel": "070-174 06 06"}}')
    assert told(bridge, "keys", "status", "--json")["old"] == 0
    new = base64.b64encode(os.urandom(32)).decode()
    bridge.environment["BRIDGE_ENCRYPTION_KEYS"] = f"{new},{KEY}"
    before = told(bridge, "keys", "status", "--json", code=1)
    assert before["old"] >= 6  # the index key, a payload, a quarantined one, attempts' bodies
    done = told(bridge, "keys", "rotate", "--json")
    assert (done["resealed"], done["old"], done["unreadable"]) == (before["old"], 0, 0)
    assert told(bridge, "keys", "rotate", "--json")["resealed"] == 0
    bridge.environment["BRIDGE_ENCRYPTION_KEYS"] = new
    assert told(bridge, "keys", "status", "--json")["unreadable"] == 0
    exported = told(bridge, "leads", "export", "--id", one)
    assert "Svensson5" in json.dumps(exported["leads"][0]["timeline"])
    (quarantined,) = told(bridge, "quarantine", "list", "--json")
    shown = bridge.command("quarantine", "show", quarantined["quarantine_id"])
    assert "070-174 06 06" in shown.stdout
    # Fingerprints outlive it: the same message is still the same, and a person is still found.
    assert bridge.accept([lead(5)]) == [one]
    assert told(bridge, "leads", "export", "--phone", "070-174 06 05")["leads"]


def test_a_key_that_is_dropped_too_early_is_told(bridge: BridgeUnderTest) -> None:
    bridge.accept([lead(5)])
    new = base64.b64encode(os.urandom(32)).decode()
    bridge.environment["BRIDGE_ENCRYPTION_KEYS"] = new
    refused = bridge.command("keys", "status")
    assert refused.returncode == 3
    assert "other encryption keys" in refused.stderr


def test_retention_takes_what_was_kept_long_enough(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_RETENTION_EVERY"] = "1"
    (one,) = delivered(bridge, 5)
    assert told(bridge, "retention", "run", "--dry-run", "--json")["payloads"] == 0
    for name in ("PAYLOAD", "BODIES"):
        bridge.environment[f"BRIDGE_RETENTION_{name}"] = "0.001"
    rehearsed = told(bridge, "retention", "run", "--dry-run", "--json")
    assert rehearsed["payloads"] == 1
    assert rehearsed["bodies"] >= 3
    with bridge.worker():  # its watch does it by itself
        bridge.until(
            lambda: "retention.done" in (bridge.folder / "worker.log").read_text(), seconds=20
        )
    shown = told(bridge, "leads", "show", one, "--reveal", "--json")
    assert shown["status"] == "accepted"
    assert "Svensson" not in json.dumps(shown)
    assert {row["state"] for row in shown["deliveries"]} == {"delivered"}
    assert told(bridge, "retention", "run", "--json")["payloads"] == 0


def test_the_api_erases_and_never_takes_an_address_in_a_url(bridge: BridgeUnderTest) -> None:
    token = "token-of-the-operators"
    bridge.environment["BRIDGE_API_TOKEN"] = token
    (one,) = bridge.accept([lead(5)])
    port = free_port()
    process = bridge.start_web(port)
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}/v1/people",
            headers={"authorization": f"Bearer {token}"},
            trust_env=False,
        ) as client:
            bridge.until(lambda: _alive(port))
            person = {"email": "anna5@example.com"}
            assert httpx.post(f"{client.base_url}erase", json=person, trust_env=False).is_error
            assert client.post("/erase", json={}).status_code == 422
            assert client.post("/erase", json={"phone": "hej"}).status_code == 422
            held = client.post("/export", json=person).json()
            assert [row["lead_id"] for row in held["leads"]] == [one]
            erased = client.post("/erase", json=person).json()
            assert erased["leads"] == [one]
            assert len(erased["cancelled"]) == 3
            assert client.post("/export", json=person).status_code == 404
    finally:
        process.terminate()
        process.wait(20)
    assert "anna5" not in (bridge.folder / "web.log").read_text()


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz", trust_env=False).is_success
    except httpx.TransportError:
        return False
