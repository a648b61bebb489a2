"""Flow: who has a role on a case already, and who is told where nobody has one (FACTS part 5)."""

from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors.base import Use
from bridge.connectors.flow import rights
from bridge.connectors.flow.settings import Notification, Stakeholder
from bridge.outcomes import AccountProblem, CannotTell, Delivered, NotSent, State, Unsendable
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import GUID, VendorBench, person

ACCOUNT = {"client_id": "sandbox", "client_secret": "flow-secret"}
BASES: dict[str, Any] = {"processing_bases": {"category": "SpecificCase", "system_type": "Manual"}}
OTHER = "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b02"  # case 48215, which has no broker
SOLD = "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1bff"
BROKER, SELLER, ASSISTANT = 70001, 70002, 70003  # of the sandbox
SELLERS_MAIL = "Per.Selger@example.com"
NILS = "nils.hjelper@example.com"


@pytest.fixture
def flow(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "stakeholder", **ACCOUNT)


@pytest.fixture
def alert(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "notification", **ACCOUNT)


def lead(guid: str = GUID, case_id: int | None = 48213, **changes: Any) -> dict[str, Any]:
    named = {"case_guid": guid} | ({"case_id": case_id} if case_id else {})
    return {
        "intent": "interest",
        "country": "NO",
        "person": person(phones=["+47 412 34 699"]),
        "property": {"reference": "AF43", "flow": named},
        **changes,
    }


def asked(bench: VendorBench, word: str) -> list[str]:
    return [one["path"] for one in bench.sandbox.calls() if word in one["path"].lower()]


# --- not for who buys or sells already ------------------------------------------------------------


def test_f5_who_sells_the_house_is_skipped_and_not_named(flow: VendorBench) -> None:
    seller = lead(person=person(emails=[SELLERS_MAIL]))
    outcome = flow.send(seller, not_for_roles=["Buyer", "Seller"], **BASES).outcome
    text = "the person has the role Seller on case 48213 already"
    assert outcome == Unsendable(State.SKIPPED, text)
    assert flow.sandbox.received(vendor="flow") == []


def test_f5_a_phone_is_enough_to_be_known_by(flow: VendorBench) -> None:
    caller = lead(person=person(emails=[], phones=["+47 412 34 690"]))
    outcome = flow.send(caller, not_for_roles=["Broker"], **BASES).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.SKIPPED


def test_f5_a_group_of_the_page_is_all_its_roles(flow: VendorBench) -> None:
    case = {"guid": SOLD, "case_id": 48300, "roles": {"BuyerAssignee": [SELLER]}}
    flow.sandbox.config(cases=[case])
    buyer = lead(SOLD, 48300, person=person(emails=[SELLERS_MAIL]))
    outcome = flow.send(buyer, not_for_roles=["buyers"], **BASES).outcome
    assert isinstance(outcome, Unsendable)
    assert "the role BuyerAssignee on case 48300" in outcome.reason
    assert len(asked(flow, "/roles/")) == 3


def test_f5_whoever_has_no_such_role_is_sent(flow: VendorBench) -> None:
    report = flow.send(lead(), not_for_roles=["buyers", "sellers"], **BASES)
    assert isinstance(report.outcome, Delivered)
    assert flow.stored()["Email"] == "anna@example.com"
    assert asked(flow, "/contacts/") == [f"/flow/api/Contacts/{SELLER}"]


def test_f5_nobody_is_looked_up_unless_asked_for(flow: VendorBench) -> None:
    assert isinstance(
        flow.send(lead(person=person(emails=[SELLERS_MAIL])), **BASES).outcome, Delivered
    )
    assert asked(flow, "/roles") == []


@pytest.mark.parametrize(
    ("code", "path", "outcome"),
    [
        (500, "Roles", NotSent),
        (503, "Contacts", NotSent),
        (403, "Roles", AccountProblem),
        (403, "Contacts", AccountProblem),
        (404, "Roles", Unsendable),
    ],
)
def test_f5_a_look_up_that_fails_sends_nothing_and_loses_nothing(
    flow: VendorBench, code: int, path: str, outcome: type[object]
) -> None:
    flow.sandbox.fault("status", code=code, times=None, match={"path": path})
    found = flow.send(lead(), not_for_roles=["Seller"], **BASES).outcome
    assert isinstance(found, outcome)
    assert getattr(found, "state", State.HELD) is State.HELD
    assert flow.sandbox.received(vendor="flow") == []


@pytest.mark.parametrize(("path", "body"), [("Roles", {"a": 1}), ("Contacts", [1])])
def test_f5_an_answer_that_cannot_be_read_sends_nothing(
    flow: VendorBench, path: str, body: object
) -> None:
    flow.sandbox.fault("status", code=200, body=body, times=None, match={"path": path})
    outcome = flow.send(lead(), not_for_roles=["Seller"], **BASES).outcome
    assert isinstance(outcome, NotSent)
    assert flow.sandbox.received(vendor="flow") == []


def test_f_t1_without_the_cases_number_it_waits_for_it(flow: VendorBench) -> None:
    options = {"not_for_roles": ["Seller"], **BASES}
    outcome = flow.send(lead(case_id=None), **options).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD
    assert "bridge properties set AF43 --case-id" in outcome.reason
    assert isinstance(flow.send(lead(case_id=None), case_id=48213, **options).outcome, Delivered)


def test_f_t1_another_cases_people_are_never_asked_for(flow: VendorBench) -> None:
    theirs: dict[str, Any] = {"case_guid": OTHER, "case_id": 48215}
    outcome = flow.send(lead(case_id=None), not_for_roles=["Seller"], **theirs, **BASES).outcome
    assert isinstance(outcome, Unsendable)
    assert "case number" in outcome.reason
    assert isinstance(flow.verify(lead(case_id=None), **theirs, **BASES)[0], CannotTell)
    assert asked(flow, "/roles") == []


def test_role_names_are_checked_when_the_file_is_read() -> None:
    for wrong in ("seller", "Seller/../x", ""):
        with pytest.raises(ValidationError, match="as Core writes them"):
            Stakeholder.model_validate({"not_for_roles": [wrong]})
    with pytest.raises(ValidationError, match="as Core writes them"):
        Notification.model_validate({"to_roles": ["sellers"]})


def test_f9_what_these_options_need_is_needed() -> None:
    plain = Use(destination="a", options=Notification(), reads_back=False)
    options = (
        Stakeholder.model_validate({"not_for_roles": ["Buyer"], **BASES}),
        Notification.model_validate({"fallback_employees": [NILS]}),
        Notification.model_validate({"homeq_employee": True}),
    )
    for one in options:
        needs = list(rights.needs(Use(destination="a", options=one, reads_back=False)))
        assert rights.Need(right="Contacts - Read", sends=True) in needs
    assert rights.CONTACTS not in {one.right for one in rights.needs(plain)}


# --- whom to tell where a case has nobody ---------------------------------------------------------


def test_f7_employees_are_told_where_nobody_has_the_role(alert: VendorBench) -> None:
    wanted = ["Kari.Megler@example.com", NILS]
    outcome = alert.send(lead(OTHER, 48215), fallback_employees=wanted).outcome
    assert isinstance(outcome, Delivered)
    assert alert.stored()["ContactIds"] == [BROKER, ASSISTANT]


def test_f7_where_somebody_has_it_no_employee_is_looked_up(alert: VendorBench) -> None:
    alert.send(lead(), fallback_employees=[NILS])
    assert alert.stored()["ContactIds"] == [BROKER]
    assert asked(alert, "employees") == []


def test_f7_an_unknown_address_leaves_the_others(alert: VendorBench) -> None:
    alert.send(lead(OTHER, 48215), fallback_employees=["who@example.com", NILS])
    assert alert.stored()["ContactIds"] == [ASSISTANT]


def test_f7_where_core_knows_none_of_them_it_is_held(alert: VendorBench) -> None:
    outcome = alert.send(lead(OTHER, 48215), fallback_employees=["who@example.com"]).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD
    assert "Core knows none of the employees" in outcome.reason
    assert "@" not in outcome.reason


@pytest.mark.parametrize(
    "changes",
    [{"Id": SELLER}, {"Active": False}, {"Type": "Person"}],
    ids=["another contact's number", "has left", "no employee"],
)
def test_f7_only_the_employee_of_that_address_is_told(
    alert: VendorBench, changes: dict[str, Any]
) -> None:
    new = {"Type": "Employee", "Name": "Ny", "Email": "ny@example.com", **changes}
    alert.sandbox.config(flow_contacts=[new])
    alert.send(lead(OTHER, 48215), fallback_employees=["ny@example.com", NILS])
    assert alert.stored()["ContactIds"] == [ASSISTANT]


def test_f7_an_employee_is_looked_up_once_in_a_while(alert: VendorBench) -> None:
    for _ in range(3):
        alert.send(lead(OTHER, 48215), fallback_employees=[NILS, "who@example.com"])
    assert len(asked(alert, "employees")) == 2
    assert not any("@" in one for one in alert.shelf.kept)
    assert len(alert.sandbox.received(vendor="flow")) == 3


@pytest.mark.parametrize(
    ("code", "outcome"), [(500, NotSent), (403, AccountProblem), (400, Unsendable)]
)
def test_f7_a_look_up_that_fails_has_told_nobody_and_is_not_remembered(
    alert: VendorBench, code: int, outcome: type[object]
) -> None:
    alert.sandbox.fault("status", code=code, match={"path": "Employees"})
    found = alert.send(lead(OTHER, 48215), fallback_employees=[NILS]).outcome
    assert isinstance(found, outcome)
    assert alert.sandbox.received(vendor="flow") == []
    again = alert.send(lead(OTHER, 48215), fallback_employees=[NILS]).outcome
    assert isinstance(again, Delivered)


def test_f7_both_shapes_of_the_list_are_read(alert: VendorBench) -> None:
    body = {"Count": 1, "Results": [{"Id": ASSISTANT, "Email": NILS}]}
    alert.sandbox.fault("status", code=200, body=body, match={"path": "Employees"})
    alert.send(lead(OTHER, 48215), fallback_employees=[NILS])
    assert alert.stored()["ContactIds"] == [ASSISTANT]


def test_f7_an_employee_is_named_by_address() -> None:
    with pytest.raises(ValidationError, match="by e-mail address"):
        Notification.model_validate({"fallback_employees": ["Kari"]})


@pytest.mark.parametrize(("on", "told"), [(True, [BROKER, ASSISTANT]), (False, [BROKER])])
def test_h_t13_homeqs_employee_is_told_beside_the_broker_where_core_knows_them(
    alert: VendorBench, *, on: bool, told: list[int]
) -> None:
    homeq = {"homeq": {"agent": "Nils Hjelper", "agent_email": "Nils.Hjelper@example.com"}}
    alert.send(lead(extra=homeq), homeq_employee=on)
    assert alert.stored()["ContactIds"] == told


@pytest.mark.parametrize(
    "homeq", [None, "x", {}, {"agent_email": 5}, {"agent_email": "who@example.com"}]
)
def test_h_t13_an_employee_whom_core_does_not_know_is_left_out(
    alert: VendorBench, homeq: object
) -> None:
    alert.send(lead(extra={"homeq": homeq}), homeq_employee=True)
    assert alert.stored()["ContactIds"] == [BROKER]
