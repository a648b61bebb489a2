"""Leads of HomeQ's offices: the tree is asked once, kept, and never waited for."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import wiring
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.pipeline import Intake, offices
from bridge.pipeline.story import Story, tell
from bridge.sandbox.homeq import events
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest

NOON = "2026-11-27T12:00:00+01:00"
PATHS = 'paths = { login = "/tokens/", offices = "/offices", apartment = "/apartment/{id}" }'
WATCH = """
[destinations.{name}]
account = "vitec-acme"
action = "final_price_watched"
estate_id = "OBJ11385_1395932274"

[[routes]]
name = "{name}"
when = {{ source = "homeq-acme", homeq_office = {office} }}
deliver_to = ["{name}"]
"""


class Offices:
    """A bridge whose routes ask for an office; rules are set before anything starts."""

    def __init__(self, bridge: BridgeUnderTest) -> None:
        self.bridge = bridge
        file = bridge.folder / "bridge.toml"
        text = file.read_text().partition('[[routes]]\nname = "renters"')[0]
        lines = [PATHS if one.startswith("paths = ") else one for one in text.splitlines()]
        self._file, self._text = file, "\n".join(lines)

    def rules(self, **offices: str) -> None:
        added = [WATCH.format(name=name, office=office) for name, office in offices.items()]
        self._file.write_text(self._text + "".join(added))

    def put(self, office: int, number: int = 1, **changes: Any) -> str:
        person = {**events.PERSON, "email": f"renter{number}@example.com", "phone": ""}
        event = events.reservation(NOON, office_id=office, applicant=person, **changes)

        async def story() -> str:
            async with self.bridge.front_door() as door:
                came = Intake(payload=event, source="homeq-acme", way="webhook")
                return str((await door.accept(came)).lead_id)

        return asyncio.run(story())

    def status(self, lead_id: str) -> str:
        row = self.bridge.ask(lambda ledger: ledger.lead(LeadId(lead_id)))
        assert row is not None
        return row.status

    def goes_to(self, lead_id: str) -> list[str]:
        return sorted(self.bridge.deliveries(lead_id))

    def step(self) -> list[str]:
        """As a worker does it."""

        async def story() -> list[str]:
            values = {n: v for n, v in self.bridge.environment.items() if n.startswith("BRIDGE_")}
            known = wiring.read(wiring.read_settings(values))

            async def nobody(_: str) -> None:
                """The test drains nothing."""

            parts = await wiring.build(known, nudge=nobody)
            try:
                return await offices.step(parts)
            finally:
                await parts.close()

        return asyncio.run(story())

    def asked(self) -> int:
        return sum(one["path"].endswith("/offices") for one in self.bridge.sandbox.calls())


@pytest.fixture
def one(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[Offices]:
    with Sandbox() as sandbox:
        yield Offices(BridgeUnderTest(tmp_path, empty_server, sandbox))


def test_h_t11_the_sub_office_uses_its_parents_rule_and_an_office_its_own(one: Offices) -> None:
    one.rules(head="1", south="5")
    assert one.step() == ["homeq-landlord"]
    assert one.goes_to(one.put(6, 1)) == ["south"]
    assert one.goes_to(one.put(5, 2)) == ["south"]
    assert one.goes_to(one.put(1, 3)) == ["head"]
    assert one.step() == []  # asked once an hour
    assert one.asked() == 1


def test_a_lead_of_an_office_nobody_knows_yet_waits_visibly_and_goes_on_by_itself(
    one: Offices,
) -> None:
    one.rules(head="1", south="5")
    lead_id = one.put(6)
    assert (one.status(lead_id), one.goes_to(lead_id)) == ("unrouted", [])
    shown = one.bridge.command("leads", "show", lead_id).stdout
    assert "which offices are above it is not known" in " ".join(shown.split())
    with one.bridge.worker():
        one.bridge.until(lambda: len(one.bridge.sandbox.received(vendor="vitec")) == 1)
    assert (one.status(lead_id), one.goes_to(lead_id)) == ("accepted", ["south"])
    assert one.bridge.ask(lambda ledger: ledger.drawer_all(offices.WANTED)) == {}
    told = [entry.header for entry in one.bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))]
    assert {"what": "routed", "who": "HomeQ's offices"}.items() <= told[1].items()


@pytest.mark.parametrize("trouble", ["HomeQ is away", "wrong password", "no right"])
def test_a_look_up_that_fails_blocks_no_lead_that_has_a_rule(one: Offices, trouble: str) -> None:
    one.rules(company='"*"', south="5")
    if trouble == "HomeQ is away":
        one.bridge.sandbox.fault("cut_before_read", times=None, match={"path": "homeq"})
    elif trouble == "wrong password":
        one.bridge.sandbox.config(homeq={"password": "changed"})
    else:
        one.bridge.sandbox.fault("status", code=403, times=None, match={"path": "offices"})
    assert one.step() == []
    assert one.goes_to(one.put(5, 1)) == ["south"]  # its own rule needs no tree
    assert one.goes_to(one.put(6, 2)) == ["company"]  # the company's rule waits for nobody


def test_an_old_tree_serves_while_homeq_cannot_be_asked(one: Offices) -> None:
    one.rules(south="5")
    assert one.step() == ["homeq-landlord"]
    one.bridge.sandbox.fault("cut_before_read", times=None, match={"path": "homeq"})
    assert one.goes_to(one.put(6)) == ["south"]


def test_an_office_that_homeq_does_not_list_is_waited_for_once(one: Offices) -> None:
    one.rules(south="5")
    lead_id = one.put(99)
    assert one.step() == ["homeq-landlord"]
    assert one.status(lead_id) == "unrouted"
    assert one.bridge.ask(lambda ledger: ledger.drawer_all(offices.WANTED)) == {}


def test_a_lead_that_goes_elsewhere_already_gets_the_offices_destination_too(
    one: Offices,
) -> None:
    one.rules(head="1")
    everyone = '\n[[routes]]\nname = "all"\nwhen = { source = "homeq-acme" }\n'
    file = one.bridge.folder / "bridge.toml"
    file.write_text(file.read_text() + everyone + 'deliver_to = ["acme-alert"]\n')
    lead_id = one.put(6)
    before = one.goes_to(lead_id)
    one.step()
    assert one.goes_to(lead_id) == sorted([*before, "head"])


def test_h_t11_a_move_in_the_tree_is_seen_at_the_next_look(one: Offices) -> None:
    one.rules(head="1", south="5")
    one.step()
    moved = [{"id": 1, "parent": None, "name": "H"}, {"id": 6, "parent": 1, "name": "Hornstull"}]
    one.bridge.sandbox.config(homeq={"offices": moved})
    one.bridge.command("homeq", "offices", "homeq-landlord")  # a person looks, and all know it
    assert one.goes_to(one.put(6)) == ["head"]


def test_who_stands_behind_a_lead_and_a_milestone_is_told_by_name(one: Offices) -> None:
    one.rules(south="5")
    one.step()
    lead_id = one.put(5)
    event = events.agreement(NOON, office_id=1)

    async def said() -> Story | None:
        async with one.bridge.front_door() as door:
            await door.accept(Intake(payload=event, source="homeq-acme"))
            return await tell(door._parts, LeadId(lead_id))

    told = asyncio.run(said())
    assert told is not None
    assert told.homeq == {"agent": "Maria Ek", "office": "Söder"}
    words = next(moment.words for moment in told.moments if moment.what == "milestone")
    assert (words["agent"], words["office"]) == ("Maria Ek", "Huvudkontor")
    shown = " ".join(one.bridge.command("leads", "show", lead_id).stdout.split())
    assert "homeq.agreement Maria Ek, Huvudkontor" in shown
    headers = str([e.header for e in one.bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))])
    assert "Maria" not in headers  # her name is sealed


def test_without_a_route_by_office_homeq_is_never_asked_for_one(one: Offices) -> None:
    one.rules()
    one.put(6)
    assert (one.step(), one.asked()) == ([], 0)
