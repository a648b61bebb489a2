"""What one Core customer has: API users and their tokens, cases, contacts, bases and orders."""

import itertools
import secrets
import uuid
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from typing import Any

from bridge.sandbox.flow.names import CATEGORIES, SYSTEM_TYPES

REFRESH_SECONDS = 608_399
NORWEGIAN_WINTER = timezone(timedelta(hours=1))


@dataclass
class Client:
    """An API user."""

    secret: str
    permissions: list[str] = field(default_factory=list)


@dataclass
class Case:
    """Known by a GUID in some calls and by a number in the others (F-T1)."""

    guid: str
    case_id: int
    title: str = ""
    roles: dict[str, list[int]] = field(default_factory=dict)
    deceased: set[int] = field(default_factory=set)
    status: str = "ForSale"
    dates: dict[str, str] = field(default_factory=dict)
    publications: list[dict[str, Any]] = field(default_factory=list)
    has_image: bool = False
    image_bytes: int = 0  # how large every size but the thumbnails is, where it is larger

    def touch(self, what: str, now: float) -> None:
        """`what` is a date of RecentlyModified, such as `CaseEntityChangedDate`."""
        self.dates |= {what: stamp(now), "ModifiedDate": stamp(now)}

    def set_date(self, what: str, now: float, *, there: bool) -> None:
        """A case that is not sold after all, or not active any more, loses its date."""
        self.touch(what, now)
        if not there:
            del self.dates[what]

    def publish(self, statuses: list[str], now: float, numbers: Iterator[int]) -> None:
        self.publications = [
            {
                "Id": next(numbers),
                "ProviderName": "Finn",
                "Status": status,
                "PublishSeparately": False,
            }
            for status in statuses
        ]
        self.touch("PublicationChangedDate", now)


@dataclass
class Tenant:
    clients: dict[str, Client] = field(default_factory=dict)
    token_seconds: float = 1200.0
    tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    refresh_tokens: dict[str, tuple[str, float]] = field(default_factory=dict)
    cases: dict[str, Case] = field(default_factory=dict)
    contacts: dict[int, dict[str, Any]] = field(default_factory=dict)
    bases: list[dict[str, Any]] = field(default_factory=list)
    orders: list[dict[str, Any]] = field(default_factory=list)
    user_tokens: dict[str, dict[str, Any]] = field(default_factory=dict)
    user_token_ends: dict[str, float] = field(
        default_factory=dict
    )  # how long one lives: not stated
    merges_metadata: bool = False  # whether a PATCH adds to what is there: not stated
    numbers: Iterator[int] = field(default_factory=lambda: itertools.count(70_001))

    def client_of(self, token: str, now: float) -> str | None:
        """Whose token this is; None once its time is over (F-T14)."""
        client, ends = self.tokens.get(token, ("", 0.0))
        return client if ends > now else None

    def new_token(self, client: str, now: float) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        self.tokens[token] = (client, now + self.token_seconds)
        return {
            "access_token": token,
            "token_type": "bearer",
            "expires_in": int(self.token_seconds),
        }

    def new_refresh_token(self, client: str, now: float) -> dict[str, Any]:
        token = secrets.token_urlsafe(24)
        self.refresh_tokens[token] = (client, now + REFRESH_SECONDS)
        return {"refresh_token": token, "refresh_token_expires_in": REFRESH_SECONDS}

    def case_by_id(self, case_id: object) -> Case | None:
        return next((one for one in self.cases.values() if str(one.case_id) == str(case_id)), None)

    def add_contact(self, **fields: Any) -> int:
        """Its number."""
        number = next(self.numbers)
        self.contacts[number] = {
            "Id": number,
            "Guid": str(uuid.uuid5(uuid.NAMESPACE_OID, str(number))),
            "Type": "Person",
            "Active": True,
            "NoContact": False,
            **fields,
        }
        return number

    def basis_by_guid(self, guid: str) -> dict[str, Any] | None:
        return next((one for one in self.bases if one["Guid"].lower() == guid.lower()), None)

    def latest_basis(self, category: str | int, system_type: str | int) -> dict[str, Any] | None:
        """The one basis that category and system type add (F-T6): active, and the newest."""
        wanted = (
            CATEGORIES.get(str(category), category),
            SYSTEM_TYPES.get(str(system_type), system_type),
        )
        found = [one for one in self.bases if is_usable(one) and _kind(one) == wanted]
        return max(found, key=lambda one: float(one["Version"]), default=None)


def is_usable(basis: dict[str, Any]) -> bool:
    return bool(basis["IsActive"] and basis["IsNewestVersion"])


def stamp(now: float) -> str:
    """An instant as .NET's DateTimeOffset is written."""
    return datetime.fromtimestamp(now, NORWEGIAN_WINTER).isoformat(timespec="milliseconds")


def _kind(basis: dict[str, Any]) -> tuple[int | None, int | None]:
    return CATEGORIES.get(basis["CategoryType"]), SYSTEM_TYPES.get(basis["SystemType"])
