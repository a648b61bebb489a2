"""Alarms over a real ledger, to a real mail server and a webhook's receiver."""

import asyncio
import json
import threading
import time
from collections import Counter
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session
from standardwebhooks.webhooks import Webhook

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.pipeline.alarms import Alarms
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

SECRET = "whsec_c2VjcmV0IG9mIHRoZSBhbGFybXMgaG9vayBoZXJl"
RULES = """
[alarms]
webhook = "http://127.0.0.1:{hook}/alarms"
webhook_secret = "{secret}"
smtp = "smtp://127.0.0.1:{mail}"
email_from = "bridge@example.com"
email_to = ["ops@example.com", "more@example.com"]
stuck_after = "1s"
quarantine_over = 1
"""


class Inbox:
    """What a mail server took in."""

    def __init__(self) -> None:
        self.subjects: list[str] = []
        self.whole: list[str] = []

    async def handle_DATA(self, _: SMTP, __: Session, envelope: Envelope) -> str:
        text = (envelope.content or b"").decode() if isinstance(envelope.content, bytes) else ""
        self.whole.append(text)
        (subject,) = [one[9:] for one in text.splitlines() if one.startswith("Subject: ")]
        self.subjects.append(subject)
        assert envelope.rcpt_tos == ["ops@example.com", "more@example.com"]
        return "250 taken"


class Hook:
    """What a webhook's receiver took in, verified by the reference library."""

    def __init__(self) -> None:
        self.events: list[dict[str, Any]] = []
        self.ids: list[str] = []
        self.status = 204

    def take(self, body: bytes, headers: dict[str, str]) -> int:
        if self.status >= 400:
            return self.status
        Webhook(SECRET).verify(body, headers)
        self.ids.append(headers["webhook-id"])
        self.events.append(json.loads(body))
        return self.status

    @property
    def said(self) -> list[tuple[str, str]]:
        return [(one["type"], one["data"]["alarm"]) for one in self.events]


@pytest.fixture
def hook() -> Iterator[tuple[Hook, int]]:
    known = Hook()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(known.take(body, headers))
            self.end_headers()

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield known, server.server_address[1]
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def inbox() -> Iterator[tuple[Inbox, int]]:
    box, port = Inbox(), free_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    yield box, port
    controller.stop()


@pytest.fixture
def bridge(
    empty_server: EmbeddedServer, tmp_path: Path, hook: tuple[Hook, int], inbox: tuple[Inbox, int]
) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        text = file.read_text().replace("[sources.crm]\n", '[sources.crm]\nquiet_after = "1s"\n')
        file.write_text(text + RULES.format(hook=hook[1], mail=inbox[1], secret=SECRET))
        yield one


def look(bridge: BridgeUnderTest, processes: int = 3) -> None:
    """So many processes look at the same instant."""

    async def together() -> None:
        async with bridge.front_door() as one, bridge.front_door() as two:
            doors = [one, two][:processes]
            watches = [Alarms(door._parts) for door in doors for _ in range(2)]
            await asyncio.gather(*(watch.look() for watch in watches))

    asyncio.run(together())


def test_each_incident_is_told_once_on_each_channel_and_once_when_it_is_over(
    bridge: BridgeUnderTest, hook: tuple[Hook, int], inbox: tuple[Inbox, int]
) -> None:
    told, mail = hook[0], inbox[0]
    bridge.accept([lead(5)])
    assert bridge.command("accounts", "pause", "flow-acme", "--reason", "moving").returncode == 0
    for _ in range(2):
        bridge.command("send", "-", "--source", "crm", stdin='{"person": {"tel": "x"}}')
    time.sleep(1.2)
    for _ in range(3):
        look(bridge)
    raised = Counter(told.said)
    assert raised == {
        ("alarm.raised", "workers"): 1,
        ("alarm.raised", "quiet/crm"): 1,
        ("alarm.raised", "stuck/vitec-acme"): 1,
        ("alarm.raised", "paused/flow-acme"): 1,
        ("alarm.raised", "quarantine"): 1,
    }
    assert len(set(told.ids)) == 5
    assert sorted(mail.subjects) == sorted(f"[lead bridge] raised: {name}" for _, name in raised)
    listed = bridge.command("alarms", "list", "--json")
    assert {one["alarm"] for one in json.loads(listed.stdout)} == {name for _, name in raised}

    bridge.command("accounts", "resume", "flow-acme")
    with bridge.worker():  # its own watch may tell some of it
        bridge.until(
            lambda: all(
                row.state == "delivered"
                for one in bridge.ask(lambda ledger: ledger.leads(before=None, limit=9))
                for row in bridge.deliveries(one.lead_id).values()
            ),
        )
        look(bridge)
        look(bridge)
    over = Counter(told.said) - raised
    assert over[("alarm.resolved", "paused/flow-acme")] == 1
    assert over[("alarm.resolved", "workers")] == 1
    assert over[("alarm.resolved", "stuck/vitec-acme")] == 1
    assert ("alarm.resolved", "quarantine") not in over
    assert mail.subjects.count("[lead bridge] resolved: paused/flow-acme") == 1
    assert "Svensson" not in json.dumps(told.events) + "".join(mail.whole)


def test_what_could_not_be_told_is_told_later_and_other_channels_are_not_asked_again(
    bridge: BridgeUnderTest, hook: tuple[Hook, int], inbox: tuple[Inbox, int]
) -> None:
    hook[0].status = 503
    look(bridge)
    assert hook[0].said == []
    assert inbox[0].subjects == ["[lead bridge] raised: workers"]
    hook[0].status = 204
    look(bridge)
    look(bridge)
    assert hook[0].said == [("alarm.raised", "workers")]
    assert inbox[0].subjects == ["[lead bridge] raised: workers"]


def test_a_test_message_goes_to_every_channel(
    bridge: BridgeUnderTest, hook: tuple[Hook, int], inbox: tuple[Inbox, int]
) -> None:
    done = bridge.command("alarms", "test", "--json")
    assert done.returncode == 0, done.stderr
    assert {one["channel"] for one in json.loads(done.stdout)} == {"log", "webhook", "email"}
    assert hook[0].said == [("alarm.test", "test")]
    assert inbox[0].subjects == ["[lead bridge] test: test"]
    hook[0].status = 500
    failed = bridge.command("alarms", "test")
    assert failed.returncode == 3
    assert "the webhook answered 500" in failed.stdout


def test_the_web_process_tells_that_the_workers_are_gone(
    bridge: BridgeUnderTest, hook: tuple[Hook, int]
) -> None:
    bridge.environment["BRIDGE_ALARM_EVERY"] = "0.3"
    process = bridge.start_web(free_port())
    try:
        bridge.until(lambda: ("alarm.raised", "workers") in hook[0].said)
    finally:
        process.terminate()
        process.wait(20)
