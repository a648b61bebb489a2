"""One landlord's things at HomeQ, and what a test may turn."""

from dataclasses import dataclass, field
from typing import Any


def _apartments() -> dict[int, dict[str, Any]]:
    return {
        41: {"id": 41, "landlord_object_id": " AF43CD7U ", "street_name": "Kungsgatan"},
        42: {"id": 42, "landlord_object_id": "", "street_name": "Kungsgatan"},
    }


def _agreements() -> list[dict[str, Any]]:
    """The shape of the schema, not of the sample: the page shows two (FACTS 1C.3)."""
    return [
        {
            "id": 900 + number,
            "apartment_id": 40 + number,
            "digital_contract": True,
            "email": "anna@example.com",
            "first_name": "Anna",
            "last_name": "Svensson",
            "sign_date": "2026-11-20",
            "ssn": None,
        }
        for number in range(1, 4)
    ]


@dataclass(slots=True)
class Landlord:
    """`token_life`: seconds; `page`: agreements a page; `limit`: listing readings a minute."""

    username: str = "api-user"
    password: str = "homeq-secret"
    token_life: float = 3600.0
    page: int = 2
    limit: int = 60
    apartments: dict[int, dict[str, Any]] = field(default_factory=_apartments)
    projects: dict[int, dict[str, Any]] = field(
        default_factory=lambda: {12: {"id": 12, "external_id": 7, "name": "Nyproduktion"}}
    )
    agreements: list[dict[str, Any]] = field(default_factory=_agreements)
    offices: list[dict[str, Any]] = field(
        default_factory=lambda: [
            {"id": 1, "name": "Huvudkontor", "parent": None, "email": "office@example.com"},
            {"id": 5, "name": "Söder", "parent": 1, "email": "soder@example.com"},
        ]
    )
