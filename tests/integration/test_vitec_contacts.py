"""Reading Vitec's contacts over HTTP: how many at a time, opt-outs, and who was here before."""

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest

from bridge.connectors.base import LookUpError, Report
from bridge.connectors.vitec.connector import Vitec
from bridge.connectors.vitec.crm import Contacts
from bridge.connectors.vitec.settings import FinalPriceWatched
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    Outcome,
    RateLimited,
    State,
    Unknown,
    Unsendable,
)
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import ESTATE, VendorBench, person

ACCOUNT = {"customer_id": "M30011", "username": "sandbox", "password": "vitec-M30011"}
PERSON = "ADRPERSON0000000000000000000000000001"
COMPANY = "ADRCOMPANY00000000000000000000000001"
ESTATE_OF_DECEASED = "ADRESTATE000000000000000000000000001"
CRM = "/vitec/CRM/Contact/M30011/"


class Bench(VendorBench):
    def __init__(self, sandbox: Sandbox, **account: Any) -> None:
        known = {**ACCOUNT, "crm_password": "crm-M30011", **account}
        super().__init__(sandbox, "vitec", "final_price_watched", **known)

    def contacts(self, *ids: str, fresh: bool = True) -> Contacts:
        async def ask(one: Any) -> Contacts:
            assert isinstance(one, Vitec)
            return await one.contacts(ids, fresh=fresh)

        return asyncio.run(self._with(ask))

    def sent(self, *known_as: str, intent: str = "final_price_watch", **options: Any) -> Report:
        parcel = replace(self.parcel(lead(intent=intent), **options), known_as=known_as)
        return asyncio.run(self._with(lambda one: one.send(parcel)))

    def outcome(self, *known_as: str, **given: Any) -> Outcome | Unsendable:
        return self.sent(*known_as, **given).outcome

    def read_back(self, *known_as: str, here: tuple[str, ...] = ()) -> Any:
        parcel = replace(self.parcel(lead()), known_as=known_as, known_here=frozenset(here))
        return asyncio.run(self._with(lambda one: one.verify(parcel)))[0]

    def asked(self) -> list[str]:
        """What each CRM call named, in order."""
        calls = self.sandbox.calls()
        return [one["path"].removeprefix(CRM) for one in calls if one["path"].startswith(CRM)]


@pytest.fixture
def bench(sandbox: Sandbox) -> Bench:
    return Bench(sandbox)


def lead(**changes: Any) -> dict[str, Any]:
    place = {"title": "Kungsgatan 16A", "vitec": {"estate_id": ESTATE}}
    return {"intent": "final_price_watch", "person": person(), "property": place, **changes}


def many(sandbox: Sandbox, number: int) -> list[str]:
    ids = [f"ADR{one:032d}" for one in range(number)]
    sandbox.config(contacts=[{"id": one, "customerId": "M30011"} for one in ids])
    return ids


def test_all_three_types_are_read_and_what_is_not_there_is_missing(bench: Bench) -> None:
    found = bench.contacts(ESTATE_OF_DECEASED, "ADRnobody", PERSON, COMPANY, PERSON)
    assert {name: one.kind for name, one in found.known.items()} == {
        ESTATE_OF_DECEASED: "deceased_estate",
        PERSON: "person",
        COMPANY: "company",
    }
    assert found.missing == ["ADRnobody"]
    assert found.known[PERSON].agent_id == "HANE99C0000000000000000000000000001"


@pytest.mark.parametrize("as_object", [False, True])
def test_v_t9_one_id_may_answer_a_list_or_an_object(
    bench: Bench, sandbox: Sandbox, *, as_object: bool
) -> None:
    sandbox.config(single_as_object=as_object)
    assert list(bench.contacts(PERSON).known) == [PERSON]
    assert bench.contacts("ADRnobody").missing == ["ADRnobody"]


def test_v_t9_at_most_twenty_at_a_time_and_each_once(bench: Bench, sandbox: Sandbox) -> None:
    ids = many(sandbox, 45)
    found = bench.contacts(*ids, *reversed(ids))
    assert list(found.known) == ids
    assert [len(one.split(",")) for one in bench.asked()] == [20, 20, 5]


def test_v_t9_what_refuses_twenty_is_asked_in_fives_from_then_on(
    bench: Bench, sandbox: Sandbox
) -> None:
    sandbox.config(most_ids=5)
    ids = many(sandbox, 20)
    assert list(bench.contacts(*ids).known) == ids
    assert [len(one.split(",")) for one in bench.asked()] == [20, 5, 5, 5, 5]


def test_v_t9_one_that_is_not_there_spoils_nothing(bench: Bench, sandbox: Sandbox) -> None:
    sandbox.config(unknown_is_404=True)
    ids = many(sandbox, 7)
    found = bench.contacts(*ids, "ADRnobody")
    assert list(found.known) == ids
    assert found.missing == ["ADRnobody"]


def test_what_cannot_be_a_contacts_id_is_missing_and_not_asked_for(bench: Bench) -> None:
    found = bench.contacts("a,b", "../x", "x" * 41, "")
    assert (found.known, len(found.missing)) == ({}, 4)
    assert bench.asked() == []


def test_a_few_minutes_memory_names_nobody(bench: Bench) -> None:
    bench.contacts(PERSON, fresh=False)
    assert list(bench.contacts(PERSON, fresh=False).known) == [PERSON]
    assert bench.asked() == [PERSON]
    assert "Birgitta" not in repr(bench.shelf.kept)
    bench.contacts(PERSON)
    assert bench.asked() == [PERSON, PERSON]


@pytest.mark.parametrize(
    ("fault", "said"),
    [
        ({"kind": "status", "code": 500, "body": {"message": "kontakta Vitec"}}, "HTTP 500"),
        ({"kind": "status", "code": 400, "body": {"message": "anna@example.com"}}, "HTTP 400: …"),
        ({"kind": "status", "code": 200, "body": "Anna Svensson"}, "HTTP 200 with something else"),
        ({"kind": "status", "code": 200, "body": {"firstName": "Anna"}}, "no contact"),
        ({"kind": "hang"}, "no answer in time"),
        ({"kind": "html_200"}, "HTTP 200 with something else"),
    ],
)
def test_v_t15_a_failure_is_one_sentence_without_the_person(
    bench: Bench, fault: dict[str, Any], said: str
) -> None:
    bench.sandbox.fault(**fault)
    with pytest.raises(LookUpError, match=said) as error:
        bench.contacts(PERSON)
    assert "nna" not in str(error.value)


def test_contacts_need_the_crm_password(sandbox: Sandbox) -> None:
    with pytest.raises(LookUpError, match="needs crm_password"):
        Bench(sandbox, crm_password=None).contacts(PERSON)


def test_v_t11_who_is_known_and_takes_advertising_gets_the_lead(bench: Bench) -> None:
    report = bench.sent(PERSON, COMPANY, "ADRnobody")
    assert isinstance(report.outcome, Delivered)
    assert [one.method for one in report.exchanges] == ["GET", "POST"]
    assert bench.asked() == [f"{PERSON},{COMPANY},ADRnobody"]


def test_the_attempt_log_keeps_what_is_read_of_a_contact_and_not_who_it_is(bench: Bench) -> None:
    bench.sandbox.config(contact={"id": PERSON, "note": "Ring ej", "socialSecurityNumber": "9101"})
    (asked, _) = bench.sent(PERSON).exchanges
    (kept,) = json.loads(asked.response)
    assert (kept["id"], kept["type"], kept["advertisingEnabled"]) == (PERSON, "person", True)
    parcel = replace(bench.parcel(lead()), known_as=(PERSON,))
    _, exchanges = asyncio.run(bench._with(lambda one: one.verify(parcel)))
    assert len(exchanges) > 3
    for one in (asked, *exchanges):
        assert not [word for word in ("Birgitta", "Ring", "9101", "anna") if word in repr(one)]


def test_v_t11_who_was_never_here_is_not_asked_about(bench: Bench) -> None:
    assert isinstance(bench.outcome(), Delivered)
    assert bench.asked() == []


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"advertisingEnabled": False}, "has opted out of advertising"),
        ({"isDeceased": True}, "is deceased"),
        ({"advertisingEnabled": "nej"}, "does not tell"),
        ({"advertisingEnabled": None}, "does not tell"),
    ],
)
def test_v_t11_an_opted_out_or_deceased_person_is_held_with_a_sentence(
    bench: Bench, changes: dict[str, Any], said: str
) -> None:
    bench.sandbox.config(contact={"id": PERSON, **changes})
    outcome = bench.outcome(COMPANY, PERSON)
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD
    assert f"contact {PERSON} in Vitec {said}" in outcome.reason
    assert "cancel it" in outcome.reason
    assert bench.sandbox.received() == []
    assert isinstance(bench.outcome(PERSON, respect_opt_out="off"), Delivered)


def test_v_t11_an_opt_out_is_final_where_that_is_wanted_but_a_riddle_is_not(bench: Bench) -> None:
    outcome = bench.outcome(ESTATE_OF_DECEASED, respect_opt_out="skip")
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.SKIPPED
    assert outcome.reason == f"not sent: contact {ESTATE_OF_DECEASED} in Vitec is deceased"
    bench.sandbox.config(contact={"id": PERSON, "advertisingEnabled": None})
    riddle = bench.outcome(PERSON, respect_opt_out="skip")
    assert isinstance(riddle, Unsendable)
    assert riddle.state is State.HELD
    assert bench.sandbox.received() == []


@pytest.mark.parametrize("intent", ["interest", "contact", "reservation", "valuation"])
def test_who_asks_for_an_answer_is_no_marketing(bench: Bench, intent: str) -> None:
    bench.sandbox.config(contact={"id": PERSON, "advertisingEnabled": False})
    assert isinstance(bench.outcome(PERSON, intent=intent), Delivered)
    assert bench.asked() == []


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "status", "code": 401}, AccountProblem),
        ({"kind": "status", "code": 403}, AccountProblem),
        ({"kind": "status", "code": 429}, RateLimited),
        ({"kind": "status", "code": 400}, NotSent),
        ({"kind": "status", "code": 500}, NotSent),
        ({"kind": "status", "code": 302}, NotSent),
        ({"kind": "status", "code": 200, "body": {"firstName": "Anna"}}, NotSent),
        ({"kind": "status", "code": 200, "body": "nej"}, NotSent),
        ({"kind": "html_200"}, NotSent),
        ({"kind": "hang"}, NotSent),
        ({"kind": "cut_after_read", "times": 2}, NotSent),  # aiohttp itself repeats a GET once
        ({"kind": "half_body"}, NotSent),
        ({"kind": "garbage"}, NotSent),
    ],
    ids=lambda one: str(one.get("code", one["kind"])) if isinstance(one, dict) else "",
)
def test_v_t11_a_look_up_that_fails_sends_nothing_and_loses_nothing(
    bench: Bench, fault: dict[str, Any], outcome: type[object]
) -> None:
    bench.sandbox.fault(**fault)
    assert isinstance(bench.outcome(PERSON), outcome)
    assert bench.sandbox.received() == []
    assert isinstance(bench.outcome(PERSON), Delivered)


def test_an_opt_out_that_cannot_be_read_at_all_is_told_where_it_was_asked_for(
    sandbox: Sandbox,
) -> None:
    bench = Bench(sandbox, crm_password=None)
    assert isinstance(bench.outcome(PERSON), Delivered)
    outcome = bench.outcome(PERSON, respect_opt_out="hold")
    assert isinstance(outcome, Unsendable)
    assert "needs crm_password" in outcome.reason


def test_v_t11_a_person_whom_the_ledger_forgot_is_found_by_vitecs_own_search(bench: Bench) -> None:
    bench.sandbox.config(
        contacts=[
            {"id": "ADRother", "customerId": "M30011", "email": {"e": "joanna@example.com"}},
            {"id": "ADRmine", "customerId": "M30011", "telephone": {"cell": "070-174 06 05"}},
        ],
    )
    for name, allowed in (("ADRother", False), ("ADRmine", True)):
        bench.sandbox.config(contact={"id": name, "advertisingEnabled": allowed})
    report = bench.sent(search_opt_outs=True)
    assert isinstance(report.outcome, Delivered)
    assert all("anna" not in one.url and "174" not in one.url for one in report.exchanges)  # X-T8
    bench.sandbox.config(contact={"id": "ADRmine", "advertisingEnabled": False})
    outcome = bench.outcome(search_opt_outs=True)
    assert isinstance(outcome, Unsendable)
    assert "contact ADRmine in Vitec has opted out" in outcome.reason
    bench.sandbox.fault("status", code=500, match={"vendor": "vitec", "method": "GET"})
    assert isinstance(bench.outcome(search_opt_outs=True), NotSent)
    assert len(bench.sandbox.received()) == 1


def test_reading_back_looks_at_who_is_known_before_it_names_anybody(bench: Bench) -> None:
    bench.sandbox.fault("accept_lose_answer")
    assert isinstance(bench.outcome(), Unknown)
    (entry,) = bench.sandbox.received()
    assert bench.read_back("ADRnobody", entry["reference"]) == Found(entry["reference"])
    assert bench.asked() == [f"ADRnobody,{entry['reference']}", f"Speculator/{entry['reference']}"]


def test_v_t12_who_was_on_the_home_before_says_nothing_of_this_lead(bench: Bench) -> None:
    first = bench.outcome()
    assert isinstance(first, Delivered)
    assert first.reference
    verdict = bench.read_back(first.reference, here=(first.reference,))
    assert isinstance(verdict, CannotTell)
    assert "by an earlier lead" in verdict.reason
    assert bench.read_back(first.reference) == Found(first.reference)


def test_reading_back_searches_where_who_is_known_has_no_such_estate(bench: Bench) -> None:
    assert bench.read_back(PERSON) == Absent()
    bench.sandbox.fault("accept_lose_answer")
    assert isinstance(bench.outcome(), Unknown)
    (entry,) = bench.sandbox.received()
    assert bench.read_back(PERSON) == Found(entry["reference"])
    assert "Search" in bench.asked()
    bench.sandbox.fault("status", code=500)
    assert isinstance(bench.read_back(PERSON), CannotTell)


def test_the_lead_source_is_the_campaigns_else_the_destinations(bench: Bench) -> None:
    sources = {"Host-26": "L2", "google": "L3"}
    options: dict[str, Any] = {"lead_source_id": "L1", "lead_sources": sources}
    cases: list[tuple[dict[str, str], str]] = [
        ({"source": "google", "campaign": "host-26"}, "L2"),
        ({"utm_source": "Google", "campaign": "vår"}, "L3"),
        ({"source": "bing"}, "L1"),
        ({}, "L1"),
    ]
    for utm, wanted in cases:
        bench.sandbox.reset()
        bench.send(lead(marketing={"utm": utm}), **options)
        assert bench.stored()["leadSourceId"] == wanted
    bench.sandbox.reset()
    bench.send(lead())
    assert "leadSourceId" not in bench.stored()


def test_marketing_is_the_leads_own_and_the_destinations_where_it_says_nothing(
    bench: Bench,
) -> None:
    options: dict[str, Any] = {
        "marketing": {"referrer": "https://example.se", "utm": {"source": "bridge"}}
    }
    bench.send(lead(), **options)
    assert bench.stored()["marketing"] == {
        "referrer": "https://example.se",
        "utmTags": [{"name": "utm_source", "value": "bridge"}],
    }
    bench.sandbox.reset()
    theirs = {"referrer": "https://example.se/1", "utm": {"utm_source": "google", "term": "x"}}
    bench.send(lead(marketing=theirs), **options)
    assert bench.stored()["marketing"] == {
        "referrer": "https://example.se/1",
        "utmTags": [{"name": "utm_source", "value": "google"}, {"name": "utm_term", "value": "x"}],
    }


def test_respect_opt_out_is_one_of_three_words() -> None:
    with pytest.raises(ValueError, match="respect_opt_out"):
        FinalPriceWatched.model_validate({"respect_opt_out": "yes"})
