"""/metrics over several processes, and the rules and the dashboard that read it."""

import json
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from prometheus_client.parser import text_string_to_metric_families

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

MONITORING = Path(__file__).parents[2] / "monitoring"
PROMTOOL = shutil.which("promtool")
Samples = dict[tuple[str, tuple[tuple[str, str], ...]], float]


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


def scraped(bridge: BridgeUnderTest) -> Samples:
    """As Prometheus reads it, from a web process that knows nothing but the ledger."""
    port = free_port()
    process = bridge.start_web(port)
    try:
        bridge.until(lambda: "bridge_workers" in _get(port))
        found = text_string_to_metric_families(_get(port))
        return {
            (one.name, tuple(sorted(one.labels.items()))): one.value
            for family in found
            for one in family.samples
        }
    finally:
        process.terminate()
        process.wait(20)


def _get(port: int) -> str:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/metrics", trust_env=False).text
    except httpx.TransportError:
        return ""


def morning(bridge: BridgeUnderTest) -> Samples:
    """Two workers after each other, a refusal, a repeat, a payload that nobody understands."""
    bridge.sandbox.fault(
        "status", code=400, body={"message": "no"}, match={"vendor": "vitec"}, times=1
    )
    with bridge.worker():
        ids = bridge.accept([lead(number, intent="interest") for number in range(6)])
        bridge.until(
            lambda: all(row.state.final for one in ids for row in bridge.deliveries(one).values())
        )
    with bridge.worker():
        bridge.accept([lead(6, intent="interest"), lead(6, intent="interest")])
        bridge.command("send", "-", "--source", "crm", stdin='{"person": {"tel": "x"}}')
        bridge.until(lambda: len(bridge.sandbox.received(vendor="flow", path="stakeholder")) >= 7)
        bridge.until(lambda: bridge.ask(lambda ledger: ledger.due(["flow-acme"])) == [])
        bridge.command("accounts", "pause", "flow-acme")
        return scraped(bridge)


def test_metrics_are_right_over_all_processes(bridge: BridgeUnderTest) -> None:
    known = morning(bridge)

    def value(name: str, **labels: str) -> float:
        return known[(f"bridge_{name}", tuple(sorted(labels.items())))]

    watch = {"account": "vitec-acme", "destination": "acme-watch"}
    assert value("accepted_total", source="crm") == 7
    assert value("delivered_total", **watch) == 6
    assert value("attempts_total", **watch, outcome="delivered") == 6
    assert value("attempts_total", **watch, outcome="rejected") == 1
    assert value("deliveries", account="vitec-acme", state="rejected") == 1
    assert value("lead_to_vendor_seconds_count", destination="acme-watch") == 6
    assert value("lead_to_vendor_seconds_bucket", destination="acme-watch", le="+Inf") == 6
    assert 0 < value("lead_to_vendor_seconds_sum", destination="acme-watch") < 120
    assert value("last_lead_timestamp_seconds", source="crm") > 1.7e9
    assert value("account_paused", account="flow-acme") == 1
    assert value("breaker_open", account="vitec-acme") == 0
    assert value("oldest_due_seconds", account="vitec-acme") == 0
    assert value("quarantine") == value("quarantined_total") == 1
    assert value("workers") >= 1
    assert value("worker_heartbeat_age_seconds") < 30
    text = (MONITORING / "rules.yml").read_text()
    text += (MONITORING / "grafana/dashboards/bridge.json").read_text()
    named = set(re.findall(r"bridge_[a-z_]+", text))
    rare = {"bridge_destination_paused", "bridge_cases_lag_seconds"}
    missing = named - {name for name, _ in known} - rare
    assert missing == set()


def test_the_dashboard_is_json_with_a_panel_for_each_question() -> None:
    board = json.loads((MONITORING / "grafana/dashboards/bridge.json").read_text())
    assert len({one["id"] for one in board["panels"]}) == len(board["panels"]) >= 10
    assert all(target["expr"] for one in board["panels"] for target in one["targets"])


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here: apt-get install prometheus")
@pytest.mark.parametrize(
    "arguments", [("check", "rules", "rules.yml"), ("test", "rules", "rules.test.yml")]
)
def test_the_alert_rules_do_what_they_say(arguments: tuple[str, ...]) -> None:
    done = subprocess.run(
        [str(PROMTOOL), *arguments], cwd=MONITORING, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_alert_rule_has_a_test() -> None:
    rules = set(re.findall(r"- alert: (\w+)", (MONITORING / "rules.yml").read_text()))
    tested = set(re.findall(r"alertname: (\w+)", (MONITORING / "rules.test.yml").read_text()))
    assert rules == tested
