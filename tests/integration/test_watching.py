"""Cases that are watched: leads wait, go on, arrived and follow up, whatever dies in between."""

import itertools
from datetime import datetime, timedelta
from typing import Any, cast
from urllib.parse import parse_qs

import pytest

from bridge.delivery.ledger import LedgerError
from bridge.delivery.memory_ledger import MemoryLedger
from bridge.delivery.values import LeadId, Withdrawal
from bridge.outcomes import State
from bridge.pipeline import prints, watching
from bridge.pipeline.alarms import conditions
from bridge.pipeline.watching.book import Book, Case
from bridge.sandbox.server import Sandbox
from tests.integration.dying import Dying, KilledError
from tests.integration.watch_bench import GUID, WatchBench, Worker

STAKEHOLDERS = {"vendor": "flow", "path": "Stakeholders"}
MODIFIED = {"vendor": "flow", "path": "RecentlyModified"}
SEARCH = {"vendor": "flow", "path": "AdvancedPropertySearch"}
DAY = 86_400.0
ENTRY = f'{{"reference":"AF43","case_guid":"{GUID}","case_id":48213}}'

OTHER_CUSTOMER = """
[accounts.other]
vendor = "flow"
base_url = "https://integration.webtopsolutions.com/flow"
client_id = "another"
client_secret = "theirs"

[destinations.theirs]
account = "other"
action = "stakeholder"
processing_bases = { category = "SpecificCase", system_type = "Manual" }

[[routes]]
name = "theirs"
when = { language = "sv" }
deliver_to = ["theirs"]
"""

ORDER_GUID = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
ORDER = """
[destinations.order]
account = "flow"
action = "order_state"
state = "InProcess"

[[routes]]
name = "orders"
when = { language = "sv" }
deliver_to = ["order"]
"""


@pytest.fixture
def bench(sandbox: Sandbox) -> WatchBench:
    return _begun(WatchBench(sandbox))


def _begun(bench: WatchBench) -> WatchBench:
    """The first reading is over, and a minute went by."""
    bench.tell(Worker.turn)
    bench.advance(61)
    return bench


def put(bench: WatchBench, number: int = 1, **changes: Any) -> LeadId:
    """A lead that came and was tried."""

    async def story(one: Worker) -> LeadId:
        lead_id = await one.accept(number, **changes)
        await one.drain()
        return lead_id

    return bench.tell(story)


def state(bench: WatchBench, lead_id: LeadId, destination: str = "stakeholder") -> State:
    return bench.tell(lambda one: one.delivery(lead_id, destination)).state


def turn(bench: WatchBench) -> None:
    """The next reading, and whatever it opened is delivered."""

    async def story(one: Worker) -> None:
        assert await one.turn() == ["flow"]
        await one.drain()

    bench.tell(story)
    bench.advance(61)


# --- leads wait ----------------------------------------------------------------------------------


def test_a_sold_case_holds_its_leads_until_it_is_active_again(bench: WatchBench) -> None:
    bench.sell()
    turn(bench)
    lead_id = put(bench)
    row = bench.tell(lambda one: one.delivery(lead_id))
    assert row.state is State.HELD
    assert row.reason.startswith("case 48213 is sold since 20")
    assert "`bridge cases release flow 48213` lets them go" in row.reason
    assert bench.sandbox.received(kind="stakeholder") == []
    bench.sell(active=True)
    turn(bench)
    assert state(bench, lead_id) is State.DELIVERED
    assert len(bench.sandbox.received(kind="stakeholder")) == 1
    assert state(bench, put(bench, 2)) is State.DELIVERED


def test_what_was_in_line_when_its_case_was_sold_waits_too(bench: WatchBench) -> None:
    bench.sandbox.fault("status", code=503, times=1, match=STAKEHOLDERS)
    lead_id = put(bench)
    assert state(bench, lead_id) is State.RETRYING
    bench.sell()
    turn(bench)
    turn(bench)
    assert state(bench, lead_id) is State.HELD
    assert bench.sandbox.received(kind="stakeholder") == []


@pytest.mark.parametrize(
    ("what", "back", "words"),
    [
        ({"active": False}, {"active": True}, "is deactivated since"),
        ({"publications": ["Removed", "Paused"]}, {"publications": ["Published"]}, "unpublished"),
        ({"sold": True}, {"sold": False}, "is sold since"),
    ],
)
def test_whatever_takes_a_case_off_the_market_holds_its_leads(
    bench: WatchBench, what: dict[str, Any], back: dict[str, Any], words: str
) -> None:
    bench.sell(publications=["Published"])
    turn(bench)
    assert state(bench, put(bench)) is State.DELIVERED
    bench.sell(**what)
    turn(bench)
    lead_id = put(bench, 2)
    assert words in bench.tell(lambda one: one.delivery(lead_id)).reason
    bench.sell(**back)
    turn(bench)
    assert state(bench, lead_id) is State.DELIVERED


@pytest.mark.parametrize(
    "statuses",
    [[], ["NotPublished"], ["PublishFailed"], ["Removed", "Published"], ["RemovalFailed"], ["Odd"]],
)
def test_a_case_that_is_to_be_seen_or_never_was_holds_nothing(
    bench: WatchBench, statuses: list[str]
) -> None:
    bench.sell(publications=statuses)
    turn(bench)
    assert state(bench, put(bench)) is State.DELIVERED


def test_f_t7_publications_are_read_without_writing_any(bench: WatchBench) -> None:
    bench.sell(publications=[])
    turn(bench)
    (call,) = [one for one in bench.sandbox.calls() if "publications" in one["path"].lower()]
    assert "returnOnlyExisting=true" in call["query"].split("&")
    assert bench.sandbox.received(kind="publication") == []


def test_f_t1_a_lead_that_names_the_case_by_its_guid_alone_waits(bench: WatchBench) -> None:
    bench.sell()
    turn(bench)
    lead_id = put(bench, property={"flow": {"case_guid": GUID.upper()}})
    assert state(bench, lead_id) is State.HELD


def test_f_t1_where_the_search_is_refused_the_number_still_holds(bench: WatchBench) -> None:
    bench.sandbox.fault("status", code=403, times=None, match=SEARCH)
    bench.sell()
    turn(bench)
    assert state(bench, put(bench)) is State.HELD
    lead_id = put(bench, 2, property={"flow": {"case_guid": GUID}})
    assert state(bench, lead_id) is State.DELIVERED


def test_f_t1_where_the_search_is_away_it_is_asked_again(bench: WatchBench) -> None:
    bench.sandbox.fault("status", code=500, times=1, match=SEARCH)
    bench.sell()
    turn(bench)
    assert state(bench, put(bench)) is State.HELD
    turn(bench)
    lead_id = put(bench, 2, property={"flow": {"case_guid": GUID}})
    assert state(bench, lead_id) is State.HELD


def test_an_order_is_told_of_a_lead_whose_case_is_sold(sandbox: Sandbox) -> None:
    bench = _begun(WatchBench(sandbox, account='orders = { language = "no" }'))
    bench.text += ORDER
    bench.sandbox.config(flow_permissions=["Marketing Integrator - WRITE"])
    bench.sell()
    turn(bench)
    place = {"flow": {"case_guid": GUID, "case_id": 48213, "order_id": ORDER_GUID}}
    lead_id = put(bench, language="sv", property=place)
    row = bench.tell(lambda one: one.delivery(lead_id, "order"))
    assert (row.state, row.reason) == (State.DELIVERED, "")


def test_a_person_lets_a_case_go_and_its_next_sale_holds_again(bench: WatchBench) -> None:
    bench.sell()
    turn(bench)
    first = put(bench)

    async def let_go(one: Worker) -> None:
        freed = await watching.let_go(one.parts, "flow", 48213, who="kari")
        assert freed is not None
        assert freed.deliveries == (f"{first}:stakeholder",)
        await one.drain()

    bench.tell(let_go)
    assert state(bench, first) is State.DELIVERED
    assert state(bench, put(bench, 2)) is State.DELIVERED
    bench.sell(modified=True)  # its date of sale is as it was
    turn(bench)
    assert state(bench, put(bench, 3)) is State.DELIVERED
    bench.sell(active=True)
    turn(bench)
    bench.sell()
    turn(bench)
    assert state(bench, put(bench, 4)) is State.HELD


def test_a_delivery_that_was_being_held_while_its_case_was_let_go_goes_on(
    bench: WatchBench,
) -> None:
    """The look of its drain was older than the command: it is held for a case that is open."""
    bench.sell()
    turn(bench)
    lead_id = put(bench)

    async def late(one: Worker) -> None:
        book = Book(one.parts.ledger, "flow")
        await book.open(("48213", GUID))
        case = (await book.cases([48213]))[48213]
        await book.put_let_go(case, "kari")

    bench.tell(late)
    turn(bench)
    assert state(bench, lead_id) is State.DELIVERED


def test_a_case_that_was_sold_before_the_watching_began_holds_too(bench: WatchBench) -> None:
    """48216 of the sandbox was sold two days ago."""
    lead_id = put(bench, property={"flow": {"case_guid": _sold(bench)}})
    assert state(bench, lead_id) is State.HELD


def _sold(bench: WatchBench) -> str:
    cases = bench.sandbox.overview()["flow"]["cases"]
    return next(str(one["guid"]) for one in cases if one["case_id"] == 48216)


def test_watch_holds_says_what_holds(sandbox: Sandbox) -> None:
    bench = _begun(WatchBench(sandbox, account='watch_holds = ["unpublished"]'))
    bench.sell()
    turn(bench)
    assert state(bench, put(bench)) is State.DELIVERED


def test_nothing_is_asked_where_nobody_switched_it_on(sandbox: Sandbox) -> None:
    bench = WatchBench(sandbox)
    bench.text = bench.text.replace("watch = true\n", "").partition('[[routes]]\nname = "sales"')[0]
    bench.sell()
    assert bench.tell(Worker.turn) == []
    assert state(bench, put(bench)) is State.DELIVERED
    assert bench.readings() == []


# --- a sale is followed up -----------------------------------------------------------------------


def test_a_sale_is_followed_up_once_for_each_lead_that_watched_the_case(
    bench: WatchBench,
) -> None:
    bench.tell(lambda one: one.parts.ledger.properties_put({"AF43": ENTRY}))
    by_number = put(bench, 1, property={"flow": {"case_id": 48213}})
    by_guid = put(bench, 2, property={"flow": {"case_guid": GUID}})
    by_reference = put(bench, 3, property={"reference": "AF43"})
    other_case = put(bench, 4, property={"flow": {"case_id": 48214}})
    other_wish = put(bench, 5, intent="interest")
    bench.advance(10 * DAY)  # far older than max_age: what counts is the sale
    bench.sell()
    turn(bench)
    assert state(bench, by_guid, "sold-alert") is State.HELD  # an alert needs the number
    assert state(bench, by_number, "sold-alert") is State.DELIVERED
    assert state(bench, by_reference, "sold-alert") is State.DELIVERED
    for lead_id in (other_case, other_wish):
        with pytest.raises(KeyError):
            state(bench, lead_id, "sold-alert")
    told = len(bench.sandbox.received(kind="notification"))
    assert told == 2
    for again in ({"active": True}, {"sold": True}):
        bench.sell(**again)
        turn(bench)
    assert len(bench.sandbox.received(kind="notification")) == told


def test_who_withdrew_or_was_erased_gets_nothing_of_a_sale(bench: WatchBench) -> None:
    withdrew, erased, stays = put(bench, 1), put(bench, 2), put(bench, 3)

    async def go(one: Worker) -> None:
        ledger, vault = one.parts.ledger, one.parts.vault
        mark = prints.contact(vault, "kari1@example.com")
        await ledger.withdraw(Withdrawal(contacts=(mark,)))
        await ledger.forget(erased, entry=b'{"what":"erased"}\n', tombstone=60)

    bench.tell(go)
    bench.sell()
    turn(bench)
    assert state(bench, stays, "sold-alert") is State.DELIVERED
    for lead_id in (withdrew, erased):
        with pytest.raises(KeyError):
            state(bench, lead_id, "sold-alert")
    assert len(bench.sandbox.received(kind="notification")) == 1


def test_a_sale_from_before_the_watching_began_is_history(sandbox: Sandbox) -> None:
    bench = WatchBench(sandbox)
    bench.advance(60)
    lead_id = put(bench, property={"flow": {"case_guid": _sold(bench), "case_id": 48216}})
    turn(bench)
    turn(bench)
    with pytest.raises(KeyError):
        state(bench, lead_id, "sold-alert")


def test_another_customers_case_of_the_same_number_is_not_sold(bench: WatchBench) -> None:
    bench.text += OTHER_CUSTOMER
    mine = put(bench, property={"flow": {"case_id": 48213}})
    theirs = put(bench, 2, property={"flow": {"case_id": 48213}}, language="sv")
    bench.sell()
    turn(bench)
    assert state(bench, mine, "sold-alert") is State.DELIVERED
    with pytest.raises(KeyError):
        state(bench, theirs, "sold-alert")


def test_a_sale_during_an_outage_of_ours_is_followed_up_after_it(bench: WatchBench) -> None:
    lead_id = put(bench)
    bench.sell()
    bench.advance(5 * DAY)
    turn(bench)
    assert state(bench, lead_id, "sold-alert") is State.DELIVERED


# --- what may have arrived -----------------------------------------------------------------------


def test_a_contact_that_joined_a_case_is_read_back(bench: WatchBench) -> None:
    bench.sandbox.fault("accept_lose_answer", times=1, match=STAKEHOLDERS)
    arrived = put(bench, property={"flow": {"case_guid": GUID}})  # without the number, too
    bench.sandbox.fault("cut_after_read", times=1, match=STAKEHOLDERS)
    lost = put(bench, 2)
    again = put(bench, 3, person={"last_name": "N1", "emails": ["kari1@example.com"]})
    assert state(bench, arrived) is state(bench, lost) is state(bench, again) is State.HELD
    turn(bench)
    row = bench.tell(lambda one: one.delivery(arrived))
    assert row.state is State.DELIVERED
    (stored,) = bench.sandbox.received(kind="stakeholder")
    assert row.reference == stored["reference"]
    assert state(bench, lost) is State.HELD
    assert state(bench, again) is State.HELD  # the same wish: it was never sent
    log = bench.tell(lambda one: one.parts.ledger.log(arrived))
    last = log[-1]
    assert (last.header["mode"], last.header["state"]) == ("verify", "delivered")
    assert last.sealed


def test_a_read_back_that_cannot_tell_is_tried_again(bench: WatchBench) -> None:
    bench.sandbox.fault("accept_lose_answer", times=1, match=STAKEHOLDERS)
    lead_id = put(bench)
    bench.sandbox.fault("status", code=500, times=1, match={"vendor": "flow", "path": "Roles"})
    turn(bench)
    assert state(bench, lead_id) is State.HELD
    turn(bench)
    assert state(bench, lead_id) is State.DELIVERED


def test_a_read_back_that_never_can_tell_ends(bench: WatchBench) -> None:
    bench.sandbox.fault("accept_lose_answer", times=1, match=STAKEHOLDERS)
    lead_id = put(bench)
    bench.sandbox.fault("status", code=500, times=None, match={"vendor": "flow", "path": "Roles"})
    turn(bench)
    bench.advance(601)
    turn(bench)
    assert state(bench, lead_id) is State.HELD
    assert bench.tell(lambda one: Book(one.parts.ledger, "flow").came()) == []


# --- how it is read ------------------------------------------------------------------------------


def test_f_t11_a_year_is_asked_for_once_and_then_what_is_new(bench: WatchBench) -> None:
    turn(bench)
    first, second = (parse_qs(one["query"])["fromDate"][0] for one in bench.readings())
    between = datetime.fromisoformat(second) - datetime.fromisoformat(first)
    assert timedelta(days=362) < between < timedelta(days=365)
    assert all(one["status"] == 200 for one in bench.readings())


def test_f_t11_six_in_thirty_seconds_over_all_workers(bench: WatchBench) -> None:
    """Nine workers whose turn it is at once: the ledger counts, and Flow never has to refuse."""

    async def hurry(one: Worker) -> None:
        await one.parts.ledger.shelf_drop("watch:flow")
        await one.turn()

    bench.advance(60)
    before = len(bench.readings())
    for _ in range(9):
        bench.tell(hurry)
    mine = bench.readings()[before:]
    assert [one["status"] for one in mine] == [200] * 6
    bench.advance(31)
    turn(bench)
    assert len(bench.readings()) == before + 7


def test_f_t11_one_worker_at_a_time_reads(bench: WatchBench) -> None:
    async def both(one: Worker) -> None:
        await one.parts.ledger.shelf_add("watching:flow", b"another", ttl=120)
        assert await one.turn() == []

    before = len(bench.readings())
    bench.tell(both)
    assert len(bench.readings()) == before


def test_f_t12_more_than_a_page_is_read_to_its_end(sandbox: Sandbox) -> None:
    cases = [
        {"guid": f"0b6f6a3e-64f7-4c0a-9d3a-{number:012x}", "case_id": number}
        for number in range(50_000, 50_290)
    ]
    sandbox.config(cases=cases)
    bench = WatchBench(sandbox)
    turn(bench)
    turn(bench)
    known = bench.tell(lambda one: Book(one.parts.ledger, "flow").all_cases())
    assert len(known) == 294
    assert {one["case_id"] for one in cases} <= {one.change.case_id for one in known}


def test_f_t12_an_answer_without_pages_is_understood(bench: WatchBench) -> None:
    """Whether `$top` and `$skip` mean anything here is not documented."""
    rows = [
        {"CaseId": number, "ModifiedDate": "2026-11-24T12:00:00.1234567+01:00"}
        for number in range(60_000, 60_100)
    ]
    bench.sandbox.fault("status", code=200, body=rows, times=None, match=MODIFIED)
    before = len(bench.readings())
    turn(bench)
    assert len(bench.readings()) == before + 2  # the second brought nothing new
    assert len(bench.tell(lambda one: Book(one.parts.ledger, "flow").all_cases())) >= 100
    (status,) = bench.tell(lambda one: watching.statuses(one.parts))
    assert status.ok


@pytest.mark.parametrize("ahead", [-900.0, 900.0])
def test_a_change_is_seen_whichever_clock_is_ahead(sandbox: Sandbox, ahead: float) -> None:
    sandbox.config(ahead=ahead)
    bench = _begun(WatchBench(sandbox))
    turn(bench)
    bench.sell()
    turn(bench)
    assert state(bench, put(bench)) is State.HELD


def test_a_stamp_from_the_future_hides_nothing(bench: WatchBench) -> None:
    row = {"CaseId": 48214, "ModifiedDate": "2099-01-01T00:00:00+01:00"}
    bench.sandbox.fault("status", code=200, body=[row], times=1, match=MODIFIED)
    turn(bench)
    bench.sell()
    turn(bench)
    assert state(bench, put(bench)) is State.HELD


@pytest.mark.parametrize("code", [403, 404, 500])
def test_what_cannot_be_read_is_told_and_stops_no_delivery(bench: WatchBench, code: int) -> None:
    bench.sandbox.fault("status", code=code, times=None, match=MODIFIED)
    turn(bench)
    assert state(bench, put(bench)) is State.DELIVERED
    (status,) = bench.tell(lambda one: watching.statuses(one.parts))
    assert (status.ok, status.late) == (False, False)
    assert f"HTTP {code}" in status.detail
    bench.advance(900)
    turn(bench)
    alarms = {one.alarm: one.text for one in bench.tell(lambda one: conditions(one.parts))}
    assert f"HTTP {code}" in alarms["cases/flow"]
    bench.sandbox.clear_faults()
    turn(bench)
    (status,) = bench.tell(lambda one: watching.statuses(one.parts))
    assert (status.ok, status.problem) == (True, "")
    assert "cases/flow" not in {one.alarm for one in bench.tell(lambda one: conditions(one.parts))}


def test_f_t15_a_429_makes_it_wait_and_is_no_fault(bench: WatchBench) -> None:
    headers = {"X-RateLimit-Reset": "300"}
    bench.sandbox.fault("status", code=429, headers=headers, times=1, match=MODIFIED)
    turn(bench)
    (status,) = bench.tell(lambda one: watching.statuses(one.parts))
    assert status.ok
    bench.advance(60)
    assert bench.tell(Worker.turn) == []
    bench.advance(240)
    assert bench.tell(Worker.turn) == ["flow"]


def test_an_account_that_its_vendor_paused_is_not_asked(bench: WatchBench) -> None:
    before = len(bench.readings())
    bench.tell(lambda one: one.parts.ledger.pause("flow", "HTTP 401"))
    turn(bench)
    assert len(bench.readings()) == before
    bench.advance(3600)
    turn(bench)
    alarms = {one.alarm for one in bench.tell(lambda one: conditions(one.parts))}
    assert "paused/flow" in alarms
    assert "cases/flow" not in alarms


def test_f_t11_a_reading_that_was_left_half_way_long_ago_begins_anew(sandbox: Sandbox) -> None:
    """Its first day is more than 365 days back by now, and would be refused for ever."""
    cases = [
        {"guid": f"0b6f6a3e-64f7-4c0a-9d3a-{number:012x}", "case_id": number}
        for number in range(50_000, 50_150)
    ]
    sandbox.config(cases=cases)
    bench = WatchBench(sandbox)
    ok = {"vendor": "flow", "path": "RecentlyModified"}
    page = [{"CaseId": 1, "ModifiedDate": "2026-11-24T12:00:00+01:00"} for _ in range(100)]
    bench.sandbox.fault("status", code=200, body=page, times=1, match=ok)
    bench.sandbox.fault("status", code=500, times=1, match=ok)
    turn(bench)
    reading = bench.tell(lambda one: Book(one.parts.ledger, "flow").reading())
    assert reading is not None
    assert (reading.skip, "HTTP 500" in reading.problem) == (80, True)
    bench.advance(2 * DAY)
    turn(bench)
    (status,) = bench.tell(lambda one: watching.statuses(one.parts))
    assert status.ok
    assert len(bench.tell(lambda one: Book(one.parts.ledger, "flow").all_cases())) >= 154


# --- whatever dies -------------------------------------------------------------------------------


def test_a_worker_killed_after_any_write_loses_nothing_and_does_nothing_twice(
    sandbox: Sandbox,
) -> None:
    """Between a page and what follows from it, and everywhere else."""
    deaths = 0
    for after in itertools.count(1):
        sandbox.reset()
        if not _killed(WatchBench(sandbox), after):
            break
        deaths += 1
    assert deaths > 12  # turn, lock, page, publications, names, shut, act, note, follow, row …


def _said(bench: WatchBench, lead_id: LeadId) -> list[object]:
    log = bench.tell(lambda one: one.parts.ledger.log(lead_id))
    return [one.header["what"] for one in log]


def _killed(bench: WatchBench, after: int) -> bool:
    """One story with a death in the middle; whether it came to that."""
    _begun(bench)
    watcher = put(bench, 1)
    bench.sandbox.fault("accept_lose_answer", times=1, match=STAKEHOLDERS)
    unsure = put(bench, 2)
    assert state(bench, unsure) is State.HELD
    bench.sell()
    bench.advance(1200)
    bench.sell(48214, modified=True)  # the mark goes beyond the sale by more than is read again
    killed = False
    try:
        bench.tell(Worker.turn, ledger=Dying.of(bench.ledger, after))
    except KilledError:
        killed = True
    bench.advance(121)  # its lock ends
    turn(bench)
    late = put(bench, 3)
    assert state(bench, watcher, "sold-alert") is State.DELIVERED, after
    assert state(bench, unsure, "sold-alert") is State.DELIVERED, after
    assert state(bench, unsure) is State.DELIVERED, after
    assert state(bench, late) is State.HELD, after
    assert len(bench.sandbox.received(kind="notification")) == 2, after
    assert len(bench.sandbox.received(kind="stakeholder")) == 2, after
    for lead_id in (watcher, unsure):
        assert _said(bench, lead_id).count("routed") == 1, after
    assert bench.tell(lambda one: Book(one.parts.ledger, "flow").came()) == [], after
    known = bench.tell(lambda one: Book(one.parts.ledger, "flow").cases([48213]))
    assert known[48213].standing == "sold", after
    return killed


class Deaf:
    """A ledger whose drawers cannot be read."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def drawer_find(self, *_: object) -> dict[str, bytes]:
        raise LedgerError("The ledger cannot be reached.")


def test_where_it_cannot_be_read_what_is_sold_nothing_is_sent(bench: WatchBench) -> None:
    async def story(one: Worker) -> LeadId:
        lead_id = await one.accept()
        await one.drain()
        return lead_id

    lead_id = bench.tell(story, ledger=cast("MemoryLedger", Deaf(bench.ledger)))
    row = bench.tell(lambda one: one.delivery(lead_id))
    assert (row.state, row.reason) == (State.RETRYING, "which cases are sold could not be read")
    bench.advance(60)
    bench.tell(Worker.drain)
    assert state(bench, lead_id) is State.DELIVERED


class Hasty:
    """A ledger at which a person lets the case go right after the poller shut it."""

    def __init__(self, ledger: MemoryLedger) -> None:
        self._ledger = ledger

    def __getattr__(self, name: str) -> Any:
        return getattr(self._ledger, name)

    async def drawer_put(self, drawer: str, entries: dict[str, bytes], **changes: Any) -> None:
        await self._ledger.drawer_put(drawer, entries, **changes)
        if drawer == "cases:flow:shut":
            book = Book(self._ledger, "flow")
            (change,) = [one for one in await book.came() if one.case_id == 48213]
            await book.put_let_go(Case(change=change), "kari")
            await book.open(("48213", GUID))
            await self._ledger.drawer_put(drawer, entries)  # the poller's write came second


def test_a_persons_word_goes_last(bench: WatchBench) -> None:
    bench.sell()
    bench.tell(Worker.turn, ledger=cast("MemoryLedger", Hasty(bench.ledger)))
    assert state(bench, put(bench)) is State.DELIVERED
