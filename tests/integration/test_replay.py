"""Replay with a plan, as a person does it: told first, paced, stopped, gone on with."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Iterator

import pytest

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import ESTATE, BridgeUnderTest, lead

WATCH = {"intent": "interest", "country": "SE"}


@pytest.fixture(scope="module")
def bridge(tmp_path_factory: pytest.TempPathFactory) -> Iterator[BridgeUnderTest]:
    folder = tmp_path_factory.mktemp("replay")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        one = BridgeUnderTest(folder, server, sandbox)
        with one.worker():
            yield one


def refused(bridge: BridgeUnderTest, *numbers: int) -> list[str]:
    """Leads that Vitec said no to, for a reason that is over now."""
    bridge.sandbox.reset()
    bridge.sandbox.fault(
        "status", code=400, body={"message": "nej"}, times=len(numbers), match={"vendor": "vitec"}
    )
    ids = [_sent(bridge, number) for number in numbers]
    bridge.until(lambda: all(_state(bridge, one) is State.REJECTED for one in ids))
    bridge.sandbox.forget()
    return ids


def _sent(bridge: BridgeUnderTest, number: int) -> str:
    payload = lead(number, property={"vitec": ESTATE}, **WATCH)
    said = bridge.command("send", "--source", "crm", "-", stdin=json.dumps(payload))
    return said.stdout.split()[0]


def _state(bridge: BridgeUnderTest, lead_id: str) -> State:
    return bridge.deliveries(lead_id)["acme-watch"].state


def test_a_plan_is_told_and_nothing_is_sent(bridge: BridgeUnderTest) -> None:
    (one,) = refused(bridge, 20)
    told = bridge.command(
        "replay", "--state", "rejected", "--destination", "acme-watch", "--dry-run", "--json"
    )
    plan = json.loads(told.stdout)
    item = next(row for row in plan["items"] if row["lead_id"] == one)
    assert item["differs"] == "the same request as last time"
    assert item["may_be_there"] is None
    assert "anna20" not in told.stdout
    assert bridge.sandbox.received(vendor="vitec") == []
    assert _state(bridge, one) is State.REJECTED


def test_what_is_wanted_is_sent_once_and_said_again_sends_nothing(bridge: BridgeUnderTest) -> None:
    ids = refused(bridge, 21, 22)
    chosen = [part for one in ids for part in ("--lead-id", one)]
    asked = bridge.command("replay", *chosen, "--state", "rejected", stdin="n\n")
    assert (asked.returncode, bridge.sandbox.received(vendor="vitec")) == (130, [])
    done = bridge.command("replay", *chosen, "--state", "rejected", "--yes", "--pace", "50/s")
    assert done.returncode == 0, done.stderr
    assert "2 sent again" in done.stdout
    bridge.until(lambda: all(_state(bridge, one) is State.DELIVERED for one in ids))
    again = bridge.command("replay", *chosen, "--state", "rejected", "--yes")
    assert (again.returncode, "Nothing fits" in again.stderr) == (1, True)
    assert len(bridge.sandbox.received(vendor="vitec")) == 2
    twice = bridge.command(
        "replay", *chosen, "--state", "delivered", "--again", "--yes", "--json", "--pace", "50/s"
    )
    assert json.loads(twice.stdout)["done"] == 2
    bridge.until(lambda: len(bridge.sandbox.received(vendor="vitec")) == 4)


def test_what_was_delivered_is_not_sent_twice_by_mistake(bridge: BridgeUnderTest) -> None:
    said = bridge.command("replay", "--state", "delivered", "--yes")
    assert (said.returncode, "--again" in said.stderr) == (2, True)


@pytest.mark.parametrize("sign", [signal.SIGINT, signal.SIGKILL])
def test_a_replay_that_is_stopped_leaves_the_rest_and_goes_on_later(
    bridge: BridgeUnderTest, sign: signal.Signals
) -> None:
    first = 30 if sign is signal.SIGINT else 40
    ids = refused(bridge, *range(first, first + 4))
    chosen = [part for one in ids for part in ("--lead-id", one)]
    command = ["replay", *chosen, "--destination", "acme-watch", "--yes", "--pace", "1/s"]
    process = subprocess.Popen(
        [sys.executable, "-m", "bridge", *command],
        env=bridge.environment,
        cwd=bridge.folder,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    bridge.until(lambda: any(_state(bridge, one) is State.DELIVERED for one in ids))
    process.send_signal(sign)
    said = process.communicate(timeout=20)[1]
    time.sleep(0.5)
    left = [one for one in ids if _state(bridge, one) is State.REJECTED]
    assert left
    if sign is signal.SIGINT:
        assert f"{len(left)} were left as they were" in said
        run_id = said.split("--resume ")[1].split()[0]
        done = bridge.command("replay", "--resume", run_id)
        assert done.returncode == 0, done.stderr
    else:
        assert bridge.command("replay", *command[1:-1], "50/s").returncode == 0
    bridge.until(lambda: all(_state(bridge, one) is State.DELIVERED for one in ids))
    assert len(bridge.sandbox.received(vendor="vitec")) == len(ids)
