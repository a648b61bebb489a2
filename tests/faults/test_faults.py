"""Faults as tests: frozen and dead workers, a ledger that goes away, vendors that do not serve."""

import signal
from collections import Counter

from bridge.delivery.embedded import EmbeddedServer
from bridge.delivery.values import LeadId
from bridge.outcomes import FINAL, State
from tests.faults.wire import Wire
from tests.integration.bridge_process import BridgeUnderTest, lead

STAKEHOLDER = {"vendor": "flow", "path": "Stakeholders"}


def interest(number: int) -> dict[str, object]:
    return lead(number, intent="interest")


def all_final(bridge: BridgeUnderTest, lead_ids: list[str]) -> bool:
    return all(row.state in FINAL for one in lead_ids for row in bridge.deliveries(one).values())


def arrivals(bridge: BridgeUnderTest, kind: str) -> Counter[str]:
    """How often each person arrived at a vendor, by the vendor's own count."""
    name = {"final_price_watched": "lastName", "stakeholder": "SurName"}[kind]
    bodies = [one["body"] for one in bridge.sandbox.received(kind=kind)]
    return Counter(body.get("person", body)[name] for body in bodies)


def log_of(bridge: BridgeUnderTest, lead_id: str, destination: str) -> list[dict[str, object]]:
    entries = bridge.ask(lambda ledger: ledger.log(LeadId(lead_id)))
    return [dict(e.header) for e in entries if e.header.get("destination") == destination]


def test_a_lost_answer_is_read_back_and_never_sent_twice(bridge: BridgeUnderTest) -> None:
    for vendor in ("vitec", "flow"):
        match = {"vendor": vendor, "path": "FinalPriceWatched|Stakeholders"}
        bridge.sandbox.fault("accept_lose_answer", times=3, match=match)
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(6))
        bridge.until(lambda: all_final(bridge, leads))
    assert set(arrivals(bridge, "final_price_watched").values()) == {1}
    assert set(arrivals(bridge, "stakeholder").values()) == {1}
    states = Counter(row.state for one in leads for row in bridge.deliveries(one).values())
    assert states == {State.DELIVERED: 12}
    references = [row.reference for one in leads for row in bridge.deliveries(one).values()]
    assert all(references)


def test_what_surely_never_arrived_is_sent_once_more(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("cut_after_read", match=STAKEHOLDER)
    with bridge.worker():
        (one,) = bridge.accept([interest(1)])
        bridge.until(lambda: all_final(bridge, [one]))
    assert arrivals(bridge, "stakeholder") == {"Svensson1": 1}
    decisions = [entry["decision"] for entry in log_of(bridge, one, "acme-stakeholder")]
    assert decisions == ["ReadBack", "SendAgain", "Settle"]


def test_what_nobody_can_tell_is_held_for_a_person_with_both_facts(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.fault("accept_lose_answer", match=STAKEHOLDER)
    bridge.sandbox.fault("status", code=500, times=None, match={"path": "Roles/Stakeholder"})
    with bridge.worker():
        (one,) = bridge.accept([interest(1)])
        bridge.until(lambda: bridge.deliveries(one)["acme-stakeholder"].state is State.HELD)
    reason = bridge.deliveries(one)["acme-stakeholder"].reason
    assert "may have arrived" in reason
    assert "reading back from Flow failed" in reason


def test_a_frozen_worker_that_thaws_cannot_record_over_the_new_holder(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.fault("delay", seconds=1.5, times=1, match=STAKEHOLDER)
    frozen = bridge.start_worker()
    try:
        (one,) = bridge.accept([interest(1)])
        bridge.until(lambda: any("Stakeholders" in c["path"] for c in bridge.sandbox.calls()))
        frozen.send_signal(signal.SIGSTOP)
        with bridge.worker():
            bridge.until(lambda: all_final(bridge, [one]), seconds=60)
            assert bridge.deliveries(one)["acme-stakeholder"].state is State.DELIVERED
            frozen.send_signal(signal.SIGCONT)
            bridge.until(lambda: len(log_of(bridge, one, "acme-stakeholder")) == 3)
    finally:
        frozen.send_signal(signal.SIGCONT)
        frozen.send_signal(signal.SIGTERM)
        bridge.stopped(frozen)
    assert arrivals(bridge, "stakeholder") == {"Svensson1": 1}
    modes = [entry["mode"] for entry in log_of(bridge, one, "acme-stakeholder")]
    assert modes == ["judge", "verify", "send"]  # the last one is what the frozen worker had sent


def test_a_yes_that_cannot_be_recorded_is_never_sent_again(
    bridge: BridgeUnderTest, wire: Wire
) -> None:
    bridge.sandbox.fault("delay", seconds=1, times=None, match={"vendor": "vitec"})
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(5))
        bridge.until(lambda: len(bridge.sandbox.calls()) >= 5)
        wire.cut()  # the answers come while nobody can write them down
        bridge.until(lambda: len(bridge.sandbox.received(kind="final_price_watched")) == 5)
        wire.mend()
        bridge.until(lambda: all_final(bridge, leads), seconds=60)
    assert set(arrivals(bridge, "final_price_watched").values()) == {1}
    assert set(arrivals(bridge, "stakeholder").values()) == {1}


def test_a_worker_that_hears_nothing_notices_and_listens_again(
    bridge: BridgeUnderTest, wire: Wire
) -> None:
    """Its connections to the broker are there and carry nothing; the ledger answers as before."""
    bridge.environment |= {
        "BRIDGE_REDIS_URL": bridge.url,
        "BRIDGE_BROKER_URL": wire.url,
        "BRIDGE_CANARY": "0.5",
    }
    with bridge.worker() as process:
        (first,) = bridge.accept([interest(1)])
        bridge.until(lambda: all_final(bridge, [first]))
        wire.mute()
        for number in range(2, 6):
            bridge.enqueue(interest(number))
        # One message was handed to the mute connection: it comes back when its time is over.
        bridge.until(lambda: len(arrivals(bridge, "stakeholder")) >= 4, seconds=60)
        assert process.poll() is None
    assert "worker.deaf action=reconnect" in (bridge.folder / "worker.log").read_text()
    assert set(arrivals(bridge, "stakeholder").values()) == {1}


def test_a_broker_that_carries_nothing_keeps_no_lead_back(
    bridge: BridgeUnderTest, wire: Wire
) -> None:
    """Who took the lead in begins at once; messages only bring in the others."""
    bridge.environment |= {
        "BRIDGE_REDIS_URL": bridge.url,
        "BRIDGE_BROKER_URL": wire.url,
        "BRIDGE_CANARY": "600",
    }
    with bridge.worker():
        (first,) = bridge.accept([interest(1)])
        bridge.until(lambda: all_final(bridge, [first]))
        wire.mute()
        later = bridge.accept(interest(number) for number in range(2, 6))
        bridge.until(lambda: all_final(bridge, later))
        wire.mend()
    assert set(arrivals(bridge, "stakeholder").values()) == {1}


def test_a_worker_that_dies_does_not_open_the_vendors_breaker(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("delay", seconds=2, times=8, match={"vendor": "vitec"})
    process = bridge.start_worker()
    leads = bridge.accept(interest(number) for number in range(14))
    bridge.until(lambda: len(bridge.sandbox.calls()) >= 8)
    process.kill()
    process.wait()
    with bridge.worker():
        bridge.until(lambda: all_final(bridge, leads), seconds=25)  # an open breaker takes 30
    assert set(arrivals(bridge, "final_price_watched").values()) == {1}


def test_a_ledger_that_is_killed_comes_back_with_everything(
    bridge: BridgeUnderTest, empty_server: EmbeddedServer
) -> None:
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(30))
        bridge.until(lambda: len(bridge.sandbox.received()) > 10)
        empty_server.kill()
        empty_server.start()
        bridge.until(lambda: all_final(bridge, leads), seconds=60)
    assert set(arrivals(bridge, "final_price_watched").values()) == {1}
    assert sum(arrivals(bridge, "stakeholder").values()) == 30


def test_wrong_credentials_pause_the_account_and_it_goes_on_by_itself(
    bridge: BridgeUnderTest,
) -> None:
    bridge.sandbox.config(flow_secret="changed")
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(3))
        bridge.until(lambda: _paused(bridge, "flow-acme") != "")
        assert "no token: HTTP 400 invalid_client" in _paused(bridge, "flow-acme")
        # The other account is not touched by it.
        bridge.until(lambda: len(arrivals(bridge, "final_price_watched")) == 3)
        bridge.sandbox.config(flow_secret="flow-secret")
        bridge.until(lambda: all_final(bridge, leads), seconds=60)
    assert set(arrivals(bridge, "stakeholder").values()) == {1}
    assert _paused(bridge, "flow-acme") == ""


def test_a_broken_mapping_does_not_burn_a_campaign(bridge: BridgeUnderTest) -> None:
    file = bridge.folder / "bridge.toml"
    text = file.read_text().replace(
        'action = "final_price_watched"', 'action = "final_price_watched"\npause_after_refusals = 4'
    )
    one_by_one = 'crm_password = "crm-M30011"\nconcurrency = 1'
    file.write_text(text.replace('crm_password = "crm-M30011"', one_by_one))
    bridge.sandbox.fault("status", code=400, times=None, match={"vendor": "vitec"})
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(12))
        bridge.until(lambda: _states(bridge, leads)[State.HELD] == 8)
        assert _states(bridge, leads)[State.REJECTED] == 4
        bridge.sandbox.clear_faults()
        resumed = bridge.command("accounts", "resume", "vitec-acme", "--destination", "acme-watch")
        assert resumed.returncode == 0
        bridge.until(lambda: all_final(bridge, leads))
    assert len(arrivals(bridge, "final_price_watched")) == 8


def test_one_account_that_hangs_costs_the_others_nothing(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("hang", times=None, match={"vendor": "vitec"})
    worker = bridge.start_worker()
    try:
        leads = bridge.accept(interest(number) for number in range(40))
        bridge.until(lambda: len(arrivals(bridge, "stakeholder")) == 40)
        watches = [bridge.deliveries(one)["acme-watch"].state for one in leads]
        assert State.DELIVERED not in watches
        assert sum(state is State.SENDING for state in watches) <= 8  # the account's concurrency
    finally:
        worker.kill()
        worker.wait()


def test_calls_that_hang_do_not_hold_the_free_places_of_their_account(
    bridge: BridgeUnderTest,
) -> None:
    """Six of eight places hang; the other two go on delivering."""
    bridge.sandbox.fault("hang", times=6, match={"vendor": "vitec"})
    worker = bridge.start_worker()
    try:
        bridge.until(lambda: bool(bridge.ask(lambda ledger: ledger.workers())))
        bridge.accept(interest(number) for number in range(40))
        bridge.until(lambda: len(arrivals(bridge, "final_price_watched")) == 34, seconds=4)
    finally:
        worker.kill()
        worker.wait()


def test_sigterm_in_the_middle_finishes_what_is_in_flight(bridge: BridgeUnderTest) -> None:
    bridge.sandbox.fault("delay", seconds=0.5, times=None)
    with bridge.worker():
        leads = bridge.accept(interest(number) for number in range(12))
        bridge.until(lambda: len(bridge.sandbox.calls()) > 4)
    sending = [
        row for one in leads for row in bridge.deliveries(one).values() if row.state == "sending"
    ]
    assert sending == []
    bridge.sandbox.clear_faults()
    with bridge.worker():
        bridge.until(lambda: all_final(bridge, leads))
    assert set(arrivals(bridge, "final_price_watched").values()) == {1}
    assert set(arrivals(bridge, "stakeholder").values()) == {1}


def _paused(bridge: BridgeUnderTest, account: str) -> str:
    rows = bridge.ask(lambda ledger: ledger.accounts())
    return next((row.paused for row in rows if row.account == account), "")


def _states(bridge: BridgeUnderTest, leads: list[str]) -> Counter[State]:
    return Counter(bridge.deliveries(one)["acme-watch"].state for one in leads)
