"""Payload → lead: the canonical JSON, and the forms that people really have."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import intake, leads
from bridge.intake import Expected, Parsed, Shape, UnreadableError
from bridge.leads import Intent


def parse(payload: object, *, shape: Shape, default_intent: Intent | None = None) -> Parsed:
    parsed = intake.parse(payload, shape=shape, expected=Expected(default_intent=default_intent))
    assert isinstance(parsed, Parsed)
    return parsed


LEAD: dict[str, Any] = {
    "external_id": "form-8871",
    "intent": "final_price_watch",
    "occurred_at": "2026-11-23T08:00:00+01:00",
    "country": "se",
    "language": "sv",
    "person": {
        "first_name": " Anna ",
        "last_name": "Svensson",
        "emails": ["anna@example.com"],
        "phones": [{"number": "070-174 06 05", "label": "cell"}, "08-465 004 12"],
        "address": {"street": "Kungsgatan 16A", "postal_code": "111 35", "city": "Stockholm"},
        "national_id": None,
        "national_id_is_foreign": False,
    },
    "property": {
        "reference": "AF43CD7U",
        "title": "Kungsgatan 16A",
        "vitec": {"customer_id": "M30011", "estate_id": "OBJ11385_1395932274"},
        "flow": {
            "case_guid": "680f1e7f-90e4-472d-8991-a9d6043df603",
            "case_id": 48213,
            "order_id": None,
        },
    },
    "consent": {
        "processing_bases": ["cff34c62-014a-4cf2-b285-88ca73381b1d"],
        "category": None,
        "system_type": None,
        "given_at": None,
    },
    "message": "Ring gärna efter 17.",
    "marketing": {"referrer": "https://example.se/bostad/1", "utm": {"source": "google"}},
    "test": False,
    "extra": {},
}


def refused(payload: object, **how: Any) -> dict[str, str]:
    with pytest.raises(UnreadableError) as caught:
        parse(payload, **{"shape": "lead", **how})
    return {one.field: one.message for one in caught.value.problems}


def test_the_published_example_is_a_lead() -> None:
    lead = parse(LEAD, shape="lead").lead
    assert (lead.country, lead.person.first_name) == ("SE", "Anna")
    assert [one.number for one in lead.person.phones] == ["070-174 06 05", "08-465 004 12"]
    again = leads.Lead.model_validate(lead.model_dump(mode="json"))
    assert again == lead


def test_unknown_keys_are_refused_with_the_nearest_name() -> None:
    person = {"frist_name": "A", "emails": ["a@example.com"]}
    found = refused({"intent": "contact", "person": person, "proprety": {}})
    assert found == {
        "person.frist_name": "is not a field of a lead; did you mean `first_name`?",
        "proprety": "is not a field of a lead; did you mean `property`?",
    }
    found = refused({**LEAD, "colour": "red"})
    assert found == {"colour": "is not a field of a lead; put fields of your own under `extra`"}


def test_only_a_person_with_a_name_or_an_address_is_required() -> None:
    named = parse({"intent": "contact", "person": {"last_name": "X"}}, shape="lead")
    assert named.lead.person.name == "X"
    assert refused({"intent": "contact", "person": {}}) == {
        "person": "give a name, an e-mail address or a phone number",
    }
    assert refused({"intent": "contact"}) == {"person": "is required"}
    assert refused({"intent": "contact", "person": None})["person"]


@pytest.mark.parametrize("payload", [None, [], "text", 7, {1: 2}, {"person": {"a": [[[]]]}}])
def test_whatever_else_comes_is_refused_in_words(payload: object) -> None:
    assert refused(payload)


def test_a_payload_that_is_a_well_is_refused() -> None:
    deep: dict[str, Any] = {}
    for _ in range(2000):
        deep = {"extra": deep}
    assert "nested deeper" in refused(deep)["payload"]


def test_values_never_stand_in_a_refusal() -> None:
    found = refused({"intent": "secret-intent", "person": {"emails": "secret@example.com"}})
    assert "secret" not in str(found)


def test_x_t4_names_are_one_character_a_letter() -> None:
    person = {"first_name": "A\u030asa", "emails": ["a@example.com"]}
    lead = parse({"intent": "contact", "person": person}, shape="lead").lead
    assert lead.person.first_name == "Åsa"


def test_a_swedish_form() -> None:
    form = {
        "Förnamn": "Anna",
        "Efternamn": "Svensson",
        "E-post": "anna@example.com",
        "Mobil": "070-1740605",
        "Telefon arbete": "08-465 004 12",
        "Postnr": 11135,
        "Ärende": "Slutpris",
        "objekt_id": "OBJ1",
        "utm_source": "google",
        "UTM Campaign": "höst",
        "Meddelande": "Hej",
        "nyhetsbrev": "ja",
    }
    parsed = parse(form, shape="form")
    lead = parsed.lead
    assert lead.intent is Intent.FINAL_PRICE_WATCH
    assert lead.person.name == "Anna Svensson"
    assert [(one.number, one.label) for one in lead.person.phones] == [
        ("070-1740605", "cell"),
        ("08-465 004 12", "work"),
    ]
    assert lead.person.address.postal_code == "11135"
    assert lead.property.vitec.estate_id == "OBJ1"
    assert lead.marketing.utm == {"source": "google", "campaign": "höst"}
    assert lead.extra == {"nyhetsbrev": "ja"}
    assert parsed.notes == ("`nyhetsbrev` is no field that is known; kept under extra",)


def test_a_norwegian_form() -> None:
    form = {
        "Navn": ["Kari Anne Nordmann"],
        "epost": "kari@example.com",
        "tlf": "412 34 690",
        "henvendelse": "verdivurdering",
        "Land": "Norge",
        "poststed": "Oslo",
        "id": 17,
    }
    parsed = parse(form, shape="form")
    assert (parsed.lead.person.first_name, parsed.lead.person.last_name) == (
        "Kari Anne",
        "Nordmann",
    )
    assert parsed.notes == ("first and last name were split at the last blank (assumed)",)
    assert (parsed.lead.intent, parsed.lead.country) == (Intent.VALUATION, "NO")
    assert parsed.lead.external_id == "17"


def test_a_form_without_an_intent_takes_the_sources_or_is_refused() -> None:
    form = {"email": "a@example.com"}
    assert "default_intent" in refused(form, shape="form")["intent"]
    parsed = parse(form, shape="form", default_intent=Intent.CONTACT)
    assert parsed.lead.intent is Intent.CONTACT
    assert parsed.notes == ("intent contact is the source's",)


def test_a_forms_faults_are_told_in_its_own_words() -> None:
    form = {"Namn": "Anna", "typ": "kontakt", "sakid": "no number", "Land": "Narnia"}
    found = refused(form, shape="form")
    assert set(found) == {"sakid", "Land"}


def test_a_forms_faults_are_told_in_its_own_words_for_lists_too() -> None:
    form = {"Mobil": "1" * 2000, "Samtycken": "x", "Samtycke tid": "x", "namn": "A"}
    assert set(refused(form, shape="form", default_intent=Intent.CONTACT)) == set(form) - {"namn"}


@pytest.mark.parametrize(
    ("given", "first", "last", "note"),
    [
        ({"namn": "Anna"}, "Anna", None, ""),
        ({"namn": "Kari  Anne Nordmann"}, "Kari Anne", "Nordmann", "split at the last blank"),
        ({"namn": "Anna Svensson", "förnamn": "anna"}, "anna", "Svensson", "follows the first"),
        ({"namn": "Anna Svensson", "efternamn": "Svensson"}, "Anna", "Svensson", "precedes"),
        ({"name": "Svensson", "first-name": "Anna"}, "Anna", "Svensson", "for the last name"),
        ({"name": "Anna", "surname": "Svensson"}, "Anna", "Svensson", "for the first name"),
        ({"name": "Anna", "first_name": "Anna"}, "Anna", None, ""),
        ({"name": "Ek", "last_name": "Ek"}, None, "Ek", ""),
        ({"name": "Annabel Ek", "first_name": "Anna"}, "Anna", "Annabel Ek", "for the last name"),
        ({"name": 7}, "7", None, ""),
    ],
)
def test_a_name_field_beside_the_others(
    given: dict[str, object], first: str | None, last: str | None, note: str
) -> None:
    parsed = parse({"intent": "kontakt", **given}, shape="form")
    assert (parsed.lead.person.first_name, parsed.lead.person.last_name) == (first, last)
    assert note in " ".join(parsed.notes)
    assert bool(note) == bool(parsed.notes)


def test_a_third_name_is_kept() -> None:
    form = {"name": "Bo Ek", "first_name": "Anna", "last_name": "Svensson", "intent": "contact"}
    parsed = parse(form, shape="form")
    assert parsed.lead.person.name == "Anna Svensson"
    assert parsed.lead.extra == {"name": "Bo Ek"}


@pytest.mark.parametrize(
    ("word", "intent"),
    [
        ("Final Price Watch", Intent.FINAL_PRICE_WATCH),
        ("budbevakning", Intent.FINAL_PRICE_WATCH),
        ("Intresseanmälan", Intent.INTEREST),
        ("interesse", Intent.INTEREST),
        ("Värdering", Intent.VALUATION),
        ("kontakt", Intent.CONTACT),
        ("Avregistrera", Intent.WITHDRAWAL),
    ],
)
def test_intents_are_read_in_three_languages(word: str, intent: Intent) -> None:
    assert parse({"intent": word, "namn": "A"}, shape="form").lead.intent is intent


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("typ", "villa"),
        ("Datum", "nästa tisdag"),
        ("tid", "17"),
        ("samtycke", "on"),
        ("consent", True),
        ("utmaning", "stor"),
        ("utm", {"source": "google"}),
    ],
)
def test_a_value_that_is_none_of_the_field_is_kept_and_refuses_nobody(
    name: str, value: object
) -> None:
    form = {"namn": "A", name: value}
    parsed = parse(form, shape="form", default_intent=Intent.CONTACT)
    assert parsed.lead.extra == {name: value}
    assert parsed.lead.intent is Intent.CONTACT
    assert parsed.lead.occurred_at is None
    assert parsed.lead.consent.processing_bases == ()
    assert any(f"`{name}`" in note for note in parsed.notes)


BASES = ("cff34c62-014a-4cf2-b285-88ca73381b1d", "680f1e7f-90e4-472d-8991-a9d6043df603")


@pytest.mark.parametrize("value", [", ".join(BASES), list(BASES)])
@pytest.mark.parametrize("name", ["consent", "samtykke", "processing_bases"])
def test_a_consent_that_names_its_bases_is_taken(name: str, value: object) -> None:
    lead = parse({"namn": "A", "intent": "contact", name: value}, shape="form").lead
    assert tuple(str(one) for one in lead.consent.processing_bases) == BASES


def test_a_blank_first_value_does_not_hide_the_second() -> None:
    form = {"email": " ", "mail": "b@example.com", "intent": "contact"}
    assert parse(form, shape="form").lead.person.emails == ("b@example.com",)


@pytest.mark.parametrize("name", ["anna@example.com", '{"name": "Anna Svensson"}', "0701740605"])
def test_a_name_that_may_be_personal_stands_in_no_note(name: str) -> None:
    parsed = parse({"namn": "A", "intent": "contact", name: "x"}, shape="form")
    assert parsed.lead.extra == {name: "x"}
    assert parsed.notes == ("`?` is no field that is known; kept under extra",)


def test_extra_holds_what_can_be_written_down() -> None:
    deep: dict[str, Any] = {}
    for _ in range(10):
        deep = {"a": deep}
    assert "deeper than 10" in refused({**LEAD, "extra": deep})["extra"]
    assert parse({**LEAD, "extra": {"a": [{"b": None}]}}, shape="lead").lead.extra
    for value in ("\ud800", 2**70):
        assert refused({**LEAD, "extra": {"a": value}}) == {
            "extra": "holds what JSON cannot, such as half a character",
        }


def test_a_second_value_for_a_field_is_kept() -> None:
    form = {"email": "a@example.com", "mail": "b@example.com", "intent": "contact"}
    parsed = parse(form, shape="form")
    assert parsed.lead.person.emails == ("a@example.com",)
    assert parsed.lead.extra == {"mail": "b@example.com"}


@given(
    st.dictionaries(
        st.sampled_from(["namn", "email", "telefon", "typ", "land", "x", "utm_", "test", "guid"]),
        st.one_of(st.text(), st.integers(), st.none(), st.lists(st.text(), max_size=2)),
    ),
)
def test_no_form_raises_anything_but_a_refusal(form: dict[str, object]) -> None:
    said: list[object] = []
    try:
        said = [parse(form, shape="form", default_intent=Intent.CONTACT).lead.intent]
    except UnreadableError as error:
        said = list(error.problems)
    assert said


def test_the_schema_is_the_models() -> None:
    schema = leads.schema()
    assert schema["additionalProperties"] is False
    assert set(schema["required"]) == {"intent", "person"}
    assert set(LEAD) == set(schema["properties"])
