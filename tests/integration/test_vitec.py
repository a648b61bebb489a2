"""Vitec: what goes over the wire and what its answers mean, trap by trap (FACTS 1B, part 2)."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.vitec.settings import FinalPriceWatched, VitecAccount
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
from tests.integration.vendor_bench import ESTATE, LEAD_ID, NOW, VendorBench, person

ACCOUNT = {"customer_id": "M30011", "username": "sandbox", "password": "vitec-M30011"}


@pytest.fixture
def vitec(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "vitec", "final_price_watched", **ACCOUNT)


@pytest.fixture
def vitec_crm(sandbox: Sandbox) -> VendorBench:
    account = {**ACCOUNT, "crm_password": "crm-M30011"}
    return VendorBench(sandbox, "vitec", "final_price_watched", **account)


def lead(**changes: Any) -> dict[str, Any]:
    return {
        "intent": "final_price_watch",
        "person": person(),
        "property": {"title": "Kungsgatan 16A", "vitec": {"estate_id": ESTATE}},
        **changes,
    }


def test_a_whole_lead_arrives_in_vitecs_own_shape(vitec: VendorBench) -> None:
    address = {"street": "Kungsgatan 16A", "postal_code": "111 35", "city": "Stockholm"}
    marketing = {
        "referrer": "https://example.se/1",
        "utm": {"source": "google", "campaign": "höst"},
    }
    report = vitec.send(
        lead(
            person=person(address=address, emails=["anna@example.com", "a2@example.com"]),
            marketing=marketing,
            message="Ring gärna efter 17.",
        ),
        prospective_buyer_status="Assigned",
        lead_source_id="L7",
    )
    (entry,) = vitec.sandbox.received(vendor="vitec")
    assert report.outcome == Delivered(entry["reference"])
    assert entry["property"] == ESTATE
    body = entry["body"]
    assert body["person"] == {
        "firstName": "Anna",
        "lastName": "Svensson",
        "address": {"streetAddress": "Kungsgatan 16A", "zipCode": "11135", "city": "Stockholm"},
        "email": {"emailAddress": "anna@example.com", "emailAddress2": "a2@example.com"},
        "telephone": {"cell": "+46701740605"},
    }
    assert body["prospectiveBuyerStatus"] == "Assigned"
    assert body["leadSourceId"] == "L7"
    assert body["marketing"]["utmTags"][0] == {"name": "utm_source", "value": "google"}
    assert "Ring gärna efter 17." in body["message"]
    assert report.moved == []


def test_v_t1_the_status_is_a_name_or_left_out(vitec: VendorBench) -> None:
    vitec.send(lead())
    assert "prospectiveBuyerStatus" not in vitec.stored()
    for wrong in ("0", ""):
        with pytest.raises(ValidationError):
            FinalPriceWatched(prospective_buyer_status=wrong)


def test_v_t3_a_long_name_is_cut_and_kept_whole_in_the_message(vitec: VendorBench) -> None:
    long = "Wilhelmina Charlotta Ulrika Eleonora Å"
    report = vitec.send(lead(person=person(first_name=long)))
    body = vitec.stored()
    assert body["person"]["firstName"] == "Wilhelmina Charlotta Ulrika"
    assert f"{long} Svensson" in body["message"]
    assert report.moved == ["name over 30 characters"]


def test_v_t4_a_single_name_gets_a_filler(vitec: VendorBench) -> None:
    vitec.send(lead(person=person(first_name=None, last_name="Madonna")))
    body = vitec.stored()["person"]
    assert (body["firstName"], body["lastName"]) == ("Madonna", "-")


def test_v_t5_an_invalid_e_mail_counts_as_absent_and_is_quoted(vitec: VendorBench) -> None:
    report = vitec.send(lead(person=person(emails=["anna@@example"])))
    body = vitec.stored()
    assert "email" not in body["person"]
    assert "anna@@example" in body["message"]
    assert report.moved == ["e-mail"]


def test_v_t5_nothing_to_reach_the_person_by_is_held_and_not_sent(vitec: VendorBench) -> None:
    report = vitec.send(lead(person=person(emails=[], phones=["40612390"])))
    assert isinstance(report.outcome, Unsendable)
    assert report.outcome.state is State.HELD
    assert vitec.sandbox.calls() == []


def test_an_uncertain_phone_is_left_out_and_quoted(vitec: VendorBench) -> None:
    report = vitec.send(lead(person=person(phones=["40612390"])))
    body = vitec.stored()
    assert "telephone" not in body["person"]
    assert "40612390" in body["message"]
    assert report.moved == ["phone"]


def test_each_phone_goes_to_its_slot_and_the_rest_to_the_message(vitec: VendorBench) -> None:
    phones = [
        "08-465 004 12",
        {"number": "08-465 004 13", "label": "work"},
        "070-174 06 05 / 070-174 06 06",
        "0900-123 45 90",
    ]
    report = vitec.send(lead(person=person(phones=phones)))
    body = vitec.stored()
    assert body["person"]["telephone"] == {
        "home": "+46846500412",
        "work": "+46846500413",
        "cell": "+46701740605",
        "other": "+469001234590",
    }
    assert "+46701740606" in body["message"]
    assert report.moved == ["further phone"]


def test_an_extension_is_told_in_the_message(vitec: VendorBench) -> None:
    vitec.send(lead(person=person(phones=["08-465 004 93 ankn 12"])))
    assert "+46846500493 ext. 12" in vitec.stored()["message"]


@pytest.mark.parametrize("status", [401, 403])
def test_v_t6_refused_credentials_are_the_accounts_problem(vitec: VendorBench, status: int) -> None:
    vitec.sandbox.fault("status", code=status, body={"message": "fel"})
    assert isinstance(vitec.send(lead()).outcome, AccountProblem)


def test_v_t6_each_function_group_has_its_own_password(sandbox: Sandbox) -> None:
    account = {**ACCOUNT, "password": "crm-M30011"}
    bench = VendorBench(sandbox, "vitec", "final_price_watched", **account)
    outcome = bench.send(lead()).outcome
    assert isinstance(outcome, AccountProblem)
    assert "lösenordet är felaktigt" in outcome.reason


@pytest.mark.parametrize("wrong", ["30011", "G2", "M", "M30011/../x"])
def test_v_t7_a_customer_id_is_an_offices(wrong: str) -> None:
    with pytest.raises(ValidationError, match="customer_id"):
        VitecAccount.model_validate({**ACCOUNT, "base_url": "https://x", "customer_id": wrong})


def test_v_t8_the_answer_is_a_json_string_and_is_the_reference(vitec: VendorBench) -> None:
    outcome = vitec.send(lead()).outcome
    assert isinstance(outcome, Delivered)
    assert outcome.reference is not None
    assert outcome.reference.startswith("ADR")


def test_v_t9_a_single_contact_may_come_as_an_object(vitec_crm: VendorBench) -> None:
    vitec_crm.sandbox.config(single_as_object=True)
    assert vitec_crm.check().ok


def test_v_t12_the_same_person_twice_is_one_contact_and_two_leads(vitec: VendorBench) -> None:
    first, second = vitec.send(lead()).outcome, vitec.send(lead()).outcome
    assert first == second
    assert len(vitec.sandbox.received(vendor="vitec")) == 2


@pytest.mark.parametrize(
    ("language", "words"),
    [(None, "Bevakning av slutpris"), ("nb", "salgsprisen"), ("en-GB", "the final price")],
)
def test_v_t13_the_message_says_what_it_is(
    vitec: VendorBench, language: str | None, words: str
) -> None:
    vitec.send(lead(language=language))
    message = vitec.stored()["message"]
    assert words in message
    assert LEAD_ID in message
    assert "Kungsgatan 16A" in message


def test_v_t14_a_500_is_unknown_and_never_simply_retried(vitec: VendorBench) -> None:
    vitec.sandbox.fault("status", code=500, body={"message": "Oväntat fel, kontakta Vitec"})
    outcome = vitec.send(lead()).outcome
    assert isinstance(outcome, Unknown)
    assert "kontakta Vitec" in outcome.reason


def test_v_t15_a_refusal_that_echoes_the_person_is_scrubbed(vitec: VendorBench) -> None:
    echo = "Anna Svensson (anna@example.com, +46 70-174 06 05, 910101-1234) är felaktig"
    vitec.sandbox.fault("status", code=400, body={"message": echo})
    outcome = vitec.send(lead()).outcome
    assert isinstance(outcome, Rejected)
    for secret in ("Anna", "Svensson", "anna@example.com", "174 06", "910101"):
        assert secret not in outcome.reason
    assert "är felaktig" in outcome.reason


def test_v_t16_json_is_asked_for_and_sent(vitec: VendorBench) -> None:
    vitec.send(lead())
    (call,) = vitec.sandbox.calls()
    assert call["headers"]["accept"] == "application/json"
    assert call["headers"]["content-type"] == "application/json"


def test_v_t17_a_national_id_is_sent_only_where_it_is_switched_on(vitec: VendorBench) -> None:
    someone = lead(person=person(national_id="19910101-1234"))
    vitec.send(someone)
    assert "socialSecurityNumber" not in vitec.stored()["person"]
    vitec.sandbox.reset()
    vitec.send(someone, send_national_id=True)
    assert vitec.stored()["person"]["socialSecurityNumber"] == "19910101-1234"


def test_v_t19_without_an_estate_it_is_held_with_what_to_do(vitec: VendorBench) -> None:
    follow = lead(property={"reference": "homeq:project:12"})
    outcome = vitec.send(follow).outcome
    assert isinstance(outcome, Unsendable)
    assert "bridge properties set homeq:project:12 --estate-id" in outcome.reason
    vitec.send(follow, estate_id=ESTATE)
    assert vitec.sandbox.received(vendor="vitec")[0]["property"] == ESTATE


def test_another_customers_lead_is_skipped(vitec: VendorBench) -> None:
    other = lead(property={"vitec": {"customer_id": "M30012", "estate_id": ESTATE}})
    outcome = vitec.send(other).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.SKIPPED
    assert vitec.sandbox.calls() == []


def test_path_segments_are_quoted(vitec: VendorBench) -> None:
    odd = lead(property={"vitec": {"estate_id": "OBJ 1/å?x"}})
    assert isinstance(vitec.send(odd).outcome, Rejected)
    (call,) = vitec.sandbox.calls()
    assert call["query"] == ""


def test_x_t4_credentials_are_utf_8(sandbox: Sandbox) -> None:
    sandbox.config(vitec_password="lösen-å")
    account = {**ACCOUNT, "password": "lösen-å"}
    bench = VendorBench(sandbox, "vitec", "final_price_watched", **account)
    assert isinstance(bench.send(lead()).outcome, Delivered)


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "status", "code": 400}, Rejected),
        ({"kind": "status", "code": 404}, Rejected),
        ({"kind": "status", "code": 409}, Rejected),
        ({"kind": "status", "code": 422}, Rejected),
        ({"kind": "status", "code": 302}, Rejected),
        ({"kind": "status", "code": 429}, RateLimited),
        ({"kind": "status", "code": 502}, Unknown),
        ({"kind": "status", "code": 503}, NotSent),
        ({"kind": "status", "code": 504}, Unknown),
        ({"kind": "empty_204"}, Delivered),
        ({"kind": "html_200"}, Unknown),
        ({"kind": "hang"}, Unknown),
        ({"kind": "cut_before_read"}, Unknown),
        ({"kind": "cut_after_read"}, Unknown),
        ({"kind": "accept_lose_answer"}, Unknown),
        ({"kind": "half_head"}, Unknown),
        ({"kind": "half_body"}, Delivered),
        ({"kind": "garbage"}, Unknown),
    ],
    ids=lambda one: str(one.get("code", one["kind"])) if isinstance(one, dict) else "",
)
def test_what_each_answer_means(
    vitec: VendorBench, fault: dict[str, Any], outcome: type[object]
) -> None:
    vitec.sandbox.fault(**fault)
    assert isinstance(vitec.send(lead()).outcome, outcome)


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("7", 7), ("Tue, 24 Nov 2026 12:00:30 GMT", 30), ("999999", 3600), ("-5", None), ("x", None)],
)
def test_x_t10_retry_after_is_seconds_or_a_date_and_is_capped(
    vitec: VendorBench, header: str, seconds: int | None
) -> None:
    vitec.sandbox.fault("status", code=429, headers={"Retry-After": header})
    outcome = vitec.send(lead()).outcome
    assert isinstance(outcome, RateLimited)
    waited = (outcome.until - NOW).total_seconds() if outcome.until else None
    assert waited == seconds


def test_x_t10_a_503_that_names_a_time_is_waited_for(vitec: VendorBench) -> None:
    vitec.sandbox.fault("status", code=503, headers={"Retry-After": "20"})
    outcome = vitec.send(lead()).outcome
    assert isinstance(outcome, RateLimited)
    assert outcome.until is not None
    assert (outcome.until - NOW).total_seconds() == 20


def test_a_refused_connection_is_not_sent(sandbox: Sandbox) -> None:
    account = {**ACCOUNT, "base_url": "http://127.0.0.1:9"}
    bench = VendorBench(sandbox, "vitec", "final_price_watched", **account)
    assert isinstance(bench.send(lead()).outcome, NotSent)


def test_a_lost_answer_is_found_again_by_reading_back(vitec_crm: VendorBench) -> None:
    vitec_crm.sandbox.fault("accept_lose_answer")
    assert isinstance(vitec_crm.send(lead()).outcome, Unknown)
    (entry,) = vitec_crm.sandbox.received(vendor="vitec")
    verdict, exchanges = vitec_crm.verify(lead())
    assert verdict == Found(entry["reference"])
    assert all("anna" not in one.url for one in exchanges)  # X-T8


def test_what_never_arrived_is_surely_absent(vitec_crm: VendorBench) -> None:
    vitec_crm.sandbox.fault("cut_after_read")
    assert isinstance(vitec_crm.send(lead()).outcome, Unknown)
    verdict, _ = vitec_crm.verify(lead())
    assert verdict == Absent()


def test_a_person_on_another_estate_is_not_this_lead(vitec_crm: VendorBench) -> None:
    vitec_crm.send(lead(property={"vitec": {"estate_id": "OBJ11385_1395932275"}}))
    verdict, _ = vitec_crm.verify(lead())
    assert verdict == Absent()


def test_reading_back_without_the_right_cannot_tell(
    vitec: VendorBench, vitec_crm: VendorBench
) -> None:
    verdict, _ = vitec.verify(lead())
    assert verdict == CannotTell("reading back needs crm_password on the account")
    vitec_crm.sandbox.config(vitec_crm_password="changed")
    verdict, _ = vitec_crm.verify(lead())
    assert isinstance(verdict, CannotTell)


def test_a_resend_says_that_it_may_be_a_duplicate(vitec: VendorBench) -> None:
    vitec.send(lead(), possible_duplicate=True)
    assert "kan vara en dubblett" in vitec.stored()["message"]


def test_the_check_tells_whether_the_crm_password_serves(
    vitec: VendorBench, vitec_crm: VendorBench
) -> None:
    assert vitec.check().ok is None
    assert vitec_crm.check().ok is True
    vitec_crm.sandbox.config(vitec_crm_password="changed")
    assert vitec_crm.check().ok is False


def test_credentials_never_stand_in_the_attempt_log(vitec: VendorBench) -> None:
    report = vitec.send(lead())
    assert "vitec-M30011" not in repr(report)
    assert "Basic" not in repr(report)
