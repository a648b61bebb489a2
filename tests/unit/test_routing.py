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
        ('name = "watchers"', 'name = "All of them"', "[[routes]] number 1 name: a name is made"),
        ("when = { source =", "when = { sorce =", "when.sorce: is not a setting of a route; did "),
        ('intent = "interest"', "intent = []", "interested-in-norway when.intent:"),
        ('"https://connect.maklare.vitec.net"', '"https://"', "base_url: must be https"),
        (
            '["acme-stakeholder", "acme-alert"]',
            '["acme-alert"]',
            "after: no route delivers to `acme-stakeholder`, there is no wait.",
        ),
        (
            'token = "$WEB_TOKEN"',
            'signing_secret = "whsec_?"',
            "[sources.web] signing_secret: is base64 after whsec_",
        ),
        ('account = "vitec-acme"', "account = 5", "account: what stands there is no account"),
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


def test_a_mistake_is_not_told_again_as_its_consequences() -> None:
    text = EXAMPLE.replace("client_id =", "clientid =").replace('["acme-watch"]', '["acme-wach"]')
    assert problems(text) == [
        "[accounts.flow-acme] client_id: is required for a flow account.",
        (
            "[accounts.flow-acme] clientid: is not a setting of a flow account; "
            "did you mean `client_id`?"
        ),
        "[[routes]] watchers deliver_to: `acme-wach` is no destination; did you mean `acme-watch`?",
    ]
    url = 'base_url = "https://integration.webtopsolutions.com/flow"'
    assert problems(EXAMPLE.replace(url, 'base_url = "$UNSET"')) == [
        "[accounts.flow-acme] base_url: $UNSET is not set in the environment.",
    ]
    action = 'action = "notification"'
    (told,) = problems(EXAMPLE.replace(action, ""))
    actions = "stakeholder, notification, order_state, order_metadata"
    assert told == f"[destinations.acme-alert] action: is required; one of {actions}."


@pytest.mark.parametrize(
    "line",
    [
        'vendor = "flow"',
        'account = "vitec-acme"',
        'action = "stakeholder"',
        'after = "acme-stakeholder"',
        'deliver_to = ["acme-watch"]',
        'source = ["web", "crm"]',
        'name = "watchers"',
        'on_unknown = "verify" ',
        'rate = "10/s"',
        'base_url = "https://connect.maklare.vitec.net"',
        'customer_id = "M30011"',
    ],
)
def test_no_value_of_the_environment_is_told(line: str) -> None:
    key = line.partition(" =")[0]
    assert line in EXAMPLE
    for value in ('"$FLOW_SECRET"', '["$FLOW_SECRET"]', '{ a = "$FLOW_SECRET" }'):
        found = problems(EXAMPLE.replace(line, f"{key} = {value}", 1))
        assert "value-of" not in "".join(found)


def test_routes_read_the_environment_too() -> None:
    text = EXAMPLE.replace('intent = "interest"', 'customer_id = "$OFFICE"')
    known = load(text, OFFICE="M30011")
    assert known.routes[1].when["customer_id"] == {"M30011"}
    assert problems(text) == [
        "[[routes]] interested-in-norway when.customer_id: $OFFICE is not set in the environment.",
    ]


@pytest.mark.parametrize(
    ("content", "sentence"),
    [
        (b"\xff\xfe", "is not UTF-8"),
        (b"x = " + b"1" * 5000, "a number that is too long"),
        (b"x = " + b"[" * 5000, "nested too deeply"),
        (b"[sources.web]\n" + b".".join([b"a"] * 2000) + b" = 1", "nested too deeply"),
        (b"sources = 1", "[sources]: is a set of tables"),
        (b"[sources]\nweb = 1", "[sources.web]: is a table"),
        (b"routes = 1", "begins with [[routes]]"),
        (b"[sources.web]\ncountry = 2026-11-24", "[sources.web] country:"),
    ],
)
def test_whatever_the_file_holds_is_told_in_words(
    tmp_path: Path, content: bytes, sentence: str
) -> None:
    file = tmp_path / "bridge.toml"
    file.write_bytes(content)
    with pytest.raises(ConfigError) as caught:
        routing.load(file, environment={}, vendors=VENDORS)
    assert any(sentence in one for one in caught.value.problems), caught.value.problems


def test_a_folder_is_no_routing_file(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        routing.load(tmp_path, environment={}, vendors=VENDORS)


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
    assert routed.verdicts[-1].reasons == (
        "acme-watch was picked by watchers already",
        "acme-alert does not wait: acme-stakeholder does not get this lead",
    )


def test_the_sources_language_stands_in_for_the_leads() -> None:
    text = EXAMPLE.replace('format = "form"', 'format = "form"\nlanguage = "sv"')
    text = text.replace('intent = "interest", country = "NO"', 'language = "sv"')
    known = load(text)
    contact = lead(intent="contact")
    assert [one.matched for one in routing.route(contact, "web", known).verdicts] == [False, True]
    norwegian = lead(intent="contact", language="nb")
    reasons = routing.route(norwegian, "web", known).verdicts[1].reasons
    assert reasons == ("language is nb, it wants sv",)


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
        "Reference;Customer_ID;estate_id;case_guid;case_id;order_id\n"
        "AF43;M30011;OBJ1;680f1e7f-90e4-472d-8991-a9d6043df603;48213;17\n"
        "B;;;not-a-guid;;\n"
    )
    assert len(entries) == 1
    assert faults[0].startswith("Line 3: case_guid")
    known = routing.resolve(lead(property={"vitec": {"estate_id": "OBJ9"}}), entries[0])
    assert known.property.vitec.estate_id == "OBJ9"
    assert known.property.vitec.customer_id == "M30011"
    assert (known.property.flow.case_id, known.property.flow.order_id) == (48213, "17")
    assert routing.PropertyEntry.from_json(entries[0].to_json()) == entries[0]
    assert routing.parse_csv("a,b\n1,2")[1][0].startswith("The first line must name the columns")


def test_the_property_directory_tells_every_row_that_it_does_not_take() -> None:
    text = "\ufeffreference,estate_id\rA,OBJ1\rA,OBJ2\rB,\r,OBJ3\r"
    entries, faults = routing.parse_csv(text)
    assert [(one.reference, one.estate_id) for one in entries] == [("A", "OBJ1")]
    assert faults == [
        "Line 3: A stands there twice.",
        "Line 4: B names none of customer_id, estate_id, case_guid, case_id, order_id.",
        "Line 5: reference: Field required.",
    ]
    entries, faults = routing.parse_csv("reference,estate_id\nA,OBJ1\n" + "x" * 200_000)
    assert len(entries) == 1
    assert faults[0].endswith("the rest was not read.")


WATCHED = EXAMPLE.replace(
    'client_secret = "$FLOW_SECRET"', 'client_secret = "$FLOW_SECRET"\nwatch = true'
)
SOLD = """
[destinations.sold]
account = "flow-acme"
action = "notification"

[[routes]]
name = "sold"
when = { event = "case_sold", intent = "final_price_watch" }
deliver_to = ["sold"]
"""


def test_a_route_that_waits_for_an_event_takes_no_lead_as_it_comes() -> None:
    known = load(WATCHED + SOLD)
    first = routing.route(lead(country="SE"), "web", known)
    assert [pick.route.name for pick in first.picks] == ["watchers"]
    assert "event is not given, it wants case_sold" in first.verdicts[-1].reasons
    later = routing.route(lead(country="SE"), "web", known, event="case_sold")
    assert [pick.destination.name for pick in later.picks] == ["sold"]
    assert later.verdicts[0].reasons == ("it does not wait for case_sold",)
    other = routing.route(lead(intent="interest"), "web", known, event="case_sold")
    assert other.picks == ()
    assert known.follow_ups == {"sold"}


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        (EXAMPLE + SOLD, "[[routes]] sold when.event: no account has watch = true, so nobody"),
        (
            WATCHED + SOLD.replace('["sold"]', '["acme-alert"]'),
            "[[routes]] sold deliver_to: `acme-alert` gets leads as they come; an event needs a",
        ),
        (WATCHED + SOLD.replace('"case_sold"', '"sold"'), "[[routes]] sold when.event.0: input"),
        (WATCHED.replace("watch = true", 'watch_every = "20s"'), "watch_every: input should be"),
        (WATCHED.replace("watch = true", "watch_every = 60"), "watch_every: is a duration such"),
        (WATCHED.replace("watch = true", 'watch_holds = ["gone"]'), "watch_holds.0: input should"),
    ],
)
def test_an_event_or_a_watch_that_cannot_be_is_told(text: str, sentence: str) -> None:
    (found,) = problems(text)
    assert sentence in found
