"""What went over the wire is shown without the person, whatever form a vendor gave it."""

import json

import pytest

from bridge.leads import Lead
from bridge.pipeline.redact import Redaction, masked, masked_number

LEAD = Lead.model_validate(
    {
        "intent": "interest",
        "person": {
            "first_name": "Åsa",
            "last_name": "af Svensson",
            "emails": ["asa@example.com"],
            "phones": ["070-174 06 05"],
            "address": {"street": "Kungsgatan 16A", "postal_code": "111 35", "city": "Malmö"},
            "national_id": "19811218-9876",
        },
        "message": "Ring efter 17",
    }
)
PERSONAL = (
    "Åsa",
    "Svensson",
    "asa@example.com",
    "070-174 06 05",
    "+46701740605",
    "0701740605",
    "Kungsgatan 16A",
)


def test_json_is_shown_value_by_value() -> None:
    body = json.dumps(
        {
            "id": "680f1e7f-90e4-472d-8991-a9d6043df603",
            "estate": "OBJ11385_1395932274",
            "name": "ÅSA AF SVENSSON",
            "cell": "+46701740605",
            "mail": "asa@example.com",
            "deep": [{"text": "Åsa bor på Kungsgatan 16A i Malmö"}],
            "status": "Assigned",
            "count": 3,
        }
    )
    shown = json.loads(Redaction(LEAD, "SE").body(body))
    assert shown["id"] == "680f1e7f-90e4-472d-8991-a9d6043df603"
    assert (shown["estate"], shown["status"], shown["count"]) == (
        "OBJ11385_1395932274",
        "Assigned",
        3,
    )
    assert {shown["name"], shown["cell"], shown["mail"], shown["deep"][0]["text"]} == {"•••"}


@pytest.mark.parametrize("personal", [*PERSONAL, "19811218-9876", "Ring efter 17", "other@x.se"])
def test_a_text_that_is_no_json_is_shown_without_the_person(personal: str) -> None:
    assert personal not in Redaction(LEAD, "SE").text(f"<error>{personal} is wrong</error>")


def test_without_the_lead_what_looks_personal_is_hidden_all_the_same() -> None:
    shown = Redaction(None, None).text("asa@example.com 070-174 06 05 HTTP 400")
    assert shown == "••• ••• HTTP 400"


def test_masks() -> None:
    assert masked("Anna Svensson") == "A••• S•••"
    assert masked_number("070-174 06 05") == "•••-••• •• 05"
