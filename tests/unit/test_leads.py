"""The canonical lead: what it takes, how it says what is wrong, and its schema."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge import leads
from bridge.leads import Lead, problems, shown

LEAST: dict[str, Any] = {"intent": "contact", "person": {"emails": ["a@example.com"]}}


def faults(payload: object) -> dict[str, str]:
    with pytest.raises(ValidationError) as caught:
        Lead.model_validate(payload)
    return {one.field: one.message for one in problems(caught.value)}


@pytest.mark.parametrize(
    ("given", "number"),
    [
        ("070-174 06 05", "070-174 06 05"),
        (46701740605, "46701740605"),
        (46701740605.0, "46701740605"),  # `:g` would make 4.67017e+10 of it
        ({"number": 701740605.0, "label": "cell"}, "701740605"),
    ],
)
def test_no_digit_of_a_number_is_lost(given: object, number: str) -> None:
    lead = Lead.model_validate({"intent": "contact", "person": {"phones": [given]}})
    assert lead.person.phones[0].number == number


@pytest.mark.parametrize("given", [True, ["1"], {"n": 1}])
def test_what_is_no_text_is_refused(given: object) -> None:
    assert faults({**LEAST, "message": given})


def test_null_is_left_out_at_every_depth() -> None:
    lead = Lead.model_validate(
        {
            **LEAST,
            "person": {"emails": ["a@example.com"], "phones": None, "address": None},
            "property": {"vitec": None, "flow": {"case_id": None}},
            "consent": {"processing_bases": None},
            "marketing": {"utm": {"source": "google", "campaign": None}},
            "extra": {"kept": None},
            "test": None,
        }
    )
    assert lead.person.address == leads.Address()
    assert lead.marketing.utm == {"source": "google"}
    assert lead.extra == {"kept": None}
    assert faults({**LEAST, "intent": None}) == {"intent": "is required"}
    assert "colour" in faults({**LEAST, "colour": None})


def test_the_nearest_name_is_told_at_every_depth() -> None:
    found = faults({**LEAST, "property": {"vitec": {"estateid": "OBJ1"}}})
    assert found["property.vitec.estateid"].endswith("did you mean `estate_id`?")


def test_no_value_and_no_personal_name_of_a_field_is_told() -> None:
    bases = {"processing_bases": ["anna-secret"]}
    assert faults({**LEAST, "consent": bases}) == {"consent.processing_bases.0": "is no GUID"}
    assert list(faults({**LEAST, "anna@example.com": 1})) == ["?"]


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("Förnamn", "Förnamn"),
        ("_wpcf7_version", "_wpcf7_version"),
        ("phone2", "phone2"),
        ("Vad heter du? (frivilligt)", "Vad heter du? (frivilligt)"),
        ("anna@example.com", "?"),
        ("070-174 06 05", "?"),
        ("tel 0701740605", "?"),
        ('{"name": "Anna"', "?"),
        ("a" * 61, "?"),
        ("", "?"),
    ],
)
def test_only_what_looks_like_a_name_of_a_field_is_shown(name: str, said: str) -> None:
    assert shown(name) == said


def test_all_that_tells_who_the_person_is_is_known() -> None:
    person = {
        "first_name": "Anna",
        "last_name": "Svensson",
        "emails": ["a@example.com"],
        "phones": ["070-1740605", " "],
        "national_id": "19900101-0017",
        "address": {"street": "Kungsgatan 16A"},
    }
    lead = Lead.model_validate({"intent": "contact", "person": person, "message": "Hej"})
    assert set(lead.personal_values()) == {
        "Anna",
        "Svensson",
        "Anna Svensson",
        "a@example.com",
        "070-1740605",
        "19900101-0017",
        "Kungsgatan 16A",
        "Hej",
    }
    assert "19900101" not in repr(lead.person)
