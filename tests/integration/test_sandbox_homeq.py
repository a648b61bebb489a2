"""The sandbox's HomeQ against the samples of the vendor's page: same members, same oddities."""

import json
import re
from typing import Any

import httpx
import pytest

from bridge.sandbox.server import Sandbox

# The samples of https://docs-core.homeq.se, as they stand there but for long values.
TOKEN = json.loads("""
{"company": {"beta_program": true, "enabled_features": ["analytics_tool"], "id": 0,
  "name": "string"},
 "employee": {"email": "string", "first_name": "string", "id": 0, "intercom_hash": "string",
  "last_name": "string", "personal_number": "string", "phone": "string", "root_office": 0,
  "selected_office": 0, "username": "string"},
 "right_profile": {"id": 0, "name": "string", "rights": ["homeq.integration.capifast"]},
 "token": "string"}
""")
OFFICES = json.loads("""
[{"batch_size": 0, "candidate_sorting_mode": "queue_points", "contract_system": "external",
  "default_email_for_contracts": true, "default_email_for_offers": true,
  "default_email_for_viewings": true, "description": "string", "email": "user@example.com",
  "employee_count": 0, "id": 0, "name": "string", "offer_min_response_time": 0,
  "offer_per_ad": 0, "offers_per_person": 0, "parent": 0, "time_to_next_engagement": 0}]
""")
EMPLOYEES = json.loads("""
{"employees": [{"api_user": true, "date_joined": "string", "email": "user@example.com",
  "first_name": "string", "id": 0, "joined": true, "last_name": "string", "name": "string",
  "right_profile_name": "string", "root_office_name": "string", "username": "string"}]}
""")
EMPLOYEE = json.loads("""
{"employees": [{"api_user": true, "email": "user@example.com", "first_name": "string", "id": 0,
  "joined": true, "last_name": "string", "personal_number": "string", "phone_number": "string",
  "right_profile": {"id": 0, "name": "string"}, "root_office": {"id": 0, "name": "string"},
  "selected_office": {"id": 0, "name": "string"}}]}
""")
PROJECTS = json.loads("""
{"projects": [{"apartments": 0, "closed": true, "external_id": "string", "id": 0,
  "name": "string", "office": 0, "published": true, "status": "Closed"}]}
""")
APARTMENT_NOTE = json.loads("""
{"apartment": 0, "author": null, "context": "string", "created": "2019-08-24T14:15:22Z", "id": 0,
 "text": "string", "updated": "2019-08-24T14:15:22Z"}
""")
USER_NOTE = json.loads("""
{"author": null, "created": "2019-08-24T14:15:22Z", "id": 0, "text": "string",
 "updated": "2019-08-24T14:15:22Z"}
""")
AGREEMENT = json.loads("""
{"apartment_id": 0, "digital_contract_fields": {}, "email": "user@example.com",
 "first_name": "string", "id": 0, "kyc_verification_id": "string", "last_name": "string",
 "sign_date": "2019-08-24", "ssn": "string", "user_profile_id": 0}
""")
APPLICATION = json.loads("""
{"conversations_count": 0, "id": 0, "profiles": [{"connection_type": "A", "email": "string",
  "first_name": "string", "full_name": "string", "id": 0, "last_name": "string",
  "main_applicant": true, "personal_number": "string"}], "queue_points": 0}
""")
APARTMENT = {
    "address", "amenities", "area", "external_id", "floor", "has_ad", "has_draft", "has_rentals",
    "id", "images", "location", "notes_count", "rent", "rooms",
}  # fmt: skip
ESTATE = {
    "city", "company", "external_id", "id", "images", "name", "number_of_apartments", "office",
}  # fmt: skip
ROW = {
    "apartment", "estate", "identifier", "indexed_at", "object_ad", "project", "requirements",
    "type",
}  # fmt: skip
# Members that may be null, or that one sample has of another type than its schema (H-T20).
LOOSE = {"parent", "author", "ssn", "personal_number", "external_id"}


class Homeq:
    def __init__(self, sandbox: Sandbox) -> None:
        self.base = f"{sandbox.url}/homeq"
        self.token = ""

    def login(self, **changes: str) -> tuple[int, Any]:
        body = {"username": "api-user", "password": "homeq-secret", **changes}
        status, found = self.call("POST", "/tokens/", body)
        self.token = found.get("token", "")
        return status, found

    def call(self, method: str, path: str, body: Any = None, scheme: str = "JWT") -> Any:
        headers = {"authorization": f"{scheme} {self.token}"} if self.token else {}
        with httpx.Client(timeout=10) as client:
            found = client.request(method, self.base + path, json=body, headers=headers)
        return found.status_code, found.json()

    def get(self, path: str) -> Any:
        status, found = self.call("GET", path)
        assert status == 200, found
        return found


@pytest.fixture
def homeq(sandbox: Sandbox) -> Homeq:
    one = Homeq(sandbox)
    one.login()
    return one


def same_shape(ours: Any, sample: Any, at: str = "") -> None:
    """Exactly the members of the sample, each of its type."""
    if isinstance(sample, dict):
        assert isinstance(ours, dict), at
        if sample:
            assert set(ours) == set(sample), at
        for name in sample:
            if name not in LOOSE:
                same_shape(ours[name], sample[name], f"{at}.{name}")
    elif isinstance(sample, list):
        assert isinstance(ours, list), at
        for one in ours:
            same_shape(one, sample[0], f"{at}[]")
    else:
        assert type(ours) is type(sample), at


def test_the_login_and_the_check_of_a_token_answer_the_same(homeq: Homeq) -> None:
    same_shape(homeq.login()[1], TOKEN)
    status, found = homeq.call("POST", "/tokens/verify/", {"token": homeq.token})
    assert status == 200
    same_shape(found, TOKEN)
    assert re.fullmatch(r"[A-Za-z0-9_-]+\.[A-Za-z0-9_-]+\.[A-Za-z0-9_-]*", homeq.token)


@pytest.mark.parametrize(
    ("path", "sample"),
    [
        ("/offices?mode=default", OFFICES),
        ("/employees", EMPLOYEES),
        ("/employees/8", EMPLOYEE),
        ("/projects", PROJECTS),
    ],
)
def test_each_list_has_the_members_of_its_sample(homeq: Homeq, path: str, sample: Any) -> None:
    found = homeq.get(path)
    assert found
    same_shape(found, sample)


def test_the_project_itself_names_no_external_id(homeq: Homeq) -> None:
    assert "external_id" not in homeq.get("/project/12")


def test_notes_have_the_members_of_their_samples(homeq: Homeq) -> None:
    body = {"context": "A", "text": "string"}
    status, note = homeq.call("POST", "/apartment/41/notes", body)
    assert status == 200
    same_shape(note, APARTMENT_NOTE)
    same_shape(homeq.get("/apartment/41/notes"), {"notes": [APARTMENT_NOTE]})
    status, note = homeq.call("POST", "/user-note/", {"text": "string", "user_profile": 501})
    assert status == 200
    same_shape(note, USER_NOTE)
    same_shape(homeq.get("/user-notes?user_profile=501"), {"notes": [USER_NOTE]})


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/apartment/41/notes", {"context": "B", "text": "x"}),
        ("/apartment/41/notes", {"text": "x" * 3001}),
        ("/apartment/41/notes", {"text": ""}),
        ("/apartment/999/notes", {"text": "x"}),
        ("/user-note/", {"text": "x", "user_profile": 1}),
        ("/user-note/", {"text": "x"}),
        ("/user-note/", {"text": "x" * 3501, "user_profile": 501}),
    ],
)
def test_h_t18_what_is_not_valid_is_412_with_a_code(homeq: Homeq, path: str, body: Any) -> None:
    status, found = homeq.call("POST", path, body)
    assert status == 412
    assert set(found) == {"correlation_id", "description", "error"}


def test_the_inventory_has_the_members_of_its_sample_and_its_oddities(homeq: Homeq) -> None:
    found = homeq.get("/inventory?type=object_ad&use_root_office=true")
    assert found["total"] == "2,"  # as the sample has it: "1,"
    for row in found["results"]:
        assert set(row) - {"reserved_application"} == ROW
        assert set(row["apartment"]) == APARTMENT
        assert set(row["estate"]) == ESTATE
    reserved, active = found["results"]
    same_shape(reserved["reserved_application"], APPLICATION)
    assert "phone" not in str(reserved["reserved_application"])
    assert "reserved_application" not in active
    assert homeq.get("/inventory")["results"] == []  # below the selected office alone
    assert len(homeq.get("/inventory?use_root_office=true&amount=1&offset=1")["results"]) == 1
    query = "/inventory?use_root_office=true&listing.status=reserved"
    assert [row["identifier"] for row in homeq.get(query)["results"]] == ["object_ad.77"]


def test_the_inventory_gives_ten_rows_where_nobody_says_how_many(
    homeq: Homeq, sandbox: Sandbox
) -> None:
    flats = {str(number): {"id": number} for number in range(1, 13)}
    sandbox.config(homeq={"apartments": flats, "listings": {}})
    assert len(homeq.get("/inventory?use_root_office=true")["results"]) == 10


def test_agreements_have_the_shape_of_the_schema(homeq: Homeq) -> None:
    found = homeq.get("/agreements")
    same_shape(found, {"results": [AGREEMENT], "total": 0})
    assert (len(found["results"]), found["total"]) == (2, 3)
    assert [one["id"] for one in homeq.get("/agreements?apartment_id=42")["results"]] == [902]
    assert homeq.get("/agreements?signed_after=2026-11-20")["results"] == []


def test_offices_want_a_mode_and_employees_a_right(homeq: Homeq, sandbox: Sandbox) -> None:
    assert homeq.call("GET", "/offices")[0] == 412
    assert [one["id"] for one in homeq.get("/offices?mode=manage&office_id=5")] == [5]
    sandbox.config(homeq={"rights": []})
    assert homeq.call("GET", "/employees")[0] == 403
    assert homeq.call("GET", "/offices?mode=manage")[0] == 403


def test_h_t18_the_login_says_403_for_a_wrong_password_and_locks_after_some(
    homeq: Homeq, sandbox: Sandbox
) -> None:
    assert homeq.login(password="")[0] == 412
    assert [homeq.login(password="wrong")[0] for _ in range(5)] == [403] * 5
    status, found = homeq.login()
    assert (status, found["error"]) == (403, "PermissionDenied")
    sandbox.config(homeq={"wrong": 0})
    assert homeq.login()[0] == 200


def test_a_token_ends_is_reissued_and_is_a_jwt_in_its_scheme(
    homeq: Homeq, sandbox: Sandbox
) -> None:
    assert homeq.call("GET", "/projects", scheme="Bearer")[0] == 401
    sandbox.config(homeq={"generation": 2})
    assert homeq.call("GET", "/projects")[0] == 401
    homeq.login()
    assert homeq.call("GET", "/projects")[0] == 200
    sandbox.config(advance=7200)
    status, found = homeq.call("POST", "/tokens/verify/", {"token": homeq.token})
    assert (status, found["error"]) == (401, "Unauthorized")


def test_h_t21_listing_readings_are_sixty_a_minute(homeq: Homeq) -> None:
    said = [homeq.call("GET", "/listing/77") for _ in range(61)]
    assert [status for status, _ in said].count(200) == 60
    assert said[-1] == (
        429,
        {
            "description": "You have been rate limited. Please try again later.",
            "error": "RateLimited",
        },
    )


def test_h_t17_the_sandbox_has_no_dangerous_call_to_make_by_mistake(homeq: Homeq) -> None:
    for path in ("/object_ad/77/confirm", "/company/reset", "/listing/77"):
        assert httpx.post(homeq.base + path, json={}).status_code in {404, 405}
