"""Flow's orders: states that are told once, metadata that is set, and tokens (FACTS 1A.3)."""

import asyncio
import json
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, TypeVar

import pytest
from pydantic import ValidationError

from bridge.connectors import VENDORS
from bridge.connectors.base import LookUpError, Report
from bridge.connectors.flow.connector import Flow
from bridge.connectors.flow.order_memory import Memory, Pending
from bridge.connectors.flow.order_settings import OrderMetadataOptions, OrderStateOptions
from bridge.connectors.flow.settings import FlowAccount
from bridge.connectors.orders import TokenOwner
from bridge.connectors.rehearsal import REHEARSED, Rehearsal
from bridge.connectors.transport import Http
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    RateLimited,
    Rejected,
    State,
    Unknown,
    Unsendable,
)
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import NOW, DictShelf, VendorBench, person

T = TypeVar("T")
ORDER = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
ACCOUNT = {"client_id": "sandbox", "client_secret": "flow-secret", "orders": {}}
STATE = {"vendor": "flow", "path": "updatestate"}
METADATA = {"vendor": "flow", "method": "PATCH"}
GOING: dict[str, Any] = {"state": "InProcess", "status": "Leads leveres til saken"}


class TurnShelf(DictShelf):
    """Turns are counted, and there is one of each."""

    def __init__(self) -> None:
        super().__init__()
        self.turns: set[str] = set()

    async def spend(self, name: str, count: int, seconds: float) -> float:
        assert (count, seconds) == (1, 60.0)
        taken = name in self.turns
        self.turns.add(name)
        return 30.0 if taken else 0.0


class Orders:
    """The desk of an account, as housekeeping and the console have it; each call is a worker."""

    def __init__(self, sandbox: Sandbox, shelf: DictShelf | None = None, **account: Any) -> None:
        self.sandbox = sandbox
        self.shelf = shelf or DictShelf()
        self.now = NOW
        self._account = {**ACCOUNT, "base_url": f"{sandbox.url}/flow", **account}

    def do(self, work: Callable[[Any], Awaitable[T]]) -> T:
        async def whole() -> T:
            http = Http(read=0.5, deadline=5)
            account = FlowAccount.model_validate(self._account)
            connector = VENDORS["flow"].connect(account, http, self.shelf, self.clock)
            assert isinstance(connector, Flow)
            try:
                return await work(connector.orders)
            finally:
                await http.aclose()

        return asyncio.run(whole())

    def clock(self) -> datetime:
        return self.now

    def rows(self) -> list[tuple[str, str]]:
        return states(self.sandbox)

    def memory(self) -> Memory:
        (kept,) = [text for name, text in self.shelf.kept.items() if name.startswith("flow-order:")]
        return Memory.model_validate_json(kept)


@pytest.fixture
def desk(sandbox: Sandbox) -> Orders:
    return Orders(sandbox)


@pytest.fixture
def state(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "order_state", **ACCOUNT)


@pytest.fixture
def metadata(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "order_metadata", **ACCOUNT)


def lead(order: str | None = ORDER, **changes: Any) -> dict[str, Any]:
    place = {"reference": "AF43", "title": "Storgata 5", "flow": {"order_id": order}}
    return {"intent": "interest", "person": person(), "property": place, **changes}


def states(sandbox: Sandbox) -> list[tuple[str, str]]:
    """What was told, as Core stored it."""
    bodies = [one["body"] for one in sandbox.received(kind="order_state")]
    return [(one["State"], one["Status"]) for one in bodies]


def shown(sandbox: Sandbox) -> list[dict[str, str]]:
    bodies = [one["body"] for one in sandbox.received(kind="order_update")]
    return [{pair["Key"]: pair["Value"] for pair in one["Metadata"]} for one in bodies]


# --- a state is told once -------------------------------------------------------------------------


def test_f_t17_the_same_change_is_told_once_however_many_leads_ask_for_it(
    state: VendorBench,
) -> None:
    first = state.send(lead(), **GOING)
    again = state.send(lead(), **GOING)
    assert isinstance(first.outcome, Delivered)
    assert first.outcome.reference
    assert again.outcome == first.outcome
    assert again.exchanges == []
    assert states(state.sandbox) == [("InProcess", "Leads leveres til saken")]


def test_f_t17_workers_at_the_same_instant_tell_it_once(desk: Orders) -> None:
    async def together(one: Any) -> list[Any]:
        return await asyncio.gather(*(one.state(ORDER, "InProcess", "I gang") for _ in range(8)))

    outcomes = desk.do(together)
    assert all(isinstance(one, Delivered) for one in outcomes)
    assert desk.rows() == [("InProcess", "I gang")]


def test_a_state_that_was_left_and_is_entered_again_is_told_again(desk: Orders) -> None:
    changes = [("InProcess", "I gang"), ("Error", "Stoppet"), ("InProcess", "I gang")]

    async def all_of_them(one: Any) -> list[Any]:
        return [await one.state(ORDER, *change) for change in changes]

    assert all(isinstance(one, Delivered) for one in desk.do(all_of_them))
    assert desk.rows() == changes


@pytest.mark.parametrize("kind", ["accept_lose_answer", "cut_after_read"])
def test_f_t17_a_lost_answer_is_read_back_through_the_metadata_and_never_repeated_blindly(
    desk: Orders, kind: str
) -> None:
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "0"}))
    desk.sandbox.fault(kind, match=STATE)
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), Unknown)
    arrived = kind == "accept_lose_answer"
    assert len(desk.rows()) == int(arrived)
    again = desk.do(lambda one: one.state(ORDER, "InProcess", "I gang"))
    assert isinstance(again, Unknown)
    assert len(desk.rows()) == int(arrived)
    assert desk.do(lambda one: one.settle(ORDER))
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), Delivered)
    assert desk.rows() == [("InProcess", "I gang")]


def test_f_t17_without_a_way_to_read_back_it_stays_unknown_and_the_next_change_goes_on(
    desk: Orders,
) -> None:
    desk.sandbox.fault("accept_lose_answer", match=STATE)
    desk.do(lambda one: one.state(ORDER, "InProcess", "I gang"))
    assert not desk.do(lambda one: one.settle(ORDER))
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), Unknown)
    assert isinstance(desk.do(lambda one: one.state(ORDER, "Completed", "Ferdig")), Delivered)
    assert desk.rows() == [("InProcess", "I gang"), ("Completed", "Ferdig")]


def test_f_t17_a_worker_that_died_while_telling_leaves_a_trace_that_is_read_back(
    desk: Orders,
) -> None:
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "0"}))
    (name,) = [one for one in desk.shelf.kept if one.startswith("flow-order:")]
    pending = Pending(state="InProcess", status="I gang", at=NOW.timestamp())
    marked = desk.memory().model_copy(update={"pending": pending})
    desk.shelf.kept[name] = marked.model_dump_json()
    desk.now = NOW + timedelta(seconds=91)
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), Unknown)
    assert desk.rows() == []
    assert desk.do(lambda one: one.settle(ORDER))  # Core does not have it: it may be told
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), Delivered)
    assert desk.rows() == [("InProcess", "I gang")]


def test_f_t17_while_the_ledger_is_away_nothing_is_told(desk: Orders) -> None:
    class Away(DictShelf):
        async def swap(self, name: str, before: str | None, after: str) -> bool:
            return not (name, before, after)

    desk.shelf = Away()
    assert isinstance(desk.do(lambda one: one.state(ORDER, "InProcess", "I gang")), NotSent)
    assert desk.rows() == []


def test_f_t17_a_page_without_the_states_of_rows_serves_too(desk: Orders) -> None:
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "0"}))
    desk.sandbox.fault("accept_lose_answer", match=STATE)
    desk.do(lambda one: one.state(ORDER, "InProcess", "I gang"))
    rows = [{"Id": 99_999, "Status": "I gang", "CreatedDate": "2026-11-24T12:00:00+01:00"}]
    model = {"Id": 1, "OrderStatuses": rows, "Metadata": "[]"}
    desk.sandbox.fault("status", code=200, body=model, match=METADATA)
    assert desk.do(lambda one: one.settle(ORDER))
    assert desk.memory().has("InProcess", "I gang")


# --- as a destination -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("code", "meaning"),
    [
        (400, Rejected),
        (401, AccountProblem),
        (403, AccountProblem),
        (404, Rejected),
        (408, NotSent),
        (409, Rejected),
        (422, Rejected),
        (425, NotSent),
        (429, RateLimited),
        (500, Unknown),
        (502, Unknown),
        (503, NotSent),
        (504, Unknown),
    ],
)
@pytest.mark.parametrize("action", ["order_state", "order_metadata"])
def test_every_status_means_what_the_facts_say(
    sandbox: Sandbox, action: str, code: int, meaning: type
) -> None:
    bench = VendorBench(sandbox, "flow", action, **ACCOUNT)
    options = GOING if action == "order_state" else {}
    sandbox.fault("status", code=code, times=None, match={"path": "marketingintegrators"})
    assert isinstance(bench.send(lead(), **options).outcome, meaning)
    sandbox.clear_faults()
    if meaning is not Unknown or action == "order_metadata":
        assert isinstance(bench.send(lead(), **options).outcome, Delivered)
    else:
        assert isinstance(bench.send(lead(), **options).outcome, Unknown)


@pytest.mark.parametrize("action", ["order_state", "order_metadata"])
def test_an_answer_without_json_is_a_yes(sandbox: Sandbox, action: str) -> None:
    bench = VendorBench(sandbox, "flow", action, **ACCOUNT)
    sandbox.fault("empty_204", match={"path": "marketingintegrators"})
    options = GOING if action == "order_state" else {}
    assert bench.send(lead(), **options).outcome == Delivered(None)


def test_f_t17_a_lost_answer_of_a_delivery_is_verified(
    state: VendorBench, metadata: VendorBench
) -> None:
    metadata.shelf = state.shelf
    state.sandbox.fault("accept_lose_answer", match=STATE)
    assert isinstance(state.send(lead(), **GOING).outcome, Unknown)
    blind, _ = state.verify(lead(), **GOING)
    assert isinstance(blind, CannotTell)
    metadata.send(lead())
    verdict, exchanges = state.verify(lead(), **GOING)
    assert isinstance(verdict, Found)
    assert verdict.reference
    assert [one.method for one in exchanges] == ["PATCH"]
    assert state.verify(lead(), **{**GOING, "status": "Noe annet"})[0] == Absent()
    assert len(states(state.sandbox)) == 1


def test_a_person_who_says_send_again_is_obeyed(state: VendorBench) -> None:
    state.sandbox.fault("cut_after_read", match=STATE)
    assert isinstance(state.send(lead(), **GOING).outcome, Unknown)
    again = state.send(lead(), possible_duplicate=True, **GOING)
    assert isinstance(again.outcome, Delivered)
    assert len(states(state.sandbox)) == 1


def test_a_lead_without_an_order_is_held_with_what_to_do(
    state: VendorBench, metadata: VendorBench
) -> None:
    for report in (state.send(lead(None), **GOING), metadata.send(lead(None))):
        assert isinstance(report.outcome, Unsendable)
        assert report.outcome.state is State.HELD
        assert "bridge properties set AF43 --order-id" in report.outcome.reason
    assert isinstance(state.send(lead(None), order_id=ORDER, **GOING).outcome, Delivered)


def test_orders_are_off_unless_the_account_has_them(sandbox: Sandbox) -> None:
    bench = VendorBench(sandbox, "flow", "order_state", **{**ACCOUNT, "orders": None})
    outcome = bench.send(lead(), **GOING).outcome
    assert isinstance(outcome, Unsendable)
    assert "set `orders` on it" in outcome.reason
    assert sandbox.calls() == []


def test_f_t16_an_order_may_be_named_by_its_number(state: VendorBench) -> None:
    (order,) = state.sandbox.overview()["flow"]["orders"]
    assert isinstance(state.send(lead(str(order["id"])), **GOING).outcome, Delivered)
    (entry,) = state.sandbox.received(kind="order_state")
    assert entry["reference"] == ORDER


@pytest.mark.parametrize(
    "wrong",
    [
        {"state": "CreatedNotSent"},
        {"state": "Activated"},
        {"state": "Error"},
        {"state": "MissingInfo", "status": ""},
    ],
)
def test_f_t17_states_of_others_and_problems_without_words_are_refused(
    wrong: dict[str, str],
) -> None:
    with pytest.raises(ValidationError):
        OrderStateOptions.model_validate(wrong)


@pytest.mark.parametrize("action", ["order_state", "order_metadata"])
def test_a_rehearsal_shows_the_request_and_remembers_nothing(sandbox: Sandbox, action: str) -> None:
    """Least of all may it forget that an earlier one may have arrived."""
    bench = VendorBench(sandbox, "flow", action, **ACCOUNT)
    options = GOING if action == "order_state" else {}
    sandbox.fault("accept_lose_answer", match={"path": "marketingintegrators"})
    bench.send(lead(), **options)
    before, taken = dict(bench.shelf.kept), len(sandbox.received())
    parcel = replace(bench.parcel(lead(), **options), possible_duplicate=True)

    async def rehearse() -> Report:
        http = Http(read=0.5, deadline=5)
        account = FlowAccount.model_validate({**ACCOUNT, "base_url": f"{sandbox.url}/flow"})
        one = VENDORS["flow"].connect(account, Rehearsal(http), bench.shelf, lambda: NOW)
        try:
            return await one.send(parcel)
        finally:
            await http.aclose()

    report = asyncio.run(rehearse())
    assert report.outcome == NotSent(REHEARSED)
    assert report.exchanges[-1].request
    assert bench.shelf.kept == before
    assert len(sandbox.received()) == taken


# --- metadata -------------------------------------------------------------------------------------


def test_metadata_is_filled_in_and_names_no_person(metadata: VendorBench) -> None:
    options: dict[str, Any] = {
        "title": "Leads",
        "action_text": "Se leads",
        "metadata": {"Siste lead": "{time}", "Kilde": "{source}, {intent}, {property}"},
    }
    report = metadata.send(lead(), **options)
    assert isinstance(report.outcome, Delivered)
    (entry,) = metadata.sandbox.received(kind="order_update")
    assert entry["body"] == {
        "Title": "Leads",
        "ActionText": "Se leads",
        "Metadata": [
            {"Key": "Siste lead", "Value": "2026-11-24 12:00 UTC"},
            {"Key": "Kilde", "Value": "web, interest, Storgata 5"},
        ],
    }


def test_metadata_of_two_writers_stand_beside_each_other(
    desk: Orders, metadata: VendorBench
) -> None:
    """Whether Core merges or replaces is not stated, so everything is set every time."""
    metadata.shelf = desk.shelf
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "12"}))
    metadata.send(lead(), metadata={"Kilde": "{source}"})
    assert shown(desk.sandbox)[-1] == {"Leads delivered": "12", "Kilde": "web"}


def test_metadata_changes_once_a_minute_and_what_came_too_soon_is_not_lost(
    desk: Orders, metadata: VendorBench
) -> None:
    turns = TurnShelf()
    desk.shelf = metadata.shelf = turns
    assert isinstance(metadata.send(lead(), metadata={"Kilde": "en"}).outcome, Delivered)
    soon = metadata.send(lead(), metadata={"Kilde": "to"}).outcome
    assert isinstance(soon, Unsendable)
    assert soon.state is State.SKIPPED
    assert len(shown(desk.sandbox)) == 1
    memory = desk.do(lambda one: one.known(ORDER))
    assert (memory.metadata, memory.shown) == ({"Kilde": "to"}, {"Kilde": "en"})
    turns.turns.clear()
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "1"}))
    assert shown(desk.sandbox)[-1] == {"Kilde": "to", "Leads delivered": "1"}


def test_the_order_says_which_case_it_belongs_to(desk: Orders) -> None:
    desk.do(lambda one: one.metadata(ORDER, {"Leads delivered": "0"}))
    assert desk.do(lambda one: one.known(ORDER)).case_id == 48213


def test_nothing_of_a_lead_is_in_what_is_set() -> None:
    options = OrderMetadataOptions.model_validate({})
    assert options.metadata == {"Last lead": "{time}"}
    with pytest.raises(ValidationError):
        OrderMetadataOptions.model_validate({"metadata": {}})


# --- the button's token ---------------------------------------------------------------------------


def test_the_token_tells_who_pressed_the_button_and_for_which_order(desk: Orders) -> None:
    owner = desk.do(lambda one: one.whose("flow-user-token"))
    assert owner == TokenOwner(user_id=501, office_id=31, order_id=ORDER)
    assert desk.do(lambda one: one.whose("another")) is None


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 500},
        {"kind": "status", "code": 403},
        {"kind": "cut_after_read"},
        {"kind": "html_200"},
        {"kind": "status", "code": 200, "body": {"UserId": "x"}},
    ],
)
def test_a_token_that_could_not_be_asked_about_is_not_taken(
    desk: Orders, fault: dict[str, Any]
) -> None:
    desk.sandbox.fault(**fault, match={"path": "VerifyToken"})
    with pytest.raises(LookUpError) as told:
        desk.do(lambda one: one.whose("flow-user-token"))
    assert "flow-user-token" not in str(told.value)


def test_a_report_of_a_delivery_shows_what_went_over_the_wire(state: VendorBench) -> None:
    report: Report = state.send(lead(), **GOING)
    (call,) = [one for one in report.exchanges if "updatestate" in one.url]
    assert json.loads(call.request) == {
        "Status": "Leads leveres til saken",
        "State": "InProcess",
    }
