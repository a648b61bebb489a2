"""The webhook vendor: what a receiver gets, verified by the standard's own library, and what its
answers mean (Standard Webhooks 1.0.0)."""

import asyncio
import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest
from pydantic import SecretStr, ValidationError
from standardwebhooks import Webhook, WebhookVerificationError
from ulid import ULID

from bridge import routing
from bridge.connectors import VENDORS, signing
from bridge.connectors.base import Report
from bridge.connectors.transport import Answer, Failure, Http
from bridge.connectors.webhook.settings import SendLead, WebhookAccount
from bridge.delivery.embedded import EmbeddedServer
from bridge.outcomes import (
    AccountProblem,
    Delivered,
    NotSent,
    RateLimited,
    Rejected,
    State,
    Unknown,
    Unsendable,
)
from bridge.sandbox.server import Sandbox
from tests.contract.connectors import (
    CASES,
    LEAD_ID,
    RECEIVER,
    SECOND,
    Bench,
    Case,
    parcel,
    sending,
)
from tests.integration.bridge_process import BridgeUnderTest, lead
from tests.integration.vendor_bench import person

CASE = CASES["webhook", "lead"]
OTHER = "whsec_bm90IHRoZSByZWNlaXZlcidzIGtleSBhdCBhbGw="
WHOLE = {
    **CASE.lead,
    "occurred_at": "2026-11-23T08:00:00+01:00",
    "person": person(
        national_id="19900101-1234",
        address={"street": "Kungsgatan 16A", "postal_code": "111 35", "city": "Stockholm"},
    ),
    "consent": {"category": "SpecificCase", "system_type": "Manual"},
    "message": "Ring gärna efter 17.",
    "marketing": {"referrer": "https://example.se/bostad/1", "utm": {"source": "google"}},
    "extra": {"budget": 5, "note": "x"},
}


@pytest.fixture
def bench(sandbox: Sandbox) -> Bench:
    return Bench(sandbox, "webhook")


def case(lead: dict[str, Any] | None = None, **options: Any) -> Case:
    return Case(
        vendor="webhook", action="lead", call=CASE.call, lead=lead or WHOLE, options=options
    )


def wire(bench: Bench) -> dict[str, str]:
    """The headers of the last call, as the receiver saw them."""
    headers: dict[str, str] = bench.sandbox.calls()[-1]["headers"]
    return headers


def event(bench: Bench) -> dict[str, Any]:
    (entry,) = bench.sandbox.received(vendor="webhook")
    body: dict[str, Any] = entry["body"]
    return body


# --- signatures -----------------------------------------------------------------------------------


def test_the_standards_own_library_verifies_what_was_sent(bench: Bench) -> None:
    report = bench.send(case())
    verified = Webhook(RECEIVER).verify(sending(report).request, wire(bench))
    assert verified == event(bench)
    with pytest.raises(WebhookVerificationError):
        Webhook(OTHER).verify(sending(report).request, wire(bench))
    with pytest.raises(WebhookVerificationError):
        Webhook(RECEIVER).verify(sending(report).request.replace("Anna", "Anne"), wire(bench))


def test_a_known_signature_comes_out() -> None:
    """The example that the standard's libraries test themselves with."""
    secret = SecretStr("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw")
    known = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    body = b'{"test": 2432232314}'
    found = signing.headers("msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, body, [secret])
    assert found["webhook-signature"] == known


def test_during_a_rotation_both_secrets_verify(bench: Bench) -> None:
    report = bench.send(case())
    for secret in (RECEIVER, SECOND):
        assert Webhook(secret).verify(sending(report).request, wire(bench))
    alone = Bench(bench.sandbox, "webhook", secret=SECOND)
    assert isinstance(alone.send(case()).outcome, AccountProblem)  # it still has the old one
    bench.sandbox.config(webhook={"receivers": {"crm": {"secrets": [SECOND]}}})
    assert isinstance(alone.send(case()).outcome, Delivered)


def test_the_id_stays_for_every_try_of_a_delivery_and_differs_between_two(bench: Bench) -> None:
    seen = []
    for changes in (
        {},
        {"attempt": 7, "possible_duplicate": True},
        {"delivery_id": f"{LEAD_ID}:acme-destination"},
    ):
        bench.send(case(), **changes)
        seen.append(wire(bench)["webhook-id"])
    assert seen[0] == seen[1] != seen[2]
    assert "." not in seen[0]  # it would blur where the id ends and the timestamp begins


def test_the_timestamp_is_the_attempts_and_the_body_has_the_events(bench: Bench) -> None:
    bench.send(case())
    first = wire(bench)["webhook-timestamp"]
    bench.now += timedelta(seconds=60)
    bench.send(case())
    assert int(wire(bench)["webhook-timestamp"]) - int(first) == 60
    assert event(bench)["timestamp"] == "2026-11-23T08:00:00+01:00"


def test_a_lead_without_a_time_of_its_own_has_the_one_at_which_it_was_accepted(
    bench: Bench,
) -> None:
    accepted = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
    bench.send(case({**CASE.lead}), lead_id=str(ULID.from_datetime(accepted)))
    assert event(bench)["timestamp"] == "2026-11-24T12:00:00.000+00:00"


# --- what leaves ----------------------------------------------------------------------------------


def test_a_lead_arrives_as_an_event_with_no_more_than_is_needed(bench: Bench) -> None:
    report = bench.send(case())
    assert isinstance(report.outcome, Delivered)
    assert event(bench) == {
        "type": "lead.created",
        "timestamp": "2026-11-23T08:00:00+01:00",
        "data": {
            "lead_id": LEAD_ID,
            "source": "web",
            "test": False,
            "intent": "final_price_watch",
            "occurred_at": "2026-11-23T08:00:00+01:00",
            "message": "Ring gärna efter 17.",
            "person": {
                "first_name": "Anna",
                "last_name": "Svensson",
                "emails": ["anna@example.com"],
                "phones": [{"number": "+46701740605", "kind": "mobile", "assumed": False}],
            },
            "property": {"title": "Kungsgatan 16A", "vitec": {"estate_id": "OBJ11385_1395932274"}},
        },
    }
    assert report.moved == []


def test_a_thin_event_names_no_person(bench: Bench) -> None:
    bench.send(case(fields=["intent", "property.title", "extra.budget"], event_type="crm.lead"))
    assert event(bench)["data"] == {
        "lead_id": LEAD_ID,
        "source": "web",
        "test": False,
        "intent": "final_price_watch",
        "property": {"title": "Kungsgatan 16A"},
        "extra": {"budget": 5},
    }
    assert event(bench)["type"] == "crm.lead"


def test_a_thin_event_needs_nothing_to_reach_the_person_by(bench: Bench) -> None:
    nobody = {**WHOLE, "person": person(emails=[], phones=[])}
    assert isinstance(bench.send(case(nobody)).outcome, Unsendable)
    assert isinstance(bench.send(case(nobody, fields=["intent"])).outcome, Delivered)


def test_a_national_id_leaves_only_where_it_is_named_itself(bench: Bench) -> None:
    bench.send(case(fields=["person"]))
    assert set(event(bench)["data"]["person"]) == {
        "first_name",
        "last_name",
        "emails",
        "phones",
        "address",
    }
    bench.sandbox.forget()
    bench.send(case(fields=["person.national_id"]), delivery_id="another")
    assert event(bench)["data"]["person"] == {"national_id": "19900101-1234"}


def test_an_uncertain_phone_never_looks_like_a_number(bench: Bench) -> None:
    unsure = {**WHOLE, "person": person(phones=["40612390"], emails=["anna@example.com", "x@@y"])}
    report = bench.send(case(unsure))
    data = event(bench)["data"]["person"]
    assert "phones" not in data
    assert data["emails"] == ["anna@example.com"]
    assert [one.partition(" (")[0] for one in data["uncertain"]] == [
        "E-mail: x@@y",
        "Phone: 40612390",
    ]
    assert report.moved == ["e-mail", "phone"]


def test_with_nothing_certain_to_reach_the_person_by_it_is_held(bench: Bench) -> None:
    unsure = {**WHOLE, "person": person(phones=["40612390"], emails=[])}
    outcome = bench.send(case(unsure)).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD
    assert bench.sandbox.calls() == []


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"fields": ["person.emails", "person.fone"]}, "did you mean `person.phones`"),
        ({"fields": ["prison"]}, "did you mean `person`"),
        ({"fields": []}, "at least 1 item"),
        ({"event_type": "lead created"}, "pattern"),
    ],
)
def test_options_that_cannot_be_are_refused(wrong: dict[str, Any], hint: str) -> None:
    with pytest.raises(ValidationError, match=hint):
        SendLead.model_validate(wrong)


# --- doubles --------------------------------------------------------------------------------------


def test_a_receiver_that_deduplicates_has_it_once_whatever_was_lost(bench: Bench) -> None:
    bench.sandbox.fault("accept_lose_answer")
    assert isinstance(bench.send(case()).outcome, Unknown)
    again = bench.send(case(), attempt=2, possible_duplicate=True)
    (entry,) = bench.sandbox.received(vendor="webhook")
    assert again.outcome == Delivered(entry["reference"])


def test_a_receiver_that_does_not_has_it_twice_which_is_why_hold_is_the_default(
    bench: Bench,
) -> None:
    bench.base_url = f"{bench.sandbox.url}/webhook/sheet"
    bench.sandbox.fault("accept_lose_answer")
    assert isinstance(bench.send(case()).outcome, Unknown)
    bench.send(case(), attempt=2, possible_duplicate=True)
    assert len(bench.sandbox.received(vendor="webhook")) == 2


ROUTES = f"""
[sources.web]

[accounts.crm]
vendor = "webhook"
base_url = "https://crm.example.com/hooks/leads"
secret = "{RECEIVER}"

[destinations.careful]
account = "crm"
action = "lead"

[destinations.again]
account = "crm"
action = "lead"
deduplicates = true

[destinations.said]
account = "crm"
action = "lead"
deduplicates = true
on_unknown = "retry_once"

[[routes]]
name = "all"
deliver_to = ["careful", "again", "said"]
"""


def test_what_is_done_after_an_unknown_follows_from_whether_the_receiver_deduplicates() -> None:
    known = routing.loads(ROUTES, environment={}, vendors=VENDORS)
    found = {name: one.on_unknown for name, one in known.destinations.items()}
    assert found == {"careful": "hold", "again": "retry", "said": "retry_once"}


def test_the_example_on_the_vendors_page_is_a_routing_file() -> None:
    page = (Path(__file__).parents[2] / "docs/vendors/webhook.md").read_text()
    example = page.split("```toml\n")[1].partition("```")[0]
    secrets = {"CRM_WEBHOOK_SECRET": RECEIVER, "CRM_API_KEY": "key"}
    known = routing.loads(example, environment=secrets, vendors=VENDORS)
    assert known.destinations["to-crm"].on_unknown == "retry"
    told = repr(known)
    assert RECEIVER not in told
    assert "/hooks/leads" not in told


def test_a_webhook_cannot_be_read_back_and_the_file_says_so() -> None:
    text = ROUTES.replace('on_unknown = "retry_once"', 'on_unknown = "verify"')
    with pytest.raises(routing.ConfigError, match="cannot be read back"):
        routing.loads(text, environment={}, vendors=VENDORS)


# --- answers --------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (301, AccountProblem),
        (302, Unknown),
        (303, Unknown),
        (307, AccountProblem),
        (308, AccountProblem),
        (402, AccountProblem),
        (404, Rejected),
        (405, Rejected),
        (408, Unknown),
        (409, Rejected),
        (410, AccountProblem),
        (413, Rejected),
        (425, NotSent),
        (429, RateLimited),
        (501, Unknown),
        (503, Unknown),
    ],
)
def test_what_each_status_means(bench: Bench, status: int, outcome: type) -> None:
    there = {"Location": f"{bench.sandbox.url}/webhook/sheet"}
    bench.sandbox.fault("status", code=status, headers=there)
    assert isinstance(bench.send(case()).outcome, outcome)
    assert len(bench.sandbox.calls()) == 1  # and no redirect was followed


def test_a_503_that_names_a_time_is_waited_for(bench: Bench) -> None:
    bench.sandbox.fault("status", code=503, headers={"Retry-After": "120"})
    assert bench.send(case()).outcome == RateLimited(bench.now + timedelta(seconds=120))


def test_a_conflict_after_a_lost_answer_is_for_a_person(bench: Bench) -> None:
    bench.sandbox.fault("status", code=409, body={"error": "seen"})
    outcome = bench.send(case(), possible_duplicate=True).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD
    assert "has it already" in outcome.reason


def test_a_moved_address_says_what_to_change_and_not_where_it_went(bench: Bench) -> None:
    bench.sandbox.fault("status", code=308, headers={"Location": "https://x.example/?key=abc"})
    outcome = bench.send(case()).outcome
    assert isinstance(outcome, AccountProblem)
    assert "change base_url" in outcome.reason
    assert "x.example" not in outcome.reason


def test_a_410_keeps_the_probe_away_until_something_else_is_said(bench: Bench) -> None:
    bench.sandbox.config(webhook={"receivers": {"crm": {"gone": True}}})
    outcome = bench.send(case()).outcome
    assert isinstance(outcome, AccountProblem)
    assert "wants no more" in outcome.reason
    before = len(bench.sandbox.calls())
    assert bench.check().ok is False
    assert len(bench.sandbox.calls()) == before
    # A person resumed it, and now its credentials are what is wrong.
    bench.sandbox.config(webhook={"receivers": {"crm": {"gone": False, "secrets": [OTHER]}}})
    assert isinstance(bench.send(case()).outcome, AccountProblem)
    bench.sandbox.config(webhook={"receivers": {"crm": {"secrets": [RECEIVER]}}})
    assert bench.check().ok is True


@pytest.mark.parametrize(
    ("answer", "reference"),
    [("id", "rec_1"), ("header", "/records/rec_1"), ("text", None), ("empty", None)],
)
def test_the_reference_is_the_receivers_id_or_a_header(
    bench: Bench, answer: str, reference: str | None
) -> None:
    bench.sandbox.config(webhook={"receivers": {"crm": {"answer": answer}}})
    assert bench.send(case()).outcome == Delivered(reference)


def test_a_reference_that_names_the_person_is_none(bench: Bench) -> None:
    bench.sandbox.fault("status", code=200, body={"id": "contact-Anna@example.com"})
    assert bench.send(case()).outcome == Delivered(None)


def test_a_header_can_be_chosen_as_the_reference(bench: Bench) -> None:
    bench.sandbox.fault("status", code=202, headers={"X-Record": "r-77"})
    assert bench.send(case(reference_header="X-Record")).outcome == Delivered("r-77")


def test_without_ping_nothing_is_called_and_with_it_no_lead_is_made(bench: Bench) -> None:
    quiet = Bench(bench.sandbox, "webhook", ping=False)
    assert quiet.check().ok is None
    assert bench.sandbox.calls() == []
    assert bench.check().ok is True
    assert bench.sandbox.received() == []
    bench.sandbox.fault("status", code=422)
    assert bench.check().ok is None  # it answers, and knows no bridge.ping


# --- addresses ------------------------------------------------------------------------------------


def test_the_log_shows_whose_address_it_is_and_not_the_path(bench: Bench) -> None:
    report = bench.send(case())
    assert sending(report).url == f"{bench.sandbox.url}/…"


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "localhost", "10.0.0.8", "169.254.169.254", "[::1]", "[fe80::1]", "x.localhost"],
)
def test_an_address_that_can_only_be_private_is_refused_by_the_file(host: str) -> None:
    text = ROUTES.replace("crm.example.com", host)
    with pytest.raises(routing.ConfigError, match="allow_private = true lets it be"):
        routing.loads(text, environment={}, vendors=VENDORS)
    allowed = text.replace("secret =", "allow_private = true\nsecret =")
    routing.loads(allowed, environment={}, vendors=VENDORS)


def test_plain_http_is_for_loopback_alone() -> None:
    text = ROUTES.replace("https://crm.example.com", "http://10.0.0.8")
    with pytest.raises(routing.ConfigError, match="must be https"):
        routing.loads(text, environment={}, vendors=VENDORS)


def test_a_secret_that_is_not_set_is_told_once() -> None:
    text = ROUTES.replace(f'"{RECEIVER}"', '["$NEW_SECRET", "$OLD_SECRET"]')
    with pytest.raises(routing.ConfigError) as caught:
        routing.loads(text, environment={"NEW_SECRET": SECOND}, vendors=VENDORS)
    assert caught.value.problems == [
        "[accounts.crm] secret: $OLD_SECRET is not set in the environment."
    ]


def publicly(url: str, **way: Any) -> Answer | Failure:
    async def call() -> Answer | Failure:
        http = Http(connect=0.5, deadline=2, **way)
        try:
            return await http.call("POST", url, headers={}, content=b"x", public=True)
        finally:
            await http.aclose()

    return asyncio.run(call())


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as one:
        one.settimeout(0.05)
        yield one


@pytest.mark.parametrize("host", ["http://localhost", "http://127.0.0.1", "https://0x7f000001"])
def test_a_name_that_resolves_to_a_private_address_is_never_connected_to(
    listener: socket.socket, host: str
) -> None:
    answer = publicly(f"{host}:{listener.getsockname()[1]}/")
    with pytest.raises(TimeoutError):
        listener.accept()
    assert isinstance(answer, Failure)
    assert (answer.reached, answer.barred) == (False, True)
    assert answer.reason == "the address is in a private network"


@pytest.mark.parametrize("host", ["127.1", "2130706433", "0177.0.0.1"])
def test_a_number_that_is_no_plain_address_is_never_connected_to(
    listener: socket.socket, host: str
) -> None:
    answer = publicly(f"https://{host}:{listener.getsockname()[1]}/")
    with pytest.raises(TimeoutError):
        listener.accept()
    assert isinstance(answer, Failure)
    assert not answer.reached


def test_with_a_proxy_it_is_the_proxy_that_resolves(listener: socket.socket) -> None:
    port = listener.getsockname()[1]
    answer = publicly("https://crm.invalid/", proxy=f"http://127.0.0.1:{port}")
    asked, _ = listener.accept()
    with asked:
        assert asked.recv(100).startswith(b"CONNECT crm.invalid:443")
    assert isinstance(answer, Failure)
    assert (answer.reached, answer.barred) == (False, False)


def test_a_private_address_is_the_accounts_problem_and_its_probe_says_so(bench: Bench) -> None:
    account = bench.account()
    assert isinstance(account, WebhookAccount)
    # As if the name had been pointed at our own network after the file was read.
    moved = account.model_copy(update={"allow_private": False})

    async def story() -> tuple[Report, Any]:
        http = Http(deadline=2)
        try:
            connector = bench.vendor.connect(moved, http, bench.shelf, lambda: bench.now)
            return await connector.send(parcel(case())), await connector.check()
        finally:
            await http.aclose()

    report, health = asyncio.run(story())
    assert isinstance(report.outcome, AccountProblem)
    assert "allow_private = true" in report.outcome.reason
    assert health.ok is False
    assert bench.sandbox.calls() == []


@pytest.mark.parametrize(
    ("wrong", "hint"),
    [
        ({"base_url": "https://user:word@crm.example.com/x"}, "no user or password"),
        ({"base_url": "https://crm.example.com/x#y"}, "no #fragment"),
        ({"secret": "whsec_c2hvcnQ="}, "24 to 64 random bytes"),
        ({"secret": "not base64 at all, whatever it is"}, "24 to 64 random bytes"),
        ({"secret": [RECEIVER, SECOND, OTHER]}, "at most 2 items"),
        ({"secret": []}, "at least 1 item"),
        ({"headers": {"Webhook-Id": "x"}}, "no header that an account may set"),
        ({"headers": {"Host": "x"}}, "no header that an account may set"),
        ({"headers": {"Content-Type": "x"}}, "no header that an account may set"),
        ({"headers": {"x y": "x"}}, "no header that an account may set"),
        ({"headers": {"x-key": "a\r\nx-other: b"}}, "printable ASCII"),
    ],
)
def test_settings_that_cannot_be_are_refused_without_being_quoted(
    wrong: dict[str, Any], hint: str
) -> None:
    right = {"base_url": "https://crm.example.com/x", "secret": RECEIVER}
    with pytest.raises(ValidationError, match=hint) as caught:
        WebhookAccount.model_validate({**right, **wrong})
    assert "word" not in str(caught.value).replace("password", "")
    assert "c2hvcnQ" not in str(caught.value)


# --- the sandbox's receiver, by somebody else's signer --------------------------------------------


def test_the_sandbox_takes_what_the_standards_library_signed_and_nothing_else(
    sandbox: Sandbox,
) -> None:
    body = orjson.dumps({"type": "a.b", "data": {}}).decode()
    stamp = datetime.now(UTC)
    key = sandbox.overview()["webhook"]["receivers"]["crm"]["secrets"][0]
    assert key == RECEIVER

    def post(secret: str, moment: datetime, sent: str = body) -> int:
        headers = {
            "webhook-id": "msg_1",
            "webhook-timestamp": str(int(moment.timestamp())),
            "webhook-signature": Webhook(secret).sign("msg_1", moment, body),
        }
        url = f"{sandbox.url}/webhook/crm"
        with httpx.Client(trust_env=False) as client:
            return client.post(url, content=sent, headers=headers).status_code

    assert post(key, stamp) == 201
    assert post(OTHER, stamp) == 401
    assert post(key, stamp, body + " ") == 401
    assert post(key, stamp - timedelta(minutes=6)) == 401
    assert post(key, stamp + timedelta(minutes=6)) == 401
    assert len(sandbox.received(vendor="webhook")) == 1


# --- with a bridge --------------------------------------------------------------------------------

ALSO = """
[accounts.crm]
vendor = "webhook"
base_url = "{sandbox}/webhook/crm"
secret = "{secret}"
allow_private = true

[destinations.to-crm]
account = "crm"
action = "lead"
deduplicates = true
retry = ["1s", "1s", "1s"]

[[routes]]
name = "callers"
when = {{ intent = "contact" }}
deliver_to = ["to-crm"]
"""


@pytest.fixture
def bridge(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[BridgeUnderTest]:
    with Sandbox() as sandbox:
        one = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        file.write_text(file.read_text() + ALSO.format(sandbox=sandbox.url, secret=RECEIVER))
        yield one


def test_a_lead_whose_answer_was_lost_is_sent_again_by_itself_under_the_same_id(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.fault("accept_lose_answer", match={"vendor": "webhook"})
    with bridge.worker():
        (lead_id,) = bridge.accept([lead(5, intent="contact")])
        bridge.until(lambda: _state(bridge, lead_id) is State.DELIVERED)
    ids = [call["headers"]["webhook-id"] for call in bridge.sandbox.calls()]
    assert ids == [f"{lead_id}:to-crm"] * 2
    (entry,) = bridge.sandbox.received(vendor="webhook")
    row = bridge.deliveries(lead_id)["to-crm"]
    assert (row.reference, row.attempts) == (entry["reference"], 2)


def test_a_receiver_that_is_gone_pauses_its_account_and_stays_paused(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.config(webhook={"receivers": {"crm": {"gone": True}}})
    with bridge.worker():
        (first,) = bridge.accept([lead(6, intent="contact")])
        bridge.until(lambda: _state(bridge, first) is State.HELD)
        (second,) = bridge.accept([lead(7, intent="contact")])
        bridge.until(lambda: bool(_probed(bridge)))
        assert len(bridge.sandbox.calls()) == 1
        bridge.sandbox.config(webhook={"receivers": {"crm": {"gone": False}}})
        assert bridge.command("accounts", "resume", "crm").returncode == 0
        done = {State.DELIVERED}
        bridge.until(lambda: {_state(bridge, one) for one in (first, second)} == done)


def _probed(bridge: BridgeUnderTest) -> bytes | None:
    """Somebody asked the account whether it works again, a second ago at most."""
    return bridge.ask(lambda ledger: ledger.shelf_get("probe:crm"))


def _state(bridge: BridgeUnderTest, lead_id: str) -> State:
    return bridge.deliveries(lead_id)["to-crm"].state
