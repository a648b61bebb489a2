"""Notes at HomeQ: off by default, by name of a person only after an agreement, and never twice."""

import asyncio
from pathlib import Path
from typing import Any

import pytest

from bridge.delivery.embedded import EmbeddedServer
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
from bridge.pipeline import Intake
from bridge.sandbox.homeq import events
from bridge.sandbox.server import Sandbox
from tests.integration.bridge_process import BridgeUnderTest
from tests.integration.homeq_bench import PATHS
from tests.integration.vendor_bench import LEAD_ID, VendorBench, person

NOON = "2026-11-27T12:00:00+01:00"
NOTED = """deliver_to = ["acme-watch", "noted"]

[destinations.noted]
account = "homeq-landlord"
action = "note"
on = "apartment"
after = "acme-watch"
"""
ON = {"username": "api-user", "password": "homeq-secret", "paths": PATHS, "write_notes": True}


def bench(sandbox: Sandbox, **changes: Any) -> VendorBench:
    return VendorBench(sandbox, "homeq", "note", **{**ON, **changes})


def lead(**changes: Any) -> dict[str, Any]:
    ids = {"company_id": 3, "apartment_id": 41, "object_ad_id": 77}
    return {
        "intent": "reservation",
        "person": person(),
        "extra": {"homeq": ids},
        **changes,
    }


def test_a_note_stands_on_the_flat_with_our_leads_id_and_without_the_person(
    sandbox: Sandbox,
) -> None:
    one = bench(sandbox)
    assert one.send(lead(), on="apartment", context="R").outcome == Delivered("1")
    assert one.stored() == {"text": f"Skickad till mäklarsystemet. Ref: {LEAD_ID}", "context": "R"}


def test_without_a_context_none_is_made_up(sandbox: Sandbox) -> None:
    one = bench(sandbox)
    one.send(lead(), on="apartment", text="Sent to the CRM.")
    assert one.stored() == {"text": f"Sent to the CRM. Ref: {LEAD_ID}"}


def test_a_note_on_the_person_needs_the_profile_that_their_agreement_names(
    sandbox: Sandbox,
) -> None:
    one = bench(sandbox)
    anna = lead(person=person(emails=["Anna@Example.com"]))
    assert one.send(anna, on="user").outcome == Delivered("1")
    assert one.stored()["user_profile"] == 501  # of flat 41, not of the others that Anna signed for


@pytest.mark.parametrize("why", ["nobody signed", "the other shape", "somebody else", "no path"])
def test_where_no_agreement_names_the_person_nothing_is_written(sandbox: Sandbox, why: str) -> None:
    paths = dict(PATHS)
    shape = {"id": 1, "apartment": {"city": "Stockholm"}, "landlord": {"name": "Landlord AB"}}
    if why == "nobody signed":
        sandbox.config(homeq={"agreements": []})
    elif why == "the other shape":
        sandbox.config(homeq={"agreements": [{**shape, "sign_date": "2026-11-20"}]})
    elif why == "no path":
        del paths["agreements"]
    emails = ["bo@example.com"] if why == "somebody else" else ["anna@example.com"]
    one = bench(sandbox, paths=paths)
    outcome = one.send(lead(person=person(emails=emails)), on="user").outcome
    assert isinstance(outcome, Unsendable)
    assert (outcome.state, "names no user_profile" in outcome.reason) == (State.SKIPPED, True)
    assert sandbox.received() == []


def test_an_agreement_of_another_flat_is_nobodys_here_should_homeq_list_it(
    sandbox: Sandbox,
) -> None:
    other = {"id": 902, "apartment_id": 42, "email": "anna@example.com", "user_profile_id": 502}
    body = {"results": [other], "total": 1}
    sandbox.fault("status", code=200, body=body, match={"path": "agreements"})
    assert isinstance(bench(sandbox).send(lead(), on="user").outcome, Unsendable)
    assert sandbox.received() == []


def test_it_is_off_until_the_account_says_so(sandbox: Sandbox) -> None:
    one = bench(sandbox, write_notes=False)
    outcome = one.send(lead(), on="apartment").outcome
    assert outcome == Unsendable(State.SKIPPED, "write_notes is off on the account")
    assert sandbox.calls() == []


def test_a_lead_of_another_source_has_nothing_to_write_on(sandbox: Sandbox) -> None:
    outcome = bench(sandbox).send(lead(extra={}), on="apartment").outcome
    assert outcome == Unsendable(State.SKIPPED, "this lead names no flat of HomeQ's")


def test_without_its_path_a_note_is_held_with_the_key_that_is_missing(sandbox: Sandbox) -> None:
    paths = {name: path for name, path in PATHS.items() if "note" not in name}
    for on, key in (("apartment", "paths.apartment_notes"), ("user", "paths.user_note")):
        outcome = bench(sandbox, paths=paths).send(lead(), on=on).outcome
        assert outcome == Unsendable(State.HELD, f"{key} is not set on the account")


@pytest.mark.parametrize("on", ["apartment", "user"])
def test_a_note_that_stands_there_is_not_written_again(sandbox: Sandbox, on: str) -> None:
    one = bench(sandbox)
    assert one.send(lead(), on=on).outcome == Delivered("1")
    assert one.send(lead(), on=on).outcome == Delivered("1")  # a replay
    assert len(sandbox.received()) == 1


@pytest.mark.parametrize("on", ["apartment", "user"])
def test_a_note_whose_answer_was_lost_is_read_back(sandbox: Sandbox, on: str) -> None:
    one = bench(sandbox)
    sandbox.fault("accept_lose_answer", match={"method": "POST", "path": "note"})
    assert isinstance(one.send(lead(), on=on).outcome, Unknown)
    verdict, exchanges = one.verify(lead(), on=on)
    assert verdict == Found("1")
    assert (exchanges[-1].method, exchanges[-1].response) == ("GET", "")  # others' notes
    assert len(sandbox.received()) == 1


def test_a_note_that_never_arrived_is_absent_and_sent_once_more(sandbox: Sandbox) -> None:
    one = bench(sandbox)
    sandbox.fault("cut_after_read", match={"method": "POST", "path": "note"})
    assert isinstance(one.send(lead(), on="apartment").outcome, Unknown)
    assert one.verify(lead(), on="apartment")[0] == Absent()
    assert one.send(lead(), on="apartment").outcome == Delivered("1")


def test_what_cannot_be_read_back_cannot_be_told(sandbox: Sandbox) -> None:
    blind = {name: path for name, path in PATHS.items() if name != "user_notes"}
    verdict, _ = bench(sandbox, paths=blind).verify(lead(), on="user")
    assert verdict == CannotTell("reading back needs paths.user_notes on the account")
    sandbox.fault("status", code=500, times=None, match={"path": "notes"})
    verdict, _ = bench(sandbox).verify(lead(), on="apartment")
    assert verdict == CannotTell("HomeQ said HTTP 500")


def test_where_the_notes_cannot_be_read_none_is_written(sandbox: Sandbox) -> None:
    sandbox.fault("status", code=502, times=None, match={"method": "GET", "path": "notes"})
    assert bench(sandbox).send(lead(), on="apartment").outcome == NotSent("HomeQ said HTTP 502")
    assert sandbox.received() == []


@pytest.mark.parametrize(
    ("code", "body", "kind"),
    [
        (412, {"error": "ValidationError"}, Rejected),
        (404, {}, Rejected),
        (403, {"error": "PermissionDenied"}, AccountProblem),
        (401, {"error": "Unauthorized"}, AccountProblem),
        (429, {}, RateLimited),
        (412, {"error": "RateLimited"}, RateLimited),
        (500, {}, Unknown),
        (503, {}, Unknown),
    ],
)
def test_h_t18_what_each_answer_means(
    sandbox: Sandbox, code: int, body: dict[str, Any], kind: type
) -> None:
    match = {"method": "POST", "path": "notes"}
    sandbox.fault("status", code=code, body=body, times=None, match=match)
    assert isinstance(bench(sandbox).send(lead(), on="apartment").outcome, kind)


def test_a_refused_login_is_the_accounts_problem_and_nothing_was_sent(sandbox: Sandbox) -> None:
    outcome = bench(sandbox, password="wrong").send(lead(), on="apartment").outcome
    assert isinstance(outcome, AccountProblem)
    assert "PermissionDenied" in outcome.reason


def test_h_t17_all_that_was_ever_posted(sandbox: Sandbox) -> None:
    one = bench(sandbox)
    for on in ("apartment", "user"):
        one.send(lead(), on=on)
        one.verify(lead(), on=on)
    one.check()
    posted = {call["path"] for call in sandbox.calls() if call["method"] != "GET"}
    assert posted == {
        "/homeq/tokens/",
        "/homeq/tokens/verify/",
        "/homeq/apartment/41/notes",
        "/homeq/user-note/",
    }


# --- with a bridge -------------------------------------------------------------------------------


def test_what_went_to_the_crm_is_noted_at_homeq_and_nothing_is_where_it_did_not(
    empty_server: EmbeddedServer, tmp_path: Path
) -> None:
    """A route gives the note an `after`: it comes when the CRM has the lead, else not at all."""
    with Sandbox() as sandbox:
        bridge = BridgeUnderTest(tmp_path, empty_server, sandbox)
        file = tmp_path / "bridge.toml"
        text = file.read_text().replace(
            'agreements = "/agreements" }',
            'apartment_notes = "/apartment/{id}/notes" }\nwrite_notes = true',
        )
        text = text.replace("retry = [", 'estate_id = "OBJ11385_1395932274"\nretry = [', 1)
        file.write_text(text.rpartition("deliver_to")[0] + NOTED)
        sandbox.fault("status", code=400, body={"message": "nej"}, match={"path": "FinalPrice"})

        async def put() -> list[str]:
            async with bridge.front_door() as door:
                found = []
                for number in (1, 2):
                    who = {**events.PERSON, "email": f"r{number}@example.com", "phone": ""}
                    event = events.reservation(NOON, applicant=who, object_ad_id=number)
                    came = Intake(payload=event, source="homeq-acme")
                    found.append(str((await door.accept(came)).lead_id))
                return found

        leads = asyncio.run(put())
        with bridge.worker():
            ends = {State.DELIVERED, State.CANCELLED, State.REJECTED}
            bridge.until(
                lambda: all(
                    row.state in ends for one in leads for row in bridge.deliveries(one).values()
                )
            )
        states = [
            (rows["acme-watch"].state, rows["noted"].state)
            for rows in map(bridge.deliveries, leads)
        ]
        assert sorted(states) == [
            (State.DELIVERED, State.DELIVERED),
            (State.REJECTED, State.CANCELLED),
        ]
        (note,) = sandbox.received(vendor="homeq")
        assert (note["kind"], note["property"]) == ("apartment_note", "41")
        assert "example.com" not in str(note["body"])
