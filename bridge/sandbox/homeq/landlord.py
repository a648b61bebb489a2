"""One landlord's things at HomeQ, and what a test may turn."""

from dataclasses import dataclass, field
from typing import Any

Things = dict[int, dict[str, Any]]


def _apartments() -> Things:
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
            "digital_contract_fields": {},
            "email": "anna@example.com",
            "first_name": "Anna",
            "kyc_verification_id": "k",
            "last_name": "Svensson",
            "sign_date": "2026-11-20",
            "ssn": None,
            "user_profile_id": 500 + number,
        }
        for number in range(1, 4)
    ]


def _listings() -> Things:
    """Listing → which flat, in what state, of which project, and who has won it."""
    anna = {"email": "anna@example.com", "first_name": "Anna", "last_name": "Svensson"}
    return {
        77: {"apartment": 41, "status": "reserved", "project": None, "won": {"id": 301, **anna}},
        78: {"apartment": 42, "status": "active", "project": 12, "won": None},
    }


def _offices() -> list[dict[str, Any]]:
    return [
        {"id": 1, "name": "Huvudkontor", "parent": None, "email": "office@example.com"},
        {"id": 5, "name": "Söder", "parent": 1, "email": "soder@example.com"},
        {"id": 6, "name": "Hornstull", "parent": 5, "email": "hornstull@example.com"},
    ]


def _employees() -> Things:
    return {
        8: {
            "email": "maria@landlord.example.com",
            "first_name": "Maria",
            "last_name": "Ek",
            "office": 5,
            "phone_number": "070-174 06 99",
            "personal_number": "19800101-0000",
            "api_user": False,
        },
        9: {
            "email": "api@landlord.example.com",
            "first_name": "",
            "last_name": "",
            "office": 1,
            "phone_number": "",
            "personal_number": "",
            "api_user": True,
        },
    }


def _projects() -> Things:
    return {
        12: {"name": "Nyproduktion", "external_id": 7, "office": 5, "status": "Published"},
        13: {"name": "Utan nummer", "external_id": "", "office": 1, "status": "Closed"},
    }


@dataclass(slots=True)
class Landlord:
    """`token_life`: seconds. `generation`: another one ends every token that is out. `page`:
    agreements a page. `most`: rows a page of the inventory has at most. `limit`: listing readings a
    minute. `lock_after`: wrong passwords after which no password serves. `deprecated`: path →
    headers of its answers. `selected_office`: what lists are about that do not say otherwise.
    `wordy`: characters that each row of the inventory is longer.
    """

    username: str = "api-user"
    password: str = "homeq-secret"
    token_life: float = 3600.0
    generation: int = 1
    lock_after: int = 5
    wrong: int = 0
    page: int = 2
    most: int = 100
    wordy: int = 0
    limit: int = 60
    selected_office: int = 6
    rights: list[str] = field(default_factory=lambda: ["entity.employees", "entity.organization"])
    apartments: Things = field(default_factory=_apartments)
    listings: Things = field(default_factory=_listings)
    projects: Things = field(default_factory=_projects)
    agreements: list[dict[str, Any]] = field(default_factory=_agreements)
    offices: list[dict[str, Any]] = field(default_factory=_offices)
    employees: Things = field(default_factory=_employees)
    notes: list[dict[str, Any]] = field(default_factory=list)
    deprecated: dict[str, dict[str, str]] = field(
        default_factory=lambda: {
            "/api/v1/deprecation/": {
                "deprecation": "@1790000000",
                "sunset": "Sun, 28 Feb 2027 00:00:00 GMT",
            }
        }
    )
