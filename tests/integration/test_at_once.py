"""Deliveries that begin in the process that took the lead in, and what Flower hears of them."""

import ast
import json
import signal
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
import redis
from celery import Celery

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

NUDGE = "bridge.deliver"


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


@contextmanager
def flower(bridge: BridgeUnderTest) -> Iterator[list[dict[str, Any]]]:
    """What Flower is told of `bridge.deliver`: the results of its tasks."""
    heard: list[dict[str, Any]] = []
    names: dict[str, str] = {}
    stop = threading.Event()

    def listen() -> None:
        handlers = {"task-received": _received, "task-succeeded": _succeeded}
        with (
            Celery("flower", broker=bridge.url, set_as_current=False) as app,
            app.connection() as connection,
        ):
            receiver = app.events.Receiver(connection, handlers=handlers)
            while not stop.is_set():
                with suppress(TimeoutError):
                    receiver.capture(limit=None, timeout=0.2, wakeup=False)

    def _received(event: dict[str, Any]) -> None:
        names[event["uuid"]] = event["name"]

    def _succeeded(event: dict[str, Any]) -> None:
        if names.get(event["uuid"]) == NUDGE:
            heard.append(ast.literal_eval(event["result"]))

    thread = threading.Thread(target=listen)
    thread.start()
    time.sleep(0.5)
    try:
        yield heard
    finally:
        stop.set()
        thread.join()


def put(bridge: BridgeUnderTest) -> None:
    with redis.Redis.from_url(bridge.url) as client:
        text = json.dumps(lead(1, intent="interest"))
        client.xadd("bridge:intake", {"source": "crm", "payload": text})


def watches(bridge: BridgeUnderTest) -> int:
    return sum("FinalPriceWatched" in one["path"] for one in bridge.sandbox.calls())


def test_flower_is_told_of_every_delivery_once(bridge: BridgeUnderTest) -> None:
    with flower(bridge) as heard, bridge.worker():
        for number in range(6):
            bridge.enqueue(lead(number, intent="interest"))
            time.sleep(0.05)

        def told() -> Counter[str]:
            states: Counter[str] = Counter()
            for one in heard:
                states.update(one["states"])
            return states

        bridge.until(lambda: told()[State.DELIVERED] == 12)
        time.sleep(1)
        names = [name for one in heard for name in one["deliveries"]]
    assert told() == {State.DELIVERED: 12}
    assert len(set(names)) == len(names) == 12


def test_a_worker_that_is_told_to_stop_writes_down_what_is_in_flight(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.fault("delay", seconds=2, times=None, match={"vendor": "vitec"})
    process = bridge.start_worker()
    put(bridge)
    bridge.until(lambda: watches(bridge) == 1)
    process.send_signal(signal.SIGTERM)
    assert process.wait(30) == 0
    with redis.Redis.from_url(bridge.url, decode_responses=True) as client:
        (lead_id,) = client.zrange("bridge:{ledger}:leads", 0, -1)
    states = {name: row.state for name, row in bridge.deliveries(lead_id).items()}
    assert states["acme-watch"] is State.DELIVERED
    assert len(bridge.sandbox.received(kind="final_price_watched")) == 1
