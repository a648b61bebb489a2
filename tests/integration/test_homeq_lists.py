"""HomeQ's lists: pages, limits, offices, employees, projects; and what the directory lacks."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.connectors.base import LookUpError
from bridge.connectors.homeq import api
from bridge.connectors.homeq.connector import Homeq
from bridge.delivery.embedded import EmbeddedServer
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import ROUTING, BridgeUnderTest
from tests.integration.homeq_bench import Bench


@pytest.fixture
def bench(empty_server: EmbeddedServer) -> Iterator[Bench]:
    with Sandbox() as sandbox:
        yield Bench(sandbox, empty_server)


def many(count: int) -> dict[str, Any]:
    return {
        str(number): {"id": number, "landlord_object_id": f"N{number}"}
        for number in range(1, count + 1)
    }


def identifiers(**wanted: object) -> Any:
    async def all_of(one: Homeq) -> list[str]:
        return [row["identifier"] async for row in one.inventory(**wanted)]

    return all_of


def pages(bench: Bench) -> list[str]:
    return [one["query"] for one in bench.sandbox.calls() if one["path"].endswith("/inventory")]


@pytest.mark.parametrize(("count", "most"), [(120, 100), (120, 17), (50, 50), (0, 100), (51, 50)])
def test_h_t19_every_page_of_the_inventory_is_read_whatever_homeqs_own_limit_is(
    bench: Bench, count: int, most: int
) -> None:
    bench.sandbox.config(homeq={"apartments": many(count), "most": most})
    found = bench.ask(identifiers(type="apartment"))
    assert found == [f"apartment.{number}" for number in range(1, count + 1)]
    assert all("use_root_office=true" in query for query in pages(bench))
    assert len(pages(bench)) <= count // min(most, 50) + 2


def test_rows_that_are_too_long_for_one_answer_are_read_in_smaller_pages(bench: Bench) -> None:
    bench.sandbox.config(homeq={"apartments": many(60), "wordy": 12_000})
    assert len(bench.ask(identifiers(type="apartment"))) == 60
    amounts = [query.partition("&amount=")[2].partition("&")[0] for query in pages(bench)]
    assert amounts[:3] == ["50", "25", "12"]


def test_a_row_that_is_too_long_by_itself_is_said_and_read_no_further(bench: Bench) -> None:
    bench.sandbox.config(homeq={"apartments": many(2), "wordy": 300_000})
    with pytest.raises(LookUpError, match="longer than 256 KiB"):
        bench.ask(identifiers(type="apartment"))


def test_an_inventory_that_goes_round_in_a_circle_ends(bench: Bench) -> None:
    row = {"identifier": "apartment.12", "apartment": {"id": 12}, "type": "apartment"}
    body = {"results": [row] * 50, "total": "5000,"}
    bench.sandbox.fault("status", code=200, body=body, times=None, match={"path": "inventory"})
    with pytest.raises(LookUpError, match="the same page again and again"):
        bench.ask(identifiers())
    assert len(pages(bench)) == 2


def test_agreements_that_answer_the_same_page_for_ever_end(bench: Bench) -> None:
    body = {"results": [{"id": 1}], "total": 9}
    bench.sandbox.fault("status", code=200, body=body, times=None, match={"path": "agreements"})

    async def all_of(one: Homeq) -> list[int]:
        return [row["id"] async for row in one.agreements("2026-11-01")]

    with pytest.raises(LookUpError, match="the same page again and again"):
        bench.ask(all_of)


def test_h_t21_a_long_list_leaves_half_of_the_minute_to_leads_and_waits_for_its_own_turn(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BULK", (3, 1.0))
    bench.sandbox.config(homeq={"apartments": many(30), "most": 3})
    began = time.monotonic()
    assert len(bench.ask(identifiers(type="apartment"))) == 30
    assert time.monotonic() - began > 2.5  # eleven pages at three a second
    assert bench.ask(lambda one: one.external_id("apartment", "7")) == "N7"


def test_h_t21_a_long_list_that_would_wait_too_long_says_so(
    bench: Bench, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(api, "BULK", (1, 60.0))
    monkeypatch.setattr(api, "PATIENCE", 5.0)
    bench.sandbox.config(homeq={"apartments": many(30), "most": 3})
    with pytest.raises(LookUpError, match="60 calls a minute"):
        bench.ask(identifiers(type="apartment"))


def test_offices_are_a_bare_list_and_mode_is_required(bench: Bench) -> None:
    found = bench.ask(lambda one: one.offices())
    assert [(one.id, one.parent, one.name) for one in found] == [
        (1, None, "Huvudkontor"),
        (5, 1, "Söder"),
        (6, 5, "Hornstull"),
    ]
    (call,) = [one for one in bench.sandbox.calls() if one["path"].endswith("/offices")]
    assert call["query"] == "mode=manage"


def test_who_may_not_manage_the_offices_still_sees_them(bench: Bench) -> None:
    bench.sandbox.config(homeq={"rights": []})
    assert len(bench.ask(lambda one: one.offices())) == 3
    assert bench.sandbox.calls()[-1]["query"] == "mode=default"
    with pytest.raises(LookUpError, match="HTTP 403 PermissionDenied"):
        bench.ask(lambda one: one.employees())


# --- the commands --------------------------------------------------------------------------------

PATHS = (
    'paths = { login = "/tokens/", apartment = "/apartment/{id}", agreements = "/agreements",'
    ' projects = "/projects", inventory = "/inventory", offices = "/offices",'
    ' employees = "/employees" }'
)
BY_OFFICE = """
[[routes]]
name = "south"
when = { source = "homeq-acme", homeq_office = 5 }
deliver_to = ["acme-watch"]

[[routes]]
name = "company"
when = { source = "homeq-acme", homeq_office = "*" }
deliver_to = ["acme-watch"]
"""


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        lines = [
            PATHS if line.startswith("paths = ") else line for line in file.read_text().splitlines()
        ]
        text = "\n".join(lines)
        file.write_text(text.partition('[[routes]]\nname = "renters"')[0] + BY_OFFICE)
        assert 'name = "renters"' in ROUTING
        yield one


def listed(bridge: BridgeUnderTest, *arguments: str) -> list[dict[str, Any]]:
    done = bridge.command("homeq", *arguments, "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return found


def test_the_commands_list_offices_employees_and_projects(bridge: BridgeUnderTest) -> None:
    offices = listed(bridge, "offices", "homeq-landlord")
    assert [(one["name"], one["above"], one["routes"]) for one in offices] == [
        ("Huvudkontor", None, "company"),
        ("Söder", "Huvudkontor", "south"),
        ("Hornstull", "Söder", "south"),
    ]
    maria, robot = listed(bridge, "employees", "homeq-landlord")
    assert (maria["name"], maria["office"], robot["api_user"]) == ("Maria Ek", "Söder", True)
    assert not {"personal_number", "phone_number"} & set(maria)  # H-T4: nobody needs them
    first, second = listed(bridge, "projects", "homeq-landlord")
    assert (first["external_id"], first["known_as"]) == ("7", None)
    assert (second["external_id"], second["published"]) == (None, False)
    bridge.command("properties", "set", "7", "--estate-id", "OBJ11385_1395932274")
    assert listed(bridge, "projects", "homeq-landlord")[0]["known_as"] == "7"
    # Not a table for a pipe alone.
    assert "Hornstull" in bridge.command("homeq", "offices", "homeq-landlord").stdout


def test_the_inventory_says_what_the_directory_does_not_know(bridge: BridgeUnderTest) -> None:
    both = listed(bridge, "inventory", "homeq-landlord", "--unknown")
    assert [one["identifier"] for one in both] == ["object_ad.77", "object_ad.78"]
    assert both[0]["external_id"] == "AF43CD7U"
    assert both[0]["address"] == "Kungsgatan 16A Stockholm"
    bridge.command("properties", "set", "AF43CD7U", "--estate-id", "OBJ11385_1395932274")
    (left,) = listed(bridge, "inventory", "homeq-landlord", "--unknown")
    assert (left["identifier"], left["project_id"]) == ("object_ad.78", 12)
    bridge.command("properties", "set", "homeq:apartment:42", "--estate-id", "OBJ1")
    nothing = bridge.command("homeq", "inventory", "homeq-landlord", "--unknown")
    assert (nothing.returncode, "knows all of them" in nothing.stderr) == (1, True)
    (one,) = listed(bridge, "inventory", "homeq-landlord", "--status", "reserved")
    assert one["known_as"] == "AF43CD7U"
    assert "anna@example.com" not in json.dumps(one)
    assert len(listed(bridge, "inventory", "homeq-landlord", "--limit", "1")) == 1


def test_a_homeq_that_cannot_be_asked_is_exit_code_three(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.config(homeq={"password": "changed"})
    for what in ("offices", "employees", "projects", "inventory"):
        done = bridge.command("homeq", what, "homeq-landlord")
        assert done.returncode == 3
        assert done.stderr.strip().startswith("HomeQ's login said HTTP 403 PermissionDenied")
        assert "Traceback" not in done.stderr
    logins = [one for one in bridge.sandbox.calls() if one["path"].endswith("/tokens/")]
    assert len(logins) == 1  # four commands, four processes, one try


def test_the_office_tree_is_on_the_shelf_sealed(bridge: BridgeUnderTest) -> None:
    listed(bridge, "offices", "homeq-landlord")
    kept = bridge.ask(lambda ledger: ledger.shelf_get("homeq-offices:homeq-landlord"))
    assert kept
    assert b"Hornstull" not in kept
