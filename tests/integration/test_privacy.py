"""Nobody who reads logs, Redis, metrics or Flower learns who a lead is about.

Every intent, bad input, refusals that repeat the person, lost answers and a killed worker, through
Celery, stream and HTTP, with real processes at DEBUG; then everything that can be read is searched
for every name, address, spelling of a phone and national id that was used.
"""

import base64
import binascii
import json
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
import redis
from celery import Celery

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.outcomes import FINAL, State
from bridge.sandbox.homeq import events
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import CASE, ESTATE, BridgeUnderTest

API_TOKEN = "token-of-the-operators"
OPERATOR = {"authorization": f"Bearer {API_TOKEN}"}
INTENTS = (
    *("final_price_watch", "interest", "project_follow", "reservation"),
    *("valuation", "contact", "withdrawal"),
)
BASE64 = re.compile(rb"[A-Za-z0-9+/]{32,}={0,2}")
HTTP_200 = 200


class Cast:
    """Invented people, each with every kind of thing that must not be found again."""

    def __init__(self) -> None:
        self.needles: set[str] = set()
        self._count = 0

    def lead(self, **changes: Any) -> dict[str, Any]:
        self._count += 1
        n = self._count
        first, last = f"Zebedeus{n:02d}x", f"Qvistgaard{n:02d}x"
        email, phone = f"zeb.qv{n:02d}@example.com", f"070-174 06 {n:02d}"
        national, street = f"19900101-{9000 + n}", f"Hemligagatan {n}x"
        message = f"Ring min granne Torvald{n:02d}x."
        digits = re.sub(r"\D", "", phone)
        self.needles |= {first, last, email, phone, national, street, f"Torvald{n:02d}x"}
        self.needles |= {digits, digits[1:], "+46" + digits[1:], national.replace("-", "")}
        return {
            "external_id": f"play-{n}",
            "intent": "final_price_watch",
            "person": {
                "first_name": first,
                "last_name": last,
                "emails": [email],
                "phones": [phone],
                "national_id": national,
                "address": {"street": street, "postal_code": "111 35", "city": "Stockholm"},
            },
            "property": {"title": "Kungsgatan 16A", "vitec": ESTATE, "flow": CASE},
            "message": message,
            **changes,
        }

    def found_in(self, text: str | bytes) -> list[str]:
        raw = text if isinstance(text, bytes) else text.encode()
        decoded = [raw, *(_decoded(one) for one in BASE64.findall(raw))]
        plain = [one.decode("utf-8", "replace").casefold() for one in decoded]
        plain += [json.dumps(one).casefold() for one in plain[:1]]
        return sorted(n for n in self.needles if any(n.casefold() in one for one in plain))


def _decoded(text: bytes) -> bytes:
    try:
        return base64.b64decode(text[: len(text) // 4 * 4])
    except binascii.Error:
        return b""


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        one.environment |= {
            "BRIDGE_LOG_LEVEL": "DEBUG",
            "BRIDGE_LOG_FORMAT": "json",
            "BRIDGE_API_TOKEN": API_TOKEN,
        }
        yield one


@contextmanager
def flower(bridge: BridgeUnderTest) -> Iterator[httpx.Client]:
    port = free_port()
    with (bridge.folder / "flower.log").open("ab") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "tasks", "flower", f"--port={port}"],
            env={**bridge.environment, "FLOWER_UNAUTHENTICATED_API": "true"},
            cwd=bridge.folder,
            stdout=out,
            stderr=out,
        )
    base = f"http://127.0.0.1:{port}"
    try:
        with httpx.Client(base_url=base, trust_env=False, timeout=20) as client:
            bridge.until(lambda: _answers(client, "/healthcheck"))
            yield client
    finally:
        process.terminate()
        process.wait(20)


@contextmanager
def web(bridge: BridgeUnderTest) -> Iterator[httpx.Client]:
    port = free_port()
    process = bridge.start_web(port)
    try:
        base = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=base, trust_env=False, timeout=20) as client:
            bridge.until(lambda: _answers(client, "/healthz"))
            yield client
    finally:
        process.terminate()
        process.wait(20)


def _answers(client: httpx.Client, path: str) -> bool:
    try:
        return client.get(path).status_code == HTTP_200
    except httpx.TransportError:
        return False


def test_nobody_learns_from_logs_redis_metrics_or_flower_who_a_lead_is_about(
    bridge: BridgeUnderTest,
) -> None:
    cast = Cast()
    shown: dict[str, str | bytes] = {}
    with flower(bridge) as watching, web(bridge) as client:
        process = bridge.start_worker()
        bridge.until(lambda: _answers(watching, "/api/workers"))
        try:
            _through_celery(bridge, cast)
            _through_the_stream(bridge, cast)
            _over_http(client, cast, shown)
            _vendors_that_repeat_and_lose(bridge, cast)
            process = _killed_in_the_middle(bridge, cast, process)
            bridge.until(lambda: _settled(bridge), seconds=60)
            shown |= _flower_pages(watching, bridge)
        finally:
            process.send_signal(signal.SIGTERM)
            bridge.stopped(process)
        shown["/metrics"] = client.get("/metrics").text
        shown |= _api(client)
    shown |= {one.name: one.read_bytes() for one in bridge.folder.glob("*.log")}
    for arguments in (("leads", "list"), ("deliveries", "list"), ("quarantine", "list")):
        done = bridge.command(*arguments, "--limit", "500", "--json")
        shown[" ".join(arguments)] = done.stdout + done.stderr
    shown |= _redis(bridge)
    assert len(cast.needles) > 200
    assert len(bridge.sandbox.received(vendor="vitec")) > 10
    found = {place: names for place, text in shown.items() if (names := cast.found_in(text))}
    assert found == {}
    # No vendor was given a national id, in its body or its address; other things of theirs it was.
    wire = json.dumps(bridge.sandbox.received())
    assert "Zebedeus01x" in wire
    assert "19900101" not in wire


def _through_celery(bridge: BridgeUnderTest, cast: Cast) -> None:
    app = Celery("somebody-else", broker=bridge.url, backend=bridge.url, set_as_current=False)
    app.conf.update(task_serializer="json", accept_content=["json"], result_expires=60)
    try:
        for payload in (*(cast.lead(intent=one) for one in INTENTS), *_bad(cast)):
            answer = app.send_task(
                "bridge.accept_lead",
                kwargs={"payload": payload, "source": "crm"},
                queue="bridge.intake",
            )
            assert set(answer.get(timeout=30)) <= {"lead_id", "status", "quarantine_id"}
        # Arguments that fit no signature: Celery itself complains.
        wrong = app.send_task(
            "bridge.accept_lead",
            args=[cast.lead()],
            kwargs={"who": cast.lead()},
            queue="bridge.intake",
        )
        with pytest.raises(Exception, match=r"."):
            wrong.get(timeout=30)
        app.send_task("bridge.no_such_task", kwargs=cast.lead(), queue="bridge.intake")
        for payload in ("Zebedeus in a text", [cast.lead()]):
            app.send_task(
                "bridge.accept_lead",
                kwargs={"payload": payload, "source": cast.lead()["person"]["emails"][0]},
                queue="bridge.intake",
            ).get(timeout=30)
    finally:
        app.close()


def _bad(cast: Cast) -> list[object]:
    """What no parser understands, each in its own way."""
    one, two, three, four, five = (cast.lead() for _ in range(5))
    two["person"]["emails"] = [two["person"]["emails"][0] + " eller ring"]
    three["person"]["phones"] = [{"nummer": three["person"]["phones"][0]}]
    four[four["person"]["emails"][0]] = four["person"]["first_name"]
    five["occurred_at"] = five["message"]
    return [one | {"intent": one["person"]["last_name"]}, two, three, four, five]


def _through_the_stream(bridge: BridgeUnderTest, cast: Cast) -> None:
    with redis.Redis.from_url(bridge.url, decode_responses=True) as client:
        for payload in (cast.lead(), *_bad(cast)):
            client.xadd("bridge:intake", {"source": "crm", "payload": json.dumps(payload)})
        broken = json.dumps(cast.lead())[:-20]
        client.xadd("bridge:intake", {"source": "crm", "payload": broken})
        bridge.until(lambda: client.xlen("bridge:intake") == 0)


def _over_http(client: httpx.Client, cast: Cast, shown: dict[str, str | bytes]) -> None:
    bearer = {"authorization": "Bearer token-of-web"}
    someone = cast.lead()["person"]
    form = {
        "name": f"{someone['first_name']} {someone['last_name']}",
        "email": someone["emails"][0],
        "phone": someone["phones"][0],
        "personnummer": someone["national_id"],
        "intent": "interest",
        "estate_id": ESTATE["estate_id"],
    }
    bodies: list[bytes] = [
        json.dumps(form).encode(),
        json.dumps({**form, "epost": form["email"], "when": form["name"]}).encode(),
        json.dumps(form).encode()[:-9],
        json.dumps(cast.lead()).encode(),
        f"{form['email']}={form['phone']}".encode(),
    ]
    for number, body in enumerate(bodies):
        key = {"idempotency-key": someone["emails"][0]}
        answer = client.post("/v1/leads/web", content=body, headers=bearer | key)
        assert answer.status_code in {200, 202, 400, 415, 422}, answer.text
        shown[f"answer {number}"] = answer.text
    follow = events.follows("2026-11-27T12:00:00+01:00", ssn=cast.lead()["person"]["national_id"])
    assert client.post("/v1/hooks/homeq/token-of-the-landlord", json=follow).is_success


def _vendors_that_repeat_and_lose(bridge: BridgeUnderTest, cast: Cast) -> None:
    repeats, loses, hangs, stays = (cast.lead() for _ in range(4))
    person = repeats["person"]
    text = f"Fel: {person['first_name']} {person['last_name']}, {person['emails'][0].upper()}, "
    text += f"{person['phones'][0]} (+4670174 06{person['phones'][0][-2:]}), "
    text += f"{person['national_id']}, {person['address']['street']}, {repeats['message']}"
    for vendor in ("vitec", "flow"):
        match = {"vendor": vendor, "body_contains": person["last_name"]}
        bridge.sandbox.fault("status", code=400, body={"message": text}, match=match, times=None)
    for one, kind in ((loses, "accept_lose_answer"), (hangs, "half_body"), (stays, "html_200")):
        match = {"body_contains": one["person"]["last_name"]}
        bridge.sandbox.fault(kind, match=match, times=2)
    bridge.accept([repeats, loses, hangs, stays])
    bridge.until(lambda: _settled(bridge), seconds=60)


def _killed_in_the_middle(
    bridge: BridgeUnderTest, cast: Cast, process: subprocess.Popen[bytes]
) -> subprocess.Popen[bytes]:
    bridge.sandbox.fault("delay", seconds=0.3, times=None, match={"vendor": "vitec"})
    before = len(bridge.sandbox.received(vendor="vitec"))
    bridge.accept([cast.lead(intent="interest") for _ in range(8)])
    bridge.until(lambda: len(bridge.sandbox.received(vendor="vitec")) > before)
    process.send_signal(signal.SIGKILL)
    process.wait()
    return bridge.start_worker()


def _settled(bridge: BridgeUnderTest) -> bool:
    done = {*FINAL, State.HELD}
    rows = bridge.ask(lambda ledger: ledger.deliveries(state=None, account=None, limit=500))
    return all(row.state in done for row in rows)


def _flower_pages(client: httpx.Client, bridge: BridgeUnderTest) -> dict[str, str | bytes]:
    """Every page that Flower has, and its API; asked as a person's browser does."""
    bridge.until(lambda: "bridge.accept_lead" in client.get("/api/tasks?limit=500").text)
    tasks = client.get("/api/tasks?limit=500").json()
    assert {"bridge.accept_lead", "bridge.deliver"} <= {one["name"] for one in tasks.values()}
    bridge.until(lambda: bool(client.get("/api/workers?refresh=1").json()))
    (worker, *_) = client.get("/api/workers").json()
    table = "/tasks/datatable?draw=1&start=0&length=500&search[value]=&order[0][column]=0"
    paths = [
        *("/", "/workers", "/tasks", "/broker", "/metrics", "/api/tasks?limit=500"),
        *("/api/workers?refresh=1", "/api/task/types", "/api/queues/length", f"/worker/{worker}"),
        f"{table}&order[0][dir]=asc&columns[0][data]=name",
    ]
    paths += [f"/{kind}{one}" for one in tasks for kind in ("task/", "api/task/info/")]
    pages = {f"flower {path}": client.get(path, follow_redirects=True) for path in paths}
    assert {page.status_code for page in pages.values()} == {HTTP_200}, {
        path: page.status_code for path, page in pages.items() if page.status_code != HTTP_200
    }
    assert "(a lead)" in pages["flower /api/tasks?limit=500"].text
    return {path: page.text for path, page in pages.items()}


def _api(client: httpx.Client) -> dict[str, str | bytes]:
    found = client.get("/v1/leads?limit=500", headers=OPERATOR).json()
    shown: dict[str, str | bytes] = {"GET /v1/leads": json.dumps(found, ensure_ascii=False)}
    for one in found:
        path = f"/v1/leads/{one['lead_id']}"
        shown[f"GET {path}"] = client.get(path, headers=OPERATOR).text
    shown["GET /v1/deliveries"] = client.get("/v1/deliveries?limit=500", headers=OPERATOR).text
    return shown


def _redis(bridge: BridgeUnderTest) -> dict[str, str | bytes]:
    """Every key, and every value of every key."""
    found: dict[str, str | bytes] = {}
    with redis.Redis.from_url(bridge.url) as client:
        for key in client.scan_iter(count=1000):
            match client.type(key):
                case b"string":
                    value: object = client.get(key)
                case b"list":
                    value = client.lrange(key, 0, -1)
                case b"hash":
                    value = client.hgetall(key)
                case b"zset":
                    value = client.zrange(key, 0, -1)
                case b"set":
                    value = client.smembers(key)
                case _:
                    value = client.xrange(key)
            found[f"redis {key.decode('utf-8', 'replace')}"] = key + b"\n" + _flat(value)
    assert len(found) > 100
    return found


def _flat(value: object) -> bytes:
    match value:
        case bytes():
            return value
        case dict():
            return b"\n".join(_flat(part) for pair in value.items() for part in pair)
        case list() | tuple() | set():
            return b"\n".join(_flat(part) for part in value)
        case _:
            return str(value).encode()
