"""The routing file: what it means, and what it says about every mistake."""

import re
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bridge import routing
from bridge.connectors import VENDORS
from bridge.leads import Lead
from bridge.routing import ConfigError, Routing

EXAMPLE = (Path(__file__).parents[2] / "bridge.example.toml").read_text("utf-8")
SECRETS = {name: f"value-of-{name}" for name in re.findall(r"\$([A-Z_]+)", EXAMPLE)}


def load(text: str = EXAMPLE, **environment: str) -> Routing:
    return routing.loads(text, environment={**SECRETS, **environment}, vendors=VENDORS)


def problems(text: str, environment: dict[str, str] | None = None) -> list[str]:
    known = SECRETS if environment is None else environment
    with pytest.raises(ConfigError) as caught:
        routing.loads(text, environment=known, vendors=VENDORS)
    return caught.value.problems


def lead(**changes: Any) -> Lead:
    known = {"intent": "final_price_watch", "person": {"emails": ["a@example.com"]}, **changes}
    return Lead.model_validate(known)


def test_the_example_file_is_complete_and_right() -> None:
    known = load()
    watch = known.destinations["acme-watch"]
    assert (watch.account, watch.on_unknown, watch.max_age) == ("vitec-acme", "verify", 72 * 3600)
    vitec = known.accounts["vitec-acme"]
    assert vitec.rate is not None
    assert (vitec.concurrency, vitec.rate.count, vitec.rate.seconds) == (8, 10, 1.0)
    assert known.destinations["acme-alert"].on_unknown == "hold"
    assert known.destinations["acme-stakeholder"].on_unknown == "verify"
    assert "value-of" not in repr(known.sources)


@pytest.mark.parametrize(
    ("old", "new", "sentence"),
    [
        ('password = "$VITEC_ACME_P', 'pasword = "$VITEC_ACME_P', "did you mean `password`?"),
        (
            'deliver_to = ["acme-watch"]',
            'deliver_to = ["acme-wach"]',
            "deliver_to: `acme-wach` is no destination; did you mean `acme-watch`?",
        ),
        ('vendor = "flow"', 'vendor = "flov"', "`flov` is no vendor; did you mean `flow`?"),
        (
            'action = "stakeholder"',
            'action = "stakeholders"',
            "action: `stakeholders` is no action of flow; did you mean `stakeholder`?",
        ),
        (
            'account = "flow-acme"\naction = "notification"',
            'account = "flow"\naction = "notification"',
            "[destinations.acme-alert] account: `flow` is no account; did you mean `flow-acme`?",
        ),
        ('after = "acme-stakeholder"', 'after = "x"', "[destinations.acme-alert] after: `x` is no"),
        ('after = "acme-stakeholder"', 'after = "acme-alert"', "waits for itself in a circle"),
        ('max_age = "72h"', "max_age = 72", 'max_age: is a duration such as "10s"'),
        ('rate = "10/s"', 'rate = "fast"', '[accounts.vitec-acme] rate: is a rate such as "10/s"'),
        ("concurrency = 8", "concurrency = 0", "[accounts.vitec-acme] concurrency:"),
        ('customer_id = "M30011"', 'customer_id = "30011"', "[accounts.vitec-acme] customer_id:"),
        (
            '"https://connect.maklare.vitec.net"',
            '"http://connect.maklare.vitec.net"',
            "[accounts.vitec-acme] base_url: must be https (http only on a loopback address).",
        ),
        ("webtopsolutions.com/flow", "webtopsolutions.com/x", "base_url: ends in /flow"),
        ('"https://connect.maklare', '"https://[connect.maklare', "base_url: must be https"),
        (
            'on_unknown = "verify" ',
            'on_unknown = "verfy" ',
            "[destinations.acme-watch] on_unknown:",
        ),
        ("[sources.web]", "[source.web]", "the file source: is no table of a routing file"),
        ("[sources.web]", '[sources."Web site"]', "a name is made of a-z"),
        ('category = "SpecificCase", ', 'category = "Specific", ', "processing_bases.category:"),
        (', system_type = "Manual" }', " }", "needs a system_type or display_types beside it"),
        ('intent = "interest"', 'intent = "interested"', "[[routes]] interested-in-norway"),
        ('source = ["web", ', 'source = ["wep", ', "`wep` is no source; did you mean `web`?"),
        ('name = "interested-in-norway"', 'name = "watchers"', "two routes have this name"),
    ],
)
def test_a_mistake_names_table_key_and_the_nearest_name(old: str, new: str, sentence: str) -> None:
    assert old in EXAMPLE
    found = problems(EXAMPLE.replace(old, new, 1))
    assert any(sentence in one for one in found), found
    assert all(one.endswith((".", "?")) for one in found)
    assert not any("value-of" in one for one in found)


def test_a_notification_cannot_be_verified() -> None:
    text = EXAMPLE.replace('to_roles = ["Broker"]', 'to_roles = ["Broker"]\non_unknown = "verify"')
    assert "cannot be read back" in problems(text)[0]


def test_all_mistakes_are_told_at_once() -> None:
    text = EXAMPLE.replace("country =", "contry =").replace("rate =", "rates =")
    assert len(problems(text)) >= 3


def test_a_variable_that_is_not_set_is_named_without_any_value() -> None:
    rest = {name: value for name, value in SECRETS.items() if name != "FLOW_SECRET"}
    (one,) = problems(EXAMPLE, rest)
    expected = "[accounts.flow-acme] client_secret: $FLOW_SECRET is not set in the environment."
    assert one == expected


def test_a_doubled_dollar_is_a_dollar() -> None:
    text = EXAMPLE.replace('username = "$VITEC_USER"', 'username = "$$cash"')
    assert getattr(load(text).accounts["vitec-acme"].settings, "username", "") == "$cash"


def test_broken_toml_names_the_place(tmp_path: Path) -> None:
    file = tmp_path / "bridge.toml"
    file.write_text('[sources.web\nformat = "form"')
    with pytest.raises(ConfigError, match=r"bridge.toml is not valid TOML: .*line 1"):
        routing.load(file, environment={}, vendors=VENDORS)


def test_a_missing_file_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"copy bridge\.example\.toml"):
        routing.load(tmp_path / "none.toml", environment={}, vendors=VENDORS)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_no_damage_to_the_file_raises_anything_but_sentences(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(EXAMPLE) - 1))
    length = data.draw(st.integers(0, 40))
    extra = data.draw(st.text(st.sampled_from('[]="{},.$\n a1é'), max_size=8))
    text = EXAMPLE[:start] + extra + EXAMPLE[start + length :]
    found: list[str] = ["fine"]
    try:
        load(text)
    except ConfigError as error:
        found = error.problems
    assert found
    assert all(found)


def test_a_lead_goes_where_all_conditions_hold() -> None:
    routed = routing.route(lead(), "web", load())
    assert [pick.destination.name for pick in routed.picks] == ["acme-watch"]
    reasons = {one.route: one.reasons for one in routed.verdicts if not one.matched}
    assert reasons == {
        "interested-in-norway": (
            "intent is final_price_watch, it wants interest",
            "country is SE, it wants NO",
        ),
    }


def test_the_leads_own_country_goes_before_the_sources() -> None:
    routed = routing.route(lead(country="NO", intent="interest"), "web", load())
    names = [pick.destination.name for pick in routed.picks]
    assert names == ["acme-stakeholder", "acme-alert"]


def test_a_destination_gets_a_lead_once_by_the_first_route() -> None:
    text = EXAMPLE + '\n[[routes]]\nname = "all"\ndeliver_to = ["acme-watch", "acme-alert"]\n'
    routed = routing.route(lead(), "web", load(text))
    assert [(p.destination.name, p.route.name) for p in routed.picks] == [
        ("acme-watch", "watchers"),
        ("acme-alert", "all"),
    ]
    assert routed.verdicts[-1].reasons == ("acme-watch was picked by watchers already",)


def test_a_withdrawal_goes_nowhere() -> None:
    assert routing.route(lead(intent="withdrawal"), "web", load()).picks == ()


def test_a_reference_may_be_the_beginning_of_one() -> None:
    text = EXAMPLE + (
        '\n[[routes]]\nname = "p"\nwhen = { reference = "homeq:project:*" }'
        '\ndeliver_to = "acme-alert"\n'
    )
    known = load(text)
    follows = lead(intent="contact", property={"reference": "homeq:project:12"})
    assert routing.route(follows, "web", known).picks[0].route.name == "p"
    other = lead(intent="contact", property={"reference": "homeq:listing:12"})
    assert routing.route(other, "web", known).picks == ()


def test_the_property_directory_fills_in_what_the_lead_does_not_name() -> None:
    entries, faults = routing.parse_csv(
        "Reference;Customer_ID;estate_id;case_guid;case_id\n"
        "AF43;M30011;OBJ1;680f1e7f-90e4-472d-8991-a9d6043df603;48213\n"
        "B;;;not-a-guid;\n"
    )
    assert len(entries) == 1
    assert faults[0].startswith("Line 3: case_guid")
    known = routing.resolve(lead(property={"vitec": {"estate_id": "OBJ9"}}), entries[0])
    assert known.property.vitec.estate_id == "OBJ9"
    assert known.property.vitec.customer_id == "M30011"
    assert known.property.flow.case_id == 48213
    assert routing.PropertyEntry.from_json(entries[0].to_json()) == entries[0]
    assert routing.parse_csv("a,b\n1,2")[1][0].startswith("The first line must name the columns")
