"""Watched cases with real worker processes, a real ledger server, and the commands."""

import getpass
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.delivery.values import LeadId
from bridge.outcomes import State
from bridge.pipeline.watching.book import Book
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead
from tests.integration.console_process import Console, post

WATCH = 'client_secret = "flow-secret"\nwatch = true\nwatch_every = "30s"\n'


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        file.write_text(file.read_text().replace('client_secret = "flow-secret"\n', WATCH))
        sandbox.config(case_changes=[{"case_id": 48213, "sold": True}])
        yield one


def told(bridge: BridgeUnderTest, *arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(bridge.command(*arguments, "--json").stdout)
    return found


def waiting(bridge: BridgeUnderTest) -> int:
    return len(bridge.ask(lambda ledger: Book(ledger, "flow-acme").came()))


def read(bridge: BridgeUnderTest) -> int:
    return len(bridge.ask(lambda ledger: Book(ledger, "flow-acme").all_cases()))


def test_the_commands_show_what_waits_and_let_it_go(bridge: BridgeUnderTest) -> None:
    nothing = bridge.command("cases", "list")
    assert (nothing.returncode, nothing.stderr.strip()) == (1, "No leads wait for a case.")
    with bridge.worker():
        bridge.until(lambda: read(bridge) == 4)
        (lead_id,) = bridge.accept([lead(1)])
        bridge.until(
            lambda: (
                bridge.deliveries(lead_id)["acme-stakeholder"].state is State.HELD
                and bridge.deliveries(lead_id)["acme-watch"].state is State.DELIVERED
            )
        )
        (row,) = told(bridge, "cases", "list", "flow-acme")
        assert (row["case_id"], row["standing"], row["leads"]) == (48213, "sold", 1)
        assert (row["holds_leads"], row["let_go_by"]) == (True, None)
        sold = told(bridge, "cases", "list", "--standing", "sold")
        assert [one["case_id"] for one in sold] == [48213, 48216]
        assert len(told(bridge, "cases", "list", "--all", "--limit", "3")) == 3
        (status,) = told(bridge, "cases", "status")
        assert (status["account"], status["ok"]) == ("flow-acme", "yes")
        checked = {one["what"]: one["ok"] for one in told(bridge, "check")}
        assert checked["cases flow-acme"] == "yes"
        done = bridge.command("cases", "release", "flow-acme", "48213")
        assert done.stdout == "Case 48213 holds no leads now; 1 deliveries go on.\n"
        bridge.until(lambda: bridge.deliveries(lead_id)["acme-alert"].state is State.DELIVERED)
    log = bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))
    assert [one.header["who"] for one in log if one.header["what"] == "resend"] == [
        getpass.getuser()
    ]
    assert bridge.command("cases", "release", "flow-acme", "48214").returncode == 1
    assert bridge.command("cases", "release", "nobody", "1").returncode == 1
    again = told(bridge, "cases", "list", "--standing", "sold")[0]
    assert (again["holds_leads"], bool(again["let_go_by"])) == (False, True)


def test_a_worker_killed_between_reading_a_page_and_acting_on_it_loses_nothing(
    bridge: BridgeUnderTest,
) -> None:
    search = {"vendor": "flow", "path": "AdvancedPropertySearch"}
    bridge.sandbox.fault("delay", seconds=30, times=1, match=search)
    process = bridge.start_worker()
    bridge.until(lambda: waiting(bridge) > 0)
    process.kill()
    process.wait()
    assert (waiting(bridge), read(bridge)) == (4, 0)
    bridge.ask(lambda ledger: ledger.shelf_drop("watch:flow-acme"))  # as time would
    bridge.ask(lambda ledger: ledger.shelf_drop("watching:flow-acme"))
    with bridge.worker():
        bridge.until(lambda: (waiting(bridge), read(bridge)) == (0, 4))
        (lead_id,) = bridge.accept([lead(1)])
        bridge.until(lambda: bridge.deliveries(lead_id)["acme-stakeholder"].state is State.HELD)
    assert bridge.sandbox.received(kind="stakeholder") == []


@pytest.fixture
def console(bridge: BridgeUnderTest, tmp_path: Path) -> Iterator[Console]:
    port = free_port()
    web = bridge.start_web(port)
    one = Console(tmp_path, bridge, port)
    yield one
    one.client.close()
    web.terminate()
    web.wait(20)


def test_the_console_and_the_metrics_show_what_waits(console: Console) -> None:
    bridge = console.bridge
    with bridge.worker():
        bridge.until(lambda: read(bridge) == 4)
        (lead_id,) = bridge.accept([lead(1)])
        bridge.until(lambda: bridge.deliveries(lead_id)["acme-stakeholder"].state is State.HELD)
        _look_and_let_go(console, lead_id)
        bridge.until(lambda: bridge.deliveries(lead_id)["acme-alert"].state is State.DELIVERED)
    lines = console.client.get("/metrics").text.splitlines()
    known = dict(one.rsplit(" ", 1) for one in lines if one.startswith("bridge_cases"))
    assert 0 <= float(known['bridge_cases_lag_seconds{account="flow-acme"}']) < 120
    assert float(known['bridge_cases_read_timestamp_seconds{account="flow-acme"}']) > 1.7e9
    assert float(known['bridge_cases_waiting{account="flow-acme"}']) == 0


def _look_and_let_go(console: Console, lead_id: str) -> None:
    path = "/accounts/flow-acme/cases/48213/release"
    for name, role in (("eva", "operator"), ("vera", "viewer")):
        console.user(name, role)
    with console.sign_in("vera") as client:
        assert "Let its leads go" not in client.get("/accounts").text
        assert post(client, path).status_code == 403
    with console.sign_in("eva") as client:
        page = client.get("/accounts").text
        assert "<strong>Case 48213</strong> is sold since 20" in page
        assert "1 delivery waits until it is active again" in page
        assert "cases were last read 20" in page
        assert "case 48213 is sold since" in client.get(f"/leads/{lead_id}").text
        assert client.post(path, data={"csrf": "x"}).status_code == 403
        assert post(client, path).status_code == 303
        assert post(client, path.replace("48213", "48214")).status_code == 404
        assert "Case 48213" not in client.get("/accounts").text
