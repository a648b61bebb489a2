"""`escalate_to`: somebody is told, once, when a delivery was refused or expired."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

TELL = """
[destinations.acme-tell]
account = "flow-acme"
action = "notification"
to_roles = ["Broker"]
channels = ["client"]
subject = "En interessent kom ikke frem"
"""
REFUSED = {"vendor": "flow", "path": "Stakeholders"}


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        rules = tmp_path / "bridge.toml"
        text = rules.read_text().replace(
            'action = "stakeholder"\n', 'action = "stakeholder"\nescalate_to = "acme-tell"\n'
        )
        rules.write_text(text + TELL)
        yield one


def test_a_refusal_is_told_once_by_however_many_workers(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("status", code=400, body={"Message": "no"}, times=None, match=REFUSED)
    with bridge.worker(), bridge.worker():
        (one,) = bridge.accept([lead(1, intent="interest")])
        bridge.until(lambda: len(bridge.sandbox.received(kind="notification")) == 1)
        time.sleep(5)  # two looks more
        rows = bridge.deliveries(one)
    (told,) = bridge.sandbox.received(kind="notification")
    assert told["body"]["Subject"] == "En interessent kom ikke frem"
    assert rows["acme-stakeholder"].state is State.REJECTED
    assert rows["acme-watch"].state is State.DELIVERED
    assert rows["acme-tell"].state is State.DELIVERED
    entries = bridge.ask(lambda ledger: ledger.log(LeadId(one)))
    assert [e.header["who"] for e in entries if e.header["what"] == "escalated"] == [
        "acme-stakeholder"
    ]


def test_what_arrived_is_told_to_nobody(bridge: BridgeUnderTest) -> None:
    with bridge.worker():
        (one,) = bridge.accept([lead(1, intent="interest")])
        bridge.until(
            lambda: all(row.state is State.DELIVERED for row in bridge.deliveries(one).values())
        )
        time.sleep(3)
    assert set(bridge.deliveries(one)) == {"acme-watch", "acme-stakeholder"}
    assert bridge.sandbox.received(kind="notification") == []


@pytest.mark.parametrize(
    ("to", "words"), [("acme-tel", "acme-tell"), ("acme-stakeholder", "tells itself")]
)
def test_whom_to_tell_has_to_be_there(bridge: BridgeUnderTest, to: str, words: str) -> None:
    rules = bridge.folder / "bridge.toml"
    rules.write_text(
        rules.read_text().replace('escalate_to = "acme-tell"', f'escalate_to = "{to}"')
    )
    done = bridge.command("check")
    assert done.returncode != 0
    assert words in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
