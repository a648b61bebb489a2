"""`homeq_office`: the nearest rule above a lead's office takes it; what is unknown is said."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bridge import routing
from bridge.connectors import VENDORS
from bridge.leads import Lead
from bridge.routing import ConfigError, Tree

HEAD = """
[sources.homeq-acme]
format = "homeq"
[accounts.v]
vendor = "vitec"
base_url = "https://connect.maklare.vitec.net"
customer_id = "M30011"
username = "u"
password = "p"
"""
#  1 Huvudkontor ── 5 Söder ── 6 Hornstull
#                └─ 7 Norr
TREE = Tree(parents={"1": "", "5": "1", "6": "5", "7": "1"})


def rules(*offices: str, more: str = "") -> routing.Routing:
    """A route and a destination for each."""
    text = HEAD
    for number, office in enumerate(offices):
        text += f"""
[destinations.d{number}]
account = "v"
action = "final_price_watched"
[[routes]]
name = "r{number}"
when = {{ homeq_office = {office} }}
deliver_to = ["d{number}"]
"""
    return routing.loads(text + more, environment={}, vendors=VENDORS)


def lead(office: object = None, **changes: Any) -> Lead:
    ids = {"company_id": 3} | ({} if office is None else {"office_id": office})
    tree = {
        "intent": "reservation",
        "person": {"emails": ["a@example.com"]},
        "extra": {"homeq": ids},
        **changes,
    }
    return Lead.model_validate(tree)


def taken(one: Lead, known: routing.Routing, tree: Tree = TREE) -> list[str]:
    return [pick.route.name for pick in routing.route(one, "homeq-acme", known, tree).picks]


@pytest.mark.parametrize(
    ("office", "route"),
    [(6, "r2"), (5, "r1"), (7, "r0"), (1, "r0")],
)
def test_h_t11_an_office_without_its_own_rule_uses_the_nearest_one_above(
    office: int, route: str
) -> None:
    known = rules("1", "5", "6")
    assert taken(lead(office), known) == [route]
    without_its_own = rules("1", "5")
    assert taken(lead(6), without_its_own) == ["r1"]
    assert taken(lead(6), rules("1")) == ["r0"]


def test_the_companys_rule_takes_what_no_office_does() -> None:
    known = rules('"*"', "5")
    assert taken(lead(6), known) == ["r1"]
    assert taken(lead(7), known) == ["r0"]
    assert taken(lead(), known) == ["r0"]  # HomeQ named no office
    assert taken(lead(extra={}), known) == []  # not of HomeQ's


def test_two_rules_for_one_office_both_take_it_and_one_rule_may_name_many() -> None:
    assert taken(lead(5), rules("5", "[5, 7]", "1")) == ["r0", "r1"]
    assert taken(lead(7), rules("5", "[5, 7]", "1")) == ["r1"]


def test_only_routes_that_fit_in_all_else_compete() -> None:
    more = """
[destinations.own]
account = "v"
action = "final_price_watched"
[[routes]]
name = "follows-of-hornstull"
when = { homeq_office = 6, intent = "project_follow" }
deliver_to = ["own"]
[[routes]]
name = "all"
deliver_to = ["own"]
"""
    known = rules("1", more=more)
    assert taken(lead(6), known) == ["r0", "all"]
    assert taken(lead(6, intent="project_follow"), known) == ["follows-of-hornstull"]


def test_an_office_of_which_nobody_knows_what_is_above_it_waits_and_says_so() -> None:
    known = rules("1")
    routed = routing.route(lead(6), "homeq-acme", known)
    assert (routed.picks, routed.waits_for_office) == ((), "6")
    (verdict,) = routed.verdicts
    assert verdict.reasons == (
        "homeq_office is 6, it wants 1; which offices are above it is not known",
    )
    # Its own rule, or the company's, needs no tree.
    for one in (rules("6", "1"), rules("1", '"*"')):
        assert routing.route(lead(6), "homeq-acme", one).waits_for_office == ""
        assert len(taken(lead(6), one, Tree())) == 1
    assert routing.route(lead(7), "homeq-acme", rules("5"), TREE).waits_for_office == ""


def test_why_a_nearer_route_took_it() -> None:
    first, second = routing.route(lead(6), "homeq-acme", rules("1", "5"), TREE).verdicts
    assert first.reasons == ("homeq_office is 6, for which another route is nearer",)
    assert second.matched
    (no,) = routing.route(lead(6), "homeq-acme", rules("7"), TREE).verdicts
    assert no.reasons == ("homeq_office is 6, below 5, 1, it wants 7",)


@pytest.mark.parametrize("office", ["0", "-5", "true", '"south"', "1.5", "[]", "[5, false]", "{}"])
def test_what_is_no_office_is_refused(office: str) -> None:
    with pytest.raises(ConfigError, match=r"\[\[routes\]\] r0 when.homeq_office"):
        rules(office)


@given(st.dictionaries(st.integers(1, 9).map(str), st.integers(0, 9).map(str)), st.integers(1, 9))
def test_no_tree_however_wrong_goes_round_for_ever(parents: dict[str, str], office: int) -> None:
    found = Tree(parents=parents).up_from(str(office))
    assert len(found) == len(set(found))
    assert found[0] == str(office)
