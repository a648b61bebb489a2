"""What an order should say: a table of facts and wishes."""

from dataclasses import replace
from typing import Any

import pytest

from bridge import routing
from bridge.connectors import VENDORS
from bridge.connectors.flow.bases import _none_named
from bridge.connectors.flow.settings import Bases, Stakeholder
from bridge.connectors.orders import OrderMemory, OrderRules
from bridge.delivery.values import BY_HAND, AccountRow, Served
from bridge.leads import Property
from bridge.pipeline.orders.registry import Tie
from bridge.pipeline.orders.wish import Closed, Facts, Wish, counted, live, pairs, wish
from bridge.pipeline.orders.words import WORDS

GUID = "680f1e7f-90e4-472d-8991-a9d6043df603"
FILE = """
[sources.web]

[accounts.flow-acme]
vendor = "flow"
base_url = "https://core.example.com/flow"
client_id = "id"
client_secret = "secret"

[accounts.flow-alone]
vendor = "flow"
base_url = "https://core.example.com/flow"
client_id = "id"
client_secret = "secret"

[destinations.stake]
account = "flow-acme"
action = "stakeholder"
processing_bases = { category = "SpecificCase", system_type = "Manual" }

[destinations.alert]
account = "flow-acme"
action = "notification"

[destinations.alone]
account = "flow-alone"
action = "notification"

[[routes]]
name = "project"
when = { reference = ["homeq:project:*", "AF43"] }
deliver_to = ["stake", "alert", "alone"]

[[routes]]
name = "trial"
when = { test = true }
deliver_to = ["stake"]
"""
ROUTING = routing.loads(FILE, environment={}, vendors=VENDORS)
ROW = AccountRow(
    account="flow-acme",
    in_flight=0,
    due=0,
    breaker="closed",
    paused="",
    paused_at=None,
    last_good=None,
)


def tie(**changes: Any) -> Tie:
    known = {"account": "flow-acme", "order_id": "17", "references": ["AF43"], "case_guid": GUID}
    return Tie.model_validate(known | changes)


FACTS = Facts(rules=OrderRules(), routing=ROUTING, tie=tie(), memory=OrderMemory(), served=Served())
BY_A_PERSON = Closed(state="Completed", by="eva", at=1.0)


@pytest.mark.parametrize(
    ("changes", "state", "words"),
    [
        ({}, "InProcess", "are delivered"),
        ({"account": ROW}, "InProcess", "are delivered"),
        ({"account": replace(ROW, paused="HTTP 401")}, "Error", "paused: HTTP 401"),
        ({"account": replace(ROW, paused=f"{BY_HAND}: eva's lunch")}, "Error", "by hand"),
        ({"account": replace(ROW, parked={"stake": "25 refusals"})}, "Error", "refused several"),
        ({"account": replace(ROW, parked={"alert": "25 refusals"})}, "InProcess", "are delivered"),
        ({"tie": tie(references=[])}, "MissingInfo", "No route"),
        ({"tie": tie(references=["homeq:project:7"])}, "InProcess", "are delivered"),
        ({"tie": tie(references=["homeq:listing:7"])}, "MissingInfo", "No route"),
        ({"tie": tie(case_guid=None)}, "MissingInfo", "GUID is missing"),
        ({"tie": tie(case_guid=None), "served": Served(leads=1)}, "InProcess", "are delivered"),
        (
            {"tie": tie(case_id=1), "memory": OrderMemory(case_id=2)},
            "MissingInfo",
            "belongs to case 2, and the bridge was told 1",
        ),
        ({"closed": BY_A_PERSON, "account": replace(ROW, paused="x")}, "Completed", "Completed"),
        ({"closed": Closed(state="Cancelled", status="Solgt", by="", at=1)}, "Cancelled", "Solgt"),
        ({"rules": OrderRules(move=False), "closed": BY_A_PERSON}, "Completed", "Completed"),
        ({"served": Served(held=("the same wish came before",))}, "InProcess", "are delivered"),
    ],
)
def test_what_is_the_case_decides(changes: dict[str, Any], state: str, words: str) -> None:
    wanted = wish(replace(FACTS, **changes))
    assert wanted is not None
    assert wanted.state == state
    assert words in wanted.status
    assert "lunch" not in wanted.status  # a note among colleagues


@pytest.mark.parametrize(
    "changes",
    [
        {"rules": OrderRules(move=False)},
        {"memory": OrderMemory(state="Completed")},
        {"memory": OrderMemory(state="Cancelled")},
    ],
)
def test_an_order_that_a_route_closed_or_that_may_not_move_is_left_alone(
    changes: dict[str, Any],
) -> None:
    assert wish(replace(FACTS, **changes)) is None


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        (_none_named(Bases()), "basis"),
        (
            _none_named(Bases.model_validate({"category": "Lead", "display_types": ["Lead"]})),
            "basis",
        ),
        ("the lead's consent needs a category and a system_type, by Flow's names", "basis"),
        (Stakeholder().lacks(Property()), "GUID"),
        (Stakeholder().lacks(Property(reference="AF43")), "GUID"),
    ],
)
def test_the_connectors_own_words_for_what_is_missing_are_understood(
    reason: str, words: str
) -> None:
    wanted = wish(replace(FACTS, served=Served(leads=3, held=(reason,))))
    assert wanted is not None
    assert (wanted.state, words in wanted.status) == ("MissingInfo", True)


def test_a_problem_counts_as_told_only_while_its_words_are_the_latest() -> None:
    error = Wish(state="Error", status="a")
    assert error.told(OrderMemory(state="Error", said=("b", "a")))
    assert not error.told(OrderMemory(state="Error", said=("a", "b")))
    assert Wish(state="InProcess", status="a").told(OrderMemory(state="InProcess", said=("a", "b")))
    assert not Wish(state="InProcess", status="a").told(OrderMemory(state="Error", said=("a",)))


def test_a_lead_counts_where_it_reaches_the_broker() -> None:
    assert [one.name for one in counted(ROUTING, "flow-acme")] == ["stake"]
    assert [one.name for one in counted(ROUTING, "flow-alone")] == ["alone"]
    assert counted(ROUTING, "nobody") == []
    assert [one.name for one in live(ROUTING, tie())] == ["stake"]


def test_the_broker_reads_it_in_the_accounts_language() -> None:
    norwegian = OrderRules(language="no")
    assert pairs(norwegian, Served(leads=12, last=1_790_000_000.0)) == {
        "Leads levert": "12",
        "Siste lead": "2026-09-21 14:13 UTC",
    }
    assert pairs(norwegian, Served())["Siste lead"] == "ingen ennå"
    assert set(WORDS["en"]) == set(WORDS["no"])
    wanted = wish(replace(FACTS, rules=norwegian))
    assert wanted is not None
    assert wanted.status == "Leads leveres til saken"
