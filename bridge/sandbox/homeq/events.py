"""HomeQ's five events as its page shows them; the caller says who and where.

Two pairs share a `type` there, a copy-paste mistake or the truth: both are sent as documented.
"""

import itertools
import uuid
from typing import Any

_numbers = itertools.count(1)

PERSON: dict[str, Any] = {
    "city": "Stockholm",
    "date_of_birth": "1990-01-01",
    "email": "anna@example.com",
    "first_name": "Anna",
    "last_name": "Svensson",
    "phone": "070-174 06 05",
    "ssn": None,
    "street": "Kungsgatan 16A",
    "zip_code": "111 35",
}
EMPLOYEE = {"email": "maria@landlord.example.com", "first_name": "Maria", "last_name": "Ek"}


def _common(created: str, kind: str) -> dict[str, Any]:
    return {
        "company_id": 3,
        "created": created,
        "office_id": 5,
        "type": kind,
        "uuid": str(uuid.UUID(int=next(_numbers))),
    }


def follows(created: str, *, wish: str = "SUBSCRIBED", **changes: Any) -> dict[str, Any]:
    return {
        **_common(created, "reservation"),
        "email_id": PERSON["email"],
        "first_name": PERSON["first_name"],
        "interaction_type": wish,
        "last_name": PERSON["last_name"],
        "project_id": 12,
        "ssn": None,
        **changes,
    }


def reservation(created: str, **changes: Any) -> dict[str, Any]:
    return {
        **_common(created, "reservation"),
        "apartment_id": 41,
        "applicant": dict(PERSON),
        "employee": dict(EMPLOYEE),
        "object_ad_id": 77,
        **changes,
    }


def agreement(created: str, **changes: Any) -> dict[str, Any]:
    return {
        **_common(created, "signing_completed"),
        "agreement_id": 901,
        "apartment_id": 41,
        "employee": {**EMPLOYEE, "user_id": 8},
        "object_ad_id": 77,
        **changes,
    }


def signature(created: str, **changes: Any) -> dict[str, Any]:
    return {
        **_common(created, "application_signature"),
        "apartment_id": 41,
        "object_ad_id": 77,
        "signatory_name": "Anna Svensson",
        "signatory_type": "TENANT",
        **changes,
    }


def signing(created: str, **changes: Any) -> dict[str, Any]:
    tenant = {name: PERSON[name] for name in ("email", "first_name", "last_name", "ssn")}
    return {
        **_common(created, "signing_completed"),
        "apartment_id": 41,
        "object_ad_id": 77,
        "signatories": [
            {**tenant, "signatory_type": "TENANT"},
            {**EMPLOYEE, "ssn": None, "signatory_type": "LANDLORD"},
        ],
        **changes,
    }
