"""Vitec's contacts as they are read: three types, hidden fields, odd types (V-T9, V-T10, V-T11)."""

import json
from pathlib import Path
from typing import Any

import pytest

from bridge.connectors.vitec import contacts
from bridge.connectors.vitec.contacts import Company, DeceasedEstate, Other, Person

SAMPLES = Path(__file__).parents[1] / "data" / "vendor_samples"


def one(**fields: Any) -> contacts.Contact:
    (found,) = contacts.read({"id": "ADR1", "type": "Person", "advertisingEnabled": True, **fields})
    return found


def test_v_t10_the_vendors_own_sample_is_read_though_it_hides_most_fields() -> None:
    found = contacts.read(json.loads((SAMPLES / "vitec_crm_contacts.json").read_text("utf-8")))
    assert len(found) == 2
    assert isinstance(found[0], Person)
    assert (found[0].id, found[0].agent_id) == ("sample string 1", "sample string 3")
    assert found[0].advertising_enabled is True
    assert found[0].changed_at is not None
    assert found[0].changed_at.isoformat() == "2024-11-21T10:31:03.655511+01:00"
    assert (found[0].lead_score, found[0].is_deceased, found[0].unread) == (None, None, ())


@pytest.mark.parametrize(
    ("fields", "kind"),
    [
        ({"type": "Person"}, Person),
        ({"type": "PERSON"}, Person),
        ({"type": "Company"}, Company),
        ({"type": "DeceasedEstate"}, DeceasedEstate),
        ({"type": "Dödsbo"}, DeceasedEstate),
        ({"type": "Företag"}, Company),
        ({"type": 1, "corporateNumber": "556000-0001"}, Company),
        ({"type": None, "isForeignIdSocialSecurityNumber": False}, DeceasedEstate),
        ({"type": 0, "firstName": "Anna"}, Person),
        ({"type": "Robot"}, Other),
        ({"type": ["Person"]}, Other),
    ],
)
def test_v_t9_each_type_is_known_by_its_name_or_by_what_only_it_has(
    fields: dict[str, Any], kind: type[object]
) -> None:
    assert isinstance(one(**fields), kind)


def test_v_t9_an_object_stands_for_a_list_of_one() -> None:
    raw = {"id": "ADR1", "type": "Company", "leadScore": 3}
    assert contacts.read(raw) == contacts.read([raw])
    assert contacts.read([]) == contacts.read(None) == contacts.read("ADR1") == []


def test_a_field_of_another_type_is_named_and_breaks_nothing_else() -> None:
    found = one(leadScore="many", isDeceased="no", agentId=7, changedAt="yesterday", email=[1])
    assert isinstance(found, Person)
    assert found.advertising_enabled is True
    assert (found.lead_score, found.is_deceased, found.agent_id, found.changed_at) == (None,) * 4
    assert set(found.unread) == {"lead_score", "is_deceased", "agent_id", "changed_at"}


def test_unknown_keys_are_passed_over_and_one_that_is_no_contact_too() -> None:
    rows = [{"id": "ADR1", "kind": "x", "unread": 3, "wgs84": {}}, {"type": "Person"}, 7, None]
    (found,) = contacts.read(rows)
    assert (found.id, found.unread) == ("ADR1", ())


def test_the_documentations_pascal_case_is_read_too() -> None:
    (found,) = contacts.read({"Id": "ADR1", "Type": "Person", "IsDeceased": True, "LeadScore": 4})
    assert isinstance(found, Person)
    assert (found.is_deceased, found.lead_score) == (True, 4)


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({}, None),
        ({"isDeceased": None}, None),
        ({"isDeceased": False}, None),
        ({"advertisingEnabled": False}, "opted_out"),
        ({"isDeceased": True}, "deceased"),
        ({"isDeceased": True, "advertisingEnabled": False}, "deceased"),
        ({"type": "DeceasedEstate"}, "deceased"),
        ({"type": "Company"}, None),
        ({"type": "Company", "advertisingEnabled": False}, "opted_out"),
        ({"type": "Robot", "isDeceased": True}, "deceased"),
        ({"advertisingEnabled": None}, "not_said"),
        ({"advertisingEnabled": "false"}, "not_said"),
        ({"advertisingEnabled": 0}, "not_said"),
        ({"isDeceased": "ja"}, "not_said"),
    ],
)
def test_v_t11_who_gets_no_marketing_and_what_is_not_said_is_no_yes(
    fields: dict[str, Any], reason: str | None
) -> None:
    assert contacts.stop(one(**fields)) == reason


def test_a_cache_holds_what_is_read_and_nothing_of_the_person() -> None:
    found = one(
        firstName="Anna",
        lastName="Svensson",
        note="ring ej",
        socialSecurityNumber="910101",
        leadScore=[],
        changedAt="2024-11-21T10:31:03.6555111+01:00",
    )
    text = contacts.kept(found)
    assert contacts.restored(text) == found
    for secret in ("Anna", "Svensson", "ring ej", "910101"):
        assert secret not in text
        assert secret not in repr(found)
    assert contacts.restored("null") is contacts.restored("{") is None
