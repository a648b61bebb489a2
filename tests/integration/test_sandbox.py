"""The sandbox against the vendors' own sample payloads and documented quirks."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import GUID

SAMPLES = Path(__file__).parents[1] / "data/vendor_samples"
CREDENTIALS = {
    "grant_type": "client_credentials",
    "client_id": "sandbox",
    "client_secret": "flow-secret",
}
WATCH = "/vitec/Advertising/Estate/M30011/OBJ11385_1395932274/FinalPriceWatched"
ADVERTISING, CRM = ("sandbox", "vitec-M30011"), ("sandbox", "crm-M30011")
STAKEHOLDERS = f"/flow/api/Public/Cases/{GUID}/Stakeholders"


def sample(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((SAMPLES / f"{name}.json").read_text())
    return found


def watch_sample() -> dict[str, Any]:
    """Vitec's own, with addresses that are addresses: the page says `sample string` (V-T2)."""
    found = sample("vitec_final_price_watched")
    found["person"]["email"] = {
        "emailAddress": "sample1@example.com",
        "emailAddress2": "sample2@example.com",
    }
    return found


@pytest.fixture
def client(sandbox: Sandbox) -> Iterator[httpx.Client]:
    headers = {"accept": "application/json"}
    with httpx.Client(base_url=sandbox.url, trust_env=False, headers=headers) as one:
        yield one


@pytest.fixture
def flow(client: httpx.Client) -> httpx.Client:
    token = client.post("/flow/authtoken", data=CREDENTIALS).json()
    assert (token["token_type"], token["expires_in"]) == ("bearer", 1200)
    client.headers["authorization"] = f"Bearer {token['access_token']}"
    return client


@pytest.mark.parametrize("name", ["flow_stakeholder_by_guid", "flow_stakeholder_by_type"])
def test_flows_own_samples_are_taken(flow: httpx.Client, sandbox: Sandbox, name: str) -> None:
    answer = flow.post(STAKEHOLDERS, json=sample(name))
    assert answer.status_code == 200
    assert list(answer.json()) == ["Value"]
    (entry,) = sandbox.received(kind="stakeholder")
    assert entry["body"] == sample(name)


def test_v_t8_vitecs_own_sample_is_taken_and_answered_with_a_string(client: httpx.Client) -> None:
    answer = client.post(WATCH, json=watch_sample(), auth=ADVERTISING)
    assert answer.status_code == 200
    assert isinstance(answer.json(), str)


def test_v_t2_the_published_curl_body_is_refused(client: httpx.Client) -> None:
    published = sample("vitec_final_price_watched_curl")
    assert client.post(WATCH, json=published, auth=ADVERTISING).status_code == 400
    published["prospectiveBuyerStatus"] = "Assigned"
    answer = client.post(WATCH, json=published, auth=ADVERTISING)
    assert answer.status_code == 400
    assert "måste anges" in answer.json()["message"]


@pytest.mark.parametrize(
    "change",
    [
        {"person": None},
        {"prospectiveBuyerStatus": 0},
        {"prospectiveBuyerStatus": "Other"},
        {"colour": "red"},
        {"marketing": {"utm": []}},
        {"person": {"firstName": "A" * 41}},
        {"person": {"lastName": ""}},
        {"person": {"telephone": {"cell": "0" * 18}}},
        {"person": {"telephone": {"mobile": "1"}}},
        {"person": {"email": {"emailAddress": "no address"}}},
        {"person": {"socialSecurityNumber": "1" * 21}},
    ],
)
def test_vitec_is_strict(client: httpx.Client, change: dict[str, Any]) -> None:
    body = watch_sample()
    if isinstance(change.get("person"), dict):
        body["person"] |= change["person"]
    else:
        body |= change
    assert client.post(WATCH, json=body, auth=ADVERTISING).status_code == 400


@pytest.mark.parametrize(
    ("change", "without"),
    [
        ({"LastName": "X"}, "SurName"),
        ({"FirstName": " "}, ""),
        ({}, "CheckedProcessingBases"),
        ({"CheckedProcessingBases": []}, ""),
        ({"CheckedProcessingBases": ["a1f34c62-014a-4cf2-b285-88ca73381b03"]}, ""),
        ({"ProcessingBasisCategory": "SpecificCase"}, ""),
        ({"ProcessingBasisCategory": "X", "ProcessingBasisSystemType": "Manual"}, ""),
        ({"Email": ""}, "Telephone"),
        ({"Email": "nobody"}, ""),
        ({"PrivateShowing": "yes"}, ""),
    ],
)
def test_flow_is_strict(flow: httpx.Client, change: dict[str, Any], without: str) -> None:
    body = {**sample("flow_stakeholder_by_guid"), **change}
    body.pop(without, None)
    assert flow.post(STAKEHOLDERS, json=body).status_code == 400


def test_f_t2_a_number_without_a_prefix_becomes_norwegian(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    body = {**sample("flow_stakeholder_by_guid"), "Telephone": "070-174 06 05"}
    flow.post(STAKEHOLDERS, json=body)
    assert sandbox.received(kind="stakeholder")[0]["body"]["Telephone"] == "+470701740605"


def test_f_t5_enums_are_taken_as_names_and_as_sparse_numbers(flow: httpx.Client) -> None:
    body = sample("flow_stakeholder_by_type")
    for pair in ((100, 60), ("BankLead", "Checklist")):
        body["ProcessingBasisCategory"], body["ProcessingBasisSystemType"] = pair
        assert flow.post(STAKEHOLDERS, json=body).status_code == 200
    body["ProcessingBasisCategory"] = 3
    assert flow.post(STAKEHOLDERS, json=body).status_code == 400


def test_f_t12_a_count_changes_the_shape_and_top_is_limited(flow: httpx.Client) -> None:
    roles = "/flow/api/Cases/48213/Roles"
    assert isinstance(flow.get(roles).json(), list)
    for count in ({"$inlinecount": "allpages"}, {"$count": "true"}):
        assert flow.get(roles, params=count).json()["Count"] == 2
    wanted = {"$filter": "Type eq 'Seller' or Type eq 'O''Neil'", "$select": "ContactId"}
    assert flow.get(roles, params=wanted).json() == [{"ContactId": 70002}]
    assert flow.get(roles, params={"$top": "1", "$skip": "1"}).json()[0]["Type"] == "Seller"
    for wrong in ({"$top": "201"}, {"$top": "x"}, {"$filter": "Type is 'Seller'"}):
        assert flow.get(roles, params=wrong).status_code == 400
    more = {"$filter": "ContactId gt 70001 and ContactId le 70002"}
    assert len(flow.get(roles, params=more).json()) == 1


def test_f_t14_a_token_ends(flow: httpx.Client, sandbox: Sandbox) -> None:
    assert flow.get("/flow/api/User").status_code == 200
    sandbox.config(ahead=1201)
    assert flow.get("/flow/api/User").status_code == 401


def test_f_t15_throttling_has_the_vendors_headers(flow: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(rate_limit=0)
    answer = flow.get("/flow/api/User")
    assert answer.status_code == 429
    assert "retry-after" not in answer.headers
    assert {"x-ratelimit-limit", "x-ratelimit-reset"} <= set(answer.headers)


@pytest.mark.parametrize(
    "how",
    [
        {"json": CREDENTIALS},
        {"data": {**CREDENTIALS, "client_secret": "wrong"}},
        {"data": {**CREDENTIALS, "grant_type": "password"}},
    ],
)
def test_the_token_comes_by_form_and_secret_only(client: httpx.Client, how: dict[str, Any]) -> None:
    assert client.post("/flow/authtoken", **how).status_code == 400


def test_v_t6_each_function_group_has_its_own_password(client: httpx.Client) -> None:
    contact = "/CRM/Contact/M30011/x"
    assert client.get(f"/vitec{contact}", auth=CRM).status_code == 200
    assert client.get(f"/vitec{contact}", auth=ADVERTISING).status_code == 401
    assert client.get("/vitec/CRM/Contact/M9/x", auth=CRM).status_code == 403
    assert client.post(WATCH, json={}, auth=CRM).status_code == 401


def test_v_t9_contacts_come_in_three_types_and_at_most_twenty(
    client: httpx.Client, sandbox: Sandbox
) -> None:
    known = "ADRCOMPANY00000000000000000000000001,ADRESTATE000000000000000000000000001,unknown"
    found = client.get(f"/vitec/CRM/Contact/M30011/{known}", auth=CRM).json()
    assert [one["type"] for one in found] == ["Company", "DeceasedEstate"]
    many = ",".join(f"c{number}" for number in range(21))
    assert client.get(f"/vitec/CRM/Contact/M30011/{many}", auth=CRM).status_code == 400
    sandbox.config(single_as_object=True)
    one = client.get(
        f"/vitec/CRM/Contact/M30011/{known.split(',', maxsplit=1)[0]}", auth=CRM
    ).json()
    assert one["type"] == "Company"


def test_v_t16_without_asking_for_json_the_answer_is_xml(client: httpx.Client) -> None:
    body = watch_sample()
    answer = client.post(WATCH, json=body, auth=ADVERTISING, headers={"accept": "*/*"})
    assert answer.headers["content-type"].startswith("application/xml")


def test_faults_that_could_never_happen_are_refused(client: httpx.Client) -> None:
    for spec in ({"fault": {"kind": "x"}}, {"fault": {"kind": "hang"}, "match": {"colour": "r"}}):
        assert client.post("/_sandbox/faults", json=spec).status_code == 422
    assert client.post("/_sandbox/config", json={"colour": 1}).status_code == 422
