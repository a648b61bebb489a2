"""HTTP as other programs use it: a real server, a real ledger, and answers as in the contract."""

import json
import socket
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
import redis
from standardwebhooks.webhooks import Webhook

from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import State
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest, lead

API_TOKEN = "token-of-the-operators"
SIGNED = {"authorization": "Bearer token-of-signed"}
OPERATOR = {"authorization": f"Bearer {API_TOKEN}"}
SECRET = "whsec_c2VjcmV0IG9mIHRoZSBzaWduZWQgc291cmNl"


class Served:
    def __init__(self, bridge: BridgeUnderTest, client: httpx.Client) -> None:
        self.bridge = bridge
        self.client = client


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    folder = tmp_path_factory.mktemp("web")
    with EmbeddedServer(folder / "server", durability="everysec") as server, Sandbox() as sandbox:
        bridge = BridgeUnderTest(folder, server, sandbox)
        bridge.environment["BRIDGE_API_TOKEN"] = API_TOKEN
        port = _free_port()
        command = [sys.executable, "-m", "bridge", "web", "--port", str(port)]
        process = subprocess.Popen(command, env=bridge.environment, cwd=folder)
        client = httpx.Client(base_url=f"http://127.0.0.1:{port}", trust_env=False, timeout=10)
        try:
            bridge.until(lambda: _alive(client))
            yield Served(bridge, client)
        finally:
            client.close()
            process.terminate()
            process.wait(20)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _alive(client: httpx.Client) -> bool:
    try:
        return client.get("/healthz").status_code == 200
    except httpx.TransportError:
        return False


def post(served: Served, payload: Any, source: str = "signed", **how: Any) -> httpx.Response:
    headers = how.pop("headers", SIGNED)
    return served.client.post(f"/v1/leads/{source}", json=payload, headers=headers, **how)


def test_a_yes_means_that_the_lead_is_in_the_ledger(served: Served) -> None:
    answer = post(served, lead(1))
    assert answer.status_code == 202
    assert set(answer.json()) == {"lead_id", "status"}
    assert answer.json()["status"] == "accepted"
    rows = served.bridge.deliveries(answer.json()["lead_id"])
    assert len(rows) == 3
    again = post(served, lead(1))
    assert (again.status_code, again.json()["lead_id"]) == (200, answer.json()["lead_id"])


def test_an_idempotency_key_is_the_same_message(served: Served) -> None:
    headers = {**SIGNED, "idempotency-key": "k-1"}
    first = post(served, lead(2, external_id=None), headers=headers)
    other = post(served, lead(3, external_id=None), headers=headers)
    assert (first.status_code, other.status_code) == (202, 200)
    assert first.json()["lead_id"] == other.json()["lead_id"]


def test_a_bad_payload_names_every_field_and_its_quarantine(served: Served) -> None:
    answer = post(served, {"intent": "x", "person": {"frist_name": "A"}})
    assert answer.status_code == 422
    assert answer.headers["content-type"] == "application/problem+json"
    body = answer.json()
    assert {one["field"] for one in body["errors"]} == {"intent", "person.frist_name"}
    kept = served.bridge.ask(lambda ledger: ledger.quarantine_get(body["quarantine_id"]))
    assert kept is not None


def test_a_forms_faults_are_told_in_its_own_words(served: Served) -> None:
    headers = {"authorization": "Bearer token-of-web"}
    form = {"namn": "Anna", "typ": "kontakt", "sakid": "x"}
    answer = post(served, form, source="web", headers=headers)
    assert [one["field"] for one in answer.json()["errors"]] == ["sakid"]


@pytest.mark.parametrize(
    ("headers", "source"),
    [
        ({}, "signed"),
        ({"authorization": "Bearer wrong"}, "signed"),
        ({"authorization": "Basic token-of-signed"}, "signed"),
        ({"authorization": "Bearer token-of-web"}, "signed"),
        ({"authorization": "Bearer x"}, "crm"),
    ],
)
def test_who_is_not_the_source_is_refused(
    served: Served, headers: dict[str, str], source: str
) -> None:
    answer = post(served, lead(4), source=source, headers=headers)
    assert answer.status_code == 401
    assert answer.headers["content-type"] == "application/problem+json"


def test_standard_webhooks_signatures_are_taken(served: Served) -> None:
    body = json.dumps(lead(5, external_id=None))
    now = datetime.now(UTC)
    headers = {
        "webhook-id": "msg_1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(SECRET).sign("msg_1", now, body),
    }
    url = "/v1/leads/signed"
    assert served.client.post(url, content=body, headers=headers).status_code == 202
    assert served.client.post(url, content=body, headers=headers).status_code == 200
    assert served.client.post(url, content=body + " ", headers=headers).status_code == 401
    old = {**headers, "webhook-timestamp": str(int(now.timestamp()) - 4000)}
    assert served.client.post(url, content=body, headers=old).status_code == 401


def test_many_leads_have_a_verdict_each(served: Served) -> None:
    lines = [json.dumps(lead(number)) for number in (6, 7)]
    body = "\n".join([lines[0], "{broken", lines[1], lines[0]])
    headers = {**SIGNED, "content-type": "application/x-ndjson"}
    answer = served.client.post("/v1/leads/signed", content=body, headers=headers)
    assert answer.status_code == 200
    verdicts = [json.loads(line) for line in answer.text.splitlines()]
    assert [one["status"] for one in verdicts] == [
        "accepted",
        "quarantined",
        "accepted",
        "duplicate",
    ]
    assert verdicts[3]["lead_id"] == verdicts[0]["lead_id"]


@pytest.mark.parametrize(
    ("content", "status"), [(b"{", 422), (b"x" * (256 * 1024 + 1), 413), (b"[1]", 422)]
)
def test_what_cannot_be_a_lead(served: Served, content: bytes, status: int) -> None:
    answer = served.client.post("/v1/leads/signed", content=content, headers=SIGNED)
    assert (answer.status_code, answer.json()["status"]) == (status, status)


def test_an_unknown_source_is_named(served: Served) -> None:
    answer = post(served, lead(8), source="nobody")
    assert (answer.status_code, "`nobody`" in answer.json()["detail"]) == (404, True)


def test_a_source_that_is_too_fast_is_told_when(served: Served) -> None:
    headers = {"authorization": "Bearer token-of-slow"}
    answers = [post(served, lead(90 + n), source="slow", headers=headers) for n in range(3)]
    assert [one.status_code for one in answers] == [202, 202, 429]
    assert int(answers[-1].headers["retry-after"]) >= 1


def test_operators_look_and_act_and_others_do_not(served: Served) -> None:
    lead_id = post(served, lead(9)).json()["lead_id"]
    assert served.client.get("/v1/leads").status_code == 401
    rows = served.client.get("/v1/leads", headers=OPERATOR).json()
    assert lead_id in {row["lead_id"] for row in rows}
    shown = served.client.get(f"/v1/leads/{lead_id}", headers=OPERATOR).json()
    assert shown["timeline"][0]["what"] == "accepted"
    assert "Svensson9" not in json.dumps(shown)
    name = f"{lead_id}:acme-watch"
    done = served.client.post(f"/v1/deliveries/{name}/cancel", headers=OPERATOR)
    assert done.json() == {"delivery_id": name, "state": "cancelled"}
    again = served.client.post(f"/v1/deliveries/{name}/cancel", headers=OPERATOR)
    assert again.status_code == 409
    done = served.client.post(f"/v1/deliveries/{name}/retry", headers=OPERATOR)
    assert done.json()["state"] == "pending"
    body = {"verdict": "delivered"}
    done = served.client.post(f"/v1/deliveries/{name}/resolve", headers=OPERATOR, json=body)
    assert done.json()["state"] == "delivered"
    listed = served.client.get(
        "/v1/deliveries", headers=OPERATOR, params={"state": "delivered"}
    ).json()
    assert name in {row["delivery_id"] for row in listed}
    assert served.client.get("/v1/leads/none", headers=OPERATOR).status_code == 404
    wrong = served.client.get("/v1/deliveries", headers=OPERATOR, params={"state": "x"})
    assert wrong.status_code == 422


def test_health_readiness_and_metrics(served: Served) -> None:
    assert served.client.get("/healthz").json() == {"status": "alive"}
    assert served.client.get("/readyz").status_code == 503
    with served.bridge.worker():
        served.bridge.until(lambda: served.client.get("/readyz").status_code == 200)
        lead_id = post(served, lead(10)).json()["lead_id"]
        served.bridge.until(
            lambda: served.bridge.deliveries(lead_id)["acme-watch"].state is State.DELIVERED
        )
    text = served.client.get("/metrics").text
    assert 'bridge_deliveries{account="vitec-acme",state="delivered"}' in text
    assert "example.com" not in text


def test_the_description_names_every_answer(served: Served) -> None:
    known = served.client.get("/openapi.json").json()
    answers = known["paths"]["/v1/leads/{name}"]["post"]["responses"]
    assert {"200", "202", "401", "404", "413", "422", "429", "503"} <= set(answers)
    assert served.client.get("/v1/schema/lead.json").json()["title"] == "Lead"
    assert served.client.get("/nothing").headers["content-type"] == "application/problem+json"


def test_a_ledger_that_is_away_is_503_and_never_a_yes(served: Served) -> None:
    """Last: it takes the server away and brings it back."""
    with redis.Redis.from_url(served.bridge.url) as client:
        client.config_set("maxmemory", "1")
        answer = post(served, lead(11))
        client.config_set("maxmemory", "0")
    assert answer.status_code == 503
    assert answer.headers["retry-after"] == "5"
    assert post(served, lead(11)).status_code == 202
