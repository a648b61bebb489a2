"""The fake Vitec keeps the documented promises and quirks (FACTS 1B and part 2)."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import httpx
import pytest

from bridge.sandbox.server import Sandbox

SAMPLES = Path(__file__).parents[1] / "data" / "vendor_samples"
ESTATE = "OBJ11385_1395932274"
WATCH = f"Advertising/Estate/M30011/{ESTATE}/FinalPriceWatched"
ADVERTISING = ("sandbox", "vitec-M30011")
CRM = ("sandbox", "crm-M30011")
JSON = {"Accept": "application/json"}
PERSON = "ADRPERSON0000000000000000000000000001"
COMPANY = "ADRCOMPANY00000000000000000000000001"
ESTATE_OF_DECEASED = "ADRESTATE000000000000000000000000001"
# The tables of GET CRM/Contact/{customerId}/{contactIds}, in JSON's case; `email` stands in its
# sample alone (V-T10).
COMMON = {
    *("type", "id", "customerId", "agentId", "address", "email", "advertisingEnabled"),
    *("note", "categories", "createdAt", "changedAt", "telephone"),
}
DOCUMENTED = {
    PERSON: {
        *("firstName", "lastName", "socialSecurityNumber", "isForeignSocialSecurityNumber"),
        *("leadScore", "wantsToBeMatched", "matchingChangedAt", "isDeceased", "isCompanyPerson"),
        "gdprApprovalDate",
    },
    COMPANY: {"name", "corporateNumber", "isForeignCorporateNumber", "homePage", "leadScore"},
    ESTATE_OF_DECEASED: {"name", "socialSecurityNumber", "isForeignIdSocialSecurityNumber"},
}


@pytest.fixture
def vitec(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/vitec", headers=JSON, auth=ADVERTISING) as client:
        yield client


@pytest.fixture
def crm(sandbox: Sandbox) -> Iterator[httpx.Client]:
    base = f"{sandbox.url}/vitec/CRM/Contact/M30011"
    with httpx.Client(base_url=base, headers=JSON, auth=CRM) as client:
        yield client


def person(**changes: Any) -> dict[str, Any]:
    return {
        "firstName": "Anna",
        "lastName": "Svensson",
        "email": {"emailAddress": "anna@example.com"},
        **changes,
    }


def watch(**changes: Any) -> dict[str, Any]:
    return {"person": person(**changes)}


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def message(answer: httpx.Response) -> str:
    return str(answer.json()["message"])


def test_the_vendors_own_sample_is_taken_once_its_placeholders_are_addresses(
    vitec: httpx.Client, sandbox: Sandbox
) -> None:
    body = sample("vitec_final_price_watched")
    refused = vitec.post(WATCH, json=body)
    assert (refused.status_code, message(refused)) == (
        400,
        "Epostadressen 'sample string 1' är felaktig",
    )
    body["person"]["email"] = {"emailAddress": "a@example.com", "emailAddress2": "b@example.com"}
    taken = vitec.post(WATCH, json=body)
    assert taken.status_code == 200
    (entry,) = sandbox.received()
    assert entry["body"] == body


def test_v_t2_the_published_curl_body_is_refused(vitec: httpx.Client, sandbox: Sandbox) -> None:
    answer = vitec.post(WATCH, json=sample("vitec_final_price_watched_curl"))
    assert answer.status_code == 400
    assert sandbox.received() == []


@pytest.mark.parametrize("status", [0, 1, "0", "assigned", "Interested", True, None])
def test_v_t1_the_status_is_a_published_name_or_absent(vitec: httpx.Client, status: object) -> None:
    assert vitec.post(WATCH, json={**watch(), "prospectiveBuyerStatus": status}).status_code == 400
    right = {**watch(), "prospectiveBuyerStatus": "Assigned"}
    assert vitec.post(WATCH, json=right).status_code == 200


@pytest.mark.parametrize("name", ["firstName", "lastName"])
def test_v_t3_v_t4_names_have_1_to_40_characters(vitec: httpx.Client, name: str) -> None:
    for wrong in ("", "  ", "å" * 41):
        answer = vitec.post(WATCH, json=watch(**{name: wrong}))
        assert answer.status_code == 400
        assert "mellan 1 och 40 tecken" in message(answer)
    without = watch()
    del without["person"][name]
    assert vitec.post(WATCH, json=without).status_code == 400
    assert vitec.post(WATCH, json=watch(**{name: "å" * 40})).status_code == 200


@pytest.mark.parametrize(
    "wrong",
    [
        {"person": person(), "Message": "x"},
        {"person": person(), "message": 5},
        {"person": person(), "marketing": {"utmTags": [{"name": "a"}, {"key": "b"}]}},
        {"person": person(), "marketing": {"utmTags": {"utm_source": "google"}}},
        {"person": person(FirstName="Anna")},
        {"person": person(phone="070")},
        {"person": person(address={"zip": "11135"})},
        {"person": person(address={"zipCode": 11135})},
        {"person": person(isForeignSocialSecurityNumber="false")},
        {"person": person(telephone={"mobile": "+46701740605"})},
        {"person": person(telephone={"cell": "+46 70 174 06 05 12"})},
        {"person": person(socialSecurityNumber="1" * 21)},
        {"person": person(message=None)},
        {"person": {}},
        {"person": None},
        {},
        [],
        "text",
    ],
    ids=lambda body: json.dumps(body)[:60],
)
def test_what_the_model_does_not_have_is_refused(
    vitec: httpx.Client, sandbox: Sandbox, wrong: object
) -> None:
    answer = vitec.post(WATCH, json=wrong)
    assert answer.status_code == 400
    assert message(answer)
    assert sandbox.received() == []


@pytest.mark.parametrize("slot", ["home", "work", "cell", "other"])
def test_v_t5_an_e_mail_or_a_phone_must_be_given(vitec: httpx.Client, slot: str) -> None:
    for nothing in ({}, {"email": {"emailAddress": " "}}, {"telephone": {slot: ""}}):
        answer = vitec.post(WATCH, json=watch(**{"email": {}, **nothing}))
        assert "måste anges" in message(answer)
    phone = {"email": {}, "telephone": {slot: "+46701740605"}}
    assert vitec.post(WATCH, json=watch(**phone)).status_code == 200


def test_v_t6_each_function_group_and_office_has_its_own_password(
    vitec: httpx.Client, crm: httpx.Client
) -> None:
    assert vitec.post(WATCH, json=watch(), auth=CRM).status_code == 401
    assert crm.get("Search?q=anna", auth=ADVERTISING).status_code == 401
    other = "Advertising/Estate/M30012/OBJ22385_1395932274/FinalPriceWatched"
    assert vitec.post(other, json=watch()).status_code == 401
    assert vitec.post(other, json=watch(), auth=("sandbox", "vitec-M30012")).status_code == 200
    assert vitec.post(WATCH, json=watch(), auth=("somebody", "vitec-M30011")).status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer x", "Basic", "Basic !!", "Basic c2FuZGJveA=="])
def test_without_basic_nobody_comes_in(sandbox: Sandbox, header: str) -> None:
    headers = {"Authorization": header} if header else {}
    answer = httpx.post(f"{sandbox.url}/vitec/{WATCH}", json=watch(), headers=headers)
    assert answer.status_code == 401


def test_the_lower_case_scheme_of_the_vendors_samples_is_taken(sandbox: Sandbox) -> None:
    headers = {"Authorization": "basic c2FuZGJveDp2aXRlYy1NMzAwMTE=", **JSON}
    answer = httpx.post(f"{sandbox.url}/vitec/{WATCH}", json=watch(), headers=headers)
    assert answer.status_code == 200


def test_403_without_the_right_to_crm(crm: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(vitec_crm_password=None)
    assert crm.get("Search?q=anna").status_code == 403


@pytest.mark.parametrize("customer", ["30011", "G2", "M99999", "m30011"])
def test_v_t7_a_customer_id_without_its_prefix_is_nobody(
    vitec: httpx.Client, customer: str
) -> None:
    url = f"Advertising/Estate/{customer}/{ESTATE}/FinalPriceWatched"
    assert vitec.post(url, json=watch()).status_code == 403


def test_an_unknown_estate_is_404_until_it_is_configured(
    vitec: httpx.Client, sandbox: Sandbox
) -> None:
    url = "Advertising/Estate/M30011/OBJ5_6/FinalPriceWatched"
    assert vitec.post(url, json=watch()).status_code == 404
    sandbox.config(estates={"M30011": ["OBJ5_6"]})
    assert vitec.post(url, json=watch()).status_code == 200


def test_v_t8_the_answer_is_a_json_string(vitec: httpx.Client, sandbox: Sandbox) -> None:
    answer = vitec.post(WATCH, json=watch())
    assert answer.headers["content-type"] == "application/json"
    assert isinstance(answer.json(), str)
    assert answer.json().startswith("ADR")
    (entry,) = sandbox.received(vendor="vitec", kind="final_price_watched")
    assert entry["reference"] == answer.json()
    assert (entry["account"], entry["property"], entry["answered"]) == ("M30011", ESTATE, True)


def test_v_t9_many_contacts_by_id(crm: httpx.Client, sandbox: Sandbox) -> None:
    ids = f"{PERSON},{COMPANY},{ESTATE_OF_DECEASED},ADRunknown,{PERSON}"
    found = crm.get(ids).json()
    assert [one["type"] for one in found] == ["Person", "Company", "DeceasedEstate"]
    assert crm.get(quote(ids, safe="")).json() == found
    assert set(sample("vitec_crm_contacts")[0]) <= set(found[0])
    twenty_one = ",".join(f"ADR{number}" for number in range(21))
    assert crm.get(twenty_one).status_code == 400
    assert crm.get(twenty_one.rpartition(",")[0]).json() == []
    sandbox.config(customers={"M7": {"advertising": "a", "crm": "c"}})
    other = f"{sandbox.url}/vitec/CRM/Contact/M7/{PERSON}"
    assert httpx.get(other, headers=JSON, auth=("sandbox", "c")).json() == []


@pytest.mark.parametrize("name", list(DOCUMENTED))
def test_a_contact_has_what_the_page_documents_and_the_samples_types(
    crm: httpx.Client, vitec: httpx.Client, name: str
) -> None:
    """The types by name and shape as in the vendor's sample, nothing that no table has."""
    of_a_watch = vitec.post(WATCH, json=watch()).json()
    found, watched = crm.get(f"{name},{of_a_watch}").json()
    (example, _) = sample("vitec_crm_contacts")
    assert set(found) <= COMMON | DOCUMENTED[name]
    assert set(watched) <= COMMON | DOCUMENTED[PERSON]
    for field, value in example.items():
        assert type(found[field]) is type(value), field
    (category,) = found["categories"]
    assert set(category) == set(example["categories"][0])
    assert set(found["address"]) <= set(example["address"])
    assert set(found["email"]) <= set(example["email"])


def test_v_t9_the_quirks_of_many_ids_can_be_set(crm: httpx.Client, sandbox: Sandbox) -> None:
    five = ",".join(f"ADR{number}" for number in range(5))
    sandbox.config(most_ids=5)
    assert (crm.get(five).status_code, crm.get(f"{five},ADR5").status_code) == (200, 400)
    sandbox.config(unknown_is_404=True)
    assert crm.get(f"{PERSON},ADRunknown").status_code == 404
    assert len(crm.get(f"{PERSON},{COMPANY}").json()) == 2
    sandbox.config(contact={"id": PERSON, "advertisingEnabled": False})
    assert crm.get(PERSON).json()[0]["advertisingEnabled"] is False
    with pytest.raises(ValueError, match="no contact"):
        sandbox.config(contact={"id": "ADRunknown"})


def test_v_t9_one_id_may_answer_a_list_or_an_object(crm: httpx.Client, sandbox: Sandbox) -> None:
    assert [one["id"] for one in crm.get(PERSON).json()] == [PERSON]
    sandbox.config(single_as_object=True)
    assert crm.get(PERSON).json()["id"] == PERSON
    assert crm.get("ADRunknown").status_code == 404
    assert len(crm.get(f"{PERSON},{COMPANY}").json()) == 2


def test_v_t11_a_deceased_estate_words_it_in_another_way(crm: httpx.Client) -> None:
    (found,) = crm.get(ESTATE_OF_DECEASED).json()
    assert "isForeignIdSocialSecurityNumber" in found
    assert found["advertisingEnabled"] is False


@pytest.mark.parametrize(
    "again",
    [
        {"email": {"emailAddress": "ANNA@example.com"}},
        {"email": {}, "telephone": {"home": "+46 70 174 06 05"}},
    ],
)
def test_v_t12_the_same_person_is_one_contact_and_another_lead(
    vitec: httpx.Client, sandbox: Sandbox, again: dict[str, Any]
) -> None:
    first = vitec.post(WATCH, json=watch(telephone={"cell": "+46701740605"})).json()
    assert vitec.post(WATCH, json=watch(**again)).json() == first
    assert len(sandbox.received()) == 2
    someone = watch(email={"emailAddress": "other@example.com"})
    assert vitec.post(WATCH, json=someone).json() != first


def test_a_contact_is_found_again_with_its_estates(vitec: httpx.Client, crm: httpx.Client) -> None:
    reference = vitec.post(WATCH, json=watch(telephone={"cell": "+46701740605"})).json()
    vitec.post(WATCH, json=watch())
    for text in ("anna@example.com", "Svensson", "+46 70-174 06 05"):
        found = crm.get("Search", params={"searchText": text}).json()
        assert [one["id"] for one in found] == [reference]
    assert crm.get("Search", params={"q": "nobody"}).json() == []
    assert crm.get("Search").status_code == 400
    (relation,) = crm.get(f"Speculator/{reference}").json()
    assert relation["estateId"] == ESTATE
    assert crm.get("Speculator/ADRunknown").status_code == 404


def test_v_t15_a_refusal_echoes_the_person_in_swedish(vitec: httpx.Client) -> None:
    answer = vitec.post(WATCH, json=watch(email={"emailAddress": "anna@@example"}))
    assert message(answer) == "Epostadressen 'anna@@example' är felaktig"
    answer = vitec.post(WATCH, json=watch(email={}))
    assert "Anna Svensson" in message(answer)


@pytest.mark.parametrize("accept", ["*/*", "application/xml", "text/html"])
def test_v_t16_without_asking_for_json_the_answer_is_xml(
    vitec: httpx.Client, crm: httpx.Client, accept: str
) -> None:
    headers = {"Accept": accept}
    answer = vitec.post(WATCH, json=watch(), headers=headers)
    assert answer.headers["content-type"].startswith("application/xml")
    assert answer.text.startswith('<string xmlns="http://schemas.microsoft.com/2003/10/')
    contacts = crm.get(PERSON, headers=headers).text
    assert contacts.startswith("<ArrayOfCrmContact")
    assert "<FirstName>Birgitta</FirstName>" in contacts
    search = crm.get("Search", params={"q": "Ek"}, headers={"Accept": "text/json"})
    assert isinstance(search.json(), list)


def test_v_t16_xml_is_not_read(vitec: httpx.Client) -> None:
    headers = {"Content-Type": "application/xml"}
    assert vitec.post(WATCH, content="<x/>", headers=headers).status_code == 415
    broken = vitec.post(WATCH, content="{", headers={"Content-Type": "application/json"})
    assert broken.status_code == 400


def test_x_t11_times_have_an_offset_and_many_digits(vitec: httpx.Client, crm: httpx.Client) -> None:
    reference = vitec.post(WATCH, json=watch()).json()
    (contact,) = crm.get(reference).json()
    assert contact["createdAt"].endswith("+01:00")
    assert len(contact["createdAt"]) == len("2024-11-21T10:31:03.655511+01:00")


def test_a_rate_can_be_set_for_one_office(vitec: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(rate_limits={"M30011": 1})
    assert vitec.post(WATCH, json=watch()).status_code == 200
    refused = vitec.post(WATCH, json=watch())
    assert (refused.status_code, "retry-after" in refused.headers) == (429, False)
    sandbox.config(advance=1)
    assert vitec.post(WATCH, json=watch()).status_code == 200


def test_configured_offices_and_contacts_are_there(sandbox: Sandbox) -> None:
    office = {"advertising": "a", "crm": "c", "estates": ["OBJ1"]}
    contact = {"id": "ADR1", "customerId": "M7", "firstName": "Bo", "lastName": "Ek"}
    sandbox.config(vitec_username="us", customers={"M7": office}, contacts=[contact])
    base = f"{sandbox.url}/vitec"
    url = f"{base}/Advertising/Estate/M7/OBJ1/FinalPriceWatched"
    assert httpx.post(url, json=watch(), auth=("us", "a")).status_code == 200
    found = httpx.get(f"{base}/CRM/Contact/M7/Search?q=Bo", headers=JSON, auth=("us", "c")).json()
    assert found[0]["id"] == "ADR1"
