"""Celery from other languages, as docs/ways-in.md says it; and what no client should ever send."""

import json
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import redis

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import FINAL
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

PACKAGE = "celery-node@0.5.9"
SCRIPT = """
const celery = require("celery-node");
const [url, lead] = process.argv.slice(2);
const client = celery.createClient(url, url, "bridge.intake");
const task = client.createTask("bridge.accept_lead");
const result = task.applyAsync([], { payload: JSON.parse(lead), source: "crm" });
result.get(20000).then((answer) => {
  console.log(JSON.stringify(answer));
  client.disconnect();
});
"""


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        yield BridgeUnderTest(tmp_path, empty_server, sandbox)


@pytest.fixture(scope="session")
def node(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with celery-node in it."""
    if shutil.which("node") is None or shutil.which("npm") is None:
        pytest.skip("there is no Node.js on this machine")
    folder = tmp_path_factory.mktemp("node")
    command = ["npm", "install", "--silent", "--no-audit", "--no-fund", PACKAGE]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=False, timeout=120)
    if done.returncode:
        pytest.skip("npm could not fetch celery-node")
    (folder / "send.js").write_text(SCRIPT)
    return folder


def test_a_lead_from_node_arrives(bridge: BridgeUnderTest, node: Path) -> None:
    with bridge.worker():
        command = ["node", "send.js", bridge.url, json.dumps(lead(5, intent="interest"))]
        done = subprocess.run(
            command, cwd=node, capture_output=True, text=True, check=False, timeout=60
        )
        assert done.returncode == 0, done.stderr
        answer = json.loads(done.stdout)
        assert answer["status"] == "accepted"
        rows = bridge.deliveries(answer["lead_id"])
        bridge.until(
            lambda: all(r.state in FINAL for r in bridge.deliveries(answer["lead_id"]).values())
        )
    assert set(rows) == {"acme-watch", "acme-stakeholder"}


@pytest.mark.parametrize(
    "body",
    [
        b"this is no message",
        b"{}",
        b'{"body": "e30=", "headers": {}, "properties": {"delivery_tag": "1"}}',
        json.dumps(
            {
                "body": "gASVBQAAAAAAAABdlC4=",
                "content-type": "application/x-python-serialize",
                "content-encoding": "binary",
                "headers": {"task": "bridge.accept_lead", "id": "1"},
                "properties": {
                    "body_encoding": "base64",
                    "delivery_tag": "1",
                    "delivery_info": {"exchange": "", "routing_key": "bridge.intake"},
                },
            }
        ).encode(),
    ],
    ids=["no json", "nothing in it", "no task", "pickle"],
)
def test_what_is_no_message_stops_no_worker(bridge: BridgeUnderTest, body: bytes) -> None:
    """ENGINE: such a message has been seen to end a worker, or to block its queue for ever."""
    with redis.Redis.from_url(bridge.url) as client, bridge.worker() as process:
        (first,) = bridge.accept([lead(1, intent="interest")])
        bridge.until(lambda: _final(bridge, first))
        client.lpush("bridge.intake", body)
        client.lpush("bridge.deliver", body)
        bridge.enqueue(lead(2, intent="interest"))
        bridge.until(lambda: len(bridge.sandbox.received(kind="stakeholder")) == 2)
        assert process.poll() is None


def _final(bridge: BridgeUnderTest, lead_id: str) -> bool:
    return all(row.state in FINAL for row in bridge.deliveries(lead_id).values())
