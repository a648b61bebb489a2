"""Each way in, to the end: a real worker delivers what came, and bad input loses nothing.

The rows of the contract's table; HomeQ has a module of its own.
"""

import json
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from celery import Celery
from standardwebhooks.webhooks import Webhook

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

SIGNED = {"authorization": "Bearer token-of-signed"}
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBzaWduZWQgc291cmNl"


class Bench:
    """A bridge with a worker and a web process, and a hand for each way in."""

    def __init__(self, bridge: BridgeUnderTest, port: int) -> None:
        self.bridge = bridge
        self.port = port
        self.http = httpx.Client(base_url=f"http://127.0.0.1:{port}", timeout=20)
        self.redis = redis.Redis.from_url(bridge.url)
        self.celery = Celery("foreign", broker=bridge.url, backend=bridge.url, set_as_current=False)

    def post(self, content: bytes, **headers: str) -> httpx.Response:
        given = {"content-type": "application/json", **SIGNED, **headers}
        return self.http.post("/v1/leads/signed", content=content, headers=given)

    def arrived(self, name: str) -> bool:
        bodies = [one["body"] for one in self.bridge.sandbox.received(vendor="vitec")]
        return any(body["person"]["lastName"] == name for body in bodies)

    def quarantined(self) -> int:
        return len(self.bridge.ask(lambda ledger: ledger.quarantined(limit=1000)))

    def close(self) -> None:
        self.http.close()
        self.redis.close()
        self.celery.close()


@pytest.fixture(scope="module")
def bench(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    folder = tmp_path_factory.mktemp("ways")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        bridge = BridgeUnderTest(folder, server, sandbox)
        port = free_port()
        web = bridge.start_web(port)
        with bridge.worker():
            one = Bench(bridge, port)
            try:
                bridge.until(lambda: _answers(port))
                yield one
            finally:
                one.close()
                web.terminate()
                web.wait(20)


def _answers(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/readyz").status_code == 200
    except httpx.HTTPError:
        return False


def over_http(bench: Bench, payload: dict[str, Any]) -> None:
    answer = bench.post(json.dumps(payload).encode())
    assert answer.status_code == 202
    assert set(answer.json()) == {"lead_id", "status"}
    again = bench.post(json.dumps(payload).encode())
    assert (again.status_code, again.json()["lead_id"]) == (200, answer.json()["lead_id"])


def over_a_signed_webhook(bench: Bench, payload: dict[str, Any]) -> None:
    body, now = json.dumps(payload), datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    answer = bench.http.post("/v1/leads/signed", content=body, headers=headers)
    assert answer.status_code == 202


def over_ndjson(bench: Bench, payload: dict[str, Any]) -> None:
    lines = [json.dumps(payload), "{broken", json.dumps(payload)]
    answer = bench.post("\n".join(lines).encode(), **{"content-type": "application/x-ndjson"})
    verdicts = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["status"] for one in verdicts] == ["accepted", "quarantined", "duplicate"]


def over_celery(bench: Bench, payload: dict[str, Any]) -> None:
    answer = bench.celery.send_task(
        "bridge.accept_lead",
        kwargs={"payload": payload, "source": "crm"},
        queue="bridge.intake",
    ).get(timeout=20)
    assert set(answer) == {"lead_id", "status"}


def over_the_stream(bench: Bench, payload: dict[str, Any]) -> None:
    bench.redis.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(payload)})


def from_a_file(bench: Bench, payload: dict[str, Any]) -> None:
    file = bench.bridge.folder / "one.jsonl"
    file.write_text(json.dumps(payload) + "\n")
    done = bench.bridge.command("import", str(file), "--source", "crm")
    assert done.returncode == 0, done.stderr


def from_the_shell(bench: Bench, payload: dict[str, Any]) -> None:
    done = bench.bridge.command("send", "-", "--source", "crm", stdin=json.dumps(payload))
    assert done.returncode == 0, done.stderr
    assert "acme-watch" in done.stdout


WAYS: tuple[Callable[[Bench, dict[str, Any]], None], ...] = (
    over_http,
    over_a_signed_webhook,
    over_ndjson,
    over_celery,
    over_the_stream,
    from_a_file,
    from_the_shell,
)


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way.__name__)
def test_a_lead_arrives_at_the_vendor(
    bench: Bench, way: Callable[[Bench, dict[str, Any]], None]
) -> None:
    number = 200 + WAYS.index(way)
    way(bench, lead(number, intent="interest"))
    bench.bridge.until(lambda: bench.arrived(f"Svensson{number}"))
    bodies = [one["body"]["person"]["lastName"] for one in bench.bridge.sandbox.received()
              if one["vendor"] == "vitec"]  # fmt: skip
    assert bodies.count(f"Svensson{number}") == 1


def good(**changes: Any) -> bytes:
    return json.dumps(lead(300, intent="contact", external_id=None, **changes)).encode()


PERSON = {"last_name": "Ek", "emails": ["ek@example.com"]}
BAD: dict[str, tuple[bytes, int, str]] = {
    "empty body": (b"", 422, "payload"),
    "10,000 levels of JSON": (b"[" * 10_000 + b"]" * 10_000, 422, "payload"),
    "100 levels of an object": (b'{"extra":' * 100 + b"1" + b"}" * 100, 422, "payload"),
    "NaN": (b'{"intent": "contact", "person": {"last_name": NaN}}', 422, "payload"),
    "half a surrogate": (b'{"intent": "contact", "message": "\\ud800"}', 422, "payload"),
    "a name as long as a book": (
        good(person={**PERSON, "first_name": "x" * 200_000}),
        422,
        "first_name",
    ),
    "no JSON": (b"name=Anna&email=a%40example.com", 422, "payload"),
    "a list": (b"[1, 2]", 422, "payload"),
    "an unknown key": (good(persn={}), 422, "persn"),
}
FINE: dict[str, bytes] = {
    "duplicate keys": b'{"intent": "contact", "intent": "contact", "person": {"last_name": "Ek"}}',
    "NUL": good(person={**PERSON, "first_name": "A\0nna"}),
    "emoji": good(person={**PERSON, "first_name": "Anna 🏡"}),
    "right to left": good(person={**PERSON, "first_name": "\u202eannA", "last_name": "كريم"}),
}


@pytest.mark.parametrize("name", BAD)
def test_bad_input_is_told_and_kept(bench: Bench, name: str) -> None:
    content, status, field = BAD[name]
    before = bench.quarantined()
    answer = bench.post(content)
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    problem = answer.json()
    assert field in problem["errors"][0]["field"]
    assert problem["quarantine_id"]
    assert "example.com" not in answer.text
    assert bench.quarantined() == before + 1


@pytest.mark.parametrize("name", FINE)
def test_odd_input_is_a_lead(bench: Bench, name: str) -> None:
    assert bench.post(FINE[name]).status_code in {200, 202}


def test_ten_megabytes_are_not_read(bench: Bench) -> None:
    answer = bench.post(b"x" * 10_000_000)
    assert (answer.status_code, answer.json()["title"]) == (413, "Too large")


def test_another_content_type_is_read_as_json(bench: Bench) -> None:
    assert bench.post(good(message="x"), **{"content-type": "text/plain"}).status_code == 202


def test_a_body_that_is_cut_off_is_no_lead(bench: Bench) -> None:
    before = bench.bridge.ask(lambda ledger: ledger.leads(before=None, limit=1000))
    with socket.create_connection(("127.0.0.1", bench.port)) as wire:
        head = (
            "POST /v1/leads/signed HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n"
            "authorization: Bearer token-of-signed\r\n\r\n"
        )
        wire.sendall(head.encode() + b'40\r\n{"intent": "contact", "person": {"last_na')
    assert bench.http.get("/healthz").status_code == 200
    assert bench.bridge.ask(lambda ledger: ledger.leads(before=None, limit=1000)) == before


@pytest.mark.parametrize(
    ("days", "secret", "status"), [(0, SECRET, 202), (1, SECRET, 401), (0, "whsec_d3Jvbmc=", 401)]
)
def test_a_signature_of_yesterday_or_of_somebody_else_is_refused(
    bench: Bench, days: int, secret: str, status: int
) -> None:
    now, body = datetime.now(UTC), good(message=f"{days} {secret}").decode()
    when = now.fromtimestamp(now.timestamp() - days * 86_400, UTC)
    headers = {
        "webhook-id": "msg_2",
        "webhook-timestamp": str(int(when.timestamp())),
        "webhook-signature": Webhook(secret).sign("msg_2", when, body),
    }
    answer = bench.http.post("/v1/leads/signed", content=body, headers=headers)
    assert answer.status_code == status


def test_an_unknown_source_is_named_and_its_lead_is_kept_where_it_can_be(bench: Bench) -> None:
    assert bench.http.post("/v1/leads/nobody", json={}).status_code == 404
    before = bench.quarantined()
    sent = bench.celery.send_task(
        "bridge.accept_lead", kwargs={"payload": lead(1), "source": "webb"}, queue="bridge.intake"
    )
    assert sent.get(timeout=20)["status"] == "quarantined"
    bench.redis.xadd("bridge:intake", {"source": "webb", "payload": json.dumps(lead(1))})
    bench.bridge.until(lambda: bench.quarantined() == before + 2)
    reasons = [row.reason for row in bench.bridge.ask(lambda ledger: ledger.quarantined(limit=2))]
    assert all("did you mean `web`?" in one for one in reasons)


def test_fifty_senders_of_one_lead_over_every_way_make_one_lead(bench: Bench) -> None:
    """Two web processes, the stream, and the key that names the message everywhere."""
    payload = lead(400, intent="contact", external_id="the-same", property={})
    port = free_port()
    second = bench.bridge.start_web(port)
    try:
        bench.bridge.until(lambda: _answers(port))
        script = (
            "import asyncio, httpx, json, sys\n"
            "async def main():\n"
            "    body, ports = sys.argv[1], sys.argv[2:]\n"
            "    async with httpx.AsyncClient(timeout=20) as client:\n"
            "        sent = [client.post(f'http://127.0.0.1:{ports[n % 2]}/v1/leads/signed',\n"
            "                content=body, headers={'authorization': 'Bearer token-of-signed'})\n"
            "                for n in range(50)]\n"
            "        found = await asyncio.gather(*sent)\n"
            "    print(json.dumps([[one.status_code, one.json()['lead_id']] for one in found]))\n"
            "asyncio.run(main())\n"
        )
        command = [sys.executable, "-c", script, json.dumps(payload), str(bench.port), str(port)]
        done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)
    finally:
        second.terminate()
        second.wait(20)
    answers = json.loads(done.stdout)
    assert len({lead_id for _, lead_id in answers}) == 1
    assert sorted(status for status, _ in answers) == [200] * 49 + [202]


def test_the_folder_of_the_test_has_no_person_in_its_logs(bench: Bench) -> None:
    for name in ("worker.log", "web.log"):
        text = (Path(bench.bridge.folder) / name).read_text(errors="replace")
        assert "Svensson" not in text
        assert "example.com" not in text
