"""HomeQ's events, by their shape: the samples are the vendor's own, what is changed is said."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge import intake
from bridge.intake import Expected, Milestone, Parsed, UnreadableError
from bridge.leads import Intent
from bridge.sandbox.homeq import events

SAMPLES = Path(__file__).parents[1] / "data" / "vendor_samples"
NOON = "2026-11-27T12:00:00+01:00"


def sample(name: str, **changes: Any) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"homeq_{name}.json").read_text("utf-8"))
    return {**found, **changes}


def parse(event: object, **expected: Any) -> Parsed | Milestone:
    return intake.parse(event, shape="homeq", expected=Expected(**expected))


def lead_of(event: object, **expected: Any) -> Parsed:
    parsed = parse(event, **expected)
    assert isinstance(parsed, Parsed)
    return parsed


def refused(event: object, **expected: Any) -> dict[str, str]:
    with pytest.raises(UnreadableError) as caught:
        parse(event, **expected)
    return {one.field: one.message for one in caught.value.problems}


@pytest.mark.parametrize(
    ("name", "what"),
    [
        ("agreement", "homeq.agreement"),
        ("project", Intent.WITHDRAWAL),  # the page's sample says UNSUBSCRIBED
        ("reservation", Intent.RESERVATION),
        ("signature", "homeq.signature"),
        ("signing", "homeq.signing"),
    ],
)
def test_h_t1_the_shape_decides_and_never_the_type(name: str, what: str) -> None:
    for kind in (None, "signing_completed", "reservation", "something.new"):
        parsed = parse(sample(name, type=kind) if kind else sample(name))
        assert (parsed.kind if isinstance(parsed, Milestone) else parsed.lead.intent) == what


def test_h_t2_two_shapes_or_none_are_refused() -> None:
    both = {**sample("reservation"), **sample("signature")}
    assert refused(both) == {"payload": "has the shape of reservation and signature"}
    assert "none of HomeQ's events" in refused({"uuid": "1", "company_id": 3})["payload"]


def test_h_t3_email_id_is_an_address_or_the_event_is_refused() -> None:
    assert lead_of(events.follows(NOON)).lead.person.emails == ("anna@example.com",)
    assert "email_id" in refused(events.follows(NOON, email_id="88123"))


def test_h_t4_a_personal_number_is_kept_sealed_and_never_shown() -> None:
    told = lead_of(events.follows(NOON, ssn="19900101-0017"))
    assert told.lead.person.national_id == "19900101-0017"
    assert "19900101" not in repr(told)
    assert lead_of(events.follows(NOON, ssn=None)).lead.person.national_id is None


def test_h_t5_unsubscribed_withdraws_and_says_since_when() -> None:
    parsed = lead_of(events.follows(NOON, wish="UNSUBSCRIBED"))
    assert parsed.lead.intent is Intent.WITHDRAWAL
    assert parsed.lead.occurred_at is not None
    assert parsed.lead.property.reference == "homeq:project:12"
    assert "interaction_type" in refused(events.follows(NOON, wish="PAUSED"))


def test_h_t7_a_repeat_is_known_by_its_uuid_and_by_what_it_says() -> None:
    first, again = events.reservation(NOON), events.reservation(NOON)
    assert first["uuid"] != again["uuid"]
    assert set(lead_of(first).keys) & set(lead_of(again).keys)
    later = events.reservation("2026-11-28T12:00:00+01:00")  # H-T16: reserved again
    assert not set(lead_of(first).keys) & set(lead_of(later).keys)


def test_h_t8_another_landlords_event_is_refused() -> None:
    assert refused(events.reservation(NOON), company_id=4) == {
        "company_id": "is 3, and this source is 4's"
    }
    ours = lead_of(events.reservation(NOON), company_id=3).lead
    assert ours.extra["homeq"]["company_id"] == 3


@pytest.mark.parametrize(
    ("created", "iso", "noted"),
    [
        (NOON, "2026-11-27T12:00:00+01:00", False),
        ("2026-11-27T12:00:00.1234567Z", "2026-11-27T12:00:00.123456+00:00", False),
        ("2026-11-27 12:00:00", "2026-11-27T12:00:00+00:00", True),
        ("string", None, True),
        ("", None, True),
    ],
)
def test_h_t9_created_is_read_where_it_can_be(
    created: str, iso: str | None, *, noted: bool
) -> None:
    parsed = lead_of(events.reservation(created))
    moment = parsed.lead.occurred_at
    assert (moment.isoformat() if moment else None) == iso
    assert bool(parsed.notes) is noted


def test_h_t10_ids_may_be_text_and_nothing_else() -> None:
    parsed = lead_of(events.reservation(NOON, apartment_id="41"))
    assert parsed.lead.property.reference == "homeq:apartment:41"
    for wrong in (True, -1, 1.5, "4a", None, "٤١"):
        assert "apartment_id" in refused(events.reservation(NOON, apartment_id=wrong))


def test_h_t12_fellow_and_warrantor_may_be_missing_or_null() -> None:
    event = events.reservation(NOON, fellow=None)
    assert "borgensman" not in str(lead_of(event).lead.message)


def test_h_t13_the_two_shapes_of_an_employee_are_both_taken() -> None:
    assert isinstance(parse(events.agreement(NOON)), Milestone)
    assert "Maria Ek" in str(lead_of(events.reservation(NOON)).lead.message)


def test_h_t14_staff_who_sign_are_no_leads() -> None:
    signed = events.signing(NOON)
    made = lead_of(signed, create_from_signing=True)
    assert made.lead.person.emails == ("anna@example.com",)
    signed["signatories"] = signed["signatories"][1:]
    assert isinstance(parse(signed, create_from_signing=True), Milestone)


def test_h_t23_the_phone_is_kept_as_it_came_and_is_swedish() -> None:
    lead = lead_of(events.reservation(NOON)).lead
    assert lead.person.phones[0].number == "070-174 06 05"
    assert lead.country == "SE"


def test_h_t25_only_the_applicant_is_the_lead() -> None:
    other = {**events.PERSON, "email": "bo@example.com", "first_name": "Bo", "phone": "0701740606"}
    parsed = lead_of(events.reservation(NOON, fellow=other, warrantor=other))
    assert parsed.lead.person.emails == ("anna@example.com",)
    assert "bo@example.com" not in parsed.lead.model_dump_json()
    assert "0701740606" not in parsed.lead.model_dump_json()
    assert "borgensman" in str(parsed.lead.message)


def test_a_reservation_carries_the_whole_person() -> None:
    parsed = lead_of(events.reservation(NOON))
    lead = parsed.lead
    assert (lead.person.first_name, lead.person.last_name) == ("Anna", "Svensson")
    assert lead.person.address.postal_code == "111 35"
    assert lead.marketing.utm == {"source": "homeq"}
    assert lead.extra["homeq"]["office_id"] == 5
    assert "1990" not in lead.model_dump_json()  # a birth date has no place in a lead
    assert parsed.names == ("homeq:3:listing:77", "homeq:3:apartment:41")


@pytest.mark.parametrize(
    ("email", "known"),
    [(" maria@example.com ", "maria@example.com"), ("maria", None), (7, None), (None, None)],
)
def test_h_t13_the_employees_address_is_kept_where_it_is_one(
    email: object, known: str | None
) -> None:
    parsed = lead_of(sample("reservation", employee={"first_name": "Maria", "email": email}))
    ids = parsed.lead.extra["homeq"]
    assert (ids["agent"], ids.get("agent_email")) == ("Maria", known)
    assert "maria" not in str(parsed.lead.message)


def test_a_milestone_names_no_person_in_its_facts() -> None:
    for event in (events.agreement(NOON), events.signature(NOON), events.signing(NOON)):
        told = parse(event)
        assert isinstance(told, Milestone)
        text = json.dumps(dict(told.facts))
        assert not any(word in text for word in ("Anna", "Maria", "@example.com"))
        assert told.names == ("homeq:3:listing:77", "homeq:3:apartment:41")


@pytest.mark.parametrize("field", ["uuid", "company_id", "interaction_type", "email_id"])
def test_what_is_missing_is_named_in_their_words(field: str) -> None:
    event = events.follows(NOON)
    del event[field]
    assert field in refused(event)


def test_a_person_who_cannot_be_reached_is_refused_in_their_words() -> None:
    event = events.reservation(NOON, applicant={"email": ["x"], "first_name": 7})
    assert list(refused(event)) == ["emails.0"]
