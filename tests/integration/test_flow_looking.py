"""What can be asked of Flow, as it goes over the wire, trap by trap (FACTS 1A, part 2)."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import parse_qsl
from uuid import UUID

import pytest

from bridge.connectors import VENDORS
from bridge.connectors import flow as package
from bridge.connectors.base import Health, LookUpError, Use
from bridge.connectors.flow import odata
from bridge.connectors.flow.asking import RefusedError
from bridge.connectors.flow.connector import Flow
from bridge.connectors.flow.looking import Looking, fits
from bridge.connectors.flow.settings import Notification, Stakeholder
from bridge.connectors.transport import Http
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import BASIS, GUID, NOW, DictShelf

T = TypeVar("T")
OTHER = "a1f34c62-014a-4cf2-b285-88ca73381b0"
ACCOUNT = {"client_id": "sandbox", "client_secret": "flow-secret"}
BROKER, SELLER = 70001, 70002


class SpentShelf(DictShelf):
    """No turn is left."""

    async def spend(self, name: str, count: int, seconds: float) -> float:
        return 12.0 if name == "flow-looks:sandbox" and count / seconds == 2 else 0.0


class Bench:
    """A connector for each question; the shelf is what workers share."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox
        self.shelf: DictShelf = DictShelf()

    def connector(self, work: Callable[[Flow], Awaitable[T]]) -> T:
        async def ask() -> T:
            http = Http(read=0.5, deadline=5)
            vendor = VENDORS["flow"]
            given = {"base_url": f"{self.sandbox.url}/flow", **ACCOUNT}
            account = vendor.account.model_validate(given)
            one = vendor.connect(account, http, self.shelf, lambda: NOW)
            assert isinstance(one, Flow)
            try:
                return await work(one)
            finally:
                await http.aclose()

        return asyncio.run(ask())

    def ask(self, work: Callable[[Looking], Awaitable[T]]) -> T:
        return self.connector(lambda one: work(one.looking))

    def rows(self, listing: Callable[[Looking], odata.Listing]) -> list[dict[str, Any]]:
        async def all_of(one: Looking) -> list[dict[str, Any]]:
            return [dict(row) async for row in listing(one)]

        return self.ask(all_of)

    def health(self, *uses: Use) -> Health:
        return self.connector(lambda one: one.health(uses))

    def stale(self, *uses: Use) -> dict[str, str] | None:
        return self.connector(lambda one: one.stale_bases(uses))

    def queries(self, path: str) -> list[str]:
        return [one["query"] for one in self.sandbox.calls() if path in one["path"].lower()]


@pytest.fixture
def flow(sandbox: Sandbox) -> Bench:
    return Bench(sandbox)


def stakeholder(*, reads_back: bool = False, **bases: Any) -> Use:
    options = Stakeholder.model_validate({"processing_bases": bases})
    return Use(destination="acme-stakeholder", options=options, reads_back=reads_back)


ALERT = Use(destination="acme-alert", options=Notification(), reads_back=False)


# --- OData ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "text"),
    [("Seller", "'Seller'"), ("O'Neil", "'O''Neil'"), (48213, "48213"), (True, "true"), ("", "''")],
)
def test_f_t12_literals_are_quoted_and_quotes_doubled(value: Any, text: str) -> None:
    assert odata.literal(value) == text


def test_f_t23_a_filter_is_built_with_every_or() -> None:
    text = odata.one_of("Type", ["Seller", "Owner", "Spouse"])
    assert text == "Type eq 'Seller' or Type eq 'Owner' or Type eq 'Spouse'"


def test_f_t12_what_goes_over_the_wire_is_read_back_as_it_was_meant(flow: Bench) -> None:
    mail = "pat+o'neil&sons@example.com"
    flow.sandbox.config(flow_contacts=[{"Type": "Employee", "Name": "Pat", "Email": mail}])
    (found,) = flow.rows(lambda one: one.employees(mail))
    assert found["Email"] == mail
    (query,) = flow.queries("employees")
    assert dict(parse_qsl(query))["$filter"] == "Email eq 'pat+o''neil&sons@example.com'"


def many(flow: Bench, number: int) -> None:
    people = [{"Type": "Employee", "Name": f"Person {n}"} for n in range(number)]
    flow.sandbox.config(flow_contacts=people)


def test_f_t12_a_list_goes_on_beyond_a_hundred(flow: Bench) -> None:
    many(flow, 248)
    found = flow.rows(lambda one: one.employees())
    assert len({one["Id"] for one in found}) == 250  # the sandbox starts with two
    asked = [dict(parse_qsl(one)) for one in flow.queries("employees")]
    assert [one.get("$skip") for one in asked] == [None, "100", "200"]
    assert {one["$top"] for one in asked} == {"100"}


def test_f_t12_a_full_last_page_asks_for_no_other_where_the_count_is_known(flow: Bench) -> None:
    many(flow, 98)
    assert len(flow.rows(lambda one: one.employees())) == 100
    assert len(flow.queries("employees")) == 1


def test_rows_too_large_for_a_page_come_in_smaller_ones(flow: Bench) -> None:
    people = [{"Type": "Employee", "Name": f"P{n}", "Notes": "x" * 4000} for n in range(148)]
    flow.sandbox.config(flow_contacts=people)
    found = flow.rows(lambda one: one.employees())
    assert len({one["Id"] for one in found}) == 150
    asked = [dict(parse_qsl(one)) for one in flow.queries("employees")]
    tops = [(one.get("$skip"), one["$top"]) for one in asked]
    assert tops == [(None, "100"), (None, "50"), ("50", "50"), ("100", "50")]


def test_a_row_that_alone_is_too_large_is_a_sentence(flow: Bench) -> None:
    flow.sandbox.config(flow_contacts=[{"Type": "Employee", "Name": "P", "Notes": "x" * 300_000}])
    with pytest.raises(LookUpError, match="too large"):
        flow.rows(lambda one: one.employees())


def test_f_t12_both_shapes_are_read(flow: Bench) -> None:
    """A list where a count was asked for all the same: a page that is not full is the last."""
    row = {"Type": "Broker", "ContactId": 7, "IsDeceased": None}
    for body, rows in (
        ([row] * 3, 3),
        ({"Count": 2, "Results": [row, row]}, 2),
        ({"Count": 0, "Results": []}, 0),
        ([], 0),
    ):
        flow.sandbox.fault("status", code=200, body=body, match={"path": "Roles"})
        assert len(flow.rows(lambda one: one.roles(48213))) == rows
    assert len(flow.queries("roles")) == 4


def test_f_t12_an_endpoint_that_cuts_shorter_loses_nothing(flow: Bench) -> None:
    """A count of three and pages of two: no documented limit, but the count is believed."""
    pages = ([{"ContactId": 1}, {"ContactId": 2}], [{"ContactId": 3}])
    for page in pages:
        body = {"Count": 3, "Results": page}
        flow.sandbox.fault("status", code=200, body=body, match={"path": "Roles"})
    found = flow.rows(lambda one: one.roles(48213))
    assert [one["ContactId"] for one in found] == [1, 2, 3]


def test_an_endpoint_that_skips_nothing_ends_with_a_sentence(flow: Bench) -> None:
    body = [{"Type": "Broker", "ContactId": number} for number in range(100)]
    flow.sandbox.fault("status", code=200, body=body, times=None, match={"path": "Roles"})
    with pytest.raises(LookUpError, match="same page of Roles again"):
        flow.rows(lambda one: one.roles(48213))


def test_what_is_no_list_is_a_sentence(flow: Bench) -> None:
    flow.sandbox.fault("status", code=200, body={"Message": "x"}, match={"path": "Roles"})
    with pytest.raises(LookUpError, match="no list"):
        flow.rows(lambda one: one.roles(48213))
    flow.sandbox.fault("html_200", match={"path": "Roles"})
    with pytest.raises(LookUpError, match="without JSON"):
        flow.rows(lambda one: one.roles(48213))


# --- roles, employees, publications --------------------------------------------------------------


def test_f_t22_a_role_is_a_contact_number_and_deceased_where_it_was_filled_in(flow: Bench) -> None:
    found = flow.rows(lambda one: one.roles(48216, ["Owner"]))
    assert [(one["Type"], one["IsDeceased"]) for one in found] == [("Owner", True)]
    (query,) = flow.queries("roles")
    assert dict(parse_qsl(query))["$select"] == "Type,ContactId,IsDeceased"


def test_all_of_the_sellers_side_is_the_pages_own_filter(flow: Bench) -> None:
    found = flow.rows(lambda one: one.roles(48216, ["sellers"]))
    assert {one["Type"] for one in found} == {"Owner", "Seller"}
    assert dict(parse_qsl(flow.queries("roles")[0]))["$filter"] == (
        "Type eq 'Seller' or Type eq 'Owner' or Type eq 'Spouse' or Type eq 'Assignee'"
    )
    assert flow.rows(lambda one: one.roles(48213, ["buyers"])) == []


def test_words_of_a_search_are_looked_for_by_us() -> None:
    row = {"Name": "Kari Megler", "Email": "kari.megler@example.com", "Telephone": None}
    assert fits(row, "MEGLER kari")
    assert fits(row, "")
    assert not fits(row, "megler nils")
    assert fits({"FirstName": "Kari", "SurName": "Megler"}, "kari megler")


def test_f_t7_publications_are_asked_for_without_publishing(flow: Bench) -> None:
    assert flow.rows(lambda one: one.publications(48214)) == []
    (found,) = flow.rows(lambda one: one.publications(48213))
    assert (found["ProviderName"], found["Status"]) == ("Finn", "Published")
    asked = [dict(parse_qsl(one)) for one in flow.queries("publications")]
    assert [one["returnOnlyExisting"] for one in asked] == ["true", "true"]
    assert flow.sandbox.received(kind="publication") == []


def test_f_t7_f_t19_no_code_asks_for_what_must_not_be_asked() -> None:
    """One place asks for publications, with `true`; identity numbers are asked for nowhere."""
    folder = Path(package.__file__).parent
    text = "\n".join(file.read_text() for file in folder.glob("*.py"))
    assert len(re.findall(r"/Publications\b", text)) == 1
    assert re.findall(r'"returnOnlyExisting": "(\w+)"', text) == ["true"]
    assert "FullIdentityNumber" not in text


# --- a case --------------------------------------------------------------------------------------


@pytest.mark.parametrize("which", [48213, UUID(GUID)])
def test_f_t1_a_number_and_a_guid_find_each_other(flow: Bench, which: int | UUID) -> None:
    found = flow.ask(lambda one: one.case(which))
    assert found is not None
    assert (found.case_id, found.case_guid) == (48213, UUID(GUID))
    assert found.row["Address"] == "Storgata 13"
    calls = [one for one in flow.sandbox.calls() if "Search" in one["path"]]
    assert [one["method"] for one in calls] == ["POST"]


def test_f_t1_an_unknown_case_is_none(flow: Bench) -> None:
    assert flow.ask(lambda one: one.case(1)) is None
    assert flow.ask(lambda one: one.case(UUID(int=1))) is None


def test_f11_a_search_that_takes_no_post_is_asked_by_get(flow: Bench) -> None:
    match = {"path": "AdvancedPropertySearch", "method": "POST"}
    flow.sandbox.fault("status", code=405, times=None, match=match)
    found = flow.ask(lambda one: one.case(48213))
    assert found is not None
    assert found.case_guid == UUID(GUID)


def test_f12_a_guid_that_no_filter_takes_is_found_by_its_public_page(flow: Bench) -> None:
    flow.sandbox.fault("status", code=400, times=None, match={"path": "AdvancedPropertySearch"})
    found = flow.ask(lambda one: one.case(UUID(GUID)))
    assert found is not None
    assert found.case_id == 48213
    assert flow.ask(lambda one: one.case(UUID(int=1))) is None
    with pytest.raises(RefusedError, match="HTTP 400"):
        flow.ask(lambda one: one.case(48213))


def test_an_answer_about_another_case_is_not_believed(flow: Bench) -> None:
    """A server that ignores the filter would give the first case there is."""
    body = [{"Id": 48214, "Guid": "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b01"}]
    flow.sandbox.fault("status", code=200, body=body, match={"path": "AdvancedPropertySearch"})
    with pytest.raises(LookUpError, match="another case than 48213"):
        flow.ask(lambda one: one.case(48213))


def test_a_missing_permission_is_a_refusal_with_its_name(flow: Bench) -> None:
    flow.sandbox.config(flow_permissions=["Contacts - Read"])
    with pytest.raises(RefusedError, match="CaseRoles - Read") as caught:
        flow.rows(lambda one: one.roles(48213))
    assert caught.value.status == 403


def test_looking_has_a_limit_of_its_own(flow: Bench) -> None:
    flow.shelf = SpentShelf()
    with pytest.raises(LookUpError, match="12 s to wait"):
        flow.ask(lambda one: one.case(48213))
    assert flow.sandbox.calls() == []


# --- the picture ---------------------------------------------------------------------------------


def test_a_picture_is_a_small_jpeg_that_is_asked_for_once(flow: Bench) -> None:
    first = flow.ask(lambda one: one.picture(48213))
    assert first is not None
    assert first.startswith(b"\xff\xd8\xff")
    assert flow.ask(lambda one: one.picture(48213)) == first
    assert flow.ask(lambda one: one.picture(UUID(GUID))) == first
    asked = [one["path"] for one in flow.sandbox.calls() if "Image" in one["path"]]
    assert asked == ["/flow/api/Cases/48213/Image/Small"] * 2


def test_no_picture_is_remembered_too(flow: Bench) -> None:
    for _ in range(2):
        assert flow.ask(lambda one: one.picture(48214)) is None
    assert len([one for one in flow.sandbox.calls() if "Image" in one["path"]]) == 1


def test_a_large_picture_gives_way_to_its_thumbnail(flow: Bench) -> None:
    guid = "11111111-2222-4333-8444-555555555555"
    case = {"guid": guid, "case_id": 7, "has_image": True, "image_bytes": 70_000}
    flow.sandbox.config(cases=[case])
    found = flow.ask(lambda one: one.picture(7))
    assert found is not None
    assert len(found) < 1000


@pytest.mark.parametrize(
    "fault",
    [
        {"kind": "status", "code": 500},
        {"kind": "status", "code": 403},
        {"kind": "html_200"},
        {"kind": "hang"},
        {"kind": "cut_after_read"},
        {"kind": "half_body"},
    ],
    ids=lambda one: str(one.get("code", one["kind"])),
)
def test_whatever_goes_wrong_there_is_no_picture(flow: Bench, fault: dict[str, Any]) -> None:
    flow.sandbox.fault(**fault, times=None, match={"path": "Image"})
    assert flow.ask(lambda one: one.picture(48213)) is None


# --- permissions ---------------------------------------------------------------------------------


def test_f9_all_that_is_needed_is_there(flow: Bench) -> None:
    uses = (stakeholder(reads_back=True, guids=[BASIS]), ALERT)
    found = flow.health(*uses)
    assert found == Health(
        ok=True, detail="tenant 4711, 5 permissions: all that its destinations need"
    )


def test_f9_what_would_be_refused_is_named_with_the_destination(flow: Bench) -> None:
    flow.sandbox.config(flow_permissions=["Stakeholders - Write", "Notifications - Write"])
    by_display = stakeholder(category="SpecificCase", display_types=["Manual"])
    found = flow.health(by_display, ALERT)
    assert found.ok is False
    assert found.detail == (
        "tenant 4711, 2 permissions; acme-stakeholder lacks ProcessingBasis - Read;"
        " acme-alert lacks CaseRoles - Read"
    )
    assert found.lacks == found.detail.partition("; ")[2]


def test_f9_what_only_reads_back_is_a_doubt(flow: Bench) -> None:
    flow.sandbox.config(flow_permissions=["Stakeholders - Write"])
    found = flow.health(stakeholder(reads_back=True, category="Lead", system_type="Manual"))
    assert found.ok is None
    assert found.lacks == "acme-stakeholder lacks CaseRoles - Read and Contacts - Read"
    assert flow.health(stakeholder(category="Lead", system_type="Manual")).ok is True


def test_f9_what_the_pages_do_not_name_is_only_a_doubt(flow: Bench) -> None:
    flow.sandbox.config(flow_permissions=["CaseRoles - Read"])
    found = flow.health(ALERT)
    assert (found.ok, found.lacks) == (None, "")
    assert "any permission that names notifications" in found.detail


@pytest.mark.parametrize(
    "given",
    [
        ["CaseRoles – READ", "Notifications – Write"],
        ["caseroles.read", "notifications.write"],
        [{"Name": "CaseRoles", "Level": "Read"}, {"Name": "Notifications", "Level": "Write"}],
        [{"Id": 4, "Name": "CaseRoles - Read"}, {"Id": 5, "Name": "Notifications - Write"}],
        {"CaseRoles": ["Read", "Write"], "Notifications": ["Write"]},
        {"CaseRoles": "Read", "Notifications": "Write"},
    ],
)
def test_f9_the_shape_of_the_permissions_is_not_documented(flow: Bench, given: Any) -> None:
    body = {"TenantId": 4711, "Permissions": given}
    flow.sandbox.fault("status", code=200, body=body, match={"path": "User"})
    assert flow.health(ALERT).ok is True


@pytest.mark.parametrize("given", [None, "all", 7])
def test_f9_what_cannot_be_read_is_no_lack(flow: Bench, given: Any) -> None:
    body = {"TenantId": 4711, "Permissions": given}
    flow.sandbox.fault("status", code=200, body=body, match={"path": "User"})
    found = flow.health(ALERT)
    assert (found.ok, found.detail) == (True, "tenant 4711; what it may do cannot be read")


# --- processing bases ----------------------------------------------------------------------------


def test_f_t6b_what_serves_is_not_told(flow: Bench) -> None:
    assert (
        flow.stale(stakeholder(guids=[BASIS], category="SpecificCase", system_type="Manual")) == {}
    )
    by_display = stakeholder(category="SpecificCase", display_types=["Showing"])
    assert flow.stale(by_display, ALERT) == {}
    assert flow.queries("processingbases") == ["", ""]  # the newest, and nothing else


def test_where_no_basis_is_configured_nobody_is_asked(flow: Bench) -> None:
    assert flow.stale(stakeholder(), ALERT) is None
    assert flow.sandbox.calls() == []


@pytest.mark.parametrize(
    ("guid", "why"),
    [
        (f"{OTHER}3", "is not active; the usable one of its kind is"),
        (f"{OTHER}6", "is an older version; the usable one of its kind is"),
        (f"{OTHER}4", "is an older version"),
        ("99999999-014a-4cf2-b285-88ca73381b1d", "is not known to Flow"),
    ],
)
def test_f_t6b_a_basis_that_serves_no_more_is_told_with_the_reason(
    flow: Bench, guid: str, why: str
) -> None:
    found = flow.stale(stakeholder(guids=[BASIS, guid]))
    assert found is not None
    assert list(found) == ["acme-stakeholder"]
    assert found["acme-stakeholder"].startswith(f"processing basis {guid} {why}")
    assert BASIS not in found["acme-stakeholder"].partition(";")[0]


def test_f_t6b_a_basis_that_allows_no_contact_is_told(flow: Bench) -> None:
    flow.sandbox.config(basis={"Guid": BASIS, "CanBeContacted": False})
    found = flow.stale(stakeholder(guids=[BASIS.upper()]))
    assert found == {"acme-stakeholder": f"processing basis {BASIS} does not allow contact"}


def test_f_t6b_a_new_version_is_named(flow: Bench) -> None:
    newer = "cff34c62-014a-4cf2-b285-88ca73381b99"
    flow.sandbox.config(basis={"Guid": BASIS, "IsNewestVersion": False}, new_basis={"Guid": newer})
    found = flow.stale(stakeholder(guids=[BASIS])) or {}
    assert found["acme-stakeholder"].endswith(f"the usable one of its kind is {newer}")


def test_f_t6b_the_other_two_ways_are_looked_at_too(flow: Bench) -> None:
    nowhere = stakeholder(category="SimilarCases", display_types=["Showing"])
    found = flow.stale(nowhere) or {}
    assert "no active basis of SimilarCases that allows contact" in found["acme-stakeholder"]
    pair = stakeholder(category="BankLead", system_type="Manual")
    found = flow.stale(pair) or {}
    assert found["acme-stakeholder"] == "no active basis is BankLead and Manual"


def test_f_t5_numbers_are_read_as_names(flow: Bench) -> None:
    flow.sandbox.config(basis={"Guid": BASIS, "CategoryType": 1, "SystemType": "0"})
    assert flow.stale(stakeholder(category="SpecificCase", system_type="Manual")) == {}


@pytest.mark.parametrize("shown", ["Showing, Manual", ["Showing"], None, 3])
def test_f_t6b_where_a_basis_is_shown_may_be_written_in_other_ways(
    flow: Bench, shown: object
) -> None:
    body = [{**basis(flow), "DisplayTypes": shown}]
    flow.sandbox.fault("status", code=200, body=body, match={"path": "ProcessingBases"})
    assert flow.stale(stakeholder(category="SpecificCase", display_types=["Showing"])) == {}


def basis(flow: Bench) -> dict[str, Any]:
    (found,) = [one for one in flow.ask(lambda one: one.bases()) if one["Guid"] == BASIS]
    return dict(found)


def test_bases_that_cannot_be_read_are_no_finding(flow: Bench) -> None:
    flow.sandbox.config(flow_permissions=["Stakeholders - Write"])
    with pytest.raises(RefusedError, match="ProcessingBasis - Read"):
        flow.stale(stakeholder(guids=[BASIS]))
