"""Scripted faults happen as they are told, per call, on real connections; and the controls."""

import re
import signal
import socket
import subprocess
import sys
import threading
import time
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from bridge.sandbox.server import Client, Sandbox

WATCH = "/vitec/Advertising/Estate/M30011/OBJ11385_1395932274/FinalPriceWatched"
AUTH = ("sandbox", "vitec-M30011")
BODY = {
    "person": {
        "firstName": "Anna",
        "lastName": "Svensson",
        "email": {"emailAddress": "anna@example.com"},
    },
}


def post(sandbox: Client, *, timeout: float = 5.0, **changes: Any) -> httpx.Response:
    headers = {"Accept": "application/json"}
    body = {**BODY, **changes}
    url = f"{sandbox.url}{WATCH}"
    return httpx.post(url, json=body, headers=headers, auth=AUTH, timeout=timeout)


def raw(sandbox: Client, request: bytes) -> bytes:
    """All that comes back on a connection of its own; a reset raises ConnectionResetError."""
    address = urlsplit(sandbox.url)
    with socket.create_connection((address.hostname, address.port or 0), timeout=5) as sock:
        sock.sendall(request)
        found = b""
        while part := sock.recv(65536):
            found += part
    return found


def head(length: int) -> bytes:
    lines = (
        f"POST {WATCH} HTTP/1.1",
        "Host: x",
        "Authorization: Basic c2FuZGJveDp2aXRlYy1NMzAwMTE=",
        "Accept: application/json",
        "Content-Type: application/json",
        f"Content-Length: {length}",
    )
    return "\r\n".join(lines).encode() + b"\r\n\r\n"


SHORT = b'{"person":{"firstName":"A","lastName":"B","email":{"emailAddress":"a@example.com"}}}'
WHOLE = head(len(SHORT)) + SHORT


def fault_of_last_call(sandbox: Client) -> tuple[int | None, str | None]:
    call = sandbox.calls()[-1]
    return call["status"], call["fault"]


def test_a_status_with_its_body_and_headers(sandbox: Sandbox) -> None:
    sandbox.fault("status", code=503, body="later", headers={"Retry-After": "7"})
    refused = post(sandbox)
    assert (refused.status_code, refused.text, refused.headers["retry-after"]) == (
        503,
        "later",
        "7",
    )
    assert sandbox.received() == []
    assert post(sandbox).status_code == 200
    sandbox.fault("status", code=400, body={"message": "Anna är fel"})
    assert post(sandbox).json() == {"message": "Anna är fel"}
    assert fault_of_last_call(sandbox) == (400, "status")


def test_a_status_can_come_after_the_lead_was_stored(sandbox: Sandbox) -> None:
    sandbox.fault("status", code=500, process=True)
    assert post(sandbox).status_code == 500
    (entry,) = sandbox.received()
    assert entry["answered"] is False


def test_a_delay_comes_before_the_work_or_after_it(sandbox: Sandbox) -> None:
    sandbox.fault("delay", seconds=0.2)
    began = time.monotonic()
    assert post(sandbox).status_code == 200
    assert time.monotonic() - began >= 0.2
    sandbox.fault("delay", seconds=0.5, process=True)
    with pytest.raises(httpx.ReadTimeout):
        post(sandbox, timeout=0.1)
    time.sleep(0.6)
    assert [entry["answered"] for entry in sandbox.received()] == [True, False]


@pytest.mark.parametrize("process", [False, True])
def test_a_hang_lasts_until_the_client_gives_up(sandbox: Sandbox, *, process: bool) -> None:
    sandbox.fault("hang", process=process)
    with pytest.raises(httpx.ReadTimeout):
        post(sandbox, timeout=0.2)
    assert fault_of_last_call(sandbox) == (None, "hang")
    assert [entry["answered"] for entry in sandbox.received()] == [False] * process


def test_cut_before_read_closes_when_the_head_has_come(sandbox: Sandbox) -> None:
    sandbox.fault("cut_before_read", match={"path": "finalpricewatched"})
    with pytest.raises(ConnectionResetError):
        raw(sandbox, head(1000))
    assert sandbox.received() == []
    assert sandbox.faults() == []


@pytest.mark.parametrize("kind", ["cut_before_read", "cut_after_read"])
def test_a_cut_is_a_reset_unless_it_is_told_to_close(sandbox: Sandbox, kind: str) -> None:
    sandbox.fault(kind)
    with pytest.raises(ConnectionResetError):
        raw(sandbox, WHOLE)
    sandbox.fault(kind, reset=False)
    assert raw(sandbox, WHOLE) == b""
    assert sandbox.received() == []
    assert fault_of_last_call(sandbox) == (None, kind)


def test_accept_lose_answer_stores_and_closes(sandbox: Sandbox) -> None:
    sandbox.fault("accept_lose_answer")
    with pytest.raises(httpx.RemoteProtocolError):
        post(sandbox)
    post(sandbox)
    assert [entry["answered"] for entry in sandbox.received()] == [False, True]
    sandbox.fault("accept_lose_answer", reset=True)
    with pytest.raises(ConnectionResetError):
        raw(sandbox, WHOLE)


def test_half_a_head_and_half_a_body_come_after_the_lead_was_stored(sandbox: Sandbox) -> None:
    sandbox.fault("half_head")
    assert raw(sandbox, WHOLE) == b"HTTP/1.1 200 OK\r\nContent-Ty"
    sandbox.fault("half_body")
    answer = raw(sandbox, WHOLE)
    start, _, body = answer.partition(b"\r\n\r\n")
    length = re.search(rb"Content-Length: (\d+)", start)
    assert length is not None
    assert 0 < len(body) < int(length[1])
    assert [entry["answered"] for entry in sandbox.received()] == [False, False]


def test_garbage_pages_and_empty_answers(sandbox: Sandbox) -> None:
    sandbox.fault("garbage")
    assert not raw(sandbox, WHOLE).startswith(b"HTTP")
    sandbox.fault("html_200")
    page = post(sandbox)
    assert (page.status_code, page.headers["content-type"]) == (200, "text/html; charset=utf-8")
    assert sandbox.received() == []
    sandbox.fault("empty_204")
    assert (post(sandbox).status_code, len(sandbox.received())) == (204, 1)


def test_faults_match_by_vendor_path_method_and_body(sandbox: Sandbox) -> None:
    sandbox.fault("status", code=501, times=None, match={"vendor": "flow"})
    sandbox.fault("status", code=502, times=None, match={"path": "^/vitec/CRM"})
    sandbox.fault("status", code=503, times=None, match={"method": "get", "vendor": "vitec"})
    sandbox.fault("status", code=504, match={"body_contains": "bo@example.com"})
    assert post(sandbox).status_code == 200
    bo = {**BODY["person"], "email": {"emailAddress": "bo@example.com"}}
    assert [post(sandbox, person=bo).status_code for _ in range(2)] == [504, 200]
    assert httpx.get(f"{sandbox.url}/flow/api/User").status_code == 501
    assert httpx.get(f"{sandbox.url}/vitec/CRM/Contact/M30011/x").status_code == 502
    assert httpx.get(f"{sandbox.url}{WATCH}").status_code == 503


def test_faults_happen_in_the_order_they_were_pushed_and_as_often(sandbox: Sandbox) -> None:
    sandbox.fault("status", code=500, times=2)
    sandbox.fault("status", code=429)
    assert [one["times"] for one in sandbox.faults()] == [2, 1]
    assert [post(sandbox).status_code for _ in range(4)] == [500, 500, 429, 200]
    sandbox.fault("hang", times=None)
    sandbox.clear_faults()
    assert post(sandbox).status_code == 200


def test_only_the_entries_of_the_lost_call_are_unanswered(sandbox: Sandbox) -> None:
    lost = {"body_contains": "lost@example.com"}
    sandbox.fault("accept_lose_answer", times=None, match=lost)

    def send(name: str) -> None:
        someone = {**BODY["person"], "email": {"emailAddress": f"{name}@example.com"}}
        try:
            post(sandbox, person=someone)
        except httpx.RemoteProtocolError:
            assert name == "lost"

    threads = [threading.Thread(target=send, args=(name,)) for name in ("lost", "kept") * 10]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    told = {
        (entry["body"]["person"]["email"]["emailAddress"], entry["answered"])
        for entry in sandbox.received()
    }
    assert told == {("lost@example.com", False), ("kept@example.com", True)}


@pytest.mark.parametrize(
    ("kind", "what"),
    [
        ("explode", {}),
        ("status", {}),
        ("status", {"code": 42}),
        ("delay", {"seconds": -1}),
        ("hang", {"often": 3}),
        ("hang", {"times": 0}),
        ("hang", {"match": {"url": "x"}}),
        ("hang", {"match": {"path": "("}}),
        ("hang", {"match": {"vendor": "hemnet"}}),
    ],
)
def test_a_fault_that_could_never_happen_is_refused(
    sandbox: Sandbox, kind: str, what: dict[str, Any]
) -> None:
    with pytest.raises(ValueError, match="validation error"):
        sandbox.fault(kind, **what)
    assert sandbox.faults() == []


@pytest.mark.parametrize(
    "knobs",
    [
        {"tokenseconds": 5},
        {"latency": -1},
        {"customers": {"M7": {}}},
        {"estates": {"M7": ["OBJ1"]}},
        {"basis": {"Guid": "unknown"}},
        {"new_basis": {}},
        {"contacts": [{"id": "ADR1"}]},
        {"cases": [{"guid": "x"}]},
    ],
)
def test_a_knob_that_is_not_there_is_refused(sandbox: Sandbox, knobs: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=next(iter(knobs)) + "|no |needs"):
        sandbox.config(**knobs)


def test_the_controls_show_what_happened_without_credentials(sandbox: Sandbox) -> None:
    post(sandbox)
    (entry,) = sandbox.received(vendor="vitec", kind="final_price_watched")
    (call,) = sandbox.calls()
    assert (call["method"], call["path"], call["status"]) == ("POST", WATCH, 200)
    assert (call["number"], call["entries"]) == (entry["call"], [entry["number"]])
    assert call["headers"]["content-type"] == "application/json"
    assert "authorization" not in call["headers"]
    assert sandbox.counts() == {"vitec final_price_watched": 1}
    assert sandbox.received(vendor="flow") == []
    sandbox.forget()
    assert (sandbox.received(), len(sandbox.calls())) == ([], 1)


def test_the_overview_says_who_may_log_in(sandbox: Sandbox) -> None:
    found = sandbox.overview()
    assert found["vitec"]["customers"]["M30011"]["advertising"] == "vitec-M30011"
    assert found["flow"]["cases"][0]["case_id"] == 48213
    assert httpx.get(f"{sandbox.url}/_sandbox").json() == found


def test_reset_is_as_at_the_start(sandbox: Sandbox) -> None:
    begin = sandbox.overview()
    sandbox.config(vitec_password="other", estate="OBJ1", latency=0.01, rate_limit=5, ahead=9)
    sandbox.fault("hang")
    sandbox.reset()
    assert sandbox.overview() == begin
    assert (sandbox.faults(), sandbox.calls(), sandbox.received()) == ([], [], [])


def test_latency_slows_every_vendor_call(sandbox: Sandbox) -> None:
    sandbox.config(latency=0.2)
    began = time.monotonic()
    post(sandbox)
    assert time.monotonic() - began >= 0.2


def test_it_stops_at_once_even_while_calls_hang_and_wait() -> None:
    with Sandbox() as sandbox:
        sandbox.fault("hang")
        sandbox.fault("delay", seconds=60)
        failures: list[str] = []

        def send() -> None:
            try:
                post(sandbox, timeout=30)
            except httpx.TransportError as error:
                failures.append(type(error).__name__)

        threads = [threading.Thread(target=send) for _ in range(2)]
        for thread in threads:
            thread.start()
        while len(sandbox.calls()) < 2 or sandbox.faults():
            time.sleep(0.01)
        began = time.monotonic()
    assert time.monotonic() - began < 2
    for thread in threads:
        thread.join(5)
    assert len(failures) == 2


def test_two_sandboxes_know_nothing_of_each_other() -> None:
    with Sandbox() as one, Sandbox() as other:
        post(one)
        assert (len(one.received()), len(other.received())) == (1, 0)


def test_the_command_says_where_it_listens_and_stops_on_sigterm() -> None:
    command = [sys.executable, "-m", "bridge.sandbox", "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        line = process.stdout.readline()
        url = re.fullmatch(r"sandbox listening on (http://127\.0\.0\.1:\d+)\n", line)
        assert url is not None
        sandbox = Client(url[1])
        assert post(sandbox).status_code == 200
        began = time.monotonic()
        process.send_signal(signal.SIGTERM)
        process.wait(10)
    assert time.monotonic() - began < 3
