"""Flow: what goes over the wire and what its answers mean, trap by trap (FACTS 1A, part 2)."""

import asyncio
from typing import Any

import pytest
from pydantic import ValidationError

from bridge.connectors import VENDORS
from bridge.connectors.base import Connector
from bridge.connectors.flow.settings import Bases, FlowAccount, Notification
from bridge.connectors.transport import Http
from bridge.outcomes import (
    Absent,
    AccountProblem,
    CannotTell,
    Delivered,
    Found,
    NotSent,
    RateLimited,
    Rejected,
    State,
    Unknown,
    Unsendable,
)
from bridge.sandbox.server import Sandbox
from tests.integration.vendor_bench import BASIS, GUID, LEAD_ID, NOW, VendorBench, person

ACCOUNT = {"client_id": "sandbox", "client_secret": "flow-secret"}
BY_PAIR: dict[str, Any] = {
    "processing_bases": {"category": "SpecificCase", "system_type": "Manual"}
}
STAKEHOLDERS = {"vendor": "flow", "path": "Stakeholders"}


@pytest.fixture
def flow(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "stakeholder", **ACCOUNT)


@pytest.fixture
def alert(sandbox: Sandbox) -> VendorBench:
    return VendorBench(sandbox, "flow", "notification", **ACCOUNT)


def lead(**changes: Any) -> dict[str, Any]:
    return {
        "intent": "interest",
        "country": "NO",
        "person": person(first_name="Kari", last_name="Nordmann", phones=["+47 412 34 690"]),
        "property": {"title": "Storgata 5", "flow": {"case_guid": GUID, "case_id": 48213}},
        **changes,
    }


def test_f_t4_a_stakeholder_arrives_in_flows_own_shape(flow: VendorBench) -> None:
    report = flow.send(lead(message="Når er visning?"), **BY_PAIR)
    (entry,) = flow.sandbox.received(vendor="flow")
    assert report.outcome == Delivered(entry["reference"])
    assert entry["property"] == GUID  # F-T1
    body = entry["body"]
    comments = body.pop("Comments")
    assert body == {
        "FirstName": "Kari",
        "SurName": "Nordmann",
        "Email": "anna@example.com",
        "Telephone": "+4741234690",
        "ProcessingBasisCategory": "SpecificCase",
        "ProcessingBasisSystemType": "Manual",
    }
    assert "Når er visning?" in comments
    assert LEAD_ID in comments


def test_f_t1_without_a_case_guid_it_is_held_with_what_to_do(flow: VendorBench) -> None:
    outcome = flow.send(lead(property={"reference": "AF43"}), **BY_PAIR).outcome
    assert isinstance(outcome, Unsendable)
    assert "bridge properties set AF43 --case-guid" in outcome.reason


def test_f_t2_a_phone_goes_only_with_a_prefix_that_flow_takes(flow: VendorBench) -> None:
    swiss = person(phones=["+41 44 668 18 00"])
    report = flow.send(lead(person=swiss), **BY_PAIR)
    body = flow.stored()
    assert "Telephone" not in body
    assert "+41446681800" in body["Comments"]
    assert report.moved == ["phone with a foreign prefix"]


def test_f_t2_a_swedish_national_number_never_becomes_norwegian(flow: VendorBench) -> None:
    flow.send(lead(country="SE", person=person(phones=["070-174 06 05"])), **BY_PAIR)
    assert flow.stored()["Telephone"] == "+46701740605"


def test_f_t2_an_uncertain_phone_is_quoted_and_held_without_an_e_mail(flow: VendorBench) -> None:
    unsure = person(phones=["41234690"], emails=[])
    report = flow.send(lead(country=None, person=unsure), region=None, **BY_PAIR)
    assert isinstance(report.outcome, Unsendable)
    assert report.outcome.state is State.HELD
    flow.send(lead(person=person(phones=["41234690"])), region=None, **BY_PAIR)
    assert "41234690" in flow.stored()["Comments"]


@pytest.mark.parametrize(
    "shape",
    [
        ["+46", "+47"],
        [46, 47],
        [{"Name": "Sverige", "PhonePrefix": "0046"}, {"Name": "Norge", "PhonePrefix": 47}],
        {"Countries": [{"Code": "SE", "TelephonePrefix": "46"}]},
        {"SE": "+46", "NO": "+47"},
    ],
)
def test_f_t2_the_shape_of_the_country_list_is_not_documented(
    flow: VendorBench, shape: object
) -> None:
    flow.sandbox.fault("status", code=200, body=shape, match={"path": "Country"})
    flow.send(lead(person=person(phones=["+46 70 174 06 05"])), **BY_PAIR)
    assert flow.stored()["Telephone"] == "+46701740605"


@pytest.mark.parametrize("code", [403, 404])
def test_f_t2_without_the_country_list_the_e_mail_carries_the_lead(
    flow: VendorBench, code: int
) -> None:
    flow.sandbox.fault("status", code=code, times=None, match={"path": "Country"})
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, Delivered)
    body = flow.stored()
    assert "Telephone" not in body
    assert "+4741234690" in body["Comments"]


def test_a_look_up_that_is_refused_holds_the_lead(flow: VendorBench) -> None:
    flow.sandbox.fault("status", code=404, match={"path": "ProcessingBases"})
    by_display = {"category": "SpecificCase", "display_types": ["Manual"]}
    outcome = flow.send(lead(), processing_bases=by_display).outcome
    assert isinstance(outcome, Unsendable)
    assert outcome.state is State.HELD


def test_f_t3_an_empty_e_mail_is_absent(flow: VendorBench) -> None:
    flow.send(lead(person=person(emails=[""], phones=["+47 412 34 690"])), **BY_PAIR)
    assert "Email" not in flow.stored()


def test_f_t5_enums_are_names_checked_when_the_file_is_read() -> None:
    for wrong in ({"category": "1"}, {"category": "Specific", "system_type": "Manual"}):
        with pytest.raises(ValidationError):
            Bases.model_validate(wrong)


def test_f_t6_no_basis_named_anywhere_is_held_and_not_sent(flow: VendorBench) -> None:
    outcome = flow.send(lead()).outcome
    assert isinstance(outcome, Unsendable)
    assert "no processing basis" in outcome.reason
    assert flow.sandbox.received(vendor="flow") == []


@pytest.mark.parametrize(
    "half",
    [
        {"category": "SpecificCase"},
        {"system_type": "Manual"},
        {"display_types": ["Manual"]},
    ],
)
def test_f_t6_half_a_way_is_a_mistake_of_the_file(half: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="beside it"):
        Bases.model_validate(half)


def test_f_t6_the_leads_own_consent_is_enough(flow: VendorBench) -> None:
    flow.send(lead(consent={"processing_bases": [BASIS]}))
    body = flow.stored()
    assert body["CheckedProcessingBases"] == [BASIS]
    assert "ProcessingBasisCategory" not in body


def test_f_t6_both_ways_can_be_combined(flow: VendorBench) -> None:
    both = {"guids": [BASIS], "category": "SpecificCase", "system_type": "Manual"}
    flow.send(lead(), processing_bases=both)
    body = flow.stored()
    assert body["CheckedProcessingBases"] == [BASIS]
    assert body["ProcessingBasisSystemType"] == "Manual"


def test_f_t6_a_half_consent_of_the_lead_is_held(flow: VendorBench) -> None:
    outcome = flow.send(lead(consent={"category": "SpecificCase"})).outcome
    assert isinstance(outcome, Unsendable)


def test_f_t6b_only_active_contactable_newest_bases_are_picked(flow: VendorBench) -> None:
    by_display = {"category": "SpecificCase", "display_types": ["Manual"]}
    flow.send(lead(), processing_bases=by_display)
    assert flow.stored()["CheckedProcessingBases"] == [BASIS]


def test_f_t6b_a_new_version_is_looked_up_again_on_a_400(flow: VendorBench) -> None:
    by_display = {"category": "SpecificCase", "display_types": ["Manual"]}
    flow.send(lead(), processing_bases=by_display)
    newer = "cff34c62-014a-4cf2-b285-88ca73381b99"
    flow.sandbox.config(basis={"Guid": BASIS, "IsNewestVersion": False, "IsActive": False})
    flow.sandbox.config(
        new_basis={
            "Guid": newer,
            "CategoryType": "SpecificCase",
            "DisplayTypes": ["Manual"],
            "IsActive": True,
            "CanBeContacted": True,
            "IsNewestVersion": True,
        },
    )
    report = flow.send(lead(), processing_bases=by_display)
    assert isinstance(report.outcome, Delivered)
    last = flow.sandbox.received(vendor="flow")[-1]["body"]
    assert last["CheckedProcessingBases"] == [newer]


def test_f_t6b_no_usable_basis_is_held(flow: VendorBench) -> None:
    by_display = {"category": "Standalone", "display_types": ["Showing"]}
    outcome = flow.send(lead(), processing_bases=by_display).outcome
    assert isinstance(outcome, Unsendable)
    assert "no active basis" in outcome.reason


def test_f_t8_cores_own_e_mail_is_a_setting(flow: VendorBench) -> None:
    flow.send(lead(), **BY_PAIR)
    assert "PreventDefaultEmail" not in flow.stored()
    assert len(flow.sandbox.messages()) == 1
    flow.sandbox.reset()
    flow.send(lead(), prevent_default_email=True, **BY_PAIR)
    assert flow.sandbox.messages() == []


def test_f_t9_a_lost_answer_is_read_back_before_anything_is_sent_again(
    flow: VendorBench,
) -> None:
    flow.sandbox.fault("accept_lose_answer", match=STAKEHOLDERS)
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, Unknown)
    (entry,) = flow.sandbox.received(vendor="flow")
    verdict, _ = flow.verify(lead(), **BY_PAIR)
    assert verdict == Found(entry["reference"])


def test_what_never_arrived_is_surely_absent(flow: VendorBench) -> None:
    flow.sandbox.fault("cut_after_read", match=STAKEHOLDERS)
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, Unknown)
    assert flow.verify(lead(), **BY_PAIR)[0] == Absent()


def test_f_t1_reading_back_needs_the_number_of_the_case(flow: VendorBench) -> None:
    verdict, _ = flow.verify(lead(property={"flow": {"case_guid": GUID}}), **BY_PAIR)
    assert isinstance(verdict, CannotTell)


@pytest.mark.parametrize("base", ["https://h/flow", "https://h/flow/"])
def test_f_t13_the_base_ends_in_flow(base: str) -> None:
    assert FlowAccount.model_validate({"base_url": base, **ACCOUNT}).base_url == "https://h/flow"
    with pytest.raises(ValidationError, match="ends in /flow"):
        FlowAccount.model_validate({"base_url": "https://h/other", **ACCOUNT})


def token_calls(bench: VendorBench) -> int:
    return sum(one["path"].lower().endswith("/authtoken") for one in bench.sandbox.calls())


def test_f_t14_the_token_is_shared_by_all_workers(flow: VendorBench) -> None:
    for number in range(3):
        flow.send(lead(person=person(emails=[f"a{number}@example.com"])), **BY_PAIR)
    assert token_calls(flow) == 1


def test_f_t14_a_refused_token_is_fetched_anew_and_the_call_replayed_once(
    flow: VendorBench,
) -> None:
    flow.send(lead(), **BY_PAIR)
    flow.sandbox.config(forget_tokens=True)
    report = flow.send(lead(person=person(emails=["b@example.com"])), **BY_PAIR)
    assert isinstance(report.outcome, Delivered)
    assert token_calls(flow) == 2
    assert len(flow.sandbox.received(vendor="flow")) == 2


def test_f_t14_a_second_401_is_the_accounts_problem(flow: VendorBench) -> None:
    flow.sandbox.fault("status", code=401, times=None, match=STAKEHOLDERS)
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, AccountProblem)
    assert token_calls(flow) == 2


def test_f_t14_a_token_that_somebody_renewed_is_not_thrown_away(flow: VendorBench) -> None:
    flow.send(lead(), **BY_PAIR)
    (name,) = [one for one in flow.shelf.kept if one.startswith("flow-token")]
    asyncio.run(flow.shelf.drop(name, only_if="an older one"))
    assert name in flow.shelf.kept


def test_a_missing_permission_is_named_and_is_the_accounts_problem(flow: VendorBench) -> None:
    flow.sandbox.config(flow_permissions=["Contacts - Read"])
    outcome = flow.send(lead(), **BY_PAIR).outcome
    assert isinstance(outcome, AccountProblem)
    assert "Stakeholders - Write" in outcome.reason


def test_wrong_client_secret_is_the_accounts_problem(flow: VendorBench) -> None:
    flow.sandbox.config(flow_secret="changed")
    outcome = flow.send(lead(), **BY_PAIR).outcome
    assert outcome == AccountProblem("no token: HTTP 400 invalid_client")


def test_trouble_at_the_token_call_sends_nothing(flow: VendorBench) -> None:
    flow.sandbox.fault("accept_lose_answer", match={"path": "authtoken"})
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, NotSent)


def test_many_at_once_fetch_one_token(sandbox: Sandbox) -> None:
    bench = VendorBench(sandbox, "flow", "stakeholder", **ACCOUNT)

    async def together() -> list[Any]:
        http = Http()
        account = FlowAccount.model_validate({"base_url": f"{sandbox.url}/flow", **ACCOUNT})
        connector: Connector = VENDORS["flow"].connect(account, http, LockingShelf(), lambda: NOW)
        parcels = [
            bench.parcel(lead(person=person(emails=[f"p{n}@example.com"])), **BY_PAIR)
            for n in range(10)
        ]
        try:
            return await asyncio.gather(*(connector.send(one) for one in parcels))
        finally:
            await http.aclose()

    reports = asyncio.run(together())
    assert all(isinstance(one.outcome, Delivered) for one in reports)
    assert token_calls(bench) == 1


class LockingShelf:
    """A shelf whose locks are real, as the ledger's are."""

    def __init__(self) -> None:
        self._kept: dict[str, str] = {}
        self._locks: set[str] = set()

    async def get(self, name: str) -> str | None:
        return self._kept.get(name)

    async def put(self, name: str, value: str, *, ttl: float) -> None:
        assert ttl > 0
        self._kept[name] = value

    async def drop(self, name: str, *, only_if: str) -> None:
        if self._kept.get(name) == only_if:
            del self._kept[name]

    async def lock(self, name: str, *, ttl: float) -> bool:
        assert ttl > 0
        taken = name in self._locks
        self._locks.add(name)
        return not taken

    async def swap(self, name: str, before: str | None, after: str) -> bool:
        fits = self._kept.get(name) == before
        if fits:
            self._kept[name] = after
        return fits

    async def unlock(self, name: str) -> None:
        self._locks.discard(name)

    async def spend(self, name: str, count: int, seconds: float) -> float:
        assert name
        assert count
        return 0.0 * seconds


@pytest.mark.parametrize(
    ("reset", "seconds"), [("2", 2), ("1795521615", 15), ("2026-11-24T12:00:20Z", 20), ("?", None)]
)
def test_f_t15_the_rate_limit_is_read_defensively(
    flow: VendorBench, reset: str, seconds: float | None
) -> None:
    headers = {"X-RateLimit-Reset": reset, "X-RateLimit-Remaining": "11"}
    flow.sandbox.fault("status", code=429, headers=headers, match=STAKEHOLDERS)
    outcome = flow.send(lead(), **BY_PAIR).outcome
    assert isinstance(outcome, RateLimited)
    waited = (outcome.until - NOW).total_seconds() if outcome.until else None
    assert waited == seconds


@pytest.mark.parametrize(
    ("fault", "outcome"),
    [
        ({"kind": "status", "code": 400}, Rejected),
        ({"kind": "status", "code": 403}, AccountProblem),
        ({"kind": "status", "code": 404}, Rejected),
        ({"kind": "status", "code": 408}, Unknown),
        ({"kind": "status", "code": 409}, Unknown),
        ({"kind": "status", "code": 422}, Rejected),
        ({"kind": "status", "code": 500}, Unknown),
        ({"kind": "status", "code": 503}, NotSent),
        ({"kind": "empty_204"}, Delivered),
        ({"kind": "html_200"}, Delivered),
        ({"kind": "hang"}, Unknown),
        ({"kind": "cut_before_read"}, Unknown),
        ({"kind": "half_body"}, Delivered),
        ({"kind": "garbage"}, Unknown),
    ],
    ids=lambda one: str(one.get("code", one["kind"])) if isinstance(one, dict) else "",
)
def test_what_each_answer_to_a_stakeholder_means(
    flow: VendorBench, fault: dict[str, Any], outcome: type[object]
) -> None:
    flow.sandbox.fault(match=STAKEHOLDERS, **fault)
    assert isinstance(flow.send(lead(), **BY_PAIR).outcome, outcome)


def test_what_flow_has_no_field_for_goes_to_the_comments(flow: VendorBench) -> None:
    address = {"street": "Storgata 1", "postal_code": "0155", "city": "Oslo"}
    report = flow.send(
        lead(
            person=person(
                address=address,
                emails=["a@example.com", "b@example.com"],
                phones=["+47 412 34 690", "+47 412 34 691"],
            ),
            marketing={"referrer": "https://example.no/1", "utm": {"source": "finn"}},
        ),
        **BY_PAIR,
    )
    comments = flow.stored()["Comments"]
    for text in ("Storgata 1, 0155, Oslo", "b@example.com", "+4741234691", "source=finn"):
        assert text in comments
    moved = {"second e-mail", "further phone", "address", "referrer", "utm"}
    assert set(report.moved) == moved


def test_a_single_name_gets_a_filler(flow: VendorBench) -> None:
    flow.send(lead(person=person(first_name="Kari", last_name=None)), **BY_PAIR)
    body = flow.stored()
    assert (body["FirstName"], body["SurName"]) == ("Kari", "-")


# --- notifications -------------------------------------------------------------------------------


def test_f_t18_a_notification_tells_the_brokers_of_the_case(alert: VendorBench) -> None:
    report = alert.send(lead(message="Ring <b>meg</b>"))
    (entry,) = alert.sandbox.received(vendor="flow")
    assert report.outcome == Delivered(entry["reference"])
    body = entry["body"]
    assert body["ContactIds"] == [70001]
    assert (body["CaseId"], body["Importance"], body["SourceType"]) == (48213, "Medium", "CaseBase")
    assert body["NotifyDateTime"] == "2026-11-24T12:00:00+00:00"
    assert body["IsDescriptionHtml"] is False
    assert "Ring <b>meg</b>" in body["Description"]
    assert "+4741234690" in body["Description"]
    assert (body["SendToClient"], body["SendEmail"], body["SendSms"]) == (True, False, False)


def test_f_t18_html_is_escaped(alert: VendorBench) -> None:
    alert.send(lead(message="<script>alert(1)</script>"), html=True)
    body = alert.stored()
    assert body["IsDescriptionHtml"] is True
    assert "&lt;script&gt;" in body["Description"]
    assert "<script>" not in body["Description"]


def test_f_t18_channels_and_roles_are_the_destinations(alert: VendorBench) -> None:
    alert.send(lead(), channels=["email", "sms"], to_roles=["Broker", "Seller"])
    body = alert.stored()
    assert body["ContactIds"] == [70001, 70002]
    assert (body["SendToClient"], body["SendEmail"], body["SendSms"]) == (False, True, True)
    with pytest.raises(ValidationError):
        Notification.model_validate({"channels": []})


def test_nobody_with_the_role_is_held(alert: VendorBench) -> None:
    flow = {"case_guid": "0b6f6a3e-64f7-4c0a-9d3a-0c2d6f5a1b02", "case_id": 48215}
    outcome = alert.send(lead(property={"flow": flow})).outcome
    assert isinstance(outcome, Unsendable)
    assert "nobody has the role Broker" in outcome.reason


def test_a_role_look_up_that_fails_has_sent_nothing(alert: VendorBench) -> None:
    alert.sandbox.fault("status", code=500, match={"path": "Roles"})
    assert isinstance(alert.send(lead()).outcome, NotSent)


@pytest.mark.parametrize("code", [500, 503])
def test_a_notification_that_may_have_gone_out_is_unknown(alert: VendorBench, code: int) -> None:
    alert.sandbox.fault("status", code=code, match={"path": "Notifications"})
    assert isinstance(alert.send(lead()).outcome, Unknown)
    assert isinstance(alert.verify(lead())[0], CannotTell)


# --- the account ---------------------------------------------------------------------------------


def test_the_check_names_the_tenant(flow: VendorBench) -> None:
    health = flow.check()
    assert (health.ok, health.detail) == (True, "tenant 4711, 5 permissions")
    flow.sandbox.config(flow_secret="changed")
    flow.shelf.kept.clear()
    assert flow.check().ok is False


def test_secrets_and_tokens_never_stand_in_the_attempt_log(flow: VendorBench) -> None:
    report = flow.send(lead(), **BY_PAIR)
    (token,) = [v for k, v in flow.shelf.kept.items() if k.startswith("flow-token")]
    assert "flow-secret" not in repr(report)
    assert token not in repr(report)
