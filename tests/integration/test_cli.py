"""The commands as a person types them: a clear sentence, the right code, never a traceback."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import FINAL
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeUnderTest]:
    """One bridge with a worker, for all tests that only read or send."""
    folder = tmp_path_factory.mktemp("bridge")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        bridge = BridgeUnderTest(folder, server, sandbox)
        with bridge.worker():
            yield bridge


@pytest.fixture
def bridge(running: BridgeUnderTest) -> Iterator[BridgeUnderTest]:
    """The same, with its environment as it was."""
    before = dict(running.environment)
    yield running
    running.environment.clear()
    running.environment.update(before)


def send(bridge: BridgeUnderTest, payload: object, *options: str) -> dict[str, object]:
    done = bridge.command(
        "send", "-", "--source", "crm", "--json", *options, stdin=json.dumps(payload)
    )
    answer: dict[str, object] = json.loads(done.stdout)
    return answer


def settled(bridge: BridgeUnderTest, lead_id: object) -> bool:
    return all(row.state in FINAL for row in bridge.deliveries(str(lead_id)).values())


def test_a_lead_is_sent_followed_and_shown(bridge: BridgeUnderTest) -> None:
    answer = send(bridge, lead(1))
    assert answer["status"] == "accepted"
    lead_id = str(answer["lead_id"])
    bridge.until(lambda: settled(bridge, lead_id))
    listed = json.loads(bridge.command("leads", "list", "--json", "--external-id", "form-1").stdout)
    assert [set(row) for row in listed] == [
        {"lead_id", "source", "external_id", "intent", "status", "received_at", "test"},
    ]
    rows = json.loads(bridge.command("deliveries", "list", "--json", "--lead-id", lead_id).stdout)
    assert set(rows[0]) == {
        "delivery_id",
        "lead_id",
        "destination",
        "account",
        "state",
        "attempts",
        "next_at",
        "reference",
        "reason",
        "updated_at",
    }
    shown = bridge.command("leads", "show", lead_id)
    assert shown.returncode == 0
    for word in ("acme-watch", "delivered", "watchers matched", "Delivered, HTTP 200"):
        assert word in shown.stdout
    assert "Svensson1" not in shown.stdout
    assert "anna1@example.com" in bridge.command("leads", "show", lead_id, "--reveal").stdout
    assert "state=delivered" in bridge.command("deliveries", "show", f"{lead_id}:acme-watch").stdout


def test_the_same_message_is_said_to_be_a_duplicate(bridge: BridgeUnderTest) -> None:
    first = send(bridge, lead(2))
    again = send(bridge, lead(2))
    assert again["status"] == "duplicate"
    assert again["lead_id"] == first["lead_id"]


@pytest.mark.parametrize(
    ("payload", "sentence"),
    [
        ('{"intent": "contact"}', "person: is required"),
        ('{"intent": "contact", "person": {}}', "person: give a name, an e-mail address"),
        ('{"intent": "x", "persn": {}}', "persn: is not a field of a lead; did you mean `person`?"),
        ("[]", "payload: is a JSON object"),
    ],
)
def test_a_bad_lead_is_kept_and_told(bridge: BridgeUnderTest, payload: str, sentence: str) -> None:
    done = bridge.command("send", "-", "--source", "crm", stdin=payload)
    assert done.returncode == 1
    assert sentence in done.stderr
    assert "Kept in quarantine as" in done.stderr
    assert "Traceback" not in done.stderr


def test_quarantine_is_released_after_it_was_edited(bridge: BridgeUnderTest) -> None:
    bridge.command("send", "-", "--source", "crm", stdin='{"intent": "contact", "who": "me"}')
    (row, *_) = json.loads(bridge.command("quarantine", "list", "--json").stdout)
    name = row["quarantine_id"]
    assert "who" in bridge.command("quarantine", "show", name).stdout
    still = bridge.command("quarantine", "release", name)
    assert (still.returncode, "Still not understood" in still.stderr) == (1, True)
    edited = bridge.folder / "edited.json"
    edited.write_text(json.dumps(lead(3)))
    done = bridge.command("quarantine", "release", name, "--file", str(edited))
    assert (done.returncode, "accepted" in done.stdout) == (0, True)
    assert bridge.command("quarantine", "show", name).returncode == 1


def test_quarantine_is_released_all_at_once_and_what_stays_is_said(
    bridge: BridgeUnderTest,
) -> None:
    for number in (41, 42):
        send(bridge, {"namn": f"Anna {number}", "email": f"a{number}@example.com"})
    ids = [one["quarantine_id"] for one in _quarantined(bridge) if one["source"] == "crm"][:2]
    still = bridge.command("quarantine", "release", "--all", "--from", "crm")
    assert still.returncode == 1
    assert all(one in still.stderr for one in ids)
    # They are forms, and the other source takes forms; what they want it does not say.
    edited = '{"namn": "Anna 41", "email": "a41@example.com", "intent": "kontakt"}'
    (bridge.folder / "edited.json").write_text(edited)
    release = ("quarantine", "release", ids[0], "--source", "web", "--file", "edited.json")
    assert bridge.command(*release).returncode == 0
    done = bridge.command(*release)
    assert (done.returncode, "is called" in done.stderr) == (1, True)
    shown = bridge.command("quarantine", "show", ids[1], "--json")
    assert json.loads(json.loads(shown.stdout)["payload"])["namn"].startswith("Anna")
    assert bridge.command("quarantine", "drop", ids[1], "--yes").returncode == 0
    assert not {one["quarantine_id"] for one in _quarantined(bridge)} & set(ids)
    usage = bridge.command("quarantine", "release")
    assert (usage.returncode, "or --all" in usage.stderr) == (2, True)


def _quarantined(bridge: BridgeUnderTest) -> list[dict[str, str]]:
    done = bridge.command("quarantine", "list", "--json")
    rows: list[dict[str, str]] = json.loads(done.stdout)
    return rows


def test_what_is_not_json_is_one_sentence(bridge: BridgeUnderTest) -> None:
    done = bridge.command("send", "-", "--source", "crm", stdin="{not json")
    assert (done.returncode, done.stderr.count("\n")) == (1, 1)
    assert "is not JSON" in done.stderr


def test_an_unknown_source_is_refused_by_name(bridge: BridgeUnderTest) -> None:
    done = bridge.command("send", "-", "--source", "cmr", stdin=json.dumps(lead(4)))
    assert done.returncode == 1
    assert "`cmr` is no [sources] table of the routing file; did you mean `crm`?" in done.stderr


def test_route_explain_needs_no_ledger_and_says_why(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_REDIS_URL"] = "redis://127.0.0.1:9/0"
    payload = json.dumps(lead(5))
    done = bridge.command("route", "explain", "-", "--source", "crm", stdin=payload)
    assert done.returncode == 0
    assert "route  watchers matches" in done.stdout
    assert "intent is final_price_watch, it wants interest" in done.stdout
    assert "phone  normalized: +46701740605" in done.stdout
    nowhere = bridge.command(
        "route", "explain", "-", "--source", "crm", stdin=json.dumps(lead(5, intent="valuation"))
    )
    assert (nowhere.returncode, "goes nowhere" in nowhere.stdout) == (1, True)


def test_broken_toml_stops_everything_with_the_place(bridge: BridgeUnderTest) -> None:
    broken = bridge.folder / "broken.toml"
    broken.write_text("[sources.web\n")
    bridge.environment["BRIDGE_CONFIG"] = str(broken)
    for command in (("check",), ("worker",), ("send", "-"), ("up",)):
        done = bridge.command(*command, stdin="{}")
        assert done.returncode == 2, command
        assert "is not valid TOML" in done.stderr
        assert "line 1" in done.stderr
        assert "Traceback" not in done.stderr


def test_no_redis_is_one_sentence_and_code_3(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_REDIS_URL"] = "redis://127.0.0.1:9/0"
    for command in (("worker",), ("send", "-", "--source", "crm"), ("leads", "list")):
        done = bridge.command(*command, stdin=json.dumps(lead(6)))
        assert done.returncode == 3, (command, done.stderr)
        assert "is Redis running?" in done.stderr
        assert "Traceback" not in done.stderr
    del bridge.environment["BRIDGE_REDIS_URL"]
    done = bridge.command("leads", "list")
    assert (done.returncode, "start `bridge up`" in done.stderr) == (3, True)


def test_a_worker_started_by_celery_itself_says_the_same(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_REDIS_URL"] = "redis://127.0.0.1:9/0"
    process = bridge.start_worker()
    assert process.wait(30) != 0
    said = (bridge.folder / "worker.log").read_text()[-600:]
    assert "is Redis running?" in said
    assert "Traceback" not in said


def test_a_server_that_does_not_write_to_disk_is_refused_unless_told_so(
    bridge: BridgeUnderTest,
) -> None:
    def append_only(value: str) -> None:
        with redis.Redis.from_url(bridge.url) as client:
            client.config_set("appendonly", value)

    append_only("no")
    try:
        refused = bridge.command("worker")
        assert refused.returncode == 3
        assert "appendonly yes" in refused.stderr
        assert "BRIDGE_ALLOW_VOLATILE=1" in refused.stderr
        assert "Traceback" not in refused.stderr
        bridge.environment["BRIDGE_ALLOW_VOLATILE"] = "1"
        checked = bridge.command("check")
        assert "a restart loses what it said yes to" in checked.stdout
    finally:
        append_only("yes")


def test_wrong_settings_name_the_variable(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_ENCRYPTION_KEYS"] = "short"
    done = bridge.command("leads", "list")
    assert done.returncode == 2
    assert "BRIDGE_ENCRYPTION_KEYS cannot be used: each key must be the base64" in done.stderr
    assert "short" not in done.stderr


def test_other_encryption_keys_are_noticed(bridge: BridgeUnderTest) -> None:
    bridge.environment["BRIDGE_ENCRYPTION_KEYS"] = "A" * 43 + "="
    done = bridge.command("leads", "list")
    assert done.returncode == 3
    assert "was written with other encryption keys" in done.stderr


def test_check_is_a_table_of_everything(bridge: BridgeUnderTest) -> None:
    done = bridge.command("check")
    assert done.returncode == 0, done.stderr
    for word in ("routing file", "ledger", "workers", "account flow-acme", "tenant 4711"):
        assert word in done.stdout
    file = bridge.folder / "wrong.toml"
    text = (bridge.folder / "bridge.toml").read_text().replace("flow-secret", "wrong")
    file.write_text(text.replace('client_id = "sandbox"', 'client_id = "sandbox-2"'))
    bridge.environment["BRIDGE_CONFIG"] = str(file)
    wrong = bridge.command("check", "--json")
    assert wrong.returncode == 3
    rows = {row["what"]: row for row in json.loads(wrong.stdout)}
    assert rows["account flow-acme"]["ok"] == "no"
    assert "invalid_client" in rows["account flow-acme"]["detail"]


def test_properties_turn_references_into_vendor_ids(bridge: BridgeUnderTest) -> None:
    csv = "reference,customer_id,estate_id,case_guid,case_id\nAF43,M30011,OBJ11385_1395932275,,\n"
    done = bridge.command("properties", "import", "-", stdin=csv)
    assert done.returncode == 0, done.stderr
    case = "680f1e7f-90e4-472d-8991-a9d6043df603"
    bridge.command("properties", "set", "AF43", "--case-guid", case, "--case-id", "48213")
    (row,) = json.loads(bridge.command("properties", "list", "--json").stdout)
    assert row["case_id"] == 48213
    assert row["estate_id"] == "OBJ11385_1395932275"
    answer = send(bridge, lead(7, property={"reference": "AF43"}))
    bridge.until(lambda: settled(bridge, answer["lead_id"]))
    (watch, *_) = [
        one
        for one in bridge.sandbox.received(vendor="vitec")
        if one["body"]["person"]["lastName"] == "Svensson7"
    ]
    assert watch["property"] == "OBJ11385_1395932275"


def test_accounts_are_paused_and_go_on(bridge: BridgeUnderTest) -> None:
    assert bridge.command("accounts", "pause", "vitec-acme", "--reason", "moving").returncode == 0
    answer = send(bridge, lead(8))
    (row,) = [
        one
        for one in json.loads(bridge.command("accounts", "list", "--json").stdout)
        if one["account"] == "vitec-acme"
    ]
    assert (row["paused"], row["due"]) == ("by hand: moving", 1)
    assert bridge.command("accounts", "resume", "vitec-acme").returncode == 0
    bridge.until(lambda: settled(bridge, answer["lead_id"]))
    assert bridge.command("accounts", "pause", "nobody").returncode == 1


def test_a_person_resolves_what_may_have_arrived(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("status", code=500, match={"path": "Notifications"})
    answer = send(bridge, lead(9))
    name = f"{answer['lead_id']}:acme-alert"
    bridge.until(lambda: bridge.deliveries(str(answer["lead_id"]))["acme-alert"].state == "held")
    refused = bridge.command("deliveries", "retry", name)
    assert (refused.returncode, "resolve --delivered" in refused.stderr) == (1, True)
    assert bridge.command("deliveries", "resolve", name).returncode == 2
    done = bridge.command("deliveries", "resolve", name, "--delivered")
    assert "is delivered now" in done.stdout
    assert bridge.command("deliveries", "cancel", "x:y").returncode == 1
    assert bridge.command("deliveries", "cancel", "xy").returncode == 2


def test_stats_and_schema_are_there(bridge: BridgeUnderTest) -> None:
    assert json.loads(bridge.command("stats", "--json").stdout)
    assert json.loads(bridge.command("schema", "lead").stdout)["title"] == "Lead"
    assert "final_price_watch" in bridge.command("schema", "lead").stdout


def test_nothing_found_is_code_1_and_an_empty_array(bridge: BridgeUnderTest) -> None:
    done = bridge.command("leads", "list", "--source", "signed", "--json")
    assert (done.returncode, json.loads(done.stdout)) == (1, [])
    assert bridge.command("leads", "show", "01NONE").returncode == 1
    assert bridge.command("nonsense").returncode == 2
    assert bridge.command("--help").returncode == 0


def test_a_demo_in_an_empty_folder_ends_well(tmp_path: Path, running: BridgeUnderTest) -> None:
    environment = {
        name: value for name, value in running.environment.items() if "BRIDGE_" not in name
    }
    demo = BridgeUnderTest.__new__(BridgeUnderTest)
    demo.folder, demo.environment = tmp_path, {**environment, "COLUMNS": "160"}
    done = demo.command("demo")
    assert done.returncode == 0, done.stderr
    assert "none lost, none doubled" in done.stdout
    assert "read back from the vendor" in done.stdout
    shutil.rmtree(tmp_path / ".bridge")
