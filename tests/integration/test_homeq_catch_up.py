"""After an outage longer than HomeQ's seven days: agreements and reserved listings, each once."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.pipeline import Intake
from bridge.sandbox.homeq import events
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest

NOON = "2026-11-27T12:00:00+01:00"
PATHS = 'paths = { login = "/tokens/", agreements = "/agreements", inventory = "/inventory" }'
SINCE = ("homeq", "catch-up", "homeq-acme", "--since", "2026-11-01")
BO = {"email": "bo@example.com", "first_name": "Bo", "last_name": "Ek"}


def listing(number: int, won: dict[str, Any] | None, status: str = "reserved") -> dict[str, Any]:
    who = {"id": 300 + number, **won} if won else None
    return {str(number): {"apartment": 41, "status": status, "project": None, "won": who}}


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        lines = file.read_text().splitlines()
        file.write_text("\n".join(PATHS if one.startswith("paths = ") else one for one in lines))
        yield one


def put(bridge: BridgeUnderTest, event: dict[str, Any]) -> str:
    async def story() -> str:
        async with bridge.front_door() as door:
            came = Intake(payload=event, source="homeq-acme", way="webhook")
            return str((await door.accept(came)).lead_id)

    return asyncio.run(story())


def leads(bridge: BridgeUnderTest) -> list[str]:
    rows = bridge.ask(lambda ledger: ledger.leads(before=None, limit=100))
    return [row.lead_id for row in rows]


def timeline(bridge: BridgeUnderTest, lead_id: str) -> list[dict[str, Any]]:
    log = bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))
    return [dict(one.header) for one in log]


def test_a_reserved_listing_whose_webhook_never_came_is_a_lead_once(
    bridge: BridgeUnderTest,
) -> None:
    anna = {"email": "anna@example.com", "first_name": "Anna", "last_name": "Svensson"}
    known = {**listing(77, anna), **listing(78, BO), **listing(79, None, "active")}
    bridge.sandbox.config(homeq={"listings": known, "agreements": []})
    first = put(bridge, events.reservation(NOON))  # Anna's webhook did come
    rehearsed = bridge.command(*SINCE, "--dry-run")
    assert "2 reserved listings: 1 found, 1 known already." in rehearsed.stdout, rehearsed.stderr
    assert leads(bridge) == [first]
    for verdict in ("1 known already, 1 new leads", "2 known already"):
        done = bridge.command(*SINCE)
        assert f"2 reserved listings: {verdict}." in done.stdout, done.stderr
        assert done.returncode == 0
    bos, annas = leads(bridge)
    assert annas == first
    (accepted, *_) = timeline(bridge, bos)
    assert accepted["way"] == "catch-up"
    shown = bridge.command("leads", "show", bos, "--reveal").stdout
    assert "Bo Ek" in shown
    assert "fellow@example.com" not in shown  # H-T25: the main applicant alone


def test_h_t16_the_next_person_on_a_listing_that_is_known_is_a_lead_too(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.config(homeq={"listings": listing(77, BO), "agreements": []})
    first = put(bridge, events.reservation(NOON))
    assert "1 new leads" in bridge.command(*SINCE).stdout
    assert len(set(leads(bridge)) - {first}) == 1


def test_a_milestone_that_comes_later_finds_the_lead_that_was_caught_up(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.config(homeq={"agreements": []})
    done = bridge.command(*SINCE, "--only", "reserved listings")
    assert "agreements" not in done.stdout
    (lead_id,) = leads(bridge)
    assert put(bridge, events.agreement(NOON)) == lead_id
    assert timeline(bridge, lead_id)[-1]["kind"] == "homeq.agreement"


def test_agreements_of_every_page_stand_on_their_leads_once(bridge: BridgeUnderTest) -> None:
    lead_id = put(bridge, events.reservation(NOON))
    agreements = [
        {"id": 900 + number, "apartment_id": 41, "sign_date": "2026-11-20"} for number in range(7)
    ]
    sample = {"id": 1000, "apartment": {"city": "Stockholm"}, "created": "string"}
    bridge.sandbox.config(homeq={"agreements": [*agreements, sample], "page": 3})
    for _ in range(2):
        done = bridge.command(*SINCE, "--only", "agreements")
        assert "8 agreements: 7 on a lead, 1 that name no flat." in done.stdout, done.stderr
    numbers = [one["agreement_id"] for one in timeline(bridge, lead_id) if "agreement_id" in one]
    assert sorted(numbers) == list(range(900, 907))


def test_what_is_off_for_want_of_a_path_stops_nothing_else(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "bridge.toml"
    file.write_text(file.read_text().replace(', inventory = "/inventory"', ""))
    done = bridge.command(*SINCE)
    assert (done.returncode, "3 agreements" in done.stdout) == (0, True)
    assert "paths.inventory is not set on the account" in done.stderr
    asked = bridge.command(*SINCE, "--only", "reserved listings")
    assert asked.returncode == 3


def test_an_inventory_that_breaks_half_way_keeps_what_it_gave_and_says_so(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.config(homeq={"agreements": []})
    bridge.sandbox.fault("status", code=500, times=None, match={"path": "inventory"})
    done = bridge.command(*SINCE)
    assert (done.returncode, done.stderr.strip()) == (3, "reserved listings: HomeQ said HTTP 500.")


def test_a_source_without_its_company_cannot_catch_up(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "bridge.toml"
    file.write_text(file.read_text().replace("company_id = 3\n", ""))
    done = bridge.command(*SINCE)
    assert (done.returncode, "needs `company_id`" in done.stderr) == (1, True)
