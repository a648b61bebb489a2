"""`bridge:events`: every final state once, nothing of the person, by the documented consumer."""

import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import FINAL, State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

DOCS = Path(__file__).parents[2] / "docs" / "events.md"
FIELDS = {
    "lead_id", "external_id", "source", "destination", "state", "reference", "reason", "at",
}  # fmt: skip


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


def final(bridge: BridgeUnderTest, lead_ids: list[str]) -> bool:
    return all(row.state in FINAL for one in lead_ids for row in bridge.deliveries(one).values())


def test_every_final_state_of_a_run_is_told_exactly_once(bridge: BridgeUnderTest) -> None:
    vitec = {"vendor": "vitec"}
    bridge.sandbox.fault("status", code=503, match=vitec)
    bridge.sandbox.fault("accept_lose_answer", match={"vendor": "flow"})
    bridge.sandbox.fault("status", code=400, times=2, match={**vitec, "body_contains": "Svensson7"})
    process = bridge.start_worker()
    ids = bridge.accept(lead(number) for number in range(12))
    bridge.until(lambda: bool(bridge.sandbox.received()))
    process.kill()
    process.wait()
    with bridge.worker():
        bridge.until(lambda: final(bridge, ids), seconds=60)
    with redis.Redis.from_url(bridge.url, decode_responses=True) as client:
        events = [fields for _, fields in client.xrange("bridge:events")]
    told = Counter(
        (one["lead_id"], one["destination"], one["state"])
        for one in events
        if State(one["state"]) in FINAL
    )
    rows = [row for one in ids for row in bridge.deliveries(one).values()]
    assert told == Counter((row.lead_id, row.destination, str(row.state)) for row in rows)
    assert {row.state for row in rows} >= {State.DELIVERED, State.REJECTED}
    assert all(set(one) == FIELDS for one in events)
    text = str(events)
    assert not any(word in text for word in ("Anna", "Svensson", "@example.com", "17406"))


def test_the_documented_consumer_runs(bridge: BridgeUnderTest) -> None:
    source = re.findall(r"```python\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL)[0]
    script = bridge.folder / "consumer.py"
    script.write_text(source.replace("redis://localhost:6379/0", bridge.url))
    with (bridge.folder / "said").open("wb") as out:
        consumer = subprocess.Popen([sys.executable, "-u", str(script)], stdout=out)
    try:
        with bridge.worker():
            ids = bridge.accept([lead(1, intent="interest")])
            bridge.until(lambda: final(bridge, ids))
            said = bridge.folder / "said"
            bridge.until(lambda: said.read_text().count("form-1 is at") == 2)
    finally:
        consumer.kill()
        consumer.wait()
