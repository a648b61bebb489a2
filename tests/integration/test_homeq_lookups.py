"""HomeQ's look-ups against its sandbox: one login for all, nothing dangerous, leads that go on."""

import asyncio
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge import wiring
from bridge.connectors.base import LookUpError
from bridge.connectors.homeq.connector import Homeq
from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.outcomes import State
from bridge.pipeline import Intake
from bridge.pipeline.enrich import Enricher
from bridge.sandbox.homeq import events
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest
from tests.integration.homeq_bench import Bench

NOON = "2026-11-27T12:00:00+01:00"


@pytest.fixture
def bench(empty_server: EmbeddedServer) -> Iterator[Bench]:
    with Sandbox() as sandbox:
        yield Bench(sandbox, empty_server)


def external(kind: str, number: str) -> Any:
    return lambda one: one.external_id(kind, number)


@pytest.mark.parametrize(
    ("kind", "number", "known"),
    [("apartment", "41", "AF43CD7U"), ("apartment", "42", None), ("project", "12", "7")],
)
def test_h_t20_the_landlords_number_is_trimmed_whatever_it_is_called(
    bench: Bench, kind: str, number: str, known: str | None
) -> None:
    assert bench.ask(external(kind, number)) == known


def test_h_t19_the_inventory_serves_where_the_apartments_path_is_not_known(bench: Bench) -> None:
    paths = {"login": "/tokens/", "inventory": "/inventory"}
    assert bench.ask(external("apartment", "41"), paths=paths) == "AF43CD7U"
    query = next(one["query"] for one in bench.sandbox.calls() if "inventory" in one["path"])
    assert "use_root_office=true" in query


def test_a_projects_number_stands_in_the_list_alone_and_is_asked_for_once(bench: Bench) -> None:
    async def both(one: Homeq) -> list[str | None]:
        return [await one.external_id("project", number) for number in ("12", "13", "99")]

    assert bench.ask(both) == ["7", None, None]
    assert [one["path"] for one in bench.sandbox.calls()].count("/homeq/projects") == 1
    paths = {"login": "/tokens/", "project": "/project/{id}"}
    assert bench.ask(external("project", "12"), paths=paths) is None  # its sample has none


def test_a_path_that_is_not_configured_is_off_and_none_is_made_up(bench: Bench) -> None:
    with pytest.raises(LookUpError, match=re.escape("paths.project is not set")):
        bench.ask(external("project", "12"), paths={"login": "/tokens/"})
    health = bench.ask(lambda one: one.check(), paths={})
    assert (health.ok, "every look-up is off" in health.detail) == (None, True)
    assert bench.sandbox.calls() == []


def test_h_t18_a_412_is_told_by_its_code(bench: Bench) -> None:
    with pytest.raises(LookUpError, match="HTTP 412 DoesNotExist"):
        bench.ask(external("apartment", "999"))


def test_h_t21_no_more_than_sixty_calls_a_minute_over_all_workers(bench: Bench) -> None:
    async def many(one: Homeq) -> list[str]:
        said = []
        for _ in range(70):
            try:
                said.append(str(await one.external_id("apartment", "41")))
            except LookUpError as error:
                said.append(str(error))
        return said

    said = bench.ask(many) + bench.ask(many)
    assert said.count("AF43CD7U") == 60
    assert sum("60 calls a minute" in one for one in said) == 80


def test_agreements_are_read_page_by_page(bench: Bench) -> None:
    async def all_of(one: Homeq) -> list[int]:
        return [row["id"] async for row in one.agreements("2026-11-01")]

    assert bench.ask(all_of) == [901, 902, 903]


# --- with a bridge -------------------------------------------------------------------------------


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


def put(bridge: BridgeUnderTest, event: dict[str, Any]) -> str:
    async def story() -> str:
        async with bridge.front_door() as door:
            came = Intake(payload=event, source="homeq-acme", way="webhook")
            return str((await door.accept(came)).lead_id)

    return asyncio.run(story())


def test_a_flat_whose_number_is_in_the_directory_needs_nobody(bridge: BridgeUnderTest) -> None:
    number = ("--customer-id", "M30011", "--estate-id", "OBJ11385_1395932274")
    assert bridge.command("properties", "set", "AF43CD7U", *number).returncode == 0
    with bridge.worker():
        lead_id = put(bridge, events.reservation(NOON))
        bridge.until(lambda: _state(bridge, lead_id) is State.DELIVERED)
    who = [one.header.get("who") for one in bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))]
    assert "HomeQ's look-up" in who


@pytest.mark.parametrize("trouble", ["wrong password", "HomeQ is away", "unknown flat"])
def test_a_look_up_that_fails_leaves_the_lead_as_it_is(
    bridge: BridgeUnderTest, trouble: str
) -> None:
    if trouble == "wrong password":
        bridge.sandbox.config(homeq={"password": "changed"})
    elif trouble == "HomeQ is away":
        bridge.sandbox.fault("cut_before_read", times=None, match={"path": "tokens"})
    else:
        bridge.sandbox.config(homeq={"apartments": {}})
    with bridge.worker():
        lead_id = put(bridge, events.reservation(NOON))
        bridge.until(lambda: "enrich.failed" in (bridge.folder / "worker.log").read_text())
        row = bridge.ask(lambda ledger: ledger.lead(LeadId(lead_id)))
        assert row is not None
        assert row.status == "unrouted"
        # A person says it, and it goes on without HomeQ.
        ids = ("--customer-id", "M30011", "--estate-id", "OBJ11385_1395932274")
        bridge.command("properties", "set", "homeq:apartment:41", *ids)
        bridge.until(lambda: _state(bridge, lead_id) is State.DELIVERED)


def test_only_one_worker_asks_and_not_again_at_once(bridge: BridgeUnderTest) -> None:
    put(bridge, events.reservation(NOON))

    async def story() -> list[list[str]]:
        values = {n: v for n, v in bridge.environment.items() if n.startswith("BRIDGE_")}
        known = wiring.read(wiring.read_settings(values))

        async def nobody(_: str) -> None:
            """The test drains nothing."""

        parts = [await wiring.build(known, nudge=nobody) for _ in range(3)]
        try:
            steps = (Enricher(one).step() for one in parts)
            return list(await asyncio.gather(*steps))
        finally:
            for one in parts:
                await one.close()

    assert asyncio.run(story()) == [[], [], []]  # the directory does not know AF43CD7U
    assert sum("/apartment/" in one["path"] for one in bridge.sandbox.calls()) == 1


def test_catch_up_puts_agreements_on_their_leads_once(bridge: BridgeUnderTest) -> None:
    lead_id = put(bridge, events.reservation(NOON))
    put(bridge, events.agreement(NOON))  # the webhook of 901 did come
    rehearsed = bridge.command(
        "homeq", "catch-up", "homeq-acme", "--since", "2026-11-01", "--dry-run"
    )
    assert "3 found" in rehearsed.stdout, rehearsed.stderr
    for _ in range(2):
        done = bridge.command("homeq", "catch-up", "homeq-acme", "--since", "2026-11-01")
        assert "1 on a lead, 2 without a lead yet" in done.stdout, done.stderr
    log = bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))
    assert [one.header["agreement_id"] for one in log if "agreement_id" in one.header] == [901]
    wrong = bridge.command("homeq", "catch-up", "crm", "--since", "2026-11-01")
    assert (wrong.returncode, "needs `lookups`" in wrong.stderr) == (1, True)


def _state(bridge: BridgeUnderTest, lead_id: str) -> State | None:
    row = bridge.deliveries(lead_id).get("acme-watch")
    return row.state if row else None
