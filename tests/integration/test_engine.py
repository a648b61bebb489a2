"""The spine on real HTTP, a real Celery worker and a real Redis-protocol server."""

import signal
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from celery import Celery
from celery.result import AsyncResult

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import FINAL, State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


@pytest.fixture
def foreign_app(bridge: BridgeUnderTest) -> Iterator[Celery]:
    """A Celery app that has none of our code: a broker address and a task's name."""
    app = Celery("somebody-else", broker=bridge.url, backend=bridge.url, set_as_current=False)
    app.conf.update(task_serializer="json", accept_content=["json"])
    yield app
    app.close()


def enqueue(app: Celery, payload: dict[str, object]) -> AsyncResult[dict[str, str]]:
    return app.send_task(
        "bridge.accept_lead",
        kwargs={"payload": payload, "source": "crm"},
        queue="bridge.intake",
    )


def test_a_foreign_apps_lead_arrives_at_both_vendors(
    bridge: BridgeUnderTest, foreign_app: Celery
) -> None:
    with bridge.worker():
        answer = enqueue(foreign_app, lead(5)).get(timeout=30)
        assert set(answer) == {"lead_id", "status"}
        assert answer["status"] == "accepted"
        bridge.until(lambda: _all_final(bridge, [answer["lead_id"]]))
    rows = bridge.deliveries(answer["lead_id"])
    assert {name: row.state for name, row in rows.items()} == {
        "acme-watch": State.DELIVERED,
        "acme-stakeholder": State.DELIVERED,
        "acme-alert": State.DELIVERED,
    }
    (watch,) = bridge.sandbox.received(vendor="vitec")
    assert watch["body"]["person"]["telephone"]["cell"] == "+46701740605"
    assert rows["acme-watch"].reference == watch["reference"]


def test_the_same_message_twice_is_one_lead(bridge: BridgeUnderTest, foreign_app: Celery) -> None:
    with bridge.worker():
        first = enqueue(foreign_app, lead(5)).get(timeout=30)
        again = enqueue(foreign_app, lead(5)).get(timeout=30)
        bridge.until(lambda: _all_final(bridge, [first["lead_id"]]))
    assert again == {"lead_id": first["lead_id"], "status": "duplicate"}
    assert len(bridge.sandbox.received(vendor="vitec")) == 1


def test_sigkill_in_the_middle_of_a_hundred_leads_loses_and_doubles_nothing(
    bridge: BridgeUnderTest, foreign_app: Celery
) -> None:
    bridge.sandbox.fault("delay", seconds=0.05, times=None, match={"vendor": "vitec"})
    process = bridge.start_worker()
    leads = [lead(number, intent="interest") for number in range(100)]
    results = [enqueue(foreign_app, one) for one in leads]
    accepted = [result.get(timeout=60)["lead_id"] for result in results]
    bridge.until(lambda: len(bridge.sandbox.received(vendor="vitec")) > 20)
    process.send_signal(signal.SIGKILL)
    process.wait()
    with bridge.worker():
        bridge.until(lambda: _all_final(bridge, accepted), seconds=60)
    arrived = Counter(
        one["body"]["person"]["lastName"] for one in bridge.sandbox.received(vendor="vitec")
    )
    states = Counter(row.state for one in accepted for row in bridge.deliveries(one).values())
    # What was on its way when the worker died was read back from the vendor, never sent blindly.
    assert set(arrived.values()) == {1}
    assert len(arrived) == 100
    assert states == {State.DELIVERED: 200}


def _all_final(bridge: BridgeUnderTest, lead_ids: list[str]) -> bool:
    return all(row.state in FINAL for one in lead_ids for row in bridge.deliveries(one).values())
