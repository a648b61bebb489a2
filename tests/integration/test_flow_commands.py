"""`bridge flow …`, `bridge check` and the nightly look, as a person meets them."""

import asyncio
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer
from bridge.pipeline import standing
from bridge.pipeline.alarms import conditions
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead
from tests.integration.vendor_bench import BASIS, GUID

OLD = "a1f34c62-014a-4cf2-b285-88ca73381b06"
BY_PAIR = 'processing_bases = { category = "SpecificCase", system_type = "Manual" }'


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


def told(bridge: BridgeUnderTest, *arguments: str, code: int = 0) -> Any:
    done = bridge.command("flow", *arguments, "--json")
    assert done.returncode == code, done.stderr + done.stdout
    return json.loads(done.stdout)


def use_guid(bridge: BridgeUnderTest, guid: str) -> None:
    file = bridge.folder / "bridge.toml"
    text = file.read_text()
    assert BY_PAIR in text
    file.write_text(text.replace(BY_PAIR, f'processing_bases = {{ guids = ["{guid}"] }}'))


def test_bases_are_a_list_to_pick_from(bridge: BridgeUnderTest) -> None:
    active = told(bridge, "bases", "flow-acme")
    assert {one["usable"] for one in active} == {"yes"}
    assert BASIS in {one["guid"] for one in active}
    found = told(bridge, "bases", "flow-acme", "--category", "SpecificCase")
    verdicts = {one["guid"]: one["usable"] for one in found}
    assert (verdicts[BASIS], verdicts[OLD]) == ("yes", "is an older version")
    assert [one["usable"] == "yes" for one in found] == [True, True, False, False, False]
    showing = ("--category", "SpecificCase", "--display-type", "Showing")
    assert BASIS in {one["guid"] for one in told(bridge, "bases", "flow-acme", *showing)}
    table = bridge.command("flow", "bases", "flow-acme")
    assert BASIS in table.stdout
    wrong = bridge.command("flow", "bases", "flow-acme", "--display-type", "Showing")
    assert (wrong.returncode, "needs a --category" in wrong.stderr) == (2, True)


def test_a_basis_that_is_picked_can_be_pasted(bridge: BridgeUnderTest) -> None:
    (first, *_) = told(bridge, "bases", "flow-acme", "--category", "SpecificCase")
    use_guid(bridge, first["guid"])
    done = bridge.command("check", "--json")
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    assert rows["bases flow-acme"]["ok"] == "yes", done.stdout
    assert rows["account flow-acme"]["detail"].endswith("all that its destinations need")


def test_roles_employees_and_publications(bridge: BridgeUnderTest) -> None:
    (broker,) = told(bridge, "roles", "flow-acme", "48213", "--type", "Broker")
    assert broker == {"type": "Broker", "contact_id": 70001, "is_deceased": None}
    assert told(bridge, "roles", "flow-acme", GUID, "--type", "sellers")[0]["contact_id"] == 70002
    assert told(bridge, "roles", "flow-acme", "48213", "--type", "Buyer", code=1) == []
    (found,) = told(bridge, "employees", "flow-acme", "--search", "kari megler")
    assert (found["employee_id"], found["email"]) == (70001, "kari.megler@example.com")
    (same,) = told(bridge, "employees", "flow-acme", "--search", "kari.megler@example.com")
    assert same == found
    (folded,) = told(bridge, "employees", "flow-acme", "--search", "Kari.Megler@EXAMPLE.com")
    assert folded == found
    limited = bridge.command("flow", "employees", "flow-acme", "--limit", "1")
    assert "The first 1 are shown, 2 are there" in limited.stderr
    rows = told(bridge, "publications", "flow-acme", "48214", GUID)
    assert [(one["case_id"], one["provider"]) for one in rows] == [(48213, "Finn")]
    assert bridge.sandbox.received() == []  # F-T7


def test_a_case_is_saved_and_the_lead_that_waited_for_it_goes_on(bridge: BridgeUnderTest) -> None:
    (lead_id,) = bridge.accept([lead(3, property={"reference": "AF43"})])
    assert bridge.deliveries(lead_id) == {}
    found = told(bridge, "case", "flow-acme", GUID, "--save", "AF43")
    assert (found["case_id"], found["case_guid"]) == (48213, GUID)
    assert found["image"] == f"{bridge.sandbox.url}/flow/api/Cases/48213/Image/Original"
    assert found["address"] == "Storgata 13"
    (entry,) = json.loads(bridge.command("properties", "list", "--json").stdout)
    assert (entry["case_guid"], entry["case_id"]) == (GUID, 48213)
    assert bridge.deliveries(lead_id)["acme-stakeholder"].state == "pending"
    plain = bridge.command("flow", "case", "flow-acme", "48214")
    assert "Storgata 14" in plain.stdout
    assert "image" not in plain.stdout


def test_a_case_beside_what_the_directory_knows_already(bridge: BridgeUnderTest) -> None:
    estate = ("--customer-id", "M30011", "--estate-id", "OBJ1_2")
    assert bridge.command("properties", "set", "AF44", *estate).returncode == 0
    assert bridge.command("flow", "case", "flow-acme", "48213", "--save", "AF44").returncode == 0
    (entry,) = json.loads(bridge.command("properties", "list", "--json").stdout)
    assert (entry["estate_id"], entry["case_id"]) == ("OBJ1_2", 48213)


def test_what_cannot_be_asked_is_one_sentence(bridge: BridgeUnderTest) -> None:
    for arguments, code, words in (
        (("case", "flow-acme", "1"), 1, "Flow has no case 1."),
        (("roles", "flow-acme", str(GUID).replace("6", "7")), 1, "Flow has no case"),
        (("roles", "flow-acme", "48213", "--type", "Nobody's"), 1, "Nobody has such a role"),
        (("case", "flow-acme", "AF43"), 2, "neither a case's number nor its GUID"),
        (("employees", "vitec-acme"), 1, "vitec-acme is no account of vendor flow"),
        (("employees", "acme"), 1, "the routing file has flow-acme"),
        (("publications", "flow-acme"), 2, "Missing argument"),
    ):
        done = bridge.command("flow", *arguments)
        assert done.returncode == code, (arguments, done.stdout, done.stderr)
        assert words in done.stderr
        assert "Traceback" not in done.stderr
    bridge.sandbox.config(flow_permissions=[])
    refused = bridge.command("flow", "bases", "flow-acme")
    assert (refused.returncode, "ProcessingBasis - Read" in refused.stderr) == (1, True)
    bridge.sandbox.fault("status", code=503, times=None, match={"vendor": "flow"})
    gone = bridge.command("flow", "employees", "flow-acme")
    assert (gone.returncode, gone.stderr.count("\n")) == (3, 1), gone.stderr


def test_check_names_missing_permissions_and_stale_bases(bridge: BridgeUnderTest) -> None:
    use_guid(bridge, OLD)
    done = bridge.command("check", "--json")
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    assert done.returncode == 3
    assert rows["account flow-acme"]["ok"] == "yes"
    assert rows["bases flow-acme"]["ok"] == "no"
    assert f"acme-stakeholder: processing basis {OLD} is an older" in done.stdout
    bridge.sandbox.config(flow_permissions=["Stakeholders - Write", "Notifications - Write"])
    done = bridge.command("check", "--json")
    rows = {row["what"]: row for row in json.loads(done.stdout)}
    assert rows["account flow-acme"]["ok"] == "no"
    assert "acme-alert lacks CaseRoles - Read" in rows["account flow-acme"]["detail"]
    one = bridge.command("accounts", "check", "flow-acme")
    assert (one.returncode, "acme-alert lacks CaseRoles - Read" in one.stdout) == (3, True)


# --- the nightly look ----------------------------------------------------------------------------


def nightly(bridge: BridgeUnderTest, *, later: timedelta = timedelta(), workers: int = 1) -> int:
    """How many looks came of so many workers' steps at once."""

    async def together() -> int:
        async with bridge.front_door() as door:
            clock = door._parts.clock
            parts = replace(door._parts, clock=lambda: clock() + later)
            steps = [standing.Nightly(parts).step() for _ in range(workers)]
            return sum(len(done) for done in await asyncio.gather(*steps))

    return asyncio.run(together())


def alarms(bridge: BridgeUnderTest) -> dict[str, str]:
    async def look() -> dict[str, str]:
        async with bridge.front_door() as door:
            return {one.alarm: one.text for one in await conditions(door._parts)}

    found = asyncio.run(look())
    found.pop("workers")
    return found


def test_f_t6b_a_stale_guid_is_an_alarm_until_the_file_is_mended(bridge: BridgeUnderTest) -> None:
    use_guid(bridge, OLD)
    assert nightly(bridge, workers=5) == 1
    forget(bridge, "standing:flow-acme:turn:")
    assert nightly(bridge) == 0  # once a day
    assert list(alarms(bridge)) == ["basis/flow-acme/acme-stakeholder"]
    (text,) = alarms(bridge).values()
    assert text == (
        f"acme-stakeholder: processing basis {OLD} is an older version;"
        f" the usable one of its kind is {BASIS}."
    )
    file = bridge.folder / "bridge.toml"
    file.write_text(file.read_text().replace(OLD, BASIS))
    assert nightly(bridge) == 1  # the file changed
    assert alarms(bridge) == {}
    assert nightly(bridge, later=timedelta(days=1)) == 1


def test_a_lost_permission_is_an_alarm_and_blocks_nothing(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.config(flow_permissions=["Stakeholders - Write", "Notifications - Write"])
    assert nightly(bridge) == 1
    (text,) = alarms(bridge).values()
    assert text.startswith("flow-acme: acme-stakeholder lacks CaseRoles - Read")
    (lead_id,) = bridge.accept([lead(4)])
    with bridge.worker():
        bridge.until(lambda: bridge.deliveries(lead_id)["acme-stakeholder"].state == "delivered")


def test_a_look_that_comes_to_nothing_changes_nothing_and_is_tried_again_later(
    bridge: BridgeUnderTest,
) -> None:
    use_guid(bridge, OLD)
    assert nightly(bridge) == 1
    before = alarms(bridge)
    bridge.sandbox.fault("status", code=500, times=None, match={"path": "ProcessingBases"})
    tomorrow = timedelta(days=1)
    assert nightly(bridge, later=tomorrow) == 0
    assert alarms(bridge) == before
    bridge.sandbox.clear_faults()
    asked = len(bridge.sandbox.calls())
    assert nightly(bridge, later=tomorrow) == 0  # not at once
    assert len(bridge.sandbox.calls()) == asked
    forget(bridge, "standing:flow-acme:turn:")
    assert nightly(bridge, later=tomorrow) == 1


def test_what_was_mended_at_the_vendor_is_seen_within_the_hour(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.config(flow_permissions=["Stakeholders - Write", "Notifications - Write"])
    assert nightly(bridge) == 1
    with redis.Redis.from_url(bridge.url) as client:
        (key,) = [one for one in client.scan_iter() if one.endswith(b"shelf:standing:flow-acme")]
        assert 0 < client.ttl(key) <= 3600
    bridge.sandbox.reset()
    forget(bridge, "standing:flow-acme")
    assert nightly(bridge) == 1
    assert alarms(bridge) == {}


def forget(bridge: BridgeUnderTest, name: str) -> None:
    """As if the time of what stands on this shelf were over."""
    with redis.Redis.from_url(bridge.url) as client:
        client.delete(*[one for one in client.scan_iter() if f"shelf:{name}".encode() in one])


def test_a_worker_looks_by_itself_and_tells(bridge: BridgeUnderTest) -> None:
    use_guid(bridge, OLD)
    bridge.environment |= {"BRIDGE_NIGHTLY_EVERY": "0.3", "BRIDGE_ALARM_EVERY": "0.3"}

    def listed() -> str:
        return bridge.command("alarms", "list", "--json").stdout

    with bridge.worker():
        bridge.until(lambda: "basis/flow-acme/acme-stakeholder" in listed())
