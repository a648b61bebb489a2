"""The fake Flow keeps the documented promises and quirks (FACTS 1A and part 2)."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bridge.sandbox.server import Sandbox

SAMPLES = Path(__file__).parents[1] / "data" / "vendor_samples"
GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"
SOLD = "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b03"
BASIS = "cff34c62-014a-4cf2-b285-88ca73381b1d"
OTHER = "a1f34c62-014a-4cf2-b285-88ca73381b0"
ORDER = "5b1c3a52-7d55-4a39-9a51-3d0c3a8f0001"
STAKEHOLDERS = f"api/Public/Cases/{GUID}/Stakeholders"
SEARCH = "api/Search/AdvancedPropertySearch"
MODIFIED = "api/Integrations/RecentlyModified/Cases"
BROKER, SELLER = 70001, 70002
LOGIN = {"grant_type": "client_credentials", "client_id": "sandbox", "client_secret": "flow-secret"}
INTEGRATOR = {**LOGIN, "client_id": "sandbox-2", "client_secret": "flow-secret-2"}
PAIR = {"ProcessingBasisCategory": "SpecificCase", "ProcessingBasisSystemType": "Manual"}


@pytest.fixture
def flow(sandbox: Sandbox) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=f"{sandbox.url}/flow") as client:
        log_in(client)
        yield client


def log_in(client: httpx.Client, form: dict[str, str] = LOGIN) -> None:
    token = client.post("authtoken", data=form).json()["access_token"]
    client.headers["Authorization"] = f"Bearer {token}"


def sample(name: str) -> Any:
    return json.loads((SAMPLES / f"{name}.json").read_text("utf-8"))


def person(**changes: Any) -> dict[str, Any]:
    body = {"FirstName": "Kari", "SurName": "Nordmann", "Email": "kari@example.com", **PAIR}
    return {name: value for name, value in (body | changes).items() if value is not None}


def notice(**changes: Any) -> dict[str, Any]:
    body = {
        "Importance": "Medium",
        "SourceType": "CaseBase",
        "CaseId": 48213,
        "NotifyDateTime": "2026-11-24T12:00:00+01:00",
        "Subject": "Nytt lead",
        "Description": "Ring Kari",
        "IsDescriptionHtml": False,
        "ContactIds": [BROKER],
        "CustomRecipients": [],
        "SendEmail": False,
        "SendSms": False,
        "SendToClient": True,
    }
    return {name: value for name, value in (body | changes).items() if value is not None}


# --- token and user ------------------------------------------------------------------------------


def test_the_token_answer_is_the_documented_one(sandbox: Sandbox) -> None:
    found = httpx.post(f"{sandbox.url}/flow/authtoken", data=LOGIN).json()
    assert set(found) == {
        *("access_token", "token_type", "expires_in", "refresh_token", "refresh_token_expires_in"),
    }
    assert (found["token_type"], found["expires_in"]) == ("bearer", 1200)
    assert found["refresh_token_expires_in"] == 608399


def test_credentials_go_in_a_form_body_only(sandbox: Sandbox) -> None:
    url = f"{sandbox.url}/flow/authtoken"
    by_basic = httpx.post(
        url, data={"grant_type": "client_credentials"}, auth=("sandbox", "flow-secret")
    )
    wrong = {**LOGIN, "client_secret": "x"}
    for answer in (httpx.post(url, json=LOGIN), by_basic, httpx.post(url, data=wrong)):
        assert (answer.status_code, answer.json()) == (400, {"error": "invalid_client"})
    password = httpx.post(url, data={**LOGIN, "grant_type": "password"})
    assert password.json() == {"error": "unsupported_grant_type"}


def test_a_refresh_brings_a_token_and_no_new_refresh_token(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    refresh = flow.post("authtoken", data=LOGIN).json()["refresh_token"]
    form = {"grant_type": "refresh_token", "client_id": "sandbox", "refresh_token": refresh}
    found = flow.post("authtoken", data=form).json()
    assert set(found) == {"access_token", "token_type", "expires_in"}
    sandbox.config(advance=608_400)
    assert flow.post("authtoken", data=form).json() == {"error": "invalid_grant"}


def test_f_t14_a_token_lives_twenty_minutes(flow: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(advance=1190)
    assert flow.get("api/User").status_code == 200
    sandbox.config(advance=10)
    assert flow.get("api/User").status_code == 401
    sandbox.config(token_seconds=5)
    log_in(flow)
    sandbox.config(advance=5)
    assert flow.get("api/User").status_code == 401


@pytest.mark.parametrize("header", ["", "Bearer unknown", "Bearer", "Basic c2FuZGJveDo="])
def test_an_unknown_token_is_401(flow: httpx.Client, header: str) -> None:
    assert flow.get("api/User", headers={"Authorization": header}).status_code == 401


def test_the_user_tells_tenant_and_permissions(flow: httpx.Client) -> None:
    found = flow.get("api/User").json()
    assert found["TenantId"] == 4711
    assert "CaseRoles - Read" in found["Permissions"]


def test_a_403_lists_the_missing_permissions(flow: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(flow_permissions=["Contacts - Read"])
    answer = flow.get("api/Cases/48213/Roles")
    assert answer.status_code == 403
    assert answer.json()["MissingPermissions"] == ["CaseRoles - Read"]
    assert flow.get(f"api/Contacts/{BROKER}").status_code == 200


def test_another_account_has_its_own_secret_and_rights(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.config(clients={"acme": {"secret": "s", "permissions": ["Stakeholders - Write"]}})
    log_in(flow, {**LOGIN, "client_id": "acme", "client_secret": "s"})
    assert flow.get("api/ProcessingBases/Newest").status_code == 403
    flow.post(STAKEHOLDERS, json=person())
    assert sandbox.received()[0]["account"] == "acme"


@pytest.mark.parametrize("path", ["api/user", "API/USER", "Api/User/"])
def test_paths_have_no_case(flow: httpx.Client, path: str) -> None:
    assert flow.get(path).status_code == 200
    assert flow.get(f"../Flow/{path}").status_code == 200


def test_f_t13_a_doubled_flow_in_the_path_is_404(flow: httpx.Client) -> None:
    assert flow.get("flow/api/User").status_code == 404


# --- stakeholders --------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["flow_stakeholder_by_guid", "flow_stakeholder_by_type"])
def test_the_vendors_own_samples_are_taken(flow: httpx.Client, sandbox: Sandbox, name: str) -> None:
    answer = flow.post(STAKEHOLDERS, json=sample(name))
    assert answer.status_code == 200
    assert set(answer.json()) == {"Value"}
    (entry,) = sandbox.received(vendor="flow", kind="stakeholder")
    assert (entry["body"], entry["property"]) == (sample(name), GUID)
    assert entry["reference"] == str(answer.json()["Value"])
    contact = flow.get(f"api/Contacts/{entry['reference']}").json()
    assert contact["Email"] == "brus.li@jeetkune.do"
    assert contact["ProcessingBases"] == [BASIS]
    assert int(entry["reference"]) in flow.get("api/Cases/48213/Roles/Stakeholder/Ids").json()


@pytest.mark.parametrize("case", ["48213", "11111111-90e4-472d-8991-a9d6043df603", "x"])
def test_f_t1_a_number_or_an_unknown_guid_is_404(flow: httpx.Client, case: str) -> None:
    assert flow.post(f"api/Public/Cases/{case}/Stakeholders", json=person()).status_code == 404
    assert flow.get(f"api/Public/Properties/{case}").status_code == 404
    assert flow.get(f"api/Cases/{GUID}/Roles/Broker/Ids").status_code == 404


@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("070-123 45 67", "+470701234567"),
        ("+41446681800", "+4741446681800"),
        ("0046701740605", "+470046701740605"),
        ("+46701740605", "+46701740605"),
        ("41234690", "+4741234690"),
    ],
)
def test_f_t2_a_number_without_a_supported_prefix_becomes_norwegian(
    flow: httpx.Client, sandbox: Sandbox, given: str, stored: str
) -> None:
    number = flow.post(STAKEHOLDERS, json=person(Telephone=given)).json()["Value"]
    assert flow.get(f"api/Contacts/{number}").json()["Telephone"] == stored
    assert sandbox.received()[0]["body"]["Telephone"] == stored


def test_f_t2_the_supported_prefixes_can_be_asked_for(flow: httpx.Client) -> None:
    found = flow.get("api/Customer/Addresses/Country").json()
    assert {"Id": 1, "Name": "Norge", "Code": "NO", "TelephonePrefix": "+47"} in found


@pytest.mark.parametrize(
    "wrong",
    [
        person(Email=None),
        person(Email=""),  # F-T3
        person(Email=" ", Telephone=" "),
        person(Email="kari@@example"),
        person(FirstName=None),
        person(SurName=" "),
        person(SurName=None, Surname="Nordmann"),  # F-T4
        person(SurName=None, LastName="Nordmann"),
        person(firstName="Kari"),
        person(Telephone=4741234690),
        person(Message="x"),
        person(PreventDefaultEmail="true"),
        person(ContactMethodType="Web"),
        person(NotificationLanguage="no"),
        person(ProcessingBasisCategory="specificcase"),  # F-T5
        person(ProcessingBasisCategory=3),
        person(ProcessingBasisCategory="1"),
        person(ProcessingBasisCategory=True),
        person(ProcessingBasisSystemType=None),  # F-T6
        person(ProcessingBasisCategory=None),
        person(ProcessingBasisCategory=None, ProcessingBasisSystemType=None),
        person(ProcessingBasisCategory="BankLead"),
        person(CheckedProcessingBases=BASIS),
        person(CheckedProcessingBases=[f"{OTHER}9"]),  # F-T6b: unknown
        person(CheckedProcessingBases=[f"{OTHER}3"]),  # F-T6b: not active
        person(CheckedProcessingBases=[f"{OTHER}6"]),  # F-T6b: not the newest version
        {**person(ProcessingBasisCategory=None, ProcessingBasisSystemType=None)}
        | {"CheckedProcessingBases": []},
        [],
    ],
    ids=lambda body: json.dumps(body)[10:90],
)
def test_what_the_pages_do_not_allow_is_refused(
    flow: httpx.Client, sandbox: Sandbox, wrong: object
) -> None:
    answer = flow.post(STAKEHOLDERS, json=wrong)
    assert answer.status_code == 400
    assert answer.json()["Message"]
    assert (sandbox.received(), sandbox.messages()) == ([], [])


@pytest.mark.parametrize(
    ("category", "system_type"),
    [(1, 0), ("SpecificCase", 0), (1, "Manual"), (0, 60), ("Standalone", "NewsLetter")],
)
def test_f_t5_enums_are_names_or_documented_numbers(
    flow: httpx.Client, category: object, system_type: object
) -> None:
    body = person(ProcessingBasisCategory=category, ProcessingBasisSystemType=system_type)
    assert flow.post(STAKEHOLDERS, json=body).status_code == 200


def test_f_t6_both_ways_can_be_combined(flow: httpx.Client) -> None:
    body = person(CheckedProcessingBases=[f"{OTHER}5"])
    number = flow.post(STAKEHOLDERS, json=body).json()["Value"]
    found = flow.get(f"api/Contacts/{number}").json()
    assert found["ProcessingBases"] == [f"{OTHER}5", BASIS]


def test_f_t6_a_pair_adds_the_latest_version(flow: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(new_basis={"Guid": f"{OTHER}9", "Version": 3.0})
    number = flow.post(STAKEHOLDERS, json=person()).json()["Value"]
    assert flow.get(f"api/Contacts/{number}").json()["ProcessingBases"] == [f"{OTHER}9"]


def test_f_t8_core_mails_the_person_unless_it_is_told_not_to(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    flow.post(STAKEHOLDERS, json=person(PreventDefaultEmail=True))
    flow.post(STAKEHOLDERS, json=person(Email=None, Telephone="+4741234690"))
    assert sandbox.messages() == []
    flow.post(STAKEHOLDERS, json=person())
    (message,) = sandbox.messages()
    assert (message["channel"], message["to"]) == ("default email", "kari@example.com")


def test_f_t9_nothing_is_checked_for_duplicates(flow: httpx.Client, sandbox: Sandbox) -> None:
    numbers = {flow.post(STAKEHOLDERS, json=person()).json()["Value"] for _ in range(2)}
    assert len(numbers) == 2
    assert set(flow.get("api/Cases/48213/Roles/Stakeholder/Ids").json()) == numbers
    assert len(sandbox.messages()) == 2


def test_a_body_that_is_not_json_is_refused(flow: httpx.Client) -> None:
    assert flow.post(STAKEHOLDERS, data={"FirstName": "Kari"}).status_code == 415
    headers = {"Content-Type": "application/json"}
    assert flow.post(STAKEHOLDERS, content="{", headers=headers).status_code == 400


# --- processing bases ----------------------------------------------------------------------------


def test_f_t6b_newest_are_active_and_by_category_some_cannot_be_used(flow: httpx.Client) -> None:
    newest = flow.get("api/ProcessingBases/Newest").json()
    assert BASIS in {one["Guid"] for one in newest}
    assert all(one["IsActive"] and one["IsNewestVersion"] for one in newest)
    found = flow.get("api/ProcessingBases/SpecificCase").json()
    assert {one["CategoryType"] for one in found} == {"SpecificCase"}
    for flag in ("IsActive", "CanBeContacted", "IsNewestVersion"):
        assert {one[flag] for one in found} == {True, False}


def test_display_types_are_a_repeated_key(flow: httpx.Client) -> None:
    def guids(*display_types: str) -> set[str]:
        query = {"displayTypes": list(display_types)}
        found = flow.get("api/ProcessingBases/SpecificCase", params=query).json()
        return {one["Guid"] for one in found}

    assert guids("Showing") == {BASIS, f"{OTHER}2"}
    assert guids("Showing", "Manual") > guids("Manual") > {BASIS}
    assert flow.get("api/ProcessingBases/Specific").status_code == 400
    wrong = flow.get("api/ProcessingBases/SpecificCase?displayTypes=Email")
    assert wrong.status_code == 400


# --- roles, contacts and OData -------------------------------------------------------------------


def test_the_contact_numbers_of_a_role(flow: httpx.Client) -> None:
    assert flow.get("api/Cases/48213/Roles/Broker/Ids").json() == [BROKER]
    assert flow.get("api/Cases/48213/Roles/Buyer/Ids").json() == []
    assert flow.get("api/Cases/48215/Roles/Broker/Ids").json() == []
    assert flow.get("api/Cases/48213/Roles/Brooker/Ids").status_code == 400
    assert flow.get("api/Cases/99/Roles/Broker/Ids").status_code == 404


def test_f_t22_deceased_is_told_only_on_a_case_where_it_was_filled_in(flow: httpx.Client) -> None:
    query = {"$filter": "Type eq 'Owner'", "$select": "IsDeceased"}
    assert flow.get("api/Cases/48216/Roles", params=query).json() == [{"IsDeceased": True}]
    rows = flow.get("api/Cases/48213/Roles").json()
    assert {"Type": "Broker", "ContactId": BROKER, "IsDeceased": None} in rows


def test_contacts_persons_and_employees(flow: httpx.Client) -> None:
    broker = flow.get(f"api/Contacts/{BROKER}").json()
    assert (broker["Type"], broker["Email"]) == ("Employee", "kari.megler@example.com")
    assert flow.get(f"api/Employees/{BROKER}").json() == broker
    assert flow.get(f"api/Persons/{BROKER}").status_code == 404
    assert flow.get(f"api/Persons/{SELLER}").json()["NoContact"] is False
    query = {"$filter": "Email eq 'kari.megler@example.com'"}
    assert flow.get("api/Employees", params=query).json() == [broker]


def test_f_t12_a_count_changes_the_shape(flow: httpx.Client) -> None:
    rows = flow.get("api/Cases/48213/Roles").json()
    assert isinstance(rows, list)
    for count in ("$inlinecount=allpages", "$count=true", "%24count=true"):
        found = flow.get(f"api/Cases/48213/Roles?{count}&$top=1").json()
        assert found == {"Count": len(rows), "Results": rows[:1]}
    assert flow.get("api/Cases/48213/Roles?$inlinecount=none").json() == rows


def test_f_t12_top_is_100_by_default_and_at_most_200(flow: httpx.Client) -> None:
    for number in range(120):
        flow.post(STAKEHOLDERS, json=person(Email=f"p{number}@example.com"))
    roles = "api/Cases/48213/Roles"
    assert len(flow.get(roles).json()) == 100
    everything = flow.get(f"{roles}?$top=200").json()
    assert len(everything) == 122
    assert flow.get(f"{roles}?$skip=100").json() == everything[100:]
    for wrong in ("$top=201", "$top=-1", "$skip=x", "$orderby=Type"):
        assert flow.get(f"{roles}?{wrong}").status_code == 400


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Type eq 'Broker'", ["Broker"]),
        ("Type eq 'Broker' or Type eq 'Seller'", ["Broker", "Seller"]),
        ("Type ne 'Broker' and ContactId le 70002", ["Seller"]),
        ("(Type eq 'Broker' or Type eq 'Seller') and ContactId ge 70002", ["Seller"]),
        ("Type eq 'Broker' or Type eq 'Seller' and ContactId gt 70002", ["Broker"]),
        ("IsDeceased eq null and ContactId lt 70002", ["Broker"]),
        ("IsDeceased eq true", []),
        ("IsDeceased gt 5", []),
    ],
)
def test_f_t12_filters_are_read_as_odata_reads_them(
    flow: httpx.Client, text: str, expected: list[str]
) -> None:
    found = flow.get("api/Cases/48213/Roles", params={"$filter": text}).json()
    assert [one["Type"] for one in found] == expected


@pytest.mark.parametrize(
    "text",
    [
        "Type eq 'Seller' Type eq 'Owner'",  # F-T23: the published example without its `or`
        "Type eq Seller",
        "Type eq 'O'Neil'",
        "Type is 'Seller'",
        "Type eq",
        "Role eq 'Seller'",
        "(Type eq 'Seller'",
        "ContactId gt '5'",
        "Type gt 2026-01-01",
        "Type eq 'Seller",
    ],
)
def test_f_t12_f_t23_a_filter_that_cannot_be_read_is_400(flow: httpx.Client, text: str) -> None:
    assert flow.get("api/Cases/48213/Roles", params={"$filter": text}).status_code == 400


def test_f_t12_a_quote_is_doubled_and_words_inside_quotes_are_text(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    name = "Pat O'Neil or Sons (and co)"
    sandbox.config(flow_contacts=[{"Type": "Employee", "Name": name}])
    query = {"$filter": "Name eq 'Pat O''Neil or Sons (and co)'", "$select": "Name"}
    answer = flow.get("api/Employees", params=query)
    assert "%24filter" in str(answer.request.url)
    assert "+" in str(answer.request.url)
    assert answer.json() == [{"Name": name}]
    assert flow.get("api/Employees?$select=Nmae").status_code == 400


def test_search_finds_number_and_guid_of_a_case(flow: httpx.Client) -> None:
    query = {"$filter": "Id eq 48213", "$select": "Id,Guid", "$inlinecount": "allpages"}
    expected = {"Count": 1, "Results": [{"Id": 48213, "Guid": GUID}]}
    assert flow.get(SEARCH, params=query).json() == expected
    assert flow.post(SEARCH, params=query).json() == expected
    assert flow.get(f"api/Public/Properties/{GUID.upper()}").json()["Id"] == 48213
    sold = {"$filter": "BidAcceptedDate gt 2020-01-01", "$select": "Guid"}
    assert flow.get(SEARCH, params=sold).json() == [{"Guid": SOLD}]


def test_the_pages_own_sample_of_a_search_is_taken(flow: httpx.Client) -> None:
    sample_query = (
        "$inlinecount=allpages&$skip=0&$top=10&$select=Id,Address,Office,BidAcceptedDate,"
        "Municipality,BrokerName,CaseReferralKey,AssignmentType,CaseCategoryType,Status"
        "&$filter=Id eq "
    )
    found = flow.get(f"{SEARCH}?{sample_query}48213").json()
    assert found["Count"] == 1
    assert set(found["Results"][0]) == {
        *("Id", "Address", "Office", "BidAcceptedDate", "Municipality", "BrokerName"),
        *("CaseReferralKey", "AssignmentType", "CaseCategoryType", "Status"),
    }
    assert flow.get(f"{SEARCH}?{sample_query}10").json() == {"Count": 0, "Results": []}


@pytest.mark.parametrize(
    ("case", "query", "expected"),
    [
        (
            48216,
            "$filter=Type eq 'Seller' or Type eq 'Owner' or Type eq 'Spouse' or Type eq 'Assignee'",
            ["Owner", "Seller"],
        ),
        (
            48213,
            "$filter=Type eq 'Buyer' or Type eq 'OriginalBuyer' or Type eq 'BuyerAssignee'",
            [],
        ),
    ],
)
def test_the_pages_own_samples_of_role_filters_are_taken(
    flow: httpx.Client, case: int, query: str, expected: list[str]
) -> None:
    found = flow.get(f"api/Cases/{case}/Roles?{query}").json()
    assert [one["Type"] for one in found] == expected


# --- changes, publications and pictures ----------------------------------------------------------


def test_f_t11_recently_modified_tells_of_a_new_stakeholder(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    since = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    assert flow.get(MODIFIED, params={"fromDate": since}).json() == []
    flow.post(STAKEHOLDERS, json=person())
    (row,) = flow.get(MODIFIED, params={"fromDate": since}).json()
    assert (row["CaseId"], row["CaseEntityChangedDate"]) == (48213, row["ModifiedDate"])
    sandbox.config(advance=30)
    rows = flow.get(MODIFIED).json()
    assert {one["CaseId"] for one in rows if one["CaseSoldDate"]} == {48216}


def test_recently_modified_has_the_pages_members_and_a_case_can_be_sold_and_opened_again(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    page = """ModifiedDate CaseActivatedDate CaseSoldDate BidChangedDate DescriptionChangedDate
        CaseEntityChangedDate ImageChangedDate AttachmentChangedDate TransactionChangedDate
        PublicationChangedDate ActivityChangedDate CaseId"""

    def row() -> dict[str, Any]:
        found = [one for one in flow.get(MODIFIED).json() if one["CaseId"] == 48213]
        assert all(set(one) == set(page.split()) for one in found)
        return dict(found[0])

    activated = row()["CaseActivatedDate"]
    sandbox.config(case_changes=[{"case_id": 48213, "sold": True, "publications": ["Removed"]}])
    sold = row()
    assert sold["CaseSoldDate"] == sold["PublicationChangedDate"] == sold["ModifiedDate"]
    assert datetime.fromisoformat(sold["CaseSoldDate"]).utcoffset() is not None
    assert sold["CaseActivatedDate"] == activated
    published = flow.get("api/Cases/48213/Publications", params={"returnOnlyExisting": "true"})
    assert [one["Status"] for one in published.json()] == ["Removed"]
    sandbox.config(case_changes=[{"case_id": 48213, "sold": False, "active": False}])
    assert (row()["CaseSoldDate"], row()["CaseActivatedDate"]) == (None, None)
    with pytest.raises(ValueError, match="no case 1"):
        sandbox.config(case_changes=[{"case_id": 1, "sold": True}])


def test_f_t11_recently_modified_goes_back_365_days(flow: httpx.Client) -> None:
    long_ago = (datetime.now(UTC) - timedelta(days=366)).isoformat()
    assert flow.get(MODIFIED, params={"fromDate": long_ago}).status_code == 400
    assert flow.get(MODIFIED, params={"fromDate": "24.11.2026"}).status_code == 400
    # A plus that nobody escaped is a blank.
    assert flow.get(f"{MODIFIED}?fromDate=2026-11-01T00:00:00+01:00").status_code == 400


def test_f_t11_recently_modified_is_throttled_to_6_in_30_seconds(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    statuses = [flow.get(MODIFIED).status_code for _ in range(7)]
    assert statuses == [200] * 6 + [429]
    assert flow.get("api/User").status_code == 200
    sandbox.config(advance=30)
    assert flow.get(MODIFIED).status_code == 200


def test_f_t15_a_429_has_the_vendors_headers_and_no_retry_after(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    sandbox.config(rate_limit=2)
    for _ in range(2):
        assert flow.get("api/User").status_code == 200
    refused = flow.post(STAKEHOLDERS, json=person())
    assert refused.status_code == 429
    for name in ("Delayed-By-Milliseconds", "Limit", "Remaining", "Reset"):
        assert f"X-RateLimit-{name}" in refused.headers
    assert "Retry-After" not in refused.headers
    assert sandbox.received() == []
    log_in(flow, INTEGRATOR)
    assert flow.get("api/User").status_code == 200


def test_f_t7_a_get_that_writes(flow: httpx.Client, sandbox: Sandbox) -> None:
    path = "api/Cases/48214/Publications"
    assert flow.get(f"{path}?returnOnlyExisting=true").json() == []
    assert sandbox.received() == []
    (made,) = flow.get(f"{path}?returnOnlyExisting=false").json()
    assert made["Status"] == "NotPublished"
    (entry,) = sandbox.received(kind="publication")
    assert entry["property"] == "48214"
    assert flow.get(path).json() == [made]
    query = {"returnOnlyExisting": "true", "$filter": "Status eq 'Published'"}
    (published,) = flow.get("api/Cases/48213/Publications", params=query).json()
    assert published["ProviderName"] == "Finn"


def test_the_main_image_of_a_case(flow: httpx.Client) -> None:
    answer = flow.get("api/Cases/48213/Image/Small")
    assert answer.headers["content-type"] == "image/jpeg"
    assert answer.content.startswith(b"\xff\xd8\xff")
    for size in ("Original", "Thumbnail", "Medium", "Large", "ThumbnailSquare", "SmallSquare"):
        assert flow.get(f"api/Cases/48213/Image/{size}").status_code == 200
    assert flow.get("api/Cases/48214/Image/Small").status_code == 404
    assert flow.get("api/Cases/48213/Image/Huge").status_code == 400


# --- notifications -------------------------------------------------------------------------------


def test_f_t18_a_notification_is_echoed_and_sent_on_each_channel(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    body = notice(
        SendEmail=True,
        SendSms=True,
        ContactIds=[BROKER, SELLER],
        CustomRecipients=["x@example.com", "+4741234699"],
    )
    answer = flow.post("api/Notifications", json=body)
    assert answer.status_code == 200
    assert body.items() <= answer.json().items()
    sent = [(one["channel"], one["to"]) for one in sandbox.messages()]
    assert sent == [
        *(("SendEmail", to) for to in (BROKER, SELLER, "x@example.com")),
        *(("SendSms", to) for to in (BROKER, SELLER, "+4741234699")),
        *(("SendToClient", to) for to in (BROKER, SELLER)),
    ]
    assert {one["subject"] for one in sandbox.messages() if one["channel"] == "SendSms"} == {""}
    (entry,) = sandbox.received(kind="notification")
    assert (entry["body"], entry["property"]) == (body, "48213")


@pytest.mark.parametrize(
    "wrong",
    [
        notice(Importance="High"),
        notice(Importance=None),
        notice(SourceType="Case"),
        notice(CaseId="48213"),
        notice(CaseId=1),
        notice(CaseId=GUID),  # F-T1
        notice(CaseId=None),
        notice(NotifyDateTime="2026-11-24T12:00:00"),  # F-T18
        notice(NotifyDateTime="now"),
        notice(NotifyDateTime=None),
        notice(Description=" "),
        notice(SendToClient=False),
        notice(ContactIds=[]),
        notice(ContactIds=[99]),
        notice(ContactIds=["70001"]),
        notice(ContactIds=[True]),
        notice(CustomRecipients=[{"Email": "x@example.com"}]),
        notice(SendEmail="true"),
        notice(sendEmail=True),
        [],
    ],
    ids=lambda body: json.dumps(body)[:200],
)
def test_f_t18_a_notification_that_could_do_nothing_is_refused(
    flow: httpx.Client, sandbox: Sandbox, wrong: object
) -> None:
    assert flow.post("api/Notifications", json=wrong).status_code == 400
    assert (sandbox.received(), sandbox.messages()) == ([], [])


# --- orders --------------------------------------------------------------------------------------


def test_f_t17_every_state_is_a_further_row(flow: httpx.Client, sandbox: Sandbox) -> None:
    path = f"api/marketingintegrators/orders/{ORDER}"
    flow.post(f"{path}/updatestate", json={"Status": "I gang", "State": "InProcess"})
    order = flow.post(f"{path}/updatestate", json={"State": "InProcess"}).json()
    states = [one["OrderStateType"] for one in order["OrderStatuses"]]
    assert states == ["CreatedNotSent", "InProcess", "InProcess"]
    assert len(sandbox.received(kind="order_state")) == 2


@pytest.mark.parametrize(
    "wrong",
    [
        {"State": "CreatedNotSent"},
        {"State": "Activated"},
        {"State": 1},
        {"Status": "x"},
        {"State": "Error", "Text": "x"},
    ],
)
def test_f_t17_states_of_the_system_and_of_insurers_are_refused(
    flow: httpx.Client, wrong: dict[str, Any]
) -> None:
    path = f"api/MarketingIntegrators/Orders/{ORDER}/UpdateState"
    assert flow.post(path, json=wrong).status_code == 400


def test_f_t16_f_t17_metadata_goes_in_as_a_list_and_comes_out_as_a_string(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    (order,) = sandbox.overview()["flow"]["orders"]
    path = f"api/MarketingIntegrators/Orders/{order['id']}"
    body = {"Title": "Leads", "Metadata": [{"Key": "Levert", "Value": "12"}]}
    found = flow.patch(path, json=body).json()
    assert (found["Guid"], found["Title"]) == (ORDER, "Leads")
    assert json.loads(found["Metadata"]) == body["Metadata"]
    assert flow.patch(path, json={"ActionText": "Se"}).json()["Metadata"] == found["Metadata"]
    assert flow.patch(path, json={"Metadata": {"Levert": "12"}}).status_code == 400
    assert flow.patch("api/MarketingIntegrators/Orders/1", json=body).status_code == 404


def test_the_buttons_token_tells_who_pressed_it(flow: httpx.Client) -> None:
    path = "api/MarketingIntegrators/VerifyToken"
    found = flow.post(path, json={"Token": "flow-user-token"}).json()
    assert found["Data"] == {"OrderId": ORDER}
    assert found["FullName"] == "Kari Megler"
    assert flow.post(path, json={"Token": "x"}).status_code == 400


def test_an_integrator_creates_an_order_and_others_may_not(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    path = "api/MarketingIntegrators/Cases/48214/CreateOrderAsIntegrator"
    refused = flow.post(path)
    assert refused.json()["MissingPermissions"] == ["Marketing Integrator - WRITE"]
    log_in(flow, INTEGRATOR)
    order = flow.post(path).json()
    assert (order["CaseBaseId"], order["Metadata"]) == (48214, "")
    assert sandbox.received(kind="order")[0]["reference"] == order["Guid"]
    assert flow.post(path.replace("48214", "1")).status_code == 404


def test_configured_cases_are_there(flow: httpx.Client, sandbox: Sandbox) -> None:
    guid = "11111111-2222-4333-8444-555555555555"
    case = {"guid": guid, "case_id": 7, "roles": {"Broker": [BROKER]}}
    sandbox.config(cases=[case])
    assert flow.get("api/Cases/7/Roles/Broker/Ids").json() == [BROKER]
    assert flow.post(f"api/Public/Cases/{guid}/Stakeholders", json=person()).status_code == 200


def test_an_order_and_a_token_have_the_members_of_the_vendors_page(flow: httpx.Client) -> None:
    """The page's model definitions; a row's OrderStateType is in the public sample only (F-T17)."""
    root = "api/marketingintegrators"
    told = {"Status": "I gang", "State": "InProcess"}
    order = flow.post(f"{root}/orders/{ORDER}/updatestate", json=told).json()
    assert list(order) == [
        *("Id", "Guid", "Title", "ActionText", "CaseBaseId", "MarketingIntegratorId"),
        *("CreatedDate", "ModifiedDate", "Metadata", "OrderStatuses"),
    ]
    assert {name: type(value) for name, value in order.items()} == {
        **dict.fromkeys(("Id", "CaseBaseId", "MarketingIntegratorId"), int),
        **dict.fromkeys(("Guid", "Title", "ActionText", "Metadata"), str),
        **dict.fromkeys(("CreatedDate", "ModifiedDate"), str),
        "OrderStatuses": list,
    }
    for row in order["OrderStatuses"]:
        assert set(row) == {"Id", "Status", "CreatedDate", "OrderStateType"}
    owner = flow.post(f"{root}/verifytoken", json={"Token": "flow-user-token"}).json()
    assert set(owner) == {
        *("UserId", "FullName", "Email", "BrokerCompanyName", "OfficeId", "OfficeName", "Data"),
    }
    assert (type(owner["UserId"]), type(owner["OfficeId"])) == (int, int)


@pytest.mark.parametrize("state", ["InProcess", "Error", "MissingInfo", "Completed", "Cancelled"])
def test_every_state_of_the_page_that_is_an_integrators_is_taken(
    flow: httpx.Client, state: str
) -> None:
    path = f"api/marketingintegrators/orders/{ORDER}/updatestate"
    order = flow.post(path, json={"Status": "x", "State": state}).json()
    assert order["OrderStatuses"][-1]["OrderStateType"] == state


def test_whether_metadata_is_merged_or_replaced_is_a_knob(
    flow: httpx.Client, sandbox: Sandbox
) -> None:
    path = f"api/marketingintegrators/orders/{ORDER}"

    def put(key: str) -> list[str]:
        found = flow.patch(path, json={"Metadata": [{"Key": key, "Value": "1"}]}).json()
        return [one["Key"] for one in json.loads(found["Metadata"])]

    assert (put("a"), put("b")) == (["a"], ["b"])
    sandbox.config(merges_metadata=True)
    assert (put("c"), put("b")) == (["b", "c"], ["b", "c"])


def test_a_users_token_may_run_out(flow: httpx.Client, sandbox: Sandbox) -> None:
    sandbox.config(user_tokens=[{"token": "short", "order": "", "lives": 60}])
    path = "api/MarketingIntegrators/VerifyToken"
    assert flow.post(path, json={"Token": "short"}).json()["Data"] == {}
    sandbox.config(advance=61)
    assert flow.post(path, json={"Token": "short"}).status_code == 400


def test_orders_of_other_cases_can_be_made(flow: httpx.Client, sandbox: Sandbox) -> None:
    other = ORDER[:-1] + "2"
    sandbox.config(orders=[{"guid": other, "case_id": 48214}])
    found = flow.patch(f"api/marketingintegrators/orders/{other}", json={"Title": "x"}).json()
    assert (found["CaseBaseId"], len(found["OrderStatuses"])) == (48214, 1)
