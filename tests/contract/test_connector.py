"""What every connector keeps, whoever the vendor is: each action, scripted answers, dead wires.

A vendor or an action without an entry in `connectors.py` fails here. docs/adding-a-vendor.md.
"""

import asyncio
import re
import time
from collections.abc import Iterable
from datetime import timedelta
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from typing import Any

import pytest

from bridge.connectors import VENDORS
from bridge.connectors.base import Connector, Health, Report
from bridge.connectors.rehearsal import REHEARSED
from bridge.connectors.transport import Http
from bridge.leads import Lead
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    Outcome,
    RateLimited,
    Rejected,
    Unknown,
)
from bridge.sandbox.server import Sandbox
from bridge.sandbox.world import World
from tests.contract.connectors import CASES, PLACES, Bench, Case, parcel, sending
from tests.integration.vendor_bench import NOW, DictShelf

DOCS = Path(__file__).parents[2] / "docs/vendors"
ACTIONS = {(name, action) for name, vendor in VENDORS.items() for action in vendor.actions}
HUGE = "x" * 1_000_000
LONGEST = 200  # characters of a reference
KEPT = 16 * 1024  # characters of a body in the attempt log

STATUSES: dict[int, type[Outcome]] = {
    400: Rejected,
    401: AccountProblem,
    403: AccountProblem,
    422: Rejected,
    500: Unknown,
    502: Unknown,
    504: Unknown,
}
DEAD_WIRES: list[dict[str, Any]] = [
    {"kind": "hang"},
    {"kind": "cut_before_read"},
    {"kind": "cut_after_read"},
    {"kind": "cut_after_read", "reset": False},
    {"kind": "accept_lose_answer"},
    {"kind": "half_head"},
    {"kind": "garbage"},
]
SHAPES: list[Any] = [[], {}, 5, True, [1], {"id": {}}, {"Id": []}, {"Value": {}}]
ODD_ANSWERS: list[dict[str, Any]] = [
    {"kind": "empty_204"},
    {"kind": "half_body"},
    {"kind": "html_200"},
    *({"kind": "status", "code": 200, "body": text} for text in ("", "{", "null", "[[[", "\x00")),
    *({"kind": "status", "code": 200, "body": tree} for tree in SHAPES),
    *({"kind": "status", "code": 200, "body": {n: HUGE[:90_000]}} for n in ("id", "Value", "Id")),
    {"kind": "status", "code": 200, "body": {"error": HUGE}},
    {"kind": "status", "code": 200, "body": f'"{HUGE[:90_000]}"'},
    {"kind": "status", "code": 200, "body": "æøå" * 100_000},
    {"kind": "status", "code": 200, "body": "{}", "headers": {"Content-Encoding": "gzip"}},
]


def told(fault: dict[str, Any]) -> str:
    return "-".join(str(value)[:12] for value in fault.values())


@pytest.fixture(params=sorted(ACTIONS & set(CASES)), ids="-".join)
def case(request: pytest.FixtureRequest) -> Case:
    return CASES[request.param]


@pytest.fixture
def bench(sandbox: Sandbox, case: Case) -> Bench:
    return Bench(sandbox, case.vendor)


@pytest.fixture(params=sorted(set(VENDORS) & set(PLACES)))
def place(request: pytest.FixtureRequest, sandbox: Sandbox) -> Bench:
    return Bench(sandbox, request.param)


def script(bench: Bench, case: Case, fault: dict[str, Any], times: int | None = None) -> None:
    """It happens to the call that sends, and to no look-up before it."""
    what = {name: value for name, value in fault.items() if name != "kind"}
    match = {"vendor": case.vendor, "method": case.method, "path": case.call}
    bench.sandbox.fault(fault["kind"], match=match, times=times, **what)


def said(outcome: object) -> str:
    return str(getattr(outcome, "reason", ""))


def until_called(bench: Bench, case: Case) -> None:
    while bench.calls(case) == 0:
        time.sleep(0.01)


def holds_none_of(text: str, secrets: Iterable[str]) -> bool:
    return not any(one in text for one in secrets if one)


# --- the kit itself -------------------------------------------------------------------------------


def test_every_vendor_and_every_action_is_in_this_suite() -> None:
    """A new one has its entry in `connectors.py`, or this fails."""
    assert set(PLACES) == set(VENDORS)
    assert set(CASES) == ACTIONS


def test_every_vendor_has_its_fake(place: Bench) -> None:
    assert place.vendor.name in place.sandbox.overview()


def test_every_vendor_has_a_page_with_all_its_settings(place: Bench) -> None:
    """`NAME.md`, and `NAME-more.md` where one page would be too long."""
    name = place.vendor.name
    pages = [DOCS / f"{name}.md", *DOCS.glob(f"{name}-*.md")]
    page = "\n".join(one.read_text() for one in pages)
    models = {place.vendor.account, *place.vendor.actions.values()}
    keys = {key for model in models for key in model.model_fields} | {*place.vendor.actions}
    assert {key for key in keys if not re.search(rf"\b{key}\b", page)} == set()
    assert "## Limitations and quirks" in page
    matrix = (DOCS / "feature-matrix.md").read_text()
    assert f"({name}.md)" in matrix


def test_an_account_tells_no_secret_when_it_is_printed(place: Bench) -> None:
    secrets = place.secrets()
    assert secrets
    assert holds_none_of(repr(place.account()), secrets)
    assert holds_none_of(str(place.account()), secrets)


# --- a lead arrives -------------------------------------------------------------------------------


def test_a_lead_is_delivered_by_one_call(bench: Bench, case: Case) -> None:
    report = bench.send(case)
    assert isinstance(report.outcome, Delivered)
    (entry,) = bench.sandbox.received(vendor=case.vendor)
    assert entry["answered"]
    assert bench.calls(case) == 1
    sent = sending(report)
    assert sent.request
    assert sent.status is not None
    assert sent.error == ""


def test_the_same_parcel_gives_the_same_bytes(bench: Bench, case: Case) -> None:
    first = bench.send(case)
    bench.sandbox.reset()  # or what is there already would be found, and not sent
    another = Bench(bench.sandbox, case.vendor)
    another.now = bench.now
    second = another.send(case, attempt=2)
    assert sending(first).request == sending(second).request
    assert sending(first).url == sending(second).url


def test_a_rehearsal_shows_the_bytes_and_sends_nothing(bench: Bench, case: Case) -> None:
    report = bench.send(case, rehearse=True)
    assert isinstance(report.outcome, NotSent)
    assert report.outcome.reason == REHEARSED
    assert bench.calls(case) == 0
    assert bench.sandbox.received() == []
    assert report.exchanges[-1].request == sending(bench.send(case)).request


def test_a_connector_serves_many_deliveries_at_once(bench: Bench, case: Case) -> None:
    names = [f"01JDGZ2V5R8M4T7Q9WXYZABC{n:02d}" for n in range(20)]
    parcels = [parcel(case, lead_id=one, delivery_id=f"{one}:acme") for one in names]

    async def work(connector: Connector) -> list[Report]:
        return await asyncio.gather(*(connector.send(one) for one in parcels))

    reports = bench.run(work)
    if case.once:
        assert bench.calls(case) == 1
        return
    assert {type(one.outcome) for one in reports} == {Delivered}
    assert len(bench.sandbox.received(vendor=case.vendor)) == len(names)
    for name, report in zip(names, reports, strict=True):
        others = [one for one in names if one != name]
        assert holds_none_of(sending(report).request, others)


# --- each outcome class ---------------------------------------------------------------------------


@pytest.mark.parametrize("status", STATUSES)
def test_each_status_has_its_meaning(bench: Bench, case: Case, status: int) -> None:
    script(bench, case, {"kind": "status", "code": status, "body": {"message": "nej"}})
    outcome = bench.send(case).outcome
    assert type(outcome) is case.answers.get(status, STATUSES[status])
    assert str(status) in said(outcome)
    assert bench.sandbox.received() == []


def test_a_vendor_that_asks_to_wait_is_waited_for(bench: Bench, case: Case) -> None:
    script(bench, case, {"kind": "status", "code": 429, "headers": {"Retry-After": "30"}})
    outcome = bench.send(case).outcome
    assert outcome == RateLimited(bench.now + timedelta(seconds=30))
    assert bench.calls(case) == 1


def test_where_nobody_listens_nothing_was_sent(bench: Bench, case: Case) -> None:
    bench.away()
    report = bench.send(case)
    assert isinstance(report.outcome, NotSent)
    assert all(one.status is None and one.error for one in report.exchanges)


@pytest.mark.parametrize("fault", DEAD_WIRES, ids=told)
def test_what_may_have_arrived_is_unknown_and_not_sent_again(
    bench: Bench, case: Case, fault: dict[str, Any]
) -> None:
    script(bench, case, fault, times=1)
    report = bench.send(case)
    assert isinstance(report.outcome, Unknown)
    assert bench.calls(case) == 1
    assert sending(report).status is None
    assert len(bench.sandbox.received()) == (fault["kind"] in {"accept_lose_answer", "half_head"})


@pytest.mark.parametrize("fault", ODD_ANSWERS, ids=told)
def test_an_odd_yes_is_delivered_or_unknown_and_its_reference_is_short(
    bench: Bench, case: Case, fault: dict[str, Any]
) -> None:
    script(bench, case, fault, times=1)
    report = bench.send(case)
    assert isinstance(report.outcome, Delivered | Unknown)
    if isinstance(report.outcome, Delivered):
        assert len(report.outcome.reference or "") <= LONGEST
    assert bench.calls(case) == 1
    assert len(sending(report).response) <= KEPT
    assert len(said(report.outcome)) <= 400


@pytest.mark.parametrize("status", [400, 403, 500])
@pytest.mark.parametrize(
    "body", [HUGE, "\x00\x01\x02", "[" * 50_000], ids=["huge", "bytes", "deep"]
)
def test_a_refusal_that_nobody_can_read_keeps_its_meaning(
    bench: Bench, case: Case, status: int, body: str
) -> None:
    script(bench, case, {"kind": "status", "code": status, "body": body})
    outcome = bench.send(case).outcome
    assert type(outcome) is case.answers.get(status, STATUSES[status])
    assert len(said(outcome)) <= 400
    assert "\n" not in said(outcome)


def test_a_slow_answer_is_waited_for(bench: Bench, case: Case) -> None:
    script(bench, case, {"kind": "delay", "seconds": 0.3}, times=1)
    assert isinstance(bench.send(case).outcome, Delivered)
    assert bench.calls(case) == 1


def test_closing_while_it_sends_leaves_an_unknown_and_later_nothing_is_sent(
    bench: Bench, case: Case
) -> None:
    script(bench, case, {"kind": "hang"})
    sent = parcel(case)

    async def work() -> tuple[Report, Report]:
        async with bench.connected() as (connector, http):
            under_way = asyncio.create_task(connector.send(sent))
            await asyncio.to_thread(until_called, bench, case)
            await http.aclose()
            return await under_way, await connector.send(sent)

    during, after = asyncio.run(work())
    assert isinstance(during.outcome, Unknown)
    assert isinstance(after.outcome, NotSent) or case.once
    assert bench.calls(case) == 1


# --- what is told ---------------------------------------------------------------------------------


@pytest.mark.parametrize("status", [200, 400, 401, 403, 429, 500, 503])
@pytest.mark.parametrize("every_call", [True, False])
def test_a_vendor_that_echoes_everything_gets_no_secret_into_our_log(
    bench: Bench, case: Case, status: int, *, every_call: bool
) -> None:
    only = {"path": case.call, "method": case.method}
    match = {"vendor": case.vendor} | ({} if every_call else only)
    bench.sandbox.fault("echo", code=status, times=None, match=match)
    report = bench.send(case)
    assert report.exchanges or every_call
    secrets = bench.secrets()
    assert holds_none_of(repr(report), secrets)
    lead = Lead.model_validate(case.lead)
    assert holds_none_of(said(report.outcome).lower(), [v.lower() for v in lead.personal_values()])
    assert not isinstance(report.outcome, Delivered) or status == 200


def test_no_secret_and_no_person_stands_where_a_good_call_is_logged(
    bench: Bench, case: Case
) -> None:
    report = bench.send(case)
    secrets = bench.secrets()
    assert holds_none_of(repr(report), secrets)
    person = [*Lead.model_validate(case.lead).personal_values()]
    for one in report.exchanges:
        assert holds_none_of(one.url, person)
    for call in bench.sandbox.calls():
        assert holds_none_of(call["path"] + call["query"], person)


def test_a_connector_tells_no_secret_when_it_is_printed(bench: Bench) -> None:
    async def look(connector: object) -> str:
        return f"{connector!r} {vars(connector)!r}"

    assert holds_none_of(bench.run(look), bench.secrets())


# --- reading back ---------------------------------------------------------------------------------


def test_a_read_back_finds_what_arrived(bench: Bench, case: Case) -> None:
    script(bench, case, {"kind": "accept_lose_answer"}, times=1)
    assert isinstance(bench.send(case).outcome, Unknown)
    verdict, exchanges = bench.verify(case)
    assert isinstance(verdict, Found if bench.reads_back(case) else CannotTell)
    assert bench.vendor.actions[case.action].can_verify or exchanges == []
    assert case.harmless or bench.calls(case) == 1


def test_a_read_back_of_what_never_arrived_never_finds_it(bench: Bench, case: Case) -> None:
    script(bench, case, {"kind": "cut_after_read"}, times=1)
    assert isinstance(bench.send(case).outcome, Unknown)
    verdict, _ = bench.verify(case)
    assert isinstance(verdict, Absent if bench.reads_back(case) else CannotTell)


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang"},
        {"kind": "garbage"},
        {"kind": "html_200"},
        {"kind": "cut_after_read"},
        {"kind": "status", "code": 200, "body": "{"},
        {"kind": "status", "code": 200, "body": HUGE},
        {"kind": "status", "code": 403},
        {"kind": "status", "code": 429},
        {"kind": "status", "code": 500},
    ],
    ids=told,
)
def test_a_read_back_that_cannot_be_read_says_nothing(
    bench: Bench, case: Case, fault: dict[str, Any]
) -> None:
    script(bench, case, {"kind": "accept_lose_answer"}, times=1)
    assert isinstance(bench.send(case).outcome, Unknown)
    what = {name: value for name, value in fault.items() if name != "kind"}
    bench.sandbox.fault(fault["kind"], match={"method": "GET"}, times=None, **what)
    verdict, exchanges = bench.verify(case)
    assert isinstance(verdict, CannotTell)
    assert holds_none_of(f"{verdict!r} {exchanges!r}", bench.secrets())


# --- the health check -----------------------------------------------------------------------------


def test_a_health_check_of_a_vendor_that_is_well(place: Bench) -> None:
    found = place.check()
    assert found.ok is not False
    assert found.detail
    assert place.sandbox.received() == []


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "hang"},
        {"kind": "garbage"},
        {"kind": "html_200"},
        {"kind": "cut_before_read"},
        {"kind": "cut_after_read"},
        {"kind": "half_body"},
        {"kind": "status", "code": 200, "body": HUGE},
        {"kind": "status", "code": 200, "body": [1]},
        *({"kind": "echo", "code": code} for code in (200, 400, 401, 403, 404, 429, 500, 503)),
    ],
    ids=told,
)
def test_a_health_check_never_raises_and_tells_no_secret(
    place: Bench, fault: dict[str, Any]
) -> None:
    what = {name: value for name, value in fault.items() if name != "kind"}
    place.sandbox.fault(fault["kind"], times=None, **what)
    found = place.check()
    assert isinstance(found, Health)
    assert found.detail
    assert len(found.detail) <= 400
    assert holds_none_of(found.detail, place.secrets())
    if fault.get("code") in {401, 403} or fault["kind"] in {"hang", "garbage", "cut_after_read"}:
        assert found.ok is False


def test_a_health_check_of_a_vendor_that_is_not_there(place: Bench) -> None:
    place.away()
    found = place.check()
    assert found.ok is False
    assert found.detail


# --- the page -------------------------------------------------------------------------------------


def from_the_page(folder: Path, number: int) -> Any:
    """A block of Python of docs/adding-a-vendor.md, as a module."""
    page = (DOCS.parent / "adding-a-vendor.md").read_text()
    file = folder / f"block_{number}.py"
    file.write_text(page.split("```python\n")[number].partition("```")[0])
    spec = spec_from_file_location(file.stem, file)
    assert spec is not None
    assert spec.loader is not None
    found = module_from_spec(spec)
    spec.loader.exec_module(found)
    return found


def test_the_example_on_the_page_is_a_whole_connector(sandbox: Sandbox, tmp_path: Path) -> None:
    acme, its_fake = from_the_page(tmp_path, 1), from_the_page(tmp_path, 2)
    assert its_fake.FAKE.name == acme.VENDOR.name
    assert [route.path for route in its_fake.FAKE.routes(World())] == ["/contacts"]
    account = acme.VENDOR.account(base_url=f"{sandbox.url}/homeq", token="acme-token")
    options = acme.VENDOR.actions["contact"](team="Sthlm")
    sent = parcel(CASES["webhook", "lead"], action="contact", options=options)

    async def story() -> tuple[Outcome, Outcome, Outcome]:
        http = Http(read=0.5, deadline=2)
        try:
            one = acme.VENDOR.connect(account, http, DictShelf(), lambda: NOW)
            reports = [await one.send(sent) for _ in range(3)]
        finally:
            await http.aclose()
        first, second, third = (report.outcome for report in reports)
        return first, second, third

    sandbox.fault("status", code=201, body={"id": 7})
    sandbox.fault("status", code=401)
    sandbox.fault("hang")
    outcomes = asyncio.run(story())
    assert [type(one) for one in outcomes] == [Delivered, AccountProblem, Unknown]
    assert outcomes[0] == Delivered("7")
