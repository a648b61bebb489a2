"""HomeQ as it behaves: a sender that repeats until exactly 200, a real web, a real worker."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from bridge.delivery.embedded import EmbeddedServer, free_port
from bridge.delivery.values import LeadId, LogEntry
from bridge.outcomes import State
from bridge.sandbox.homeq import events
from bridge.sandbox.homeq.sender import Sender, post
from bridge.sandbox.server import Sandbox
from tests.faults.wire import Wire
from tests.integration.bridge_process import BridgeUnderTest

NOON, LATER = "2026-11-27T12:00:00+01:00", "2026-11-27T13:00:00+01:00"
TOKEN = "token-of-the-landlord"


class Landlord:
    """A bridge with its web process, and HomeQ's sender at its hook."""

    def __init__(self, bridge: BridgeUnderTest, port: int, wire: Wire) -> None:
        self.bridge = bridge
        self.base = f"http://127.0.0.1:{port}"
        self.hook = f"{self.base}/v1/hooks/homeq/{TOKEN}"
        self.homeq = Sender(self.hook)
        self.wire = wire

    def leads(self) -> list[str]:
        rows = self.bridge.ask(lambda ledger: ledger.leads(before=None, limit=100))
        return [row.lead_id for row in reversed(rows)]

    def status(self, lead_id: str) -> str:
        row = self.bridge.ask(lambda ledger: ledger.lead(LeadId(lead_id)))
        assert row is not None
        return row.status

    def timeline(self, lead_id: str) -> list[LogEntry]:
        return self.bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))

    def milestones(self, lead_id: str) -> list[object]:
        log = self.timeline(lead_id)
        return [one.header["kind"] for one in log if one.header["what"] == "milestone"]

    def state(self, lead_id: str) -> State:
        return self.bridge.deliveries(lead_id)["acme-watch"].state

    def quarantined(self) -> list[str]:
        rows = self.bridge.ask(lambda ledger: ledger.quarantined(limit=100))
        return [row.reason for row in rows]


@pytest.fixture
def landlord(empty_server: EmbeddedServer, tmp_path: Path) -> Iterator[Landlord]:
    with Sandbox() as sandbox, Wire(empty_server.url) as wire:
        bridge = BridgeUnderTest(tmp_path, empty_server, sandbox, wire=wire.url)
        port = free_port()
        process = bridge.start_web(port)
        try:
            bridge.until(lambda: _alive(port))
            yield Landlord(bridge, port, wire)
        finally:
            process.terminate()
            process.wait(20)


def _alive(port: int) -> bool:
    try:
        return httpx.get(f"http://127.0.0.1:{port}/healthz").status_code == 200
    except httpx.HTTPError:
        return False


def known(landlord: Landlord, reference: str) -> str:
    done = landlord.bridge.command(
        "properties", "set", reference, "--customer-id", "M30011",
        "--estate-id", "OBJ11385_1395932274",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_a_reservation_goes_to_vitec_as_soon_as_its_property_is_known(landlord: Landlord) -> None:
    with landlord.bridge.worker():
        landlord.homeq.put([events.reservation(NOON)])
        landlord.homeq.run()
        (lead_id,) = landlord.leads()
        assert landlord.status(lead_id) == "unrouted"
        wanted = landlord.bridge.command("properties", "wanted", "--json").stdout
        assert '"homeq:apartment:41"' in wanted
        assert "1 leads that waited for it go on" in known(landlord, "homeq:apartment:41")
        landlord.bridge.until(lambda: landlord.state(lead_id) is State.DELIVERED)
    (watch,) = landlord.bridge.sandbox.received(vendor="vitec")
    person = watch["body"]["person"]
    assert person["telephone"]["cell"] == "+46701740605"
    assert person["address"]["zipCode"] == "11135"
    assert "socialSecurityNumber" not in person
    assert "annons 77" in watch["body"]["message"]
    assert landlord.bridge.command("properties", "wanted").returncode == 1


def test_h_t6_exactly_200_for_whatever_is_stored(landlord: Landlord) -> None:
    event = events.follows(NOON)
    strange: list[object] = [
        event,
        event,
        {"type": "listing.published", "uuid": "1", "company_id": 3},
        b"{broken",
        b"",
        b"x" * 400_000,
        b"[" * 10_000,
        [events.signature(NOON), events.agreement(NOON)],
        {**events.follows(NOON), "company_id": 9},
    ]
    landlord.homeq.put(strange)
    landlord.homeq.run()
    assert [one.answers for one in landlord.homeq.taken] == [[200]] * len(strange)
    assert post(landlord.hook + "/", event) == 200
    assert len(landlord.leads()) == 1
    reasons = landlord.quarantined()
    assert len(reasons) == 6
    assert sum("is longer than 256 KiB" in one for one in reasons) == 1
    assert sum("is not JSON" in one for one in reasons) == 3


def test_h_t8_a_wrong_token_is_no_200_and_can_be_mended_within_the_week(
    landlord: Landlord,
) -> None:
    landlord.homeq.url = f"{landlord.base}/v1/hooks/homeq/wrong"
    landlord.homeq.put([events.follows(NOON)])
    landlord.homeq.run(hours=1)
    assert landlord.homeq.queue[0].answers == [404] * 13
    assert landlord.leads() == []
    landlord.homeq.url = landlord.hook
    landlord.homeq.run(hours=1)
    assert len(landlord.leads()) == 1


def test_a_ledger_that_is_away_is_503_and_the_repeat_brings_the_lead(landlord: Landlord) -> None:
    landlord.wire.cut()
    landlord.homeq.put([events.reservation(NOON)])
    landlord.homeq.run()
    landlord.wire.mend()
    landlord.homeq.run(hours=1)
    (taken,) = landlord.homeq.taken
    assert taken.answers == [503, 200]
    assert len(landlord.leads()) == 1


@pytest.mark.parametrize("order", ["follow first", "goodbye first"])
def test_h_t5_a_person_who_left_is_not_contacted_whichever_comes_first(
    landlord: Landlord, order: str
) -> None:
    come, go = events.follows(NOON), events.follows(LATER, wish="UNSUBSCRIBED")
    known(landlord, "homeq:project:12")
    landlord.homeq.put([come, go] if order == "follow first" else [go, come])
    landlord.homeq.run()
    with landlord.bridge.worker():
        states = [
            row.state
            for one in landlord.leads()
            for row in landlord.bridge.deliveries(one).values()
        ]
        assert states == [State.CANCELLED]
        # Who comes back later is a new wish.
        landlord.homeq.put([events.follows("2026-11-28T12:00:00+01:00")])
        landlord.homeq.run()
        landlord.bridge.until(lambda: len(landlord.bridge.sandbox.received()) == 1)


def test_milestones_stand_on_the_reservations_timeline_whichever_comes_first(
    landlord: Landlord,
) -> None:
    story = [events.signature(LATER), events.reservation(NOON), events.agreement(LATER)]
    landlord.homeq.put([*story, events.signing(LATER), story[0]])
    landlord.homeq.run()
    (lead_id,) = landlord.leads()
    kinds = ["homeq.signature", "homeq.agreement", "homeq.signing"]
    assert landlord.milestones(lead_id) == kinds
    headers = str([one.header for one in landlord.timeline(lead_id)])
    assert "Anna" not in headers
    assert "Maria" not in headers


def test_h_t16_a_listing_that_is_reserved_again_gets_its_own_milestones(landlord: Landlord) -> None:
    bo = {**events.PERSON, "first_name": "Bo", "email": "bo@example.com", "phone": "0701740606"}
    landlord.homeq.put([events.reservation(NOON), events.signature(NOON)])
    landlord.homeq.run()
    time.sleep(0.01)  # the newest reservation is told by the millisecond
    landlord.homeq.put([events.reservation(LATER, applicant=bo), events.agreement(LATER)])
    landlord.homeq.run()
    first, second = landlord.leads()
    assert landlord.milestones(first) == ["homeq.signature"]
    assert landlord.milestones(second) == ["homeq.agreement"]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_whatever_is_shuffled_and_repeated_makes_each_lead_once(
    landlord: Landlord, seed: int
) -> None:
    known(landlord, "homeq:project:12")
    people = [
        {"email_id": f"renter{n}@example.com", "first_name": "Anna", "last_name": f"Ek{n}"}
        for n in range(12)
    ]
    landlord.homeq.luck = random.Random(seed)
    landlord.homeq.put(events.follows(NOON, **one) for one in people)
    landlord.homeq.put([events.follows(LATER, wish="UNSUBSCRIBED", **people[0])])
    with landlord.bridge.worker():
        landlord.homeq.run(hours=1)
        landlord.bridge.until(lambda: len(landlord.bridge.sandbox.received()) >= 11)
        time.sleep(0.5)
    sent = [one["body"]["person"]["lastName"] for one in landlord.bridge.sandbox.received()]
    left_too_late = ["Ek0"] if "Ek0" in sent else []
    assert sorted(sent) == sorted([*(f"Ek{n}" for n in range(1, 12)), *left_too_late])


def test_a_signed_tenant_whom_nobody_knows_is_a_lead_only_where_that_is_wanted(
    landlord: Landlord, tmp_path: Path
) -> None:
    landlord.homeq.put([events.signing(NOON)])
    landlord.homeq.run()
    assert landlord.leads() == []
    file = tmp_path / "bridge.toml"
    wanted = 'format = "homeq"\ncreate_from_signing = true'
    file.write_text(file.read_text().replace('format = "homeq"', wanted))
    port = free_port()
    process = landlord.bridge.start_web(port)
    try:
        landlord.bridge.until(lambda: _alive(port))
        hook = f"http://127.0.0.1:{port}/v1/hooks/homeq/{TOKEN}"
        assert post(hook, events.signing(LATER, object_ad_id=78)) == 200
        assert len(landlord.leads()) == 1
        assert post(hook, events.signing(LATER, object_ad_id=78)) == 200
        assert len(landlord.leads()) == 1
    finally:
        process.terminate()
        process.wait(20)


def test_the_token_stands_in_no_log(landlord: Landlord) -> None:
    post(landlord.hook, events.follows(NOON))
    post(f"{landlord.base}/v1/hooks/homeq/almost-{TOKEN}", events.follows(NOON))
    log = (landlord.bridge.folder / "web.log").read_text()
    assert TOKEN not in log
    assert "anna@example.com" not in log
